//! The journal's chain: what a line's hash covers, and how a chain is verified.
//!
//! A line covers its number, time, kind, subject, the digest of its payload and the hash of the line before, so that
//! a changed, removed or reordered line shows; a cut end shows against a head kept elsewhere. The payload itself
//! may be erased: its digest stays.

use crate::document::sha256_hex;
use crate::error::StoreError;

/// The hash before the first line.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One line as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Number, from 1, without gaps.
    pub seq: i64,
    /// Milliseconds since 1970.
    pub at: i64,
    /// What kind of line.
    pub kind: String,
    /// What it is about: the identity of an invoice, or of the installation.
    pub subject: String,
    /// SHA-256 of the payload.
    pub digest: String,
    /// Hash of the line before.
    pub previous: String,
    /// Hash of this line.
    pub hash: String,
    /// The payload, unless it was erased.
    pub payload: Option<String>,
}

/// The end of the journal: `12:9f86d081…`, to be kept elsewhere too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Number of the last line; 0 when there is none.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl std::str::FromStr for Head {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let unreadable = || StoreError::Damaged(format!("{text} is not the head of a journal"));
        let (seq, hash) = text.trim().split_once(':').ok_or_else(unreadable)?;
        let hexadecimal = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        match seq.parse() {
            Ok(seq) if hexadecimal => Ok(Self { seq, hash: hash.to_ascii_lowercase() }),
            _ => Err(unreadable()),
        }
    }
}

/// The hash of a line: SHA-256 over the fields, one a line, in this order.
#[must_use]
pub fn line_hash(seq: i64, at: i64, kind: &str, subject: &str, digest: &str, previous: &str) -> String {
    sha256_hex(format!("facteur-journal/1\n{seq}\n{at}\n{kind}\n{subject}\n{digest}\n{previous}").as_bytes())
}

/// A timestamp of a head, by an authority that is not us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The head that it is about.
    pub head: Head,
    /// The instant that the authority vouches for.
    pub at: facteur_model::clock::Timestamp,
    /// Its token (RFC 3161, DER).
    pub token: Vec<u8>,
}

/// Verifies a chain line by line, in constant memory.
#[derive(Debug)]
pub struct Verifier {
    head: Head,
    /// Heads kept elsewhere that are still ahead, the nearest last.
    kept: Vec<Head>,
}

impl Verifier {
    /// Starts at the first line; `kept` are heads that were kept elsewhere.
    #[must_use]
    pub fn new(kept: impl IntoIterator<Item = Head>) -> Self {
        let mut kept: Vec<Head> = kept.into_iter().filter(|head| head.seq != 0).collect();
        kept.sort_by_key(|head| std::cmp::Reverse(head.seq));
        Self { head: Head { seq: 0, hash: GENESIS.to_owned() }, kept }
    }

    /// Starts after this line, which is believed.
    #[must_use]
    pub const fn after(head: Head) -> Self {
        Self { head, kept: Vec::new() }
    }

    /// Takes the next line.
    ///
    /// # Errors
    /// [`StoreError::Journal`] naming the first line that does not fit.
    pub fn take(&mut self, line: &Line) -> Result<(), StoreError> {
        let wrong = |what: &str| StoreError::Journal { seq: line.seq, what: what.to_owned() };
        if line.seq != self.head.seq + 1 {
            return Err(wrong("a line is missing or out of order"));
        }
        if line.previous != self.head.hash {
            return Err(wrong("does not follow the line before"));
        }
        if line_hash(line.seq, line.at, &line.kind, &line.subject, &line.digest, &line.previous) != line.hash {
            return Err(wrong("was changed"));
        }
        if line.payload.as_ref().is_some_and(|payload| sha256_hex(payload.as_bytes()) != line.digest) {
            return Err(wrong("its payload was changed"));
        }
        self.head = Head { seq: line.seq, hash: line.hash.clone() };
        while let Some(kept) = self.kept.pop_if(|kept| kept.seq == line.seq) {
            if kept.hash != line.hash {
                return Err(wrong("differs from the head kept elsewhere"));
            }
        }
        Ok(())
    }

    /// Ends: the head reached.
    ///
    /// # Errors
    /// [`StoreError::Journal`] when the journal ends before the head kept elsewhere.
    pub fn finish(self) -> Result<Head, StoreError> {
        if !self.kept.is_empty() {
            return Err(StoreError::Journal {
                seq: self.head.seq,
                what: "the journal was cut: it ends before the head kept elsewhere".to_owned(),
            });
        }
        Ok(self.head)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn chain(payloads: &[String]) -> Vec<Line> {
        let mut previous = GENESIS.to_owned();
        let mut lines = Vec::new();
        for (index, payload) in payloads.iter().enumerate() {
            let (seq, at, digest) = (index as i64 + 1, 1000 + index as i64, sha256_hex(payload.as_bytes()));
            let hash = line_hash(seq, at, "step", "x", &digest, &previous);
            let payload = Some(payload.clone());
            let (kind, subject) = ("step".to_owned(), "x".to_owned());
            lines.push(Line { seq, at, kind, subject, digest, previous, hash: hash.clone(), payload });
            previous = hash;
        }
        lines
    }

    fn verify(lines: &[Line], kept: Option<Head>) -> Result<Head, StoreError> {
        let mut verifier = Verifier::new(kept);
        lines.iter().try_for_each(|line| verifier.take(line))?;
        verifier.finish()
    }

    proptest! {
        #[test]
        fn any_change_shows(payloads in proptest::collection::vec(".{0,12}", 2..12), at in any::<prop::sample::Index>(), how in 0..6) {
            let lines = chain(&payloads);
            let head = verify(&lines, None).unwrap();
            let index = at.index(lines.len());
            let mut changed = lines.clone();
            match how {
                0 => { changed.remove(index); }
                1 => changed[index].at += 1,
                2 => changed[index].payload = Some("another".to_owned()),
                3 => changed[index].digest = sha256_hex(b"another"),
                4 => { let other = (index + 1) % changed.len(); changed.swap(index, other); }
                _ => changed[index].subject.push('y'),
            }
            prop_assert!(verify(&changed, Some(head)).is_err());
        }

        #[test]
        fn an_erased_payload_does_not_break_the_chain(payloads in proptest::collection::vec(".{0,12}", 1..12), at in any::<prop::sample::Index>()) {
            let mut lines = chain(&payloads);
            let head = verify(&lines, None).unwrap();
            let index = at.index(lines.len());
            lines[index].payload = None;
            prop_assert_eq!(verify(&lines, Some(head.clone())).unwrap(), head);
        }
    }

    #[test]
    fn a_head_reads_back() {
        let head = Head { seq: 7, hash: sha256_hex(b"x") };
        assert_eq!(head.to_string().parse::<Head>().unwrap(), head);
        assert!("7:xyz".parse::<Head>().is_err());
    }
}
