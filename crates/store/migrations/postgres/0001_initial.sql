-- The same tables and columns as those of the embedded store. Every text is
-- compared byte by byte (COLLATE "C") as there, every number has 64 bits, and references can be deferred, so that a
-- whole store can be copied table by table.
--
-- The whole store, from the first migration. The legal person (SIREN) is in every key: it is the boundary of
-- isolation, retention and uniqueness. Times are milliseconds since 1970 (UTC); sums are exact decimals as text;
-- states are those of crates/model/src/lifecycle.rs, listed in `state` each time the store is opened.

CREATE TABLE state (name TEXT COLLATE "C" PRIMARY KEY);

CREATE TABLE legal_person (
    siren      TEXT COLLATE "C" PRIMARY KEY,
    name       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE structure (
    siren      TEXT COLLATE "C" NOT NULL REFERENCES legal_person (siren) DEFERRABLE,
    siret      TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    role       TEXT COLLATE "C" NOT NULL CHECK (role IN ('issuer', 'filing_agent', 'recipient')),
    gateway    TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    PRIMARY KEY (siren, siret)
);

CREATE TABLE service (
    siren               TEXT COLLATE "C" NOT NULL,
    siret               TEXT COLLATE "C" NOT NULL,
    code                TEXT COLLATE "C" NOT NULL,
    name                TEXT COLLATE "C" NOT NULL,
    valid_from          TEXT COLLATE "C",
    valid_until         TEXT COLLATE "C",
    commitment_required BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (siren, siret, code),
    FOREIGN KEY (siren, siret) REFERENCES structure (siren, siret) DEFERRABLE
);

-- What came in: a file, an archive (an arrival, not an invoice), or a member of one.
CREATE TABLE arrival (
    id         TEXT COLLATE "C" PRIMARY KEY,
    siren      TEXT COLLATE "C" NOT NULL REFERENCES legal_person (siren) DEFERRABLE,
    path       TEXT COLLATE "C" NOT NULL,
    member     TEXT COLLATE "C",
    container  TEXT COLLATE "C" REFERENCES arrival (id) DEFERRABLE,
    size       BIGINT NOT NULL,
    sha256     TEXT COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL,
    outcome    TEXT COLLATE "C"
);

CREATE TABLE document (
    siren           TEXT COLLATE "C" NOT NULL REFERENCES legal_person (siren) DEFERRABLE,
    sha256          TEXT COLLATE "C" NOT NULL,
    role            TEXT COLLATE "C" NOT NULL CHECK (role IN
        ('original', 'embedded_xml', 'transmitted', 'seal', 'attachment', 'gateway_payload')),
    media_type      TEXT COLLATE "C" NOT NULL,
    size            BIGINT NOT NULL,
    packing         TEXT COLLATE "C" NOT NULL CHECK (packing IN ('none', 'zstd')),
    bytes           BYTEA NOT NULL,
    retention_class TEXT COLLATE "C" NOT NULL DEFAULT 'invoice',
    retention_end   TEXT COLLATE "C",
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (siren, sha256)
);

CREATE TABLE invoice (
    id               TEXT COLLATE "C" PRIMARY KEY,
    siren            TEXT COLLATE "C" NOT NULL REFERENCES legal_person (siren) DEFERRABLE,
    siret            TEXT COLLATE "C" NOT NULL,
    arrival          TEXT COLLATE "C" NOT NULL REFERENCES arrival (id) DEFERRABLE,
    file             TEXT COLLATE "C" NOT NULL,
    sha256           TEXT COLLATE "C" NOT NULL,
    state            TEXT COLLATE "C" NOT NULL REFERENCES state (name) DEFERRABLE,
    since            BIGINT NOT NULL,
    received_at      BIGINT NOT NULL,
    version          BIGINT NOT NULL DEFAULT 1,
    kind             TEXT COLLATE "C" NOT NULL DEFAULT 'unknown',
    profile          TEXT COLLATE "C",
    type_code        TEXT COLLATE "C",
    framework        TEXT COLLATE "C",
    number           TEXT COLLATE "C",
    issued           TEXT COLLATE "C",
    issue_year       BIGINT,
    supplier_siren   TEXT COLLATE "C",
    supplier_siret   TEXT COLLATE "C",
    supplier         TEXT COLLATE "C",
    buyer_siret      TEXT COLLATE "C",
    buyer            TEXT COLLATE "C",
    total            TEXT COLLATE "C",
    currency         TEXT COLLATE "C",
    key_exempt       BIGINT NOT NULL DEFAULT 0,
    key_released     BIGINT NOT NULL DEFAULT 0,
    gateway          TEXT COLLATE "C",
    flow             TEXT COLLATE "C",
    flow_state       TEXT COLLATE "C",
    invoice_state    TEXT COLLATE "C",
    gateway_id       TEXT COLLATE "C",
    reason           TEXT COLLATE "C",
    reason_args      TEXT COLLATE "C",
    attempts         BIGINT NOT NULL DEFAULT 0,
    next_at          BIGINT NOT NULL DEFAULT 0,
    uncertain_since  BIGINT,
    duplicate_of     TEXT COLLATE "C",
    ancestor         TEXT COLLATE "C" REFERENCES invoice (id) DEFERRABLE,
    lease_holder     TEXT COLLATE "C",
    lease_until      BIGINT
);

CREATE INDEX invoice_by_state ON invoice (siren, state, next_at);
CREATE INDEX invoice_by_bytes ON invoice (siren, sha256);
CREATE INDEX invoice_by_key ON invoice (siren, supplier_siren, number, issue_year);
CREATE INDEX invoice_by_total ON invoice (siren, supplier_siren, total);
CREATE INDEX invoice_by_since ON invoice (siren, since);

CREATE TABLE version (
    invoice     TEXT COLLATE "C" NOT NULL REFERENCES invoice (id) DEFERRABLE,
    n           BIGINT NOT NULL,
    siren       TEXT COLLATE "C" NOT NULL,
    original    TEXT COLLATE "C" NOT NULL,
    embedded    TEXT COLLATE "C",
    transmitted TEXT COLLATE "C",
    seal        TEXT COLLATE "C",
    verdict     TEXT COLLATE "C",
    layers      TEXT COLLATE "C",
    packs       TEXT COLLATE "C",
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (invoice, n)
);

CREATE TABLE finding (
    invoice TEXT COLLATE "C" NOT NULL,
    n       BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    body    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (invoice, n, ordinal),
    FOREIGN KEY (invoice, n) REFERENCES version (invoice, n) DEFERRABLE
);

-- A file at a gateway. Flow and invoice are two entities: a lot holds several invoices.
CREATE TABLE flow (
    id         TEXT COLLATE "C" PRIMARY KEY,
    siren      TEXT COLLATE "C" NOT NULL REFERENCES legal_person (siren) DEFERRABLE,
    gateway    TEXT COLLATE "C" NOT NULL,
    file_name  TEXT COLLATE "C" NOT NULL,
    sha256     TEXT COLLATE "C" NOT NULL,
    syntax     TEXT COLLATE "C" NOT NULL,
    signed     BIGINT NOT NULL,
    number     TEXT COLLATE "C",
    state      TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    checked_at BIGINT
);
CREATE INDEX flow_by_number ON flow (siren, number);

CREATE TABLE delivery (
    flow     TEXT COLLATE "C" NOT NULL REFERENCES flow (id) DEFERRABLE,
    invoice  TEXT COLLATE "C" NOT NULL REFERENCES invoice (id) DEFERRABLE,
    n        BIGINT NOT NULL,
    outcome  TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('pending', 'accepted', 'rejected', 'deferred', 'unknown', 'duplicate')),
    reason   TEXT COLLATE "C",
    began_at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (flow, invoice)
);
CREATE INDEX delivery_by_invoice ON delivery (invoice, began_at);

-- What the gateway said, append-only, in whatever order it came; unknown words are kept.
CREATE TABLE gateway_event (
    id       TEXT COLLATE "C" PRIMARY KEY,
    invoice  TEXT COLLATE "C" NOT NULL REFERENCES invoice (id) DEFERRABLE,
    flow     TEXT COLLATE "C",
    subject  TEXT COLLATE "C" NOT NULL CHECK (subject IN ('deposit', 'flow', 'invoice', 'search')),
    external TEXT COLLATE "C" NOT NULL,
    code     TEXT COLLATE "C" NOT NULL,
    happened TEXT COLLATE "C",
    comment  TEXT COLLATE "C",
    payload  TEXT COLLATE "C",
    seen_at  BIGINT NOT NULL,
    UNIQUE (invoice, subject, external)
);

CREATE TABLE lease (
    name   TEXT COLLATE "C" PRIMARY KEY,
    holder TEXT COLLATE "C" NOT NULL,
    until  BIGINT NOT NULL
);

-- The journal holds digests, not names; payloads live in rows that the law lets us erase.
CREATE TABLE journal (
    seq      BIGINT PRIMARY KEY,
    at       BIGINT NOT NULL,
    kind     TEXT COLLATE "C" NOT NULL,
    subject  TEXT COLLATE "C" NOT NULL,
    digest   TEXT COLLATE "C" NOT NULL,
    previous TEXT COLLATE "C" NOT NULL,
    hash     TEXT COLLATE "C" NOT NULL
);
CREATE INDEX journal_by_subject ON journal (subject, seq);
CREATE TABLE journal_payload (
    seq  BIGINT PRIMARY KEY REFERENCES journal (seq) DEFERRABLE,
    body TEXT COLLATE "C" NOT NULL
);
CREATE FUNCTION facteur_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER journal_never_changes BEFORE UPDATE OR DELETE ON journal
FOR EACH ROW EXECUTE FUNCTION facteur_append_only();
CREATE TRIGGER journal_never_shrinks BEFORE TRUNCATE ON journal
FOR EACH STATEMENT EXECUTE FUNCTION facteur_append_only();
CREATE TRIGGER gateway_event_never_changes BEFORE UPDATE ON gateway_event
FOR EACH ROW EXECUTE FUNCTION facteur_append_only();
