-- What is kept until when, what may not be touched, what was eliminated; and documents that lean on something shared.

-- A text that says which packs were used is the same for thousands of versions.
CREATE TABLE pack_list (id TEXT PRIMARY KEY, list TEXT NOT NULL) WITHOUT ROWID;
-- What seals made with the same certificates have in common.
CREATE TABLE dictionary (name TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;

ALTER TABLE document DROP COLUMN retention_end;
ALTER TABLE document ADD COLUMN dictionary TEXT;
-- Stored as what was inserted into another document: which, where, and how many of its bytes are left out there.
ALTER TABLE document ADD COLUMN base TEXT;
ALTER TABLE document ADD COLUMN base_at BIGINT;
ALTER TABLE document ADD COLUMN base_skipped BIGINT;
ALTER TABLE document ADD COLUMN eliminated TEXT;
UPDATE document SET retention_class = role WHERE role IN ('seal', 'gateway_payload');

ALTER TABLE invoice ADD COLUMN retention_end TEXT;
ALTER TABLE invoice ADD COLUMN eliminated TEXT;

CREATE TABLE legal_hold (
    invoice TEXT PRIMARY KEY REFERENCES invoice (id),
    reason  TEXT NOT NULL,
    at      BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE elimination (
    id          TEXT PRIMARY KEY,
    siren       TEXT NOT NULL REFERENCES legal_person (siren),
    list_sha256 TEXT NOT NULL,
    at          BIGINT NOT NULL
) WITHOUT ROWID;

-- Heads of the journal that somebody else vouches for.
CREATE TABLE head_timestamp (
    seq   BIGINT PRIMARY KEY,
    hash  TEXT NOT NULL,
    at    BIGINT NOT NULL,
    token BLOB NOT NULL
) WITHOUT ROWID;
