//! Named places at which a test can end the process at once, as a power cut would. Absent from release builds.

/// Ends the process here when `FACTEUR_KILL_AT` names this place (`name`, or `name:3` for its third passing).
#[cfg(debug_assertions)]
pub fn reach(name: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};
    static WANTED: OnceLock<Option<(String, u32)>> = OnceLock::new();
    static PASSED: AtomicU32 = AtomicU32::new(0);
    let wanted = WANTED.get_or_init(|| {
        let text = std::env::var("FACTEUR_KILL_AT").ok()?;
        let (place, count) = text.split_once(':').unwrap_or((&text, "1"));
        Some((place.to_owned(), count.parse().unwrap_or(1)))
    });
    if let Some((place, count)) = wanted
        && place == name
        && PASSED.fetch_add(1, Ordering::SeqCst) + 1 >= *count
    {
        std::process::abort();
    }
}

/// Nothing, in a release build.
#[cfg(not(debug_assertions))]
pub const fn reach(_name: &str) {}
