-- What is proposed of a plain PDF and what a person made of it, by version; and who may be filed for.

CREATE TABLE draft (
    invoice  TEXT COLLATE "C" NOT NULL REFERENCES invoice (id) DEFERRABLE,
    n        BIGINT NOT NULL,
    body     TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (invoice, n)
);

-- The supplier's written mandate; its file is a document.
CREATE TABLE mandate (
    id          TEXT COLLATE "C" PRIMARY KEY,
    siren       TEXT COLLATE "C" NOT NULL REFERENCES legal_person (siren) DEFERRABLE,
    supplier    TEXT COLLATE "C" NOT NULL,
    file        TEXT COLLATE "C" NOT NULL,
    document    TEXT COLLATE "C" NOT NULL,
    valid_from  TEXT COLLATE "C" NOT NULL,
    valid_until TEXT COLLATE "C" NOT NULL,
    at          BIGINT NOT NULL,
    revoked_at  BIGINT
);
CREATE INDEX mandate_by_supplier ON mandate (siren, supplier);
