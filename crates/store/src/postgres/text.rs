//! Orders that several tables take part in: one statement each, with one reference to the server. `sqlite/text.rs` has
//! the same, with the same parameters.

/// A new invoice with its arrival, its document and its first version.
pub(super) const INSERT_INVOICE: &str = "\
    WITH new_arrival AS ( \
        INSERT INTO arrival (id, siren, path, member, container, size, sha256, at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING), \
    new_document AS ( \
        INSERT INTO document (siren, sha256, role, media_type, size, packing, bytes, created_at, dictionary) \
        VALUES ($2, $7, $9, $10, $6, $11, $12, $8, $19) ON CONFLICT (siren, sha256) DO UPDATE SET packing = excluded.packing, bytes = excluded.bytes, \
        dictionary = excluded.dictionary, base = excluded.base, base_at = excluded.base_at, \
        base_skipped = excluded.base_skipped, eliminated = NULL WHERE document.eliminated IS NOT NULL), \
    new_invoice AS ( \
        INSERT INTO invoice (id, siren, siret, arrival, file, sha256, state, since, received_at, duplicate_of, ancestor) \
        VALUES ($13, $2, $14, $1, $15, $7, $16, $8, $8, $17, $18)) \
    INSERT INTO version (invoice, n, siren, original, created_at) VALUES ($13, 1, $2, $7, $8)";

/// A processed invoice with its document, its version and its findings, in place of those of an earlier look.
pub(super) const WRITE_PROCESSED: &str = "\
    WITH new_list AS ( \
        INSERT INTO pack_list (id, list) SELECT $41, $28 WHERE $41 <> '' ON CONFLICT DO NOTHING), \
    new_dictionary AS ( \
        INSERT INTO dictionary (name, bytes) SELECT $42, $43 WHERE $42 IS NOT NULL ON CONFLICT DO NOTHING), \
    new_document AS ( \
        INSERT INTO document (siren, sha256, role, media_type, size, packing, bytes, created_at, dictionary, base, \
        base_at, base_skipped, retention_class) \
        SELECT $29, $30, $31, $32, $33, $34, $35, $3, $44, $45, $46, $47, $48 WHERE $30 IS NOT NULL \
        ON CONFLICT (siren, sha256) DO UPDATE SET packing = excluded.packing, bytes = excluded.bytes, \
        dictionary = excluded.dictionary, base = excluded.base, base_at = excluded.base_at, \
        base_skipped = excluded.base_skipped, eliminated = NULL WHERE document.eliminated IS NOT NULL), \
    this_invoice AS ( \
        UPDATE invoice SET state = $2, since = $3, kind = $4, profile = $5, type_code = $6, framework = $7, \
        number = $8, issued = $9, issue_year = $10, supplier_siren = $11, supplier_siret = $12, supplier = $13, \
        buyer_siret = $14, buyer = $15, total = $16, currency = $17, key_exempt = $18, reason = $19, \
        reason_args = $20, duplicate_of = $21, next_at = 0, attempts = 0, service = $37, commitment = $38, \
        preceding = $39, cents = $40, \
        retention_end = $49 WHERE id = $1), \
    this_version AS ( \
        UPDATE version SET embedded = $23, transmitted = $24, seal = $25, verdict = $26, layers = $27, packs = $41 \
        WHERE invoice = $1 AND n = $22), \
    gone AS ( \
        DELETE FROM finding WHERE invoice = $1 AND n = $22 AND ordinal >= json_array_length($36::json)) \
    INSERT INTO finding (invoice, n, ordinal, body) \
    SELECT $1, $22, place - 1, body FROM json_array_elements_text($36::json) WITH ORDINALITY AS found (body, place) \
    ON CONFLICT (invoice, n, ordinal) DO UPDATE SET body = excluded.body";
