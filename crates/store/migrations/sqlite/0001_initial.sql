-- The whole store, from the first migration. The legal person (SIREN) is in every key: it is the boundary of
-- isolation, retention and uniqueness. Times are milliseconds since 1970 (UTC); sums are exact decimals as text;
-- states are those of crates/model/src/lifecycle.rs, listed in `state` each time the store is opened.

CREATE TABLE state (name TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE legal_person (
    siren      TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE structure (
    siren      TEXT NOT NULL REFERENCES legal_person (siren),
    siret      TEXT NOT NULL,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL CHECK (role IN ('issuer', 'filing_agent', 'recipient')),
    gateway    TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (siren, siret)
) WITHOUT ROWID;

CREATE TABLE service (
    siren               TEXT NOT NULL,
    siret               TEXT NOT NULL,
    code                TEXT NOT NULL,
    name                TEXT NOT NULL,
    valid_from          TEXT,
    valid_until         TEXT,
    commitment_required INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (siren, siret, code),
    FOREIGN KEY (siren, siret) REFERENCES structure (siren, siret)
) WITHOUT ROWID;

-- What came in: a file, an archive (an arrival, not an invoice), or a member of one.
CREATE TABLE arrival (
    id         TEXT PRIMARY KEY,
    siren      TEXT NOT NULL REFERENCES legal_person (siren),
    path       TEXT NOT NULL,
    member     TEXT,
    container  TEXT REFERENCES arrival (id),
    size       BIGINT NOT NULL,
    sha256     TEXT NOT NULL,
    at         BIGINT NOT NULL,
    outcome    TEXT
) WITHOUT ROWID;

CREATE TABLE document (
    siren           TEXT NOT NULL REFERENCES legal_person (siren),
    sha256          TEXT NOT NULL,
    role            TEXT NOT NULL CHECK (role IN
        ('original', 'embedded_xml', 'transmitted', 'seal', 'attachment', 'gateway_payload')),
    media_type      TEXT NOT NULL,
    size            BIGINT NOT NULL,
    packing         TEXT NOT NULL CHECK (packing IN ('none', 'zstd')),
    bytes           BLOB NOT NULL,
    retention_class TEXT NOT NULL DEFAULT 'invoice',
    retention_end   TEXT,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (siren, sha256)
);

CREATE TABLE invoice (
    id               TEXT PRIMARY KEY,
    siren            TEXT NOT NULL REFERENCES legal_person (siren),
    siret            TEXT NOT NULL,
    arrival          TEXT NOT NULL REFERENCES arrival (id),
    file             TEXT NOT NULL,
    sha256           TEXT NOT NULL,
    state            TEXT NOT NULL REFERENCES state (name),
    since            BIGINT NOT NULL,
    received_at      BIGINT NOT NULL,
    version          INTEGER NOT NULL DEFAULT 1,
    kind             TEXT NOT NULL DEFAULT 'unknown',
    profile          TEXT,
    type_code        TEXT,
    framework        TEXT,
    number           TEXT,
    issued           TEXT,
    issue_year       INTEGER,
    supplier_siren   TEXT,
    supplier_siret   TEXT,
    supplier         TEXT,
    buyer_siret      TEXT,
    buyer            TEXT,
    total            TEXT,
    currency         TEXT,
    key_exempt       INTEGER NOT NULL DEFAULT 0,
    key_released     INTEGER NOT NULL DEFAULT 0,
    gateway          TEXT,
    flow             TEXT,
    flow_state       TEXT,
    invoice_state    TEXT,
    gateway_id       TEXT,
    reason           TEXT,
    reason_args      TEXT,
    attempts         INTEGER NOT NULL DEFAULT 0,
    next_at          BIGINT NOT NULL DEFAULT 0,
    uncertain_since  BIGINT,
    duplicate_of     TEXT,
    ancestor         TEXT REFERENCES invoice (id),
    lease_holder     TEXT,
    lease_until      BIGINT
) WITHOUT ROWID;

CREATE INDEX invoice_by_state ON invoice (siren, state, next_at);
CREATE INDEX invoice_by_bytes ON invoice (siren, sha256);
CREATE INDEX invoice_by_key ON invoice (siren, supplier_siren, number, issue_year);
CREATE INDEX invoice_by_total ON invoice (siren, supplier_siren, total);
CREATE INDEX invoice_by_since ON invoice (siren, since);

CREATE TABLE version (
    invoice     TEXT NOT NULL REFERENCES invoice (id),
    n           INTEGER NOT NULL,
    siren       TEXT NOT NULL,
    original    TEXT NOT NULL,
    embedded    TEXT,
    transmitted TEXT,
    seal        TEXT,
    verdict     TEXT,
    layers      TEXT,
    packs       TEXT,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (invoice, n)
) WITHOUT ROWID;

CREATE TABLE finding (
    invoice TEXT NOT NULL,
    n       INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (invoice, n, ordinal),
    FOREIGN KEY (invoice, n) REFERENCES version (invoice, n)
) WITHOUT ROWID;

-- A file at a gateway. Flow and invoice are two entities: a lot holds several invoices.
CREATE TABLE flow (
    id         TEXT PRIMARY KEY,
    siren      TEXT NOT NULL REFERENCES legal_person (siren),
    gateway    TEXT NOT NULL,
    file_name  TEXT NOT NULL,
    sha256     TEXT NOT NULL,
    syntax     TEXT NOT NULL,
    signed     INTEGER NOT NULL,
    number     TEXT,
    state      TEXT,
    created_at BIGINT NOT NULL,
    checked_at BIGINT
) WITHOUT ROWID;
CREATE INDEX flow_by_number ON flow (siren, number);

CREATE TABLE delivery (
    flow     TEXT NOT NULL REFERENCES flow (id),
    invoice  TEXT NOT NULL REFERENCES invoice (id),
    n        INTEGER NOT NULL,
    outcome  TEXT NOT NULL CHECK (outcome IN ('pending', 'accepted', 'rejected', 'deferred', 'unknown', 'duplicate')),
    reason   TEXT,
    began_at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (flow, invoice)
) WITHOUT ROWID;
CREATE INDEX delivery_by_invoice ON delivery (invoice, began_at);

-- What the gateway said, append-only, in whatever order it came; unknown words are kept.
CREATE TABLE gateway_event (
    id       TEXT PRIMARY KEY,
    invoice  TEXT NOT NULL REFERENCES invoice (id),
    flow     TEXT,
    subject  TEXT NOT NULL CHECK (subject IN ('deposit', 'flow', 'invoice', 'search')),
    external TEXT NOT NULL,
    code     TEXT NOT NULL,
    happened TEXT,
    comment  TEXT,
    payload  TEXT,
    seen_at  BIGINT NOT NULL,
    UNIQUE (invoice, subject, external)
) WITHOUT ROWID;

CREATE TABLE lease (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until  BIGINT NOT NULL
) WITHOUT ROWID;

-- The journal holds digests, not names; payloads live in rows that the law lets us erase.
CREATE TABLE journal (
    seq      INTEGER PRIMARY KEY,
    at       BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    digest   TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash     TEXT NOT NULL
);
CREATE INDEX journal_by_subject ON journal (subject, seq);
CREATE TABLE journal_payload (
    seq  INTEGER PRIMARY KEY REFERENCES journal (seq),
    body TEXT NOT NULL
);
CREATE TRIGGER journal_never_changes BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_never_shrinks BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER gateway_event_never_changes BEFORE UPDATE ON gateway_event
BEGIN SELECT RAISE(ABORT, 'gateway events are append-only'); END;
