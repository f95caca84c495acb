//! Turns: documents are looked at side by side, and written in the order in which they were found, so that the first
//! of two with the same number is always the same one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// One gate: passed in the order of the numbers. Only whose turn it is is woken.
#[derive(Debug, Default)]
struct Gate(Mutex<GateState>);

#[derive(Debug, Default)]
struct GateState {
    next: u64,
    passed: BTreeSet<u64>,
    waiting: BTreeMap<u64, oneshot::Sender<()>>,
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, GateState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn reach(&self, number: u64) {
        let (wake, woken) = oneshot::channel();
        {
            let mut state = self.lock();
            if state.next >= number {
                return;
            }
            state.waiting.insert(number, wake);
        }
        // The other end is only dropped with the gate, which the one who waits keeps alive.
        let _ = woken.await;
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
        let later = state.next + 1;
        let later = state.waiting.split_off(&later);
        for (_, wake) in std::mem::replace(&mut state.waiting, later) {
            let _ = wake.send(());
        }
    }
}

/// The gates of an import: *room in memory*, *received*, *processed*. Room is given in the same order as the rest:
/// a later document that held it while it waits for its turn would keep an earlier one out for good.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns {
    gates: Arc<[Gate; 3]>,
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

/// One document's turn. Dropping it passes all gates, however the document ended.
#[derive(Debug)]
pub(super) struct Turn {
    gates: Arc<[Gate; 3]>,
    number: u64,
}

impl Turn {
    /// Waits until everything before has room or needs none.
    pub(super) async fn to_room(&self) {
        self.gates[0].reach(self.number).await;
    }

    /// It has room.
    pub(super) fn has_room(&mut self) {
        self.gates[0].pass(self.number);
    }

    /// Waits until everything before has been given to be recorded.
    pub(super) async fn to_receive(&self) {
        self.gates[1].reach(self.number).await;
    }

    /// It has been given to be recorded.
    pub(super) fn received(&mut self) {
        self.gates[1].pass(self.number);
    }

    /// Waits until everything before has been processed or given up.
    pub(super) async fn to_process(&self) {
        self.gates[2].reach(self.number).await;
    }

    /// Waits for everything before: for what has many documents inside. Nothing after it takes room meanwhile.
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

    /// Each of the tasks wants two thirds of the room, and the later ones ask first.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn those_that_wait_for_their_turn_never_keep_an_earlier_one_out() {
        let (turns, room) = (Turns::new(), Arc::new(tokio::sync::Semaphore::new(3)));
        let tasks: Vec<_> = (0..50_u64)
            .map(|index| {
                let (mut turn, room) = (turns.next(), room.clone());
                tokio::spawn(async move {
                    tokio::time::sleep(std::time::Duration::from_micros((50 - index) * 40)).await;
                    turn.to_room().await;
                    let _room = room.acquire_many_owned(2).await.unwrap();
                    turn.has_room();
                    turn.to_receive().await;
                    turn.received();
                    turn.to_process().await;
                })
            })
            .collect();
        let all = async {
            for task in tasks {
                task.await.unwrap();
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), all).await.expect("they wait for one another");
    }

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
