-- What is kept until when, what may not be touched, what was eliminated; and documents that lean on something shared.

-- A text that says which packs were used is the same for thousands of versions.
CREATE TABLE pack_list (id TEXT COLLATE "C" PRIMARY KEY, list TEXT COLLATE "C" NOT NULL);
-- What seals made with the same certificates have in common.
CREATE TABLE dictionary (name TEXT COLLATE "C" PRIMARY KEY, bytes BYTEA NOT NULL);

ALTER TABLE document DROP COLUMN retention_end;
ALTER TABLE document ADD COLUMN dictionary TEXT COLLATE "C";
-- Stored as what was inserted into another document: which, where, and how many of its bytes are left out there.
ALTER TABLE document ADD COLUMN base TEXT COLLATE "C";
ALTER TABLE document ADD COLUMN base_at BIGINT;
ALTER TABLE document ADD COLUMN base_skipped BIGINT;
ALTER TABLE document ADD COLUMN eliminated TEXT COLLATE "C";
UPDATE document SET retention_class = role WHERE role IN ('seal', 'gateway_payload');

ALTER TABLE invoice ADD COLUMN retention_end TEXT COLLATE "C";
ALTER TABLE invoice ADD COLUMN eliminated TEXT COLLATE "C";

CREATE TABLE legal_hold (
    invoice TEXT COLLATE "C" PRIMARY KEY REFERENCES invoice (id) DEFERRABLE,
    reason  TEXT COLLATE "C" NOT NULL,
    at      BIGINT NOT NULL
);

CREATE TABLE elimination (
    id          TEXT COLLATE "C" PRIMARY KEY,
    siren       TEXT COLLATE "C" NOT NULL REFERENCES legal_person (siren) DEFERRABLE,
    list_sha256 TEXT COLLATE "C" NOT NULL,
    at          BIGINT NOT NULL
);

-- Heads of the journal that somebody else vouches for.
CREATE TABLE head_timestamp (
    seq   BIGINT PRIMARY KEY,
    hash  TEXT COLLATE "C" NOT NULL,
    at    BIGINT NOT NULL,
    token BYTEA NOT NULL
);
