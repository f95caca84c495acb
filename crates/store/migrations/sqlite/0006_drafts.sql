-- What is proposed of a plain PDF and what a person made of it, by version; and who may be filed for.

CREATE TABLE draft (
    invoice  TEXT NOT NULL REFERENCES invoice (id),
    n        BIGINT NOT NULL,
    body     TEXT NOT NULL,
    revision BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (invoice, n)
) WITHOUT ROWID;

-- The supplier's written mandate; its file is a document.
CREATE TABLE mandate (
    id          TEXT PRIMARY KEY,
    siren       TEXT NOT NULL REFERENCES legal_person (siren),
    supplier    TEXT NOT NULL,
    file        TEXT NOT NULL,
    document    TEXT NOT NULL,
    valid_from  TEXT NOT NULL,
    valid_until TEXT NOT NULL,
    at          BIGINT NOT NULL,
    revoked_at  BIGINT
) WITHOUT ROWID;
CREATE INDEX mandate_by_supplier ON mandate (siren, supplier);
