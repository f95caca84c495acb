//! Large documents are looked at by one thread of their own, one after the other: a document takes some 17 times its
//! size while it is looked at, and the C library keeps for each thread what the largest one there needed.

use std::sync::mpsc;
use std::thread;

use facteur_store::StoreError;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::error::PipelineError;

/// From here on a document is large, in bytes.
pub const LARGE_BYTES: usize = 1 << 20;

type Job = Box<dyn FnOnce() + Send>;

/// The door to that thread; without one, where the system gives none, the work is done where it is asked for.
pub struct Large(Option<mpsc::Sender<Job>>);

impl Large {
    /// Starts the thread.
    #[must_use]
    pub fn start() -> Self {
        let (jobs, waiting) = mpsc::channel::<Job>();
        let thread = thread::Builder::new().name("large-documents".to_owned());
        let started = thread.spawn(move || waiting.into_iter().for_each(|job| job()));
        Self(started.is_ok().then_some(jobs))
    }

    /// Does some work on that thread, after what was asked for before.
    ///
    /// # Errors
    /// The thread has stopped.
    pub async fn run<F>(&self, work: F) -> Result<F::Output, PipelineError>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let Some(jobs) = &self.0 else { return Ok(work.await) };
        let (answer, done) = oneshot::channel();
        let runtime = Handle::current();
        let job = move || {
            let _ = answer.send(runtime.block_on(work));
        };
        let stopped = || StoreError::Damaged("the thread for large documents has stopped".to_owned());
        jobs.send(Box::new(job)).map_err(|_| stopped())?;
        done.await.map_err(|_| stopped().into())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn everything_runs_on_one_thread_and_every_answer_comes_back() {
        let large = Large::start();
        let mut threads = std::collections::HashSet::new();
        for n in 0..20 {
            let (answer, thread) = large.run(async move { (n * 2, thread::current().id()) }).await.unwrap();
            assert_eq!(answer, n * 2);
            threads.insert(thread);
        }
        assert_eq!(threads.len(), 1);
        assert!(!threads.contains(&thread::current().id()));
    }
}
