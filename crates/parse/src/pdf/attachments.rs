//! The files that a PDF carries: the catalog's `/AF` and the name tree of embedded files, each file once.

use std::collections::{HashMap, HashSet};

use facteur_model::finding::{Finding, Layer};
use lopdf::{DecompressError, Dictionary, Document, Error, Object, ObjectId, Stream, decode_text_string};

use super::choose::is_invoice_name;
use super::error::chain;
use super::{Attachment, AttachmentSource, PdfError, PdfLimits, invoice_root};

/// Longest name of an attachment, in bytes.
const NAME_MAX: usize = 255;
/// Deepest name tree.
const TREE_DEPTH_MAX: usize = 32;
/// What a file without a usable name is called.
const NAMELESS: &str = "attachment";

/// Every attached file, unpacked within the limits, and what was noticed.
pub(super) fn collect(document: &Document, limits: &PdfLimits) -> Result<(Vec<Attachment>, Vec<Finding>), PdfError> {
    let mut collector = Collector::new(document, limits);
    if let Ok(catalog) = document.catalog() {
        collector.name_tree(catalog)?;
        collector.associated_files(catalog)?;
    }
    Ok((collector.attachments, collector.findings))
}

struct Collector<'d> {
    document: &'d Document,
    limits: &'d PdfLimits,
    /// Where the file of a stream stands in `attachments`; `None` for one that could not be unpacked.
    seen: HashMap<ObjectId, Option<usize>>,
    visited: usize,
    bytes_left: usize,
    attachments: Vec<Attachment>,
    findings: Vec<Finding>,
}

impl<'d> Collector<'d> {
    fn new(document: &'d Document, limits: &'d PdfLimits) -> Self {
        Self {
            document,
            limits,
            seen: HashMap::new(),
            visited: 0,
            bytes_left: limits.max_attachments_bytes,
            attachments: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Walks `/Names /EmbeddedFiles` without recursion. A depth alone would not do: three kids that all point back to
    /// their parent make 3^32 visits; so each node is visited once and all visits are counted.
    fn name_tree(&mut self, catalog: &'d Dictionary) -> Result<(), PdfError> {
        let root = self.dictionary(catalog, b"Names").and_then(|names| names.get(b"EmbeddedFiles").ok());
        let Some(root) = root else { return Ok(()) };
        let mut visited_nodes: HashSet<ObjectId> = HashSet::new();
        let mut waiting = vec![(root, 0)];
        while let Some((node, depth)) = waiting.pop() {
            self.count_visit()?;
            let Ok((id, Object::Dictionary(node))) = self.document.dereference(node) else { continue };
            if id.is_some_and(|id| !visited_nodes.insert(id)) {
                continue;
            }
            self.tree_leaves(node)?;
            if depth >= TREE_DEPTH_MAX {
                return Err(PdfError::NameTreeTooLarge { limit: self.limits.max_tree_nodes });
            }
            let kids = self.array(node, b"Kids").unwrap_or_default();
            if kids.len() > self.limits.max_tree_nodes {
                return Err(PdfError::NameTreeTooLarge { limit: self.limits.max_tree_nodes });
            }
            waiting.extend(kids.iter().rev().map(|kid| (kid, depth + 1)));
        }
        Ok(())
    }

    fn tree_leaves(&mut self, node: &'d Dictionary) -> Result<(), PdfError> {
        for pair in self.array(node, b"Names").unwrap_or_default().chunks_exact(2) {
            self.count_visit()?;
            self.file(&pair[1], Some(&pair[0]), AttachmentSource::NameTree)?;
        }
        Ok(())
    }

    fn associated_files(&mut self, catalog: &'d Dictionary) -> Result<(), PdfError> {
        let Ok((_, files)) = catalog.get(b"AF").and_then(|object| self.document.dereference(object)) else {
            return Ok(());
        };
        // One file without an array around it is against the standard, and met.
        let files = files.as_array().map_or(std::slice::from_ref(files), Vec::as_slice);
        for file in files {
            self.count_visit()?;
            self.file(file, None, AttachmentSource::AssociatedFile)?;
        }
        Ok(())
    }

    /// One file specification. The same stream reached again only completes what is known of it.
    fn file(&mut self, object: &'d Object, key: Option<&Object>, source: AttachmentSource) -> Result<(), PdfError> {
        let Ok((_, Object::Dictionary(file))) = self.document.dereference(object) else { return Ok(()) };
        let Some((id, stream)) = self.embedded(file) else { return Ok(()) };
        match self.seen.get(&id) {
            Some(Some(index)) => {
                let known = &mut self.attachments[*index];
                if known.source != source {
                    known.source = AttachmentSource::Both;
                }
                return Ok(());
            }
            Some(None) => return Ok(()),
            None => {}
        }
        if self.seen.len() >= self.limits.max_attachments {
            return Err(PdfError::TooManyAttachments { limit: self.limits.max_attachments });
        }
        let name = file_name(self.document, file, key);
        let index = self.unpack(&name, stream)?.map(|bytes| {
            self.attachments.push(Attachment {
                name,
                root: invoice_root(&bytes),
                bytes,
                relationship: self.name_of(file, b"AFRelationship"),
                media_type: self.name_of(&stream.dict, b"Subtype"),
                source,
            });
            self.attachments.len() - 1
        });
        self.seen.insert(id, index);
        Ok(())
    }

    /// The stream of a file: `/EF /UF`, else `/F`, else the names of old systems.
    fn embedded(&self, file: &'d Dictionary) -> Option<(ObjectId, &'d Stream)> {
        let embedded = self.dictionary(file, b"EF")?;
        [b"UF".as_slice(), b"F", b"Unix", b"DOS", b"Mac"].into_iter().find_map(|key| {
            match self.document.dereference(embedded.get(key).ok()?).ok()? {
                (Some(id), Object::Stream(stream)) => Some((id, stream)),
                _ => None,
            }
        })
    }

    fn unpack(&mut self, name: &str, stream: &Stream) -> Result<Option<Vec<u8>>, PdfError> {
        let limit = self.limits.max_stream_bytes.min(self.bytes_left);
        match stream.get_plain_content_with_limit(limit) {
            Ok(bytes) => {
                self.bytes_left -= bytes.len();
                self.check_invoice_size(name, &bytes)?;
                Ok(Some(bytes))
            }
            Err(Error::Decompress(DecompressError::MemoryLimitExceeded { .. })) => Err(self.too_large(name, limit)),
            Err(error) if is_invoice_name(name) => {
                Err(PdfError::InvoiceUnreadable { name: name.to_owned(), detail: chain(&error) })
            }
            Err(error) => {
                self.findings.push(
                    Finding::warning(Layer::Reading, "PDF-ATTACHMENT-UNREADABLE")
                        .arg("name", name)
                        .found(chain(&error)),
                );
                Ok(None)
            }
        }
    }

    fn check_invoice_size(&self, name: &str, bytes: &[u8]) -> Result<(), PdfError> {
        let limit = self.limits.max_xml_bytes;
        if is_invoice_name(name) && bytes.len() > limit {
            return Err(PdfError::InvoiceTooLarge { name: name.to_owned(), found: bytes.len(), limit });
        }
        Ok(())
    }

    fn too_large(&self, name: &str, limit: usize) -> PdfError {
        if limit < self.limits.max_stream_bytes {
            PdfError::AttachmentsTooLarge { limit: self.limits.max_attachments_bytes }
        } else {
            PdfError::AttachmentTooLarge { name: name.to_owned(), limit }
        }
    }

    fn count_visit(&mut self) -> Result<(), PdfError> {
        self.visited += 1;
        if self.visited > self.limits.max_tree_nodes {
            return Err(PdfError::NameTreeTooLarge { limit: self.limits.max_tree_nodes });
        }
        Ok(())
    }

    fn dictionary(&self, parent: &'d Dictionary, key: &[u8]) -> Option<&'d Dictionary> {
        resolve(self.document, parent, key)?.as_dict().ok()
    }

    fn array(&self, parent: &'d Dictionary, key: &[u8]) -> Option<&'d [Object]> {
        resolve(self.document, parent, key)?.as_array().ok().map(Vec::as_slice)
    }

    fn name_of(&self, parent: &'d Dictionary, key: &[u8]) -> Option<String> {
        let name = resolve(self.document, parent, key)?.as_name().ok()?;
        Some(printable(&String::from_utf8_lossy(name)))
    }
}

fn resolve<'d>(document: &'d Document, parent: &'d Dictionary, key: &[u8]) -> Option<&'d Object> {
    document.dereference(parent.get(key).ok()?).ok().map(|(_, object)| object)
}

/// `/UF`, else `/F`, else the key in the name tree.
fn file_name(document: &Document, file: &Dictionary, key: Option<&Object>) -> String {
    let named = [b"UF".as_slice(), b"F"].into_iter().filter_map(|entry| resolve(document, file, entry));
    named
        .chain(key)
        .filter_map(|object| decode_text_string(object).ok())
        .map(|name| base_name(&name))
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| NAMELESS.to_owned())
}

/// The last part of a path in any system's spelling, printable and not too long.
fn base_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\', ':']).next().unwrap_or(name);
    let mut base = printable(base.trim());
    if base.len() > NAME_MAX {
        let end = (0..=NAME_MAX).rev().find(|at| base.is_char_boundary(*at)).unwrap_or(0);
        base.truncate(end);
    }
    base
}

fn printable(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_lose_their_folders_and_control_characters() {
        assert_eq!(base_name("C:\\temp\\factur-x.xml"), "factur-x.xml");
        assert_eq!(base_name("../../etc/passwd"), "passwd");
        assert_eq!(base_name("a\u{0}b\u{202e}c.xml"), "abc.xml");
        assert_eq!(base_name(&"é".repeat(200)).len(), 254);
    }

    proptest! {
        #[test]
        fn a_name_never_leads_anywhere(name in any::<String>()) {
            let base = base_name(&name);
            prop_assert!(base.len() <= NAME_MAX);
            prop_assert!(!base.contains(['/', '\\']) && !base.chars().any(char::is_control));
        }
    }
}
