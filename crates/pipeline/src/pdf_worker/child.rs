//! The child's side: first it takes away from itself what a reader of PDFs does not need, then it serves.

use std::io;
use std::process::exit;

use facteur_parse::pdf::scan::scan;
use facteur_parse::pdf::{extract, learn_from, read_pages_with};
use rustix::process::{Resource, Rlimit, chdir, getrlimit, setrlimit};
use rustix::thread::set_no_new_privs;
use rustix::time::{ClockId, clock_gettime};

use super::protocol::{Task, read_request, write_attachments, write_plain, write_scan};

/// Address space of the child. The costliest real PDF needs 264 MB for 300,000 objects, over the limit of objects.
const MEMORY_MAX: u64 = 512 << 20;
/// Processor time of a child in its whole life, in seconds.
const CPU_MAX: u64 = 60;
/// Processor time for one file, in seconds; more than the parent waits, which is the rule.
const CPU_PER_FILE: u64 = 11;
/// A child ends after this much processor time, in seconds, or this many files, whichever comes first.
const RETIRE_AFTER_CPU: u64 = 5;
const RETIRE_AFTER_FILES: usize = 50;
/// Standard input, output and error; nothing else can be opened.
const DESCRIPTORS: u64 = 3;

/// The child could not limit itself: it read nothing.
pub(super) const EXIT_NOT_CONFINED: i32 = 70;
const EXIT_BROKEN_CONVERSATION: i32 = 74;

/// What the hidden command of the executable does instead of everything else. It has to be called first thing in
/// `main`: before any thread is started and before any file is opened, since all other descriptors are closed.
pub fn child_main() -> ! {
    if let Err(error) = confine() {
        eprintln!("the reader of PDFs cannot limit itself: {error}");
        exit(EXIT_NOT_CONFINED);
    }
    match serve() {
        Ok(()) => exit(0),
        Err(_) => exit(EXIT_BROKEN_CONVERSATION),
    }
}

/// There is no signal for the parent's death: it would follow the death of the parent's *thread*, which is no reason
/// to end. A child whose parent is gone reads the end of its input, or fails to answer, and ends.
pub(super) fn confine() -> io::Result<()> {
    close_inherited_descriptors();
    chdir("/")?;
    set_no_new_privs(true)?;
    lower(Resource::Core, 0)?;
    lower(Resource::Fsize, 0)?;
    lower(Resource::Nproc, 0)?;
    lower(Resource::Nofile, DESCRIPTORS)?;
    lower(Resource::Cpu, CPU_MAX)?;
    lower(Resource::As, MEMORY_MAX)
}

/// Lowers a limit for good; one that is lower already stays.
fn lower(resource: Resource, limit: u64) -> io::Result<()> {
    let limit = getrlimit(resource).maximum.map_or(limit, |present| present.min(limit));
    Ok(setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })?)
}

/// The standard library opens nothing that a child inherits, but whoever started the parent may have (`make`, a
/// terminal, systemd).
fn close_inherited_descriptors() {
    const WITHOUT_PROC: i32 = 4096;
    let listed: Vec<i32> = match std::fs::read_dir("/proc/self/fd") {
        Ok(entries) => entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect(),
        Err(_) => (0..WITHOUT_PROC).collect(),
    };
    for descriptor in listed.into_iter().filter(|descriptor| *descriptor > 2) {
        // The listing's own descriptor is among them and closed by now.
        nix::unistd::close(descriptor).ok();
    }
}

fn serve() -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    for served in 1.. {
        let Some((question, bytes)) = read_request(&mut input)? else { break };
        grant_cpu()?;
        let spent = || served >= RETIRE_AFTER_FILES || cpu_seconds() >= RETIRE_AFTER_CPU;
        let limits = &question.limits;
        let last;
        match question.task {
            Task::Attachments => {
                let result = extract(&bytes, limits);
                last = spent();
                write_attachments(&mut output, &result, last)?;
            }
            Task::Pages(templates) => {
                let result = read_pages_with(&bytes, limits, &templates);
                last = spent();
                write_plain(&mut output, &result, last)?;
            }
            Task::Learn(values) => {
                let result = learn_from(&bytes, limits, &values);
                last = spent();
                write_plain(&mut output, &result, last)?;
            }
            Task::Scan(images) => {
                let result = scan(&bytes, limits, images);
                last = spent();
                write_scan(&mut output, &result, last)?;
            }
        }
        if last {
            break;
        }
    }
    Ok(())
}

/// Moves the soft limit of processor time so that this file has its share and no more.
fn grant_cpu() -> io::Result<()> {
    let maximum = getrlimit(Resource::Cpu).maximum;
    let granted = cpu_seconds() + CPU_PER_FILE;
    let current = Some(maximum.map_or(granted, |maximum| maximum.min(granted)));
    Ok(setrlimit(Resource::Cpu, Rlimit { current, maximum })?)
}

fn cpu_seconds() -> u64 {
    u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or(u64::MAX)
}
