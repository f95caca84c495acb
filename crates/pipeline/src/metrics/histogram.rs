//! Times in buckets, counted in whole milliseconds.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper ends of the buckets in milliseconds: from a gateway on this machine to one that is given up.
pub const BOUNDS: [u64; 12] = [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 15_000, 60_000, 300_000];

/// A histogram of times.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [AtomicU64; BOUNDS.len()],
    count: AtomicU64,
    sum_millis: AtomicU64,
}

impl Histogram {
    /// Counts one.
    pub fn record(&self, took: Duration) {
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        for (bound, bucket) in BOUNDS.iter().zip(&self.buckets) {
            if millis <= *bound {
                bucket.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        self.sum_millis.fetch_add(millis, Ordering::Relaxed);
    }

    /// Upper end in milliseconds and how many were at most so long; then the count and the sum in milliseconds.
    pub(super) fn read(&self) -> (Vec<(u64, u64)>, u64, u64) {
        let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let buckets = BOUNDS.iter().zip(&self.buckets).map(|(bound, bucket)| (*bound, load(bucket))).collect();
        (buckets, load(&self.count), load(&self.sum_millis))
    }
}
