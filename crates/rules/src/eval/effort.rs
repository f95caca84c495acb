//! What one run may cost: rules that ask for too much end in an error, not in a machine that stands still.
//!
//! Official rules look at each node a few hundred times. A rule that compares every node with every other, in several
//! storeys, would run for years, and one whose variables double a text each time would take all memory. Whatever
//! visits a node or copies a text pays for it from one store for the whole run, the larger the document the fuller.

use std::cell::Cell;

use crate::error::Dynamic;

/// What every run may spend.
const STEPS_BASE: u64 = 20_000_000;
/// What it may spend besides for each element and text of the document.
const STEPS_EACH: u64 = 10_000;
/// What it may spend besides for each byte of the document.
const STEPS_BYTE: u64 = 50;
/// Most stack that an evaluation takes; the threads of a program have 2 MiB.
const STACK_MAX: usize = 768 * 1024;

/// The store of one run.
#[derive(Debug)]
pub(crate) struct Effort {
    left: Cell<u64>,
    /// Where the stack stood when the run began.
    stack: usize,
}

impl Effort {
    pub(crate) fn new(nodes: u32, bytes: usize) -> Self {
        let steps = STEPS_BASE + u64::from(nodes) * STEPS_EACH + bytes as u64 * STEPS_BYTE;
        Self { left: Cell::new(steps), stack: stack() }
    }

    /// Pays for so many steps.
    #[inline]
    pub(crate) fn spend(&self, steps: u64) -> Result<(), Dynamic> {
        match self.left.get().checked_sub(steps) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => self.exhausted(),
        }
    }

    /// Pays for a text of that length.
    #[inline]
    pub(crate) fn spend_text(&self, length: usize) -> Result<(), Dynamic> {
        self.spend(1 + length as u64 / 16)
    }

    /// Pays for one step, and for going one storey deeper.
    #[inline]
    pub(crate) fn enter(&self) -> Result<(), Dynamic> {
        if self.stack.abs_diff(stack()) > STACK_MAX {
            return too_deep();
        }
        self.spend(1)
    }

    #[cold]
    fn exhausted(&self) -> Result<(), Dynamic> {
        self.left.set(0);
        Err(Dynamic::new("SXLM0002", "the rules ask for more work than a document of this size is worth"))
    }
}

#[cold]
fn too_deep() -> Result<(), Dynamic> {
    Err(Dynamic::new("SXLM0001", "expressions that refer to each other too deep"))
}

/// About where the stack stands.
#[inline]
fn stack() -> usize {
    let here = 0_u8;
    std::hint::black_box(std::ptr::from_ref(&here)).addr()
}
