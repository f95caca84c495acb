//! As much of DER (ITU-T X.690) as a timestamp needs: reading elements one after the other, and writing three kinds.
//! Lengths are checked before anything is read; indefinite lengths and tags of several bytes are refused.

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT: u8 = 0x06;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
/// `[0]`, constructed.
pub(crate) const CONTEXT_0: u8 = 0xa0;

/// Reads elements from a slice, in their order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tag of the next element.
    pub(crate) fn tag(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The content of the next element if it has this tag.
    pub(crate) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        (self.tag()? == tag).then(|| self.element().map(|(content, _)| content))?
    }

    /// The elements inside the next one if it has this tag.
    pub(crate) fn enter(&mut self, tag: u8) -> Option<Self> {
        self.take(tag).map(Self)
    }

    /// The next element whole, with its header, if it has this tag.
    pub(crate) fn whole(&mut self, tag: u8) -> Option<&'a [u8]> {
        (self.tag()? == tag).then(|| self.element().map(|(_, whole)| whole))?
    }

    /// Steps over the next element if it has this tag.
    pub(crate) fn skip(&mut self, tag: u8) {
        if self.tag() == Some(tag) {
            self.element();
        }
    }

    fn element(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let several_bytes = tag & 0x1f == 0x1f;
        let length = match first {
            0..=0x7f => usize::from(first),
            0x81..=0x84 => {
                let (digits, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
                rest = after;
                digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit))
            }
            _ => return None,
        };
        let content = rest.get(..length).filter(|_| !several_bytes)?;
        let end = self.0.len() - rest.len() + length;
        let whole = self.0.get(..end)?;
        self.0 = self.0.get(end..)?;
        Some((content, whole))
    }
}

/// An element with this tag and content.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    if length < 0x80 {
        out.push(u8::try_from(length).unwrap_or_default());
    } else {
        let bytes = length.to_be_bytes();
        let digits = &bytes[bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1)..];
        out.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
        out.extend_from_slice(digits);
    }
    out.extend_from_slice(content);
    out
}

/// A sequence of these elements.
pub(crate) fn sequence(elements: &[&[u8]]) -> Vec<u8> {
    element(SEQUENCE, &elements.concat())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(content in proptest::collection::vec(any::<u8>(), 0..70_000)) {
            let bytes = element(OCTET_STRING, &content);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.take(OCTET_STRING).unwrap(), &content[..]);
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn no_bytes_make_the_reader_fail(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut reader = Reader::new(&bytes);
            while let Some(tag) = reader.tag() {
                if reader.whole(tag).is_none() {
                    break;
                }
            }
        }
    }

    #[test]
    fn lengths_beyond_the_end_and_indefinite_ones_are_refused() {
        for bytes in
            [&[0x30, 0x05, 0x00][..], &[0x30, 0x80, 0, 0], &[0x30, 0x85, 0, 0, 0, 0, 1, 0], &[0x1f, 0x01, 0x00]]
        {
            assert_eq!(Reader::new(bytes).take(bytes[0]), None, "{bytes:?}");
        }
    }
}
