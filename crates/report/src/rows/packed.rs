//! Rows as bytes, for the file that holds those that memory does not.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

use facteur_model::date::Date;
use rust_decimal::Decimal;

use crate::document::Cell;

const CHUNK: usize = 1 << 16;

/// Writes a row: its length, then each cell with a sign of its kind.
pub(super) fn write(out: &mut impl Write, row: &[Cell]) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(256);
    for cell in row {
        pack(&mut bytes, cell);
    }
    out.write_all(&size(bytes.len()))?;
    out.write_all(&bytes)
}

fn pack(bytes: &mut Vec<u8>, cell: &Cell) {
    match cell {
        Cell::Empty => bytes.push(b'-'),
        Cell::Text(text) => {
            bytes.push(b't');
            bytes.extend(size(text.len()));
            bytes.extend(text.as_bytes());
        }
        Cell::Count(count) => {
            bytes.push(b'c');
            bytes.extend(count.to_le_bytes());
        }
        Cell::Amount(amount) => {
            bytes.push(b'a');
            bytes.extend(amount.serialize());
        }
        Cell::Measure(value) => {
            bytes.push(b'm');
            bytes.extend(value.serialize());
        }
        Cell::Day(day) => {
            bytes.push(b'd');
            bytes.extend(day.year().to_le_bytes());
            bytes.extend([day.month(), day.day()]);
        }
    }
}

/// Texts of cells are cut long before four billion bytes.
fn size(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

/// Reads the rows of a part of the file, one after the other. It has a place of its own: several readers can take turns.
pub(super) struct Reader<'a> {
    file: &'a File,
    left: Range<u64>,
    buffer: Vec<u8>,
    used: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(file: &'a File, left: Range<u64>) -> Self {
        Self { file, left, buffer: Vec::new(), used: 0 }
    }

    pub(super) fn next_row(&mut self) -> io::Result<Option<Vec<Cell>>> {
        if self.used == self.buffer.len() && self.left.is_empty() {
            return Ok(None);
        }
        let length = length_of(self.bytes(4)?)?;
        let mut rest = self.bytes(length)?;
        let mut row = Vec::new();
        while !rest.is_empty() {
            row.push(unpack(&mut rest)?);
        }
        Ok(Some(row))
    }

    fn bytes(&mut self, wanted: usize) -> io::Result<&[u8]> {
        if self.buffer.len() - self.used < wanted {
            self.buffer.drain(..self.used);
            self.used = 0;
            self.fill(wanted)?;
        }
        let from = self.used;
        self.used += wanted;
        self.buffer.get(from..self.used).ok_or_else(damaged)
    }

    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        let have = self.buffer.len();
        let left = usize::try_from(self.left.end - self.left.start).unwrap_or(usize::MAX);
        let more = CHUNK.max(wanted - have).min(left);
        self.buffer.resize(have + more, 0);
        self.file.read_exact_at(self.buffer.get_mut(have..).unwrap_or_default(), self.left.start)?;
        self.left.start += more as u64;
        Ok(())
    }
}

fn unpack(rest: &mut &[u8]) -> io::Result<Cell> {
    let [kind] = array(rest)?;
    match kind {
        b'-' => Ok(Cell::Empty),
        b't' => {
            let length = length_of(&array::<4>(rest)?)?;
            let text = take(rest, length)?;
            String::from_utf8(text.to_vec()).map(Cell::Text).map_err(|_| damaged())
        }
        b'c' => array(rest).map(|bytes| Cell::Count(i64::from_le_bytes(bytes))),
        b'a' => array(rest).map(|bytes| Cell::Amount(Decimal::deserialize(bytes))),
        b'm' => array(rest).map(|bytes| Cell::Measure(Decimal::deserialize(bytes))),
        b'd' => {
            let year = i32::from_le_bytes(array(rest)?);
            let [month, day] = array(rest)?;
            Date::new(year, month, day).map(Cell::Day).map_err(|_| damaged())
        }
        _ => Err(damaged()),
    }
}

fn length_of(bytes: &[u8]) -> io::Result<usize> {
    let bytes = bytes.try_into().map_err(|_| damaged())?;
    usize::try_from(u32::from_le_bytes(bytes)).map_err(|_| damaged())
}

fn array<const N: usize>(rest: &mut &[u8]) -> io::Result<[u8; N]> {
    take(rest, N)?.try_into().map_err(|_| damaged())
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> io::Result<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length).ok_or_else(damaged)?;
    *rest = after;
    Ok(taken)
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a row cannot be read back")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_row_comes_back_as_it_was(
            text in ".{0,40}", count: i64, (mantissa, scale) in (any::<i64>(), 0..20_u32), days in 0..40_000_i64,
            long in 0..100_000_usize,
        ) {
            let day = Date::new(1996, 1, 1).unwrap().plus_days(days);
            let row = vec![
                Cell::Empty, Cell::Text(text), Cell::Count(count), Cell::Amount(Decimal::new(mantissa, scale)),
                Cell::Measure(Decimal::new(mantissa, scale)), Cell::Day(day), Cell::Text("é".repeat(long)),
            ];
            let file = tempfile::tempfile().unwrap();
            write(&mut &file, &row).unwrap();
            write(&mut &file, &[]).unwrap();
            write(&mut &file, &row).unwrap();
            let mut reader = Reader::new(&file, 0..file.metadata().unwrap().len());
            prop_assert_eq!(reader.next_row().unwrap(), Some(row.clone()));
            prop_assert_eq!(reader.next_row().unwrap(), Some(vec![]));
            prop_assert_eq!(reader.next_row().unwrap(), Some(row));
            prop_assert_eq!(reader.next_row().unwrap(), None);
        }
    }
}
