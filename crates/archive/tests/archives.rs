//! Archives as suppliers send them, and as attackers do.
#![allow(clippy::unwrap_used)]

use std::io::{Cursor, Write};
use std::ops::ControlFlow;

use facteur_archive::{ArchiveError, ArchiveKind, Limits, Member, MemberError, Refusal, Summary, detect, visit};
use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};
use proptest::prelude::*;

type Outcomes = Vec<Result<Member, MemberError>>;

fn read(bytes: &[u8], limits: &Limits) -> (Outcomes, Result<Summary, ArchiveError>) {
    let mut outcomes = Vec::new();
    let kind = detect(bytes).unwrap_or(ArchiveKind::Zip);
    let summary = visit(Cursor::new(bytes), kind, limits, |outcome| {
        outcomes.push(outcome);
        ControlFlow::Continue(())
    });
    (outcomes, summary)
}

fn names(outcomes: &Outcomes) -> Vec<&str> {
    outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).map(|member| member.name.as_str()).collect()
}

fn refusals(outcomes: &Outcomes) -> Vec<Refusal> {
    outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).map(|error| error.refusal.clone()).collect()
}

/// One entry of a hand-made zip: every field may lie.
#[derive(Clone)]
struct Entry {
    name: Vec<u8>,
    packed: Vec<u8>,
    crc: u32,
    method: u16,
    flags: u16,
    declared_packed: u64,
    declared_size: u64,
    zip64: bool,
    unix_mode: u32,
    header_of: Option<usize>,
}

impl Entry {
    fn new(name: &[u8], content: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content).unwrap();
        let packed = encoder.finish().unwrap();
        let mut crc = Crc::new();
        crc.update(content);
        Self {
            name: name.to_vec(),
            declared_packed: packed.len() as u64,
            declared_size: content.len() as u64,
            packed,
            crc: crc.sum(),
            method: 8,
            flags: 0,
            zip64: false,
            unix_mode: 0o100_644,
            header_of: None,
        }
    }

    fn sizes(&self) -> (u32, u32, Vec<u8>) {
        if !self.zip64 {
            return (self.declared_packed as u32, self.declared_size as u32, Vec::new());
        }
        let mut extra = vec![1, 0, 16, 0];
        extra.extend(self.declared_size.to_le_bytes());
        extra.extend(self.declared_packed.to_le_bytes());
        (u32::MAX, u32::MAX, extra)
    }

    fn common(&self) -> Vec<u8> {
        let (packed, size, extra) = self.sizes();
        let mut bytes = Vec::new();
        bytes.extend(45_u16.to_le_bytes());
        bytes.extend(self.flags.to_le_bytes());
        bytes.extend(self.method.to_le_bytes());
        bytes.extend([0, 0, 0x21, 0x5b]);
        bytes.extend(self.crc.to_le_bytes());
        bytes.extend(packed.to_le_bytes());
        bytes.extend(size.to_le_bytes());
        bytes.extend((self.name.len() as u16).to_le_bytes());
        bytes.extend((extra.len() as u16).to_le_bytes());
        bytes
    }
}

fn zip_of(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut offsets = Vec::new();
    for entry in entries {
        if let Some(other) = entry.header_of {
            offsets.push(offsets[other]);
            continue;
        }
        offsets.push(bytes.len() as u32);
        bytes.extend(b"PK\x03\x04");
        bytes.extend(entry.common());
        bytes.extend(&entry.name);
        bytes.extend(entry.sizes().2);
        bytes.extend(&entry.packed);
    }
    let start = bytes.len() as u32;
    for (entry, offset) in entries.iter().zip(&offsets) {
        bytes.extend(b"PK\x01\x02");
        bytes.extend([45, 3]);
        bytes.extend(entry.common());
        bytes.extend([0; 6]);
        bytes.extend((entry.unix_mode << 16).to_le_bytes());
        bytes.extend(offset.to_le_bytes());
        bytes.extend(&entry.name);
        bytes.extend(entry.sizes().2);
    }
    let size = bytes.len() as u32 - start;
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend((entries.len() as u16).to_le_bytes());
    bytes.extend((entries.len() as u16).to_le_bytes());
    bytes.extend(size.to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tar_of(build: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    build(&mut builder);
    builder.into_inner().unwrap()
}

fn add(builder: &mut tar::Builder<Vec<u8>>, name: &[u8], kind: tar::EntryType, content: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    builder.append(&header, content).unwrap();
}

#[test]
fn five_invoices_come_out_of_a_zip_in_its_order() {
    let entries: Vec<Entry> =
        (1..=5).map(|n| Entry::new(format!("lot/facture-{n}.xml").as_bytes(), b"<Invoice/>")).collect();
    let (outcomes, summary) = read(&zip_of(&entries), &Limits::default());
    assert_eq!(names(&outcomes)[4], "lot/facture-5.xml");
    assert_eq!(summary.unwrap(), Summary { members: 5, refused: 0, directories: 0, bytes: 50, stopped: false });
}

#[test]
fn five_invoices_come_out_of_a_tar_gz_and_directories_are_skipped() {
    let tar = tar_of(|builder| {
        add(builder, b"lot/", tar::EntryType::Directory, b"");
        for n in 1..=5 {
            add(builder, format!("./lot/{n}.xml").as_bytes(), tar::EntryType::Regular, b"<Invoice/>");
        }
    });
    let (outcomes, summary) = read(&gzip(&tar), &Limits::default());
    assert_eq!(names(&outcomes), ["lot/1.xml", "lot/2.xml", "lot/3.xml", "lot/4.xml", "lot/5.xml"]);
    assert_eq!(summary.unwrap(), Summary { members: 5, refused: 0, directories: 1, bytes: 50, stopped: false });
}

#[test]
fn one_bad_member_does_not_stop_the_others() {
    let mut encrypted = Entry::new(b"secret.xml", b"<Invoice/>");
    encrypted.flags = 1;
    let mut link = Entry::new(b"link.xml", b"/etc/passwd");
    link.unix_mode = 0o120_777;
    let mut device = Entry::new(b"device.xml", b"");
    device.unix_mode = 0o060_644;
    let mut method = Entry::new(b"lzma.xml", b"<Invoice/>");
    method.method = 14;
    let mut crc = Entry::new(b"crc.xml", b"<Invoice/>");
    crc.crc ^= 1;
    let nested = Entry::new(b"lot.zip", &zip_of(&[Entry::new(b"a.xml", b"<a/>")]));
    let good = Entry::new(b"good.xml", b"<Invoice/>");
    let slip = Entry::new(b"../../etc/cron.d/x", b"<Invoice/>");
    let (outcomes, summary) =
        read(&zip_of(&[encrypted, link, device, method, crc, nested, slip, good]), &Limits::default());
    assert_eq!(names(&outcomes), ["good.xml"]);
    let refusals = refusals(&outcomes);
    assert_eq!(refusals[0], Refusal::Encrypted);
    assert_eq!(refusals[1], Refusal::NotAFile { kind: "link" });
    assert_eq!(refusals[2], Refusal::NotAFile { kind: "special file" });
    assert!(matches!(refusals[3], Refusal::UnsupportedCompression { .. }));
    assert!(matches!(refusals[4], Refusal::Damaged { .. }));
    assert_eq!(refusals[5], Refusal::NestedArchive);
    assert_eq!(refusals[6], Refusal::UnsafeName);
    let summary = summary.unwrap();
    assert_eq!((summary.members, summary.refused), (1, 7));
    assert!(outcomes[0].as_ref().unwrap_err().to_string().contains("secret.xml"));
}

#[test]
fn links_and_devices_in_a_tar_are_refused_and_the_rest_goes_on() {
    let tar = tar_of(|builder| {
        add(builder, b"link", tar::EntryType::Symlink, b"");
        add(builder, b"hard", tar::EntryType::Link, b"");
        add(builder, b"pipe", tar::EntryType::Fifo, b"");
        add(builder, b"/etc/passwd", tar::EntryType::Regular, b"x");
        add(builder, b"../up.xml", tar::EntryType::Regular, b"x");
        add(builder, b"inner.tar.gz", tar::EntryType::Regular, &gzip(b"x"));
        add(builder, b"good.xml", tar::EntryType::Regular, b"<Invoice/>");
    });
    let (outcomes, summary) = read(&gzip(&tar), &Limits::default());
    assert_eq!(names(&outcomes), ["good.xml"]);
    assert_eq!(summary.unwrap().refused, 6);
    assert_eq!(refusals(&outcomes)[3], Refusal::UnsafeName);
    assert_eq!(refusals(&outcomes)[4], Refusal::UnsafeName);
    assert_eq!(refusals(&outcomes)[5], Refusal::NestedArchive);
}

#[test]
fn a_name_used_twice_is_handed_over_twice_and_said() {
    let (outcomes, _) = read(&zip_of(&[Entry::new(b"a.xml", b"1"), Entry::new(b"a.xml", b"2")]), &Limits::default());
    let members: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
    assert_eq!((members[0].name_seen_before, members[1].name_seen_before), (false, true));
    assert_eq!((members[0].bytes.as_slice(), members[1].bytes.as_slice()), (b"1".as_slice(), b"2".as_slice()));
}

#[test]
fn names_are_read_as_utf8_and_else_as_code_page_437() {
    let utf8 = Entry::new("société.xml".as_bytes(), b"1");
    let cp437 = Entry::new(b"soci\x82t\x82.xml", b"2");
    let (outcomes, _) = read(&zip_of(&[utf8, cp437]), &Limits::default());
    assert_eq!(names(&outcomes), ["société.xml", "société.xml"]);
}

#[test]
fn long_names_of_gnu_and_pax_tars_are_read() {
    let long = format!("{}/facture.xml", "dossier-de-la-mairie/".repeat(8).trim_end_matches('/'));
    let gnu = tar_of(|builder| {
        let mut header = tar::Header::new_gnu();
        header.set_size(1);
        builder.append_data(&mut header, &long, b"x".as_slice()).unwrap();
    });
    let record = format!("{} path={long}\n", long.len() + 10);
    let pax = tar_of(|builder| {
        add(builder, b"pax", tar::EntryType::XHeader, record.as_bytes());
        add(builder, b"short", tar::EntryType::Regular, b"x");
    });
    for tar in [gnu, pax] {
        let (outcomes, summary) = read(&gzip(&tar), &Limits::default());
        summary.unwrap();
        assert_eq!(names(&outcomes), [long.as_str()]);
    }
}

#[test]
fn an_endless_long_name_is_refused() {
    let tar = tar_of(|builder| {
        let name = vec![b'a'; 3 << 20];
        add(builder, b"././@LongLink", tar::EntryType::GNULongName, &name);
        add(builder, b"short", tar::EntryType::Regular, b"x");
    });
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(&tar).unwrap();
    let (outcomes, summary) = read(&encoder.finish().unwrap(), &Limits::default());
    assert!(matches!(summary, Err(ArchiveError::Damaged { .. })));
    assert!(outcomes.is_empty());
}

#[test]
fn a_zip_bomb_is_refused_and_its_neighbour_comes_out() {
    let bomb = Entry::new(b"bomb.xml", &vec![b' '; 15 << 20]);
    assert!(bomb.packed.len() < 20_000);
    let (outcomes, _) = read(&zip_of(&[bomb, Entry::new(b"good.xml", b"<a/>")]), &Limits::default());
    assert_eq!(refusals(&outcomes), [Refusal::Bomb { limit: 200 }]);
    assert_eq!(names(&outcomes), ["good.xml"]);
}

#[test]
fn a_gzip_bomb_is_refused_early() {
    let tar = tar_of(|builder| add(builder, b"bomb.xml", tar::EntryType::Regular, &vec![0; 19 << 20]));
    let packed = gzip(&tar);
    let mut source = Cursor::new(packed.as_slice());
    let result = visit(&mut source, ArchiveKind::TarGz, &Limits::default(), |_| ControlFlow::Continue(()));
    assert!(matches!(result, Err(ArchiveError::Bomb { limit: 200 })), "{result:?}");
}

#[test]
fn members_that_lie_about_their_size_are_refused() {
    let mut small = Entry::new(b"small.xml", &vec![b'x'; 5000]);
    small.declared_size = 10;
    let mut large = Entry::new(b"large.xml", b"<a/>");
    large.declared_size = 4000;
    let mut huge = Entry::new(b"zip64.xml", b"<a/>");
    huge.zip64 = true;
    huge.declared_size = u64::MAX - 1;
    let mut packed = Entry::new(b"packed.xml", b"<a/>");
    packed.zip64 = true;
    packed.declared_packed = 1 << 60;
    let mut honest = Entry::new(b"honest.xml", b"<a/>");
    honest.zip64 = true;
    let (outcomes, summary) = read(&zip_of(&[small, large, huge, packed, honest]), &Limits::default());
    let refusals = refusals(&outcomes);
    assert!(matches!(&refusals[0], Refusal::Damaged { detail } if detail.contains("larger")), "{:?}", refusals[0]);
    assert_eq!(refusals[1], Refusal::SizeMismatch { declared: 4000, found: 4 });
    assert_eq!(refusals[2], Refusal::TooLarge { limit: 20 << 20 });
    assert!(names(&outcomes).contains(&"honest.xml"));
    summary.unwrap();
}

#[test]
fn two_names_for_the_same_bytes_are_refused() {
    let first = Entry::new(b"a.xml", b"<a/>");
    let mut second = Entry::new(b"b.xml", b"<a/>");
    second.header_of = Some(0);
    let (outcomes, _) = read(&zip_of(&[first, second]), &Limits::default());
    assert_eq!(refusals(&outcomes), [Refusal::Overlapping]);
}

#[test]
fn the_limits_of_the_whole_end_the_visit() {
    let entries: Vec<Entry> = (0..20).map(|n| Entry::new(format!("{n}.xml").as_bytes(), &[b'x'; 100])).collect();
    let few = Limits { max_members: 10, ..Limits::default() };
    let (outcomes, summary) = read(&zip_of(&entries), &few);
    assert!(matches!(summary, Err(ArchiveError::TooManyMembers { found: 20, limit: 10 })));
    assert!(outcomes.is_empty());
    let small = Limits { max_total_bytes: 1050, ..Limits::default() };
    let (outcomes, summary) = read(&zip_of(&entries), &small);
    assert!(matches!(summary, Err(ArchiveError::TotalTooLarge { limit: 1050 })));
    assert_eq!(outcomes.len(), 10);
    let tar = gzip(&tar_of(|builder| {
        for n in 0..20 {
            add(builder, format!("{n}.xml").as_bytes(), tar::EntryType::Regular, b"x");
        }
    }));
    assert!(matches!(read(&tar, &few).1, Err(ArchiveError::TooManyMembers { found: 11, limit: 10 })));
    let total = Limits { max_total_bytes: 6000, ..Limits::default() };
    assert!(matches!(read(&tar, &total).1, Err(ArchiveError::TotalTooLarge { limit: 6000 })));
}

#[test]
fn a_member_over_the_limit_is_refused_alone() {
    let limits = Limits { max_member_bytes: 100, ..Limits::default() };
    let zip = zip_of(&[Entry::new(b"big.xml", &[b'x'; 101]), Entry::new(b"ok.xml", &[b'x'; 100])]);
    let tar = gzip(&tar_of(|builder| {
        add(builder, b"big.xml", tar::EntryType::Regular, &[b'x'; 101]);
        add(builder, b"ok.xml", tar::EntryType::Regular, &[b'x'; 100]);
    }));
    for archive in [zip, tar] {
        let (outcomes, summary) = read(&archive, &limits);
        assert_eq!(refusals(&outcomes), [Refusal::TooLarge { limit: 100 }]);
        assert_eq!(names(&outcomes), ["ok.xml"]);
        summary.unwrap();
    }
}

#[test]
fn truncated_archives_are_damaged_at_every_length() {
    let zip = zip_of(&[Entry::new(b"a.xml", b"<Invoice>something</Invoice>")]);
    for length in 0..zip.len() - 1 {
        assert!(read(&zip[..length], &Limits::default()).1.is_err(), "zip cut at {length}");
    }
    let tar = gzip(&tar_of(|builder| add(builder, b"a.xml", tar::EntryType::Regular, b"<Invoice/>")));
    for length in 3..tar.len() - 1 {
        assert!(read(&tar[..length], &Limits::default()).1.is_err(), "tar.gz cut at {length}");
    }
}

#[test]
fn a_gzip_file_without_tar_is_said_to_be_so() {
    for content in [b"<Invoice/>".to_vec(), vec![b'x'; 2000]] {
        let (outcomes, summary) = read(&gzip(&content), &Limits::default());
        assert!(matches!(summary, Err(ArchiveError::NotATar)), "{summary:?}");
        assert!(outcomes.is_empty());
    }
}

#[test]
fn the_visitor_may_break_off() {
    let zip = zip_of(&[Entry::new(b"a", b"1"), Entry::new(b"b", b"2")]);
    let summary = visit(Cursor::new(zip), ArchiveKind::Zip, &Limits::default(), |_| ControlFlow::Break(())).unwrap();
    assert_eq!((summary.members, summary.stopped), (1, true));
}

#[test]
fn only_archives_are_detected() {
    assert_eq!(detect(b"PK\x03\x04"), Some(ArchiveKind::Zip));
    assert_eq!(detect(b"\x1f\x8b\x08"), Some(ArchiveKind::TarGz));
    for other in [b"%PDF-1.7".as_slice(), b"<?xml", b"", b"PK"] {
        assert_eq!(detect(other), None);
    }
}

proptest! {
    #[test]
    fn every_content_comes_out_unchanged(contents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..8)) {
        let entries: Vec<Entry> =
            contents.iter().enumerate().map(|(n, content)| Entry::new(format!("{n}.xml").as_bytes(), content)).collect();
        let tar = gzip(&tar_of(|builder| {
            for (n, content) in contents.iter().enumerate() {
                add(builder, format!("{n}.xml").as_bytes(), tar::EntryType::Regular, content);
            }
        }));
        for archive in [zip_of(&entries), tar] {
            let (outcomes, summary) = read(&archive, &Limits::default());
            prop_assert!(summary.is_ok());
            prop_assert_eq!(outcomes.len(), contents.len());
            for (outcome, content) in outcomes.iter().zip(&contents) {
                if let Ok(member) = outcome { prop_assert_eq!(&member.bytes, content) }
            }
        }
    }

    #[test]
    fn a_spoilt_archive_never_panics_and_never_passes_its_limits(
        spoils in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        as_tar in any::<bool>(),
    ) {
        let mut bytes = if as_tar {
            gzip(&tar_of(|builder| add(builder, b"a.xml", tar::EntryType::Regular, &[b'x'; 700])))
        } else {
            zip_of(&[Entry::new(b"a.xml", &[b'x'; 700]), Entry::new(b"b/c.xml", b"<a/>")])
        };
        for (index, value) in spoils {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        let limits = Limits { max_total_bytes: 4096, ..Limits::default() };
        let (outcomes, summary) = read(&bytes, &limits);
        let total: usize = outcomes.iter().flatten().map(|member| member.bytes.len()).sum();
        prop_assert!(total <= 4096);
        if let Ok(summary) = summary {
            prop_assert_eq!(summary.members + summary.refused, outcomes.len());
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        for magic in [b"PK\x03\x04".as_slice(), b"\x1f\x8b\x08\0\0\0\0\0\0\0"] {
            let (outcomes, _) = read(&[magic, &bytes].concat(), &Limits::default());
            prop_assert!(outcomes.len() <= bytes.len());
        }
    }
}
