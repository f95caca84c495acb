//! The `facteur` command: arguments, one function a command, messages and exit status. No logic lives here.

mod args;
mod commands;
mod french;
mod output;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::args::{Arguments, Command};
use crate::output::Talk;

fn main() -> ExitCode {
    // The child that reads PDFs comes before everything else: it must hold nothing of ours.
    if std::env::args_os().nth(1).is_some_and(|argument| argument == "worker-pdf") {
        facteur_pipeline::pdf_worker::child_main();
    }
    if std::env::args_os().nth(1).is_some_and(|argument| argument == facteur_pipeline::pdf_worker::CARRY_ARGUMENT) {
        facteur_pipeline::pdf_worker::carry_main();
    }
    let language = output::language_before_parsing();
    let command = args::in_language(Arguments::command(), language);
    let matches = match command.try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return output::parsing_ended(&error, language),
    };
    let arguments = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    // A service tells what it does; a command only what goes wrong.
    let service = matches!(arguments.command, Command::Work(_));
    output::start_log(arguments.log_format, if service { "warn,facteur=info" } else { "warn" });
    let talk = Talk::new(language, arguments.format);
    if let Err(error) = facteur_pipeline::init() {
        talk.error(&error.into());
        return ExitCode::from(2);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::complain(&format!("{error}\n"));
            return ExitCode::from(2);
        }
    };
    runtime.block_on(interruptible(arguments, talk))
}

/// Ctrl-C ends the program between two commits: what was acknowledged is durable, the rest is taken up next time. The
/// worker has its own way to stop.
async fn interruptible(arguments: Arguments, talk: Talk) -> ExitCode {
    if matches!(arguments.command, Command::Work(_)) {
        return run(arguments, talk).await;
    }
    tokio::select! {
        status = run(arguments, talk) => status,
        _ = tokio::signal::ctrl_c() => {
            talk.note("error.interrupted", &[]);
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: Arguments, talk: Talk) -> ExitCode {
    if let Some(name) = arguments.format_for_reports_only() {
        talk.error(&anyhow::anyhow!(talk.say("report.only_reports", &[("name", name)])));
        return ExitCode::from(2);
    }
    let context = commands::Context::new(&arguments, talk);
    let outcome = match arguments.command {
        Command::Init(options) => commands::init::run(&context, &options),
        Command::Import(options) => commands::import::run(&context, &options).await,
        Command::Check(options) => commands::check::run(&context, &options).await,
        Command::Send(options) => commands::send::run(&context, &options).await,
        Command::Follow(options) => commands::follow::run(&context, &options).await,
        Command::Run(options) => commands::run::run(&context, &options).await,
        Command::Work(options) => commands::work::run(&context, &options).await,
        Command::Nightly(options) => commands::nightly::run(&context, &options).await,
        Command::InstallTimer(options) => commands::install_timer::run(&context, &options),
        Command::Status(options) => commands::status::run(&context, &options).await,
        Command::Show(options) => commands::show::run(&context, &options).await,
        Command::Report(options) => commands::report::run(&context, &options).await,
        Command::Convert(options) => commands::convert::run(&context, &options).await,
        Command::Sign(options) => commands::sign::run(&context, &options),
        Command::Verify(options) => commands::verify::run(&context, &options),
        Command::View(options) => commands::view::run(&context, &options).await,
        Command::Draft(options) => commands::draft::run(&context, &options).await,
        Command::Mandate(options) => commands::mandate::run(&context, &options).await,
        Command::Attachments(options) => commands::attachments::run(&context, &options).await,
        Command::Extract(options) => commands::extract::run(&context, &options).await,
        Command::Template(options) => commands::template::run(&context, &options).await,
        Command::Journal(options) => commands::journal::run(&context, &options).await,
        Command::Archive(options) => commands::archive::run(&context, &options).await,
        Command::Store(options) => commands::store::run(&context, &options).await,
        Command::Packs(options) => commands::packs::run(&context, &options).await,
        Command::Explain(options) => commands::explain::run(&context, &options),
        Command::Directory(options) => commands::directory::run(&context, &options).await,
        Command::Doctor => commands::doctor::run(&context).await,
        Command::Retry(options) => commands::hands::run(&context, commands::hands::RETRY, &options).await,
        Command::Hold(options) => commands::hands::run(&context, commands::hands::HOLD, &options).await,
        Command::Release(options) => commands::hands::run(&context, commands::hands::RELEASE, &options).await,
        Command::Abandon(options) => commands::hands::run(&context, commands::hands::ABANDON, &options).await,
        Command::Correct(options) => commands::hands::correct(&context, &options).await,
        Command::Resolve(options) => commands::resolve::run(&context, &options).await,
    };
    outcome.unwrap_or_else(|error| {
        context.talk.error(&error);
        ExitCode::from(2)
    })
}
