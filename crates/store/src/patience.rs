//! How long a lost connection is tried again before the command gives up.

use std::time::Duration;

use tokio::time::Instant;

/// Long enough for a database server to be restarted, short enough for a command to end and say what is wrong.
const PATIENCE: Duration = Duration::from_secs(30);
/// First and longest pause between two tries.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// The patience of one request.
#[derive(Debug, Default)]
pub(crate) struct Patience(Option<(Instant, Duration)>);

impl Patience {
    /// Waits a moment, each time longer; false when it is time to give up.
    pub(crate) async fn again(&mut self) -> bool {
        let (until, pause) = *self.0.get_or_insert_with(|| (Instant::now() + PATIENCE, PAUSES.0));
        if Instant::now() + pause > until {
            return false;
        }
        tokio::time::sleep(pause).await;
        self.0 = Some((until, (pause * 2).min(PAUSES.1)));
        true
    }
}
