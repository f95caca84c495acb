//! The orders that write or look up many rows at once: rows go in as JSON arrays of objects, bytes of documents as one
//! long text of bytes of which each row has its part. Every read is by an index, row by row: `+received_at` keeps a
//! planner from walking all invoices of a supplier in the order of another index.

use super::super::text::{each, orders};

/// The objects of a JSON array as the rows of `given`, each as `one`.
macro_rules! given {
    ($parameter:literal) => {
        concat!("WITH given AS MATERIALIZED (SELECT value AS one FROM ", each!($parameter), ") ")
    };
}

/// What some documents have in common; $3.
macro_rules! dictionaries {
    () => {
        concat!(
            given!("$3"),
            "INSERT INTO dictionary (name, bytes) SELECT one ->> 'name', \
             substr($1, CAST(one ->> 'from' AS INTEGER), CAST(one ->> 'length' AS INTEGER)) \
             FROM given WHERE true ON CONFLICT DO NOTHING"
        )
    };
}

/// Documents, each once; $2. One that was eliminated comes back.
macro_rules! documents {
    () => {
        concat!(
            given!("$2"),
            "INSERT INTO document (siren, sha256, role, media_type, size, packing, bytes, created_at, dictionary, base, \
             base_at, base_skipped, retention_class) \
             SELECT one ->> 'siren', one ->> 'sha256', one ->> 'role', one ->> 'media_type', \
             CAST(one ->> 'size' AS BIGINT), one ->> 'packing', \
             substr($1, CAST(one ->> 'from' AS INTEGER), CAST(one ->> 'length' AS INTEGER)), \
             CAST(one ->> 'at' AS BIGINT), one ->> 'dictionary', one ->> 'base', CAST(one ->> 'base_at' AS BIGINT), \
             CAST(one ->> 'base_skipped' AS BIGINT), one ->> 'retention_class' FROM given WHERE true \
             ON CONFLICT (siren, sha256) DO UPDATE SET packing = excluded.packing, bytes = excluded.bytes, \
             dictionary = excluded.dictionary, base = excluded.base, base_at = excluded.base_at, \
             base_skipped = excluded.base_skipped, eliminated = NULL WHERE document.eliminated IS NOT NULL"
        )
    };
}

/// Documents alone.
pub(super) const PUT_DOCUMENTS: &str = orders!(new_dictionaries: dictionaries!(), new_documents: documents!());

/// For each document that comes in: was this arrival recorded, and which invoice has the same bytes; $1.
pub(in super::super) const WHAT_IS_KNOWN_OF_ARRIVALS: &str = concat!(
    given!("$1"),
    "SELECT CAST(one ->> 'place' AS BIGINT), (SELECT count(*) FROM arrival WHERE id = (one ->> 'arrival')), \
     (SELECT id FROM invoice WHERE siren = (one ->> 'siren') AND sha256 = (one ->> 'sha256') \
      AND state NOT IN ('abandoned', 'duplicate') AND eliminated IS NULL ORDER BY +received_at, id LIMIT 1) FROM given"
);

/// New invoices with their arrivals, documents and first versions; $4.
pub(super) const RECEIVE: &str = orders!(
    new_dictionaries: dictionaries!(),
    new_documents: documents!(),
    new_arrivals: concat!(
        given!("$4"),
        "INSERT INTO arrival (id, siren, path, member, container, size, sha256, at) \
         SELECT one ->> 'arrival', one ->> 'siren', one ->> 'path', one ->> 'member', one ->> 'container', \
         CAST(one ->> 'size' AS BIGINT), one ->> 'sha256', CAST(one ->> 'at' AS BIGINT) \
         FROM given WHERE true ON CONFLICT (id) DO NOTHING"
    ),
    new_invoices: concat!(
        given!("$4"),
        "INSERT INTO invoice (id, siren, siret, arrival, file, sha256, state, since, received_at, duplicate_of, \
         ancestor) \
         SELECT one ->> 'invoice', one ->> 'siren', one ->> 'siret', one ->> 'arrival', one ->> 'file', \
         one ->> 'sha256', one ->> 'state', CAST(one ->> 'at' AS BIGINT), CAST(one ->> 'at' AS BIGINT), \
         one ->> 'duplicate_of', one ->> 'ancestor' FROM given"
    ),
    new_versions: concat!(
        given!("$4"),
        "INSERT INTO version (invoice, n, siren, original, created_at) \
         SELECT one ->> 'invoice', 1, one ->> 'siren', one ->> 'sha256', CAST(one ->> 'at' AS BIGINT) FROM given"
    ),
);

/// For each invoice that was looked at: what the store has of it, the other invoice with the same duplicate key (legal
/// person, issue year, supplier SIREN, number), and the other one of the same supplier with the same total, issued
/// within the window; $1.
pub(in super::super) const WHAT_IS_KNOWN_OF_INVOICES: &str = concat!(
    given!("$1"),
    "SELECT own.id, own.siren, own.version, own.key_released, own.state, own.received_at, \
     CAST(CASE WHEN own.version = 1 AND version.verdict IS NULL THEN 1 ELSE 0 END AS BIGINT), \
     (SELECT id FROM invoice WHERE siren = own.siren AND supplier_siren = (one ->> 'supplier_siren') \
      AND number = (one ->> 'number') AND issue_year = CAST(one ->> 'issue_year' AS BIGINT) AND id <> own.id \
      AND key_exempt = 0 AND state NOT IN ('abandoned', 'duplicate') ORDER BY +received_at, id LIMIT 1), \
     (SELECT id FROM invoice WHERE siren = own.siren AND supplier_siren = (one ->> 'supplier_siren') \
      AND total = (one ->> 'total') AND issued BETWEEN (one ->> 'from') AND (one ->> 'until') AND id <> own.id \
      AND state NOT IN ('abandoned', 'duplicate') ORDER BY +received_at, id LIMIT 1) \
     FROM given CROSS JOIN invoice AS own LEFT JOIN version ON version.invoice = own.id AND version.n = own.version \
     WHERE own.id = (one ->> 'id')"
);

/// The numbers of invoices, and when they came in; $1.
pub(super) const NUMBERS: &str = concat!(
    given!("$1"),
    "SELECT other.id, other.number, other.received_at FROM given CROSS JOIN invoice AS other \
     WHERE other.id = (one ->> 'id')"
);

/// Processed invoices ($4) with their documents, versions, findings ($5) and the lists of their packs ($6).
pub(super) const PROCESS: &str = orders!(
    new_dictionaries: dictionaries!(),
    new_documents: documents!(),
    new_lists: concat!(
        given!("$6"),
        "INSERT INTO pack_list (id, list) SELECT one ->> 'id', one ->> 'list' FROM given WHERE true \
         ON CONFLICT DO NOTHING"
    ),
    these_invoices: concat!(
        given!("$4"),
        "UPDATE invoice SET state = one ->> 'state', since = CAST(one ->> 'at' AS BIGINT), kind = one ->> 'kind', \
         profile = one ->> 'profile', type_code = one ->> 'type_code', framework = one ->> 'framework', \
         number = one ->> 'number', issued = one ->> 'issued', issue_year = CAST(one ->> 'issue_year' AS BIGINT), \
         supplier_siren = one ->> 'supplier_siren', supplier_siret = one ->> 'supplier_siret', \
         supplier = one ->> 'supplier', buyer_siret = one ->> 'buyer_siret', buyer = one ->> 'buyer', \
         total = one ->> 'total', currency = one ->> 'currency', key_exempt = CAST(one ->> 'key_exempt' AS BIGINT), \
         reason = one ->> 'reason', reason_args = one ->> 'reason_args', duplicate_of = one ->> 'duplicate_of', \
         next_at = 0, attempts = 0, service = one ->> 'service', commitment = one ->> 'commitment', \
         preceding = one ->> 'preceding', cents = CAST(one ->> 'cents' AS BIGINT), \
         retention_end = one ->> 'retention_end' FROM given WHERE invoice.id = (one ->> 'id')"
    ),
    these_versions: concat!(
        given!("$4"),
        "UPDATE version SET embedded = one ->> 'embedded', transmitted = one ->> 'transmitted', \
         seal = one ->> 'seal', verdict = one ->> 'verdict', layers = one ->> 'layers', packs = one ->> 'packs' \
         FROM given WHERE version.invoice = (one ->> 'id') AND version.n = CAST(one ->> 'version' AS BIGINT)"
    ),
    new_findings: concat!(
        given!("$5"),
        "INSERT INTO finding (invoice, n, ordinal, body) SELECT one ->> 'invoice', CAST(one ->> 'n' AS BIGINT), \
         CAST(one ->> 'ordinal' AS BIGINT), one ->> 'body' FROM given"
    ),
);
