//! Turns: documents are looked at side by side, and written in the order in which they were found, so that the first
//! of two with the same number is always the same one.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// One gate: passed in the order of the numbers.
#[derive(Debug, Default)]
struct Gate {
    state: Mutex<GateState>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct GateState {
    next: u64,
    passed: BTreeSet<u64>,
}

impl Gate {
    fn lock(&self) -> std::sync::MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn reach(&self, number: u64) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.lock().next >= number {
                return;
            }
            changed.await;
        }
    }

    fn pass(&self, number: u64) {
        let mut state = self.lock();
        if number >= state.next {
            state.passed.insert(number);
        }
        while let Some(first) = state.passed.first().copied().filter(|first| *first == state.next) {
            state.passed.remove(&first);
            state.next += 1;
        }
        drop(state);
        self.changed.notify_waiters();
    }
}

/// The two gates of an import: *received*, *processed*.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns {
    gates: Arc<[Gate; 2]>,
    given: Arc<Mutex<u64>>,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// The next turn, in the order of asking.
    pub(super) fn next(&self) -> Turn {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let number = *given;
        *given += 1;
        Turn { gates: self.gates.clone(), number }
    }
}

/// One document's turn. Dropping it passes both gates, however the document ended.
#[derive(Debug)]
pub(super) struct Turn {
    gates: Arc<[Gate; 2]>,
    number: u64,
}

impl Turn {
    /// Waits until everything before has been given to be recorded.
    pub(super) async fn to_receive(&self) {
        self.gates[0].reach(self.number).await;
    }

    /// It has been given to be recorded.
    pub(super) fn received(&mut self) {
        self.gates[0].pass(self.number);
    }

    /// Waits until everything before has been processed or given up.
    pub(super) async fn to_process(&self) {
        self.gates[1].reach(self.number).await;
    }

    /// Waits for both gates: for what has many documents inside.
    pub(super) async fn whole(&self) {
        self.to_receive().await;
        self.to_process().await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.gates.iter().for_each(|gate| gate.pass(self.number));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn gates_are_passed_in_order_even_when_some_give_up() {
        let turns = Turns::new();
        let order = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = (0..200_u64)
            .map(|index| {
                let (mut turn, order) = (turns.next(), order.clone());
                tokio::spawn(async move {
                    if index % 7 == 3 {
                        return;
                    }
                    tokio::time::sleep(std::time::Duration::from_micros(index * 37 % 900)).await;
                    turn.to_receive().await;
                    turn.received();
                    turn.to_process().await;
                    order.lock().unwrap().push(index);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let order = order.lock().unwrap();
        assert!(order.is_sorted() && order.len() == 171, "{order:?}");
    }
}
