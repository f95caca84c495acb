//! Clocks that count the processor's time rather than the wall's, and what several rounds come to.

use std::hint::black_box;
use std::time::Duration;

use anyhow::Context as _;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use nix::time::{ClockId, clock_gettime};

/// Processor time of this thread.
pub fn thread_time() -> anyhow::Result<Duration> {
    clock(ClockId::CLOCK_THREAD_CPUTIME_ID)
}

/// Processor time of this process, all threads.
pub fn process_time() -> anyhow::Result<Duration> {
    clock(ClockId::CLOCK_PROCESS_CPUTIME_ID)
}

fn clock(id: ClockId) -> anyhow::Result<Duration> {
    let now = clock_gettime(id).context("the processor's clock")?;
    Ok(Duration::new(u64::try_from(now.tv_sec())?, u32::try_from(now.tv_nsec())?))
}

/// Processor time of the children that have ended, and of theirs.
pub fn children_time() -> anyhow::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(u64::try_from(micros)?))
}

/// Processor time of everything that runs on this machine, on all its cores (`/proc/stat`, in hundredths of a second).
pub fn busy_time() -> anyhow::Result<Duration> {
    let text = std::fs::read_to_string("/proc/stat")?;
    let line = text.lines().next().context("/proc/stat is empty")?;
    let ticks: Vec<u64> = line.split_whitespace().skip(1).map_while(|word| word.parse().ok()).collect();
    // user, nice, system, then idle and waiting, then interrupts twice and what the host took.
    let busy: u64 = ticks.iter().take(8).enumerate().filter(|(n, _)| !matches!(n, 3 | 4)).map(|(_, ticks)| ticks).sum();
    Ok(Duration::from_millis(busy * 10))
}

/// Processor time of `work` on each item, in microseconds an item.
pub fn micros_each<T, R>(items: &[T], mut work: impl FnMut(&T) -> R) -> anyhow::Result<f64> {
    let begin = thread_time()?;
    for item in items {
        black_box(work(black_box(item)));
    }
    Ok(micros(thread_time()? - begin) / items.len() as f64)
}

/// In microseconds.
pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// What several rounds came to.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

impl Spread {
    pub fn of(values: &[f64]) -> Self {
        Self { median: quantile(values, 0.5), low: quantile(values, 0.0), high: quantile(values, 1.0) }
    }

    /// Of the ratios of two series, round by round.
    pub fn of_ratios(ours: &[f64], peer: &[f64]) -> Self {
        let ratios: Vec<f64> = ours.iter().zip(peer).map(|(ours, peer)| ours / peer).collect();
        Self::of(&ratios)
    }
}

/// The value below which that share of the values lies (nearest rank).
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1));
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}
