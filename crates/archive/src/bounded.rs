//! Readers that stop before a limit is passed, and remember which one.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// Below this many unpacked bytes a ratio says nothing: small runs of zeros pack very well.
pub(crate) const RATIO_FLOOR: u64 = 1 << 20;

/// Reads a member of at most `limit` bytes; `None` when there is more.
pub(crate) fn read_up_to(reader: impl Read, expected: u64, limit: u64) -> io::Result<Option<Vec<u8>>> {
    const FIRST_ALLOCATION: u64 = 1 << 20;
    let mut bytes = Vec::with_capacity(usize::try_from(expected.min(limit).min(FIRST_ALLOCATION)).unwrap_or(0));
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// Counts the bytes that pass.
pub(crate) struct Counting<R> {
    inner: R,
    count: Rc<Cell<u64>>,
}

impl<R> Counting<R> {
    pub(crate) fn new(inner: R) -> (Self, Rc<Cell<u64>>) {
        let count = Rc::new(Cell::new(0));
        (Self { inner, count: Rc::clone(&count) }, count)
    }
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count.set(self.count.get() + read as u64);
        Ok(read)
    }
}

/// Which limit of the whole was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exceeded {
    Total,
    Ratio,
}

/// Fails as soon as the unpacked stream goes over the total or over the ratio to what was read of the packed one.
pub(crate) struct Inflated<R> {
    inner: R,
    packed: Rc<Cell<u64>>,
    unpacked: u64,
    max_total: u64,
    max_ratio: u64,
    exceeded: Rc<Cell<Option<Exceeded>>>,
}

impl<R> Inflated<R> {
    pub(crate) fn new(
        inner: R,
        packed: Rc<Cell<u64>>,
        max_total: u64,
        max_ratio: u64,
    ) -> (Self, Rc<Cell<Option<Exceeded>>>) {
        let exceeded = Rc::new(Cell::new(None));
        (Self { inner, packed, unpacked: 0, max_total, max_ratio, exceeded: Rc::clone(&exceeded) }, exceeded)
    }

    fn over(&self) -> Option<Exceeded> {
        if self.unpacked > self.max_total {
            Some(Exceeded::Total)
        } else if is_bomb(self.packed.get(), self.unpacked, self.max_ratio) {
            Some(Exceeded::Ratio)
        } else {
            None
        }
    }
}

impl<R: Read> Read for Inflated<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.unpacked += read as u64;
        match self.over() {
            None => Ok(read),
            exceeded => {
                self.exceeded.set(exceeded);
                Err(io::Error::other("over a limit"))
            }
        }
    }
}

/// Whether that many bytes may not come out of so few.
pub(crate) fn is_bomb(packed: u64, unpacked: u64, max_ratio: u64) -> bool {
    unpacked > RATIO_FLOOR && unpacked > packed.saturating_mul(max_ratio)
}
