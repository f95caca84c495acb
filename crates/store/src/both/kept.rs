//! Documents read back: unpacked, with what they lean on, and checked against the SHA-256 that names them.

use sqlx::{QueryBuilder, Row as _};

use super::{Connection, Db, Pool, Row};
use crate::document::sha256_hex;
use crate::error::StoreError;
use crate::packing::{Splice, Stored, dictionary_name, own_dictionary, unpack};

pub(crate) async fn document(readers: &Pool, siren: &str, sha256: &str) -> Result<Vec<u8>, StoreError> {
    let mut connection = readers.acquire().await?;
    let Some(row) = document_row(&mut connection, siren, sha256).await? else {
        return Err(StoreError::Missing(sha256.to_owned()));
    };
    if let Some(elimination) = row.eliminated {
        let told = super::archive::elimination(readers, &elimination).await?;
        return Err(StoreError::Eliminated { sha256: sha256.to_owned(), at: told.at, list: told.list });
    }
    let bytes = unpacked(&mut connection, siren, &row).await?;
    if sha256_hex(&bytes) != sha256 {
        return Err(StoreError::Damaged(format!("document {sha256}: its bytes have changed")));
    }
    Ok(bytes)
}

/// A row of `document`.
pub(super) struct DocumentRow {
    stored: Stored,
    size: i64,
    pub(super) eliminated: Option<String>,
}

/// The columns that [`to_document`] reads, in its order.
pub(super) const DOCUMENT: &str = "packing, bytes, size, dictionary, base, base_at, base_skipped, eliminated";

async fn document_row(
    connection: &mut Connection,
    siren: &str,
    sha256: &str,
) -> Result<Option<DocumentRow>, StoreError> {
    let mut query = QueryBuilder::<Db>::new("SELECT ");
    query.push(DOCUMENT).push(" FROM document WHERE siren = ").push_bind(siren);
    query.push(" AND sha256 = ").push_bind(sha256);
    Ok(query.build().fetch_optional(connection).await?.map(|row| to_document(&row, 0)))
}

/// Reads a row whose columns begin at `first`.
pub(super) fn to_document(row: &Row, first: usize) -> DocumentRow {
    let base: Option<String> = row.get(first + 4);
    let number = |column| row.get::<Option<i64>, _>(column).unwrap_or(-1);
    DocumentRow {
        stored: Stored {
            packing: row.get(first),
            dictionary: row.get(first + 3),
            splice: base.map(|base| Splice { base, at: number(first + 5), skipped: number(first + 6) }),
            bytes: row.get(first + 1),
        },
        size: row.get(first + 2),
        eliminated: row.get(first + 7),
    }
}

/// The bytes of a document, with what they lean on. The caller checks them against the SHA-256 that names them.
pub(super) async fn unpacked(
    connection: &mut Connection,
    siren: &str,
    row: &DocumentRow,
) -> Result<Vec<u8>, StoreError> {
    let own = dictionary(connection, &row.stored).await?;
    let Some(splice) = &row.stored.splice else { return unpack(&row.stored, row.size, own.as_deref(), None) };
    let base = document_row(connection, siren, &splice.base).await?;
    let base = match base {
        Some(base) if base.stored.splice.is_none() && base.eliminated.is_none() => base,
        _ => {
            return Err(StoreError::Damaged(format!("{}, which another document leans on, is not there", splice.base)));
        }
    };
    let below = dictionary(connection, &base.stored).await?;
    let base = unpack(&base.stored, base.size, below.as_deref(), None)?;
    unpack(&row.stored, row.size, own.as_deref(), Some(&base))
}

async fn dictionary(connection: &mut Connection, stored: &Stored) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(name) = stored.dictionary.as_deref().and_then(own_dictionary) else { return Ok(None) };
    let row = sqlx::query("SELECT bytes FROM dictionary WHERE name = $1").bind(name).fetch_optional(connection).await?;
    let bytes: Vec<u8> = row.map(|row| row.get(0)).unwrap_or_default();
    if dictionary_name(&bytes) != name {
        return Err(StoreError::Damaged(format!("the dictionary {name} has changed")));
    }
    Ok(Some(bytes))
}
