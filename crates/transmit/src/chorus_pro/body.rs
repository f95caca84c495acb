//! The body of a deposit, handed over piece by piece, and the proof whether its last piece ever was.
//!
//! A piece that was handed to the HTTP engine counts as sent, although it may still sit in a buffer: the error is on
//! the safe side. [`Gate::close`] is the proof: once it has said that the body is not whole, no further piece is
//! ever handed over, whatever the engine still does in the background.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use futures_util::Stream;
use futures_util::stream::poll_fn;
use tokio::time::Instant;

/// Size of a piece.
const PIECE: usize = 64 * 1024;

/// Counts a body out, and stops it.
pub(super) struct Gate {
    body: Arc<Vec<u8>>,
    state: Mutex<State>,
}

struct State {
    handed_over: usize,
    closed: bool,
    last_move: Instant,
}

impl Gate {
    /// A gate before a body of which nothing has left yet; `connecting` is for the connection, before patience counts.
    pub fn new(body: Arc<Vec<u8>>, connecting: Duration) -> Arc<Self> {
        let state = State { handed_over: 0, closed: false, last_move: Instant::now() + connecting };
        Arc::new(Self { body, state: Mutex::new(state) })
    }

    /// Length of the whole body.
    pub fn length(&self) -> usize {
        self.body.len()
    }

    /// The pieces. Ends with an error once the gate is closed, so that the engine breaks the request off.
    pub fn pieces(self: &Arc<Self>) -> impl Stream<Item = io::Result<Vec<u8>>> + Send + 'static {
        let gate = Arc::clone(self);
        poll_fn(move |_| Poll::Ready(gate.next_piece()))
    }

    /// Closes the gate; true if the last byte had already been handed over.
    pub fn close(&self) -> bool {
        let mut state = self.lock();
        state.closed = true;
        state.handed_over == self.body.len()
    }

    /// Returns once nothing was handed over for `patience`; after the last piece, `patience` is for the answer.
    pub async fn stalled(&self, patience: Duration) {
        loop {
            let deadline = self.lock().last_move + patience;
            if deadline <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(deadline).await;
        }
    }

    fn next_piece(&self) -> Option<io::Result<Vec<u8>>> {
        let mut state = self.lock();
        if state.closed {
            return Some(Err(io::Error::other("the deposit was broken off")));
        }
        let start = state.handed_over;
        let end = self.body.len().min(start + PIECE);
        if start == end {
            return None;
        }
        state.handed_over = end;
        state.last_move = Instant::now();
        Some(Ok(self.body[start..end].to_vec()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use futures_util::StreamExt;

    use super::*;

    #[tokio::test]
    async fn the_pieces_are_the_body() {
        let body: Vec<u8> = (0..PIECE * 2 + 7).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let gate = Gate::new(Arc::new(body.clone()), Duration::ZERO);
        let mut pieces = Box::pin(gate.pieces());
        let mut seen = Vec::new();
        while let Some(piece) = pieces.next().await {
            seen.extend(piece.unwrap());
        }
        assert_eq!(seen, body);
        assert!(gate.close());
    }

    #[tokio::test]
    async fn a_closed_gate_lets_nothing_more_through() {
        let gate = Gate::new(Arc::new(vec![7; PIECE + 1]), Duration::ZERO);
        let mut pieces = Box::pin(gate.pieces());
        assert_eq!(pieces.next().await.unwrap().unwrap().len(), PIECE);
        assert!(!gate.close());
        assert!(pieces.next().await.unwrap().is_err());
        assert!(!gate.close());
    }

    #[tokio::test]
    async fn the_last_piece_counts_as_sent() {
        let gate = Gate::new(Arc::new(vec![7; PIECE]), Duration::ZERO);
        let mut pieces = Box::pin(gate.pieces());
        assert!(pieces.next().await.unwrap().is_ok());
        assert!(gate.close());
    }
}
