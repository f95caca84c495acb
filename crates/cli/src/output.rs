//! What a person sees: language, data on standard output, talk on standard error, errors as sentences with a hint.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use facteur_model::finding::{Finding, Layer};
use facteur_model::gateway::GatewayError;
use facteur_pipeline::error::{MailError, PipelineError};
use facteur_pipeline::row::Row;
use facteur_pipeline::store_trouble::store_trouble;
use facteur_report::status::{reason_sentences, short};
use facteur_report::table::Table;
use facteur_report::wording::clock_time;
use facteur_store::StoreError;
use facteur_texts::{Language, printable, say, speak};

use crate::args::{Format, LogFormat};
use crate::french;

/// How this run speaks.
#[derive(Debug, Clone, Copy)]
pub struct Talk {
    /// In which language.
    pub language: Language,
    /// How data is printed.
    pub format: Format,
}

/// The language has to be known before the arguments are parsed, since the help is in it.
pub fn language_before_parsing() -> Language {
    let arguments: Vec<String> = std::env::args().collect();
    let value = arguments.windows(2).find(|pair| pair[0] == "--lang").map(|pair| pair[1].clone());
    let value = value.or_else(|| arguments.iter().find_map(|one| one.strip_prefix("--lang=").map(str::to_owned)));
    let named = value.as_deref().and_then(Language::from_name);
    let locale =
        ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    named.unwrap_or_else(|| locale.as_deref().map_or(Language::French, Language::of_locale))
}

/// Help and version are data; anything else that ends the parsing is an error.
pub fn parsing_ended(error: &clap::Error, language: Language) -> ExitCode {
    let plain = error.render().to_string();
    let colours = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
    let text = if colours { error.render().ansi().to_string() } else { plain };
    let text = if language == Language::French { french::words(&text) } else { text };
    if error.use_stderr() {
        complain(&text);
        return ExitCode::from(2);
    }
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

/// Writes to standard error; where nobody reads it, the work goes on.
pub fn complain(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Log lines go to standard error, and only when they are asked for.
pub fn start_log(format: LogFormat, usual: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("FACTEUR_LOG").unwrap_or_else(|_| usual.into());
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    drop(started);
}

impl Talk {
    /// A way of speaking.
    pub const fn new(language: Language, format: Format) -> Self {
        Self { language, format }
    }

    /// Whether data is for programs.
    pub fn json(self) -> bool {
        self.format == Format::Json
    }

    /// A sentence.
    pub fn say(self, key: &str, args: &[(&str, &str)]) -> String {
        say(self.language, key, args)
    }

    /// Data, on standard output. A reader that went away ends the program quietly.
    pub fn data(self, text: &str) {
        let mut out = std::io::stdout().lock();
        if out
            .write_all(text.as_bytes())
            .and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") })
            .is_err()
        {
            std::process::exit(2);
        }
    }

    /// A table, as wide as the terminal.
    pub fn table(self, table: &Table) {
        self.data(&table.render(width()));
    }

    /// Talk, on standard error.
    pub fn note(self, key: &str, args: &[(&str, &str)]) {
        complain(&broken("", "  ", &self.say(key, args), width_of(&std::io::stderr())));
    }

    /// A sentence among the data.
    pub fn tell(self, key: &str, args: &[(&str, &str)]) {
        self.data(&wrapped("", "  ", &self.say(key, args)));
    }

    /// Why a command could not do its work, with a hint.
    pub fn error(self, error: &anyhow::Error) {
        let (message, hint) = match error.downcast_ref::<PipelineError>() {
            Some(known) => self.pipeline(known),
            None => match error.downcast_ref::<StoreError>() {
                Some(known) => self.store(known),
                None => (format!("{error:#}"), None),
            },
        };
        let width = width_of(&std::io::stderr());
        let line = |key: &str, text: &str| {
            let head = self.say(key, &[]);
            complain(&broken("", "  ", &format!("{head} {}", printable(text)), width));
        };
        line("error.prefix", &message);
        if let Some(hint) = hint {
            line("error.hint", &hint);
        }
    }

    /// Why a command could not do its work, and what to do about it.
    pub fn pipeline(self, error: &PipelineError) -> (String, Option<String>) {
        let one = |key: &str, args: &[(&str, &str)]| (self.say(key, args), None);
        let two = |key: &str, args: &[(&str, &str)], hint: &str| (self.say(key, args), Some(self.say(hint, args)));
        match error {
            PipelineError::NoHome(path) => {
                two("error.no_home", &[("path", &path.display().to_string())], "error.no_home_hint")
            }
            PipelineError::Siret(siret) => one("error.siret", &[("siret", siret)]),
            PipelineError::HomeExists(path) => one("error.home_exists", &[("path", &path.display().to_string())]),
            PipelineError::Configuration(cause) => one("error.configuration", &[("what", &cause.to_string())]),
            PipelineError::Store(cause) => self.store(cause),
            PipelineError::StorePassword(what) => one("error.store_password", &[("what", what)]),
            PipelineError::StoreByEnvironment => one("error.store_by_environment", &[]),
            PipelineError::File { path, source } => {
                one("error.file", &[("path", &path.display().to_string()), ("what", &source.to_string())])
            }
            PipelineError::Packs(what) => two("error.packs", &[("what", what)], "error.packs_hint"),
            PipelineError::Seal(what) => one("error.seal", &[("what", what)]),
            PipelineError::GatewaySetUp(what) => one("error.gateway", &[("what", what)]),
            PipelineError::NoGateway => two("error.no_gateway", &[], "error.no_gateway_hint"),
            PipelineError::DemoGateway => one("error.demo_gateway", &[]),
            PipelineError::Role { role, verb } => {
                let role = self.say(&format!("role.{role}"), &[]);
                two("error.role", &[("role", &role), ("verb", verb)], "error.role_hint_recipient")
            }
            PipelineError::MetricsAddress(address) => {
                two("error.metrics_address", &[("address", &address.to_string())], "error.metrics_address_hint")
            }
            PipelineError::Listen { address, source } => {
                one("error.listen", &[("address", &address.to_string()), ("what", &source.to_string())])
            }
            PipelineError::OtherLegalPerson { siren, name } => {
                two("error.other_legal_person", &[("siren", siren), ("name", name)], "error.other_legal_person_hint")
            }
            PipelineError::Busy(path) => two("error.busy", &[("path", &path.display().to_string())], "error.busy_hint"),
            PipelineError::OutsideWindow { from, until } => {
                two("error.outside_window", &[("from", from), ("until", until)], "error.outside_window_hint")
            }
            PipelineError::Report(what) => one("error.report", &[("what", what)]),
            PipelineError::DeliverySetUp(what) => one("error.delivery_set_up", &[("what", what)]),
            PipelineError::Mail(cause) => {
                let (key, what) = match cause {
                    MailError::Message(what) => ("error.mail_message", what.clone()),
                    MailError::TooLarge(size) => ("error.mail_large", size.to_string()),
                    MailError::Refused(what) => ("error.mail_refused", what.clone()),
                    MailError::TimeOut(seconds) => ("error.mail_late", seconds.to_string()),
                    MailError::Connection(what) => ("error.mail_connection", what.clone()),
                };
                let what = self.say(key, &[("what", &printable(&what))]);
                two("error.mail", &[("what", &what)], "error.mail_hint")
            }
            PipelineError::Webhook(cause) => {
                two("error.webhook", &[("what", &printable(&cause.to_string()))], "error.mail_hint")
            }
            PipelineError::Timer(what) => one("error.timer", &[("what", what)]),
            PipelineError::UnitChanged(path) => {
                two("error.unit_changed", &[("path", &path.display().to_string())], "error.unit_changed_hint")
            }
            PipelineError::WrongState { id, state, verb } => self.wrong_state(id, state, verb),
            PipelineError::NeverSent { id } => two("error.never_sent", &[("id", short(id))], "error.never_sent_hint"),
            PipelineError::TooEarly { id, until } => {
                let until = clock_time(self.language, *until);
                two("error.too_early", &[("id", short(id)), ("until", &until)], "error.too_early_hint")
            }
            PipelineError::SameFile(path) => one("error.same_file", &[("path", &path.display().to_string())]),
            PipelineError::NumberKept(number) => one("error.number_kept", &[("number", number)]),
            PipelineError::NotACorrection(what) => (what.clone(), None),
            PipelineError::Gateway(cause) => self.gateway(cause),
            PipelineError::Schedule(what) => one("archive.bad_schedule", &[("what", what)]),
            PipelineError::NotAList { path, what } => {
                two("archive.not_a_list", &[("path", &path.display().to_string()), ("what", what)], "archive.list_hint")
            }
            PipelineError::TemplateExists(path) => {
                two("template.exists", &[("path", &path.display().to_string())], "template.exists_hint")
            }
            PipelineError::Timestamp(what) => two("journal.no_stamp", &[("what", what)], "journal.no_stamp_hint"),
            PipelineError::NoTimestampAuthority => two("journal.no_authority", &[], "journal.no_authority_hint"),
        }
    }

    fn wrong_state(self, id: &str, state: &str, verb: &str) -> (String, Option<String>) {
        let known = facteur_model::lifecycle::State::from_name(state);
        let word = known.map_or_else(|| state.to_owned(), |state| facteur_texts::state(self.language, state));
        let exits = known.map_or(&[][..], facteur_model::lifecycle::State::exits);
        let list = exits.iter().map(|verb| format!("facteur {verb}")).collect::<Vec<_>>().join(", ");
        let message = self.say("error.wrong_state", &[("id", short(id)), ("state", &word), ("verb", verb)]);
        let hint = (!list.is_empty()).then(|| self.say("error.wrong_state_hint", &[("exits", &list)]));
        (message, hint)
    }

    fn store(self, error: &StoreError) -> (String, Option<String>) {
        if let Some((sentence, args)) = store_trouble(error) {
            let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
            return (self.say(&format!("doctor_say.{sentence}"), &args), None);
        }
        match error {
            StoreError::NotWritable(what) => {
                (self.say("error.store_full", &[("what", what)]), Some(self.say("error.store_full_hint", &[])))
            }
            StoreError::Missing(name) => (self.say("error.missing", &[("name", name)]), None),
            StoreError::DraftChanged(id) => (self.say("draft.changed_elsewhere", &[("id", short(id))]), None),
            StoreError::Ambiguous(name) => (self.say("error.ambiguous", &[("name", name)]), None),
            StoreError::Eliminated { sha256, at, list } => {
                let args = [("sha256", short(sha256)), ("at", &at.rfc3339()), ("list", short(list))];
                (self.say("archive.gone", &args), None)
            }
            StoreError::Journal { seq, what } => {
                (self.say("journal.broken", &[("seq", &seq.to_string()), ("what", what)]), None)
            }
            other => (self.say("error.store", &[("what", &other.to_string())]), None),
        }
    }

    fn gateway(self, error: &GatewayError) -> (String, Option<String>) {
        let what = error.to_string();
        let (key, hint) = match error {
            GatewayError::Credentials(_) => ("error.credentials", Some("error.credentials_hint")),
            GatewayError::Busy { .. } | GatewayError::Unavailable(_) => {
                ("error.unavailable", Some("error.unavailable_hint"))
            }
            GatewayError::Protocol(_) | GatewayError::Refused { .. } => ("error.protocol", None),
        };
        let detail = match error {
            GatewayError::Credentials(text) | GatewayError::Unavailable(text) | GatewayError::Protocol(text) => text,
            GatewayError::Busy { reason, .. } => reason,
            GatewayError::Refused { .. } => &what,
        };
        (self.say(key, &[("what", detail)]), hint.map(|hint| self.say(hint, &[])))
    }

    /// French sets a space before a colon.
    pub const fn colon(self) -> &'static str {
        match self.language {
            Language::French => " :",
            Language::English => ":",
        }
    }

    /// A finding in two or three lines, for people.
    pub fn finding(self, finding: &Finding) -> String {
        let text = speak(self.language, finding);
        let severity = facteur_texts::severity(self.language, finding.severity);
        let mut place = Vec::new();
        place.extend(finding.term.clone());
        place.extend(finding.line.map(|line| self.say("show.line", &[("line", &line.to_string())])));
        place.extend(finding.path.as_deref().map(printable));
        let place = if place.is_empty() { String::new() } else { format!(" — {}", place.join(", ")) };
        let mut lines = {
            let head = format!("[{severity}] {}{} ", printable(&finding.rule), self.colon());
            wrapped("  ", "      ", &format!("{head}{}{place}", text.message))
        };
        // What our reader found is technical and in English.
        let found = if finding.layer == Layer::Syntax { "show.technical" } else { "show.found" };
        for (key, value) in [(found, &finding.found), ("show.expected", &finding.expected)] {
            // A difference has been told with both its sides.
            let told =
                |value: &str| text.message.contains(&printable(value)) || finding.args.contains_key("difference");
            if let Some(value) = value.as_deref().filter(|value| !told(value)) {
                let said = format!("{}{} {}", self.say(key, &[]), self.colon(), cut(&printable(value)));
                lines.push_str(&wrapped("      ", "        ", &said));
            }
        }
        if !text.advice.is_empty() {
            lines.push_str(&wrapped("      → ", "        ", &text.advice));
        }
        lines
    }

    /// One document of a summary, with what is to be done.
    pub fn row(self, row: &Row) -> String {
        let state = facteur_texts::state(self.language, row.state);
        let mut text = wrapped("  ", "      ", &format!("{}  {} — {state}", short(&row.id), printable(&row.file)));
        let sentences = match (&row.finding, &row.reason) {
            (Some(finding), _) => {
                let text = speak(self.language, finding);
                Some((text.message, text.advice))
            }
            (None, Some(reason)) => Some(reason_sentences(self.language, reason)),
            (None, None) => None,
        };
        if let Some((message, advice)) = sentences {
            text.push_str(&wrapped("      ", "      ", &message));
            text.push_str(&wrapped("      → ", "        ", &advice));
        }
        if let Some(other) = &row.probable {
            text.push_str(&wrapped("      ", "      ", &self.say("import.probable", &[("other", &printable(other))])));
        }
        text
    }
}

/// The terminal's width; unlimited where the output is no terminal.
pub fn width() -> usize {
    width_of(&std::io::stdout())
}

fn width_of(stream: &(impl std::io::IsTerminal + std::os::fd::AsFd)) -> usize {
    if !stream.is_terminal() {
        return 0;
    }
    terminal_size::terminal_size_of(stream).map_or(0, |(width, _)| usize::from(width.0))
}

/// A paragraph with its indents, broken between words where the output is a terminal.
pub fn wrapped(first: &str, next: &str, text: &str) -> String {
    broken(first, next, text, width())
}

fn broken(first: &str, next: &str, text: &str, width: usize) -> String {
    let mut lines = String::new();
    for paragraph in text.lines() {
        let indent = if lines.is_empty() { first } else { next };
        let mut line = indent.to_owned();
        let mut empty = true;
        for word in &words(paragraph) {
            let longer = line.chars().count() + 1 + word.chars().count();
            if !empty && width > 0 && longer > width {
                lines.push_str(line.trim_end());
                lines.push('\n');
                line = next.to_owned();
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    lines
}

/// Words of a paragraph; French guillemets and double punctuation stay with the word that they belong to.
fn words(paragraph: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut glued = false;
    for word in paragraph.split(' ') {
        let to_the_left = matches!(word.chars().next(), Some('»' | ':' | ';' | '!' | '?'));
        match words.last_mut() {
            Some(last) if glued || to_the_left => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
        glued = word.ends_with('«');
    }
    words
}

const LONGEST: usize = 160;

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST { text.to_owned() } else { text.chars().take(LONGEST).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_is_broken_between_words_and_never_inside_one() {
        assert_eq!(
            broken("  → ", "    ", "aa bb cc unmotbientroplong dd", 12),
            "  → aa bb cc\n    unmotbientroplong\n    dd\n"
        );
        assert_eq!(broken("  ", "    ", "un deux\ntrois", 0), "  un deux\n    trois\n");
        assert_eq!(broken("", "", "dites « facteur show » : puis", 12), "dites\n« facteur\nshow » :\npuis\n");
    }
}
