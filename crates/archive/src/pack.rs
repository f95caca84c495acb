//! Writing a `.tar.gz`: the same members always give the same bytes.

use std::io::{self, Write as _};

use flate2::{Compression, GzBuilder};

/// Rights of a member, as an ordinary file has them.
const MODE: u32 = 0o644;

/// Packs members (name and bytes) in their order. Neither times nor owners go in, so that packing again gives the
/// same digest.
///
/// # Errors
/// A name is too long for the format (100 bytes without folders).
///
/// ```
/// let one = facteur_archive::pack_tar_gz([("FA-1.xml", &b"<Invoice/>"[..])])?;
/// assert_eq!(facteur_archive::detect(&one), Some(facteur_archive::ArchiveKind::TarGz));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn pack_tar_gz<'a>(members: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> io::Result<Vec<u8>> {
    let gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    let mut archive = tar::Builder::new(gzip);
    for (name, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.set_path(name)?;
        header.set_size(bytes.len() as u64);
        header.set_mode(MODE);
        header.set_mtime(0);
        header.set_cksum();
        archive.append(&header, bytes)?;
    }
    let mut gzip = archive.into_inner()?;
    gzip.flush()?;
    gzip.finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Cursor;
    use std::ops::ControlFlow;

    use super::*;
    use crate::{ArchiveKind, Limits, visit};

    #[test]
    fn what_was_packed_comes_out_again_and_packs_the_same_twice() {
        let members = [("b.xml", &b"<b/>"[..]), ("a.xml", &[7; 3000][..])];
        let packed = pack_tar_gz(members).unwrap();
        assert_eq!(packed, pack_tar_gz(members).unwrap());
        let mut seen = Vec::new();
        let limits = Limits { max_ratio: 10_000, ..Limits::default() };
        visit(Cursor::new(&packed), ArchiveKind::TarGz, &limits, |member| {
            let member = member.unwrap();
            seen.push((member.name.clone(), member.bytes.clone()));
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(seen, members.map(|(name, bytes)| (name.to_owned(), bytes.to_vec())));
        assert!(pack_tar_gz([("x".repeat(400).as_str(), &b""[..])]).is_err());
    }
}
