//! The documents of one order.

use std::collections::HashSet;

use facteur_model::clock::Timestamp;
use serde::Serialize;

use super::super::Connection;
use super::orders::PUT_DOCUMENTS;
use crate::document::Packed;
use crate::error::StoreError;

/// Documents that are written together, each once.
pub(super) struct Papers<'a> {
    bytes: Vec<u8>,
    documents: Vec<DocumentRow<'a>>,
    dictionaries: Vec<DictionaryRow<'a>>,
    seen: HashSet<(&'a str, &'a str)>,
}

#[derive(Serialize)]
struct DocumentRow<'a> {
    siren: &'a str,
    sha256: &'a str,
    role: &'static str,
    media_type: &'a str,
    size: i64,
    packing: &'a str,
    at: i64,
    dictionary: Option<&'a str>,
    base: Option<&'a str>,
    base_at: Option<i64>,
    base_skipped: Option<i64>,
    retention_class: &'static str,
    from: usize,
    length: usize,
}

#[derive(Serialize)]
struct DictionaryRow<'a> {
    name: &'a str,
    from: usize,
    length: usize,
}

impl<'a> Papers<'a> {
    pub(super) fn new() -> Self {
        // One byte that belongs to nobody: a part of nothing would be nothing rather than no bytes.
        Self { bytes: vec![0], documents: Vec::new(), dictionaries: Vec::new(), seen: HashSet::new() }
    }

    pub(super) fn put(&mut self, siren: &'a str, document: &'a Packed, at: Timestamp) {
        if let Some(own) = &document.own
            && !self.dictionaries.iter().any(|known| known.name == own.name)
        {
            let (from, length) = self.append(&own.bytes);
            self.dictionaries.push(DictionaryRow { name: &own.name, from, length });
        }
        if !self.seen.insert((siren, &document.sha256)) {
            return;
        }
        let stored = &document.stored;
        let (from, length) = self.append(&stored.bytes);
        self.documents.push(DocumentRow {
            siren,
            sha256: &document.sha256,
            role: document.role.as_str(),
            media_type: &document.media_type,
            size: document.size,
            packing: &stored.packing,
            at: at.0,
            dictionary: stored.dictionary.as_deref(),
            base: stored.splice.as_ref().map(|splice| splice.base.as_str()),
            base_at: stored.splice.as_ref().map(|splice| splice.at),
            base_skipped: stored.splice.as_ref().map(|splice| splice.skipped),
            retention_class: document.role.retention_class(),
            from,
            length,
        });
    }

    /// Where they are among all bytes, counted from 1, and how many they are.
    fn append(&mut self, bytes: &[u8]) -> (usize, usize) {
        let from = self.bytes.len() + 1;
        self.bytes.extend_from_slice(bytes);
        (from, bytes.len())
    }

    /// The first three parameters of the orders that write documents.
    pub(super) fn parameters(self) -> Result<(Vec<u8>, String, String), StoreError> {
        Ok((self.bytes, rows(&self.documents)?, rows(&self.dictionaries)?))
    }
}

/// Rows as the JSON array that an order takes.
pub(super) fn rows<T: Serialize>(rows: &[T]) -> Result<String, StoreError> {
    serde_json::to_string(rows).map_err(|error| StoreError::Damaged(error.to_string()))
}

pub(super) async fn put_document(
    connection: &mut Connection,
    siren: &str,
    document: &Packed,
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut papers = Papers::new();
    papers.put(siren, document, at);
    let (bytes, documents, dictionaries) = papers.parameters()?;
    sqlx::query(PUT_DOCUMENTS).bind(bytes).bind(documents).bind(dictionaries).execute(connection).await?;
    Ok(())
}
