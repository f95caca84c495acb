//! The rows of a table: in memory while they are few, in a file that no folder shows beyond. Whoever reads them sees
//! them one after the other, in order; memory does not grow with their number.

mod packed;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::ops::Range;

use crate::document::Cell;
use packed::Reader;

/// Rows that are kept in memory.
const IN_MEMORY: usize = 10_000;

/// What orders rows: the least first, equal ones as they came.
pub type Order = fn(&[Cell]) -> i64;

/// The rows of a table.
#[derive(Debug, Default)]
pub struct Rows {
    recent: Vec<Vec<Cell>>,
    spilled: Option<Spilled>,
    order: Option<Order>,
    count: usize,
    failed: Option<io::Error>,
}

/// Rows in a file: parts of it, each in order.
#[derive(Debug)]
struct Spilled {
    file: File,
    parts: Vec<Range<u64>>,
}

impl Rows {
    /// No rows; they will stay in the order in which they come.
    #[must_use]
    pub const fn new() -> Self {
        Self { recent: Vec::new(), spilled: None, order: None, count: 0, failed: None }
    }

    /// No rows; they will be put in order.
    #[must_use]
    pub const fn ordered_by(order: Order) -> Self {
        Self { recent: Vec::new(), spilled: None, order: Some(order), count: 0, failed: None }
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds a row. What cannot be kept is told by [`Self::settle`].
    pub fn push(&mut self, row: Vec<Cell>) {
        self.count += 1;
        self.recent.push(row);
        if self.recent.len() >= IN_MEMORY && self.failed.is_none() {
            self.failed = self.spill().err();
        }
    }

    /// Ends adding; from now on the rows are in order.
    ///
    /// # Errors
    /// When rows could not be kept.
    pub fn settle(&mut self) -> io::Result<()> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if self.spilled.is_some() && !self.recent.is_empty() {
            return self.spill();
        }
        self.put_in_order();
        Ok(())
    }

    /// Gives each row to `take`, in order, until it fails.
    ///
    /// # Errors
    /// That of `take`, or when the rows cannot be read back.
    pub fn try_each<E: From<io::Error>>(&self, mut take: impl FnMut(&[Cell]) -> Result<(), E>) -> Result<(), E> {
        if let Some(spilled) = &self.spilled {
            match self.order {
                None => spilled.one_after_the_other(&mut take)?,
                Some(order) => spilled.merged(order, &mut take)?,
            }
        }
        self.recent.iter().try_for_each(|row| take(row))
    }

    /// The first rows, at most so many.
    ///
    /// # Errors
    /// When they cannot be read back.
    pub fn first(&self, most: usize) -> io::Result<Vec<Vec<Cell>>> {
        if self.spilled.is_none() {
            return Ok(self.recent.iter().take(most).cloned().collect());
        }
        let mut rows = Vec::new();
        let full = self.try_each(|row| {
            if rows.len() >= most {
                return Err(Stop::Enough);
            }
            rows.push(row.to_vec());
            Ok(())
        });
        match full {
            Err(Stop::Failed(error)) => Err(error),
            Ok(()) | Err(Stop::Enough) => Ok(rows),
        }
    }

    fn put_in_order(&mut self) {
        if let Some(order) = self.order {
            self.recent.sort_by_cached_key(|row| order(row));
        }
    }

    fn spill(&mut self) -> io::Result<()> {
        self.put_in_order();
        let spilled = match &mut self.spilled {
            Some(spilled) => spilled,
            none => none.insert(Spilled { file: tempfile::tempfile()?, parts: Vec::new() }),
        };
        let start = spilled.file.stream_position()?;
        let mut writer = io::BufWriter::new(&spilled.file);
        for row in self.recent.drain(..) {
            packed::write(&mut writer, &row)?;
        }
        writer.flush()?;
        drop(writer);
        let end = spilled.file.stream_position()?;
        spilled.parts.push(start..end);
        Ok(())
    }
}

impl From<Vec<Vec<Cell>>> for Rows {
    fn from(recent: Vec<Vec<Cell>>) -> Self {
        Self { count: recent.len(), recent, ..Self::new() }
    }
}

impl FromIterator<Vec<Cell>> for Rows {
    fn from_iter<T: IntoIterator<Item = Vec<Cell>>>(rows: T) -> Self {
        let mut all = Self::new();
        rows.into_iter().for_each(|row| all.push(row));
        all
    }
}

/// Why reading ends early.
enum Stop {
    Enough,
    Failed(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl Spilled {
    fn readers(&self) -> impl Iterator<Item = Reader<'_>> {
        self.parts.iter().map(|part| Reader::new(&self.file, part.clone()))
    }

    fn one_after_the_other<E: From<io::Error>>(
        &self,
        take: &mut impl FnMut(&[Cell]) -> Result<(), E>,
    ) -> Result<(), E> {
        for mut reader in self.readers() {
            while let Some(row) = reader.next_row()? {
                take(&row)?;
            }
        }
        Ok(())
    }

    /// The parts are in order, each in itself: the least of their first rows is the next.
    fn merged<E: From<io::Error>>(
        &self,
        order: Order,
        take: &mut impl FnMut(&[Cell]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut readers: Vec<Reader<'_>> = self.readers().collect();
        let mut firsts: Vec<Option<Vec<Cell>>> = Vec::with_capacity(readers.len());
        let mut next = BinaryHeap::new();
        for (index, reader) in readers.iter_mut().enumerate() {
            let row = reader.next_row()?;
            next.extend(row.as_deref().map(|row| Reverse((order(row), index))));
            firsts.push(row);
        }
        while let Some(Reverse((_, index))) = next.pop() {
            let (Some(first), Some(reader)) = (firsts.get_mut(index), readers.get_mut(index)) else { continue };
            if let Some(row) = first.take() {
                take(&row)?;
            }
            *first = reader.next_row()?;
            next.extend(first.as_deref().map(|row| Reverse((order(row), index))));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(rows: &Rows) -> Vec<i64> {
        let mut all = Vec::new();
        rows.try_each(|row| {
            all.push(order(row));
            io::Result::Ok(())
        })
        .unwrap();
        all
    }

    fn order(row: &[Cell]) -> i64 {
        let Some(Cell::Count(count)) = row.first() else { panic!("{row:?}") };
        *count
    }

    /// More rows than memory is given, in an order that is not theirs.
    fn many(mut rows: Rows) -> Rows {
        for n in 0..25_003_i64 {
            rows.push(vec![Cell::Count(n * 7_919 % 25_003), Cell::text("Menuiserie du Clain")]);
        }
        rows.settle().unwrap();
        rows
    }

    #[test]
    fn rows_stay_as_they_came_and_memory_holds_few() {
        let rows = many(Rows::new());
        assert!(rows.recent.len() < IN_MEMORY);
        assert_eq!(rows.len(), 25_003);
        assert_eq!(read(&rows), (0..25_003).map(|n| n * 7_919 % 25_003).collect::<Vec<_>>());
        assert_eq!(rows.first(2).unwrap()[1][0], Cell::Count(7_919));
    }

    #[test]
    fn rows_are_put_in_order_however_many_there_are() {
        assert_eq!(read(&many(Rows::ordered_by(order))), (0..25_003).collect::<Vec<_>>());
        let mut few = Rows::ordered_by(order);
        [3, 1, 2].into_iter().for_each(|n| few.push(vec![Cell::Count(n)]));
        few.settle().unwrap();
        assert_eq!(read(&few), [1, 2, 3]);
    }
}
