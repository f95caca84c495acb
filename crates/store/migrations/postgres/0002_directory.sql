-- A copy of the gateway's directory of recipients: what each demands of an invoice. Replaced entry by entry.
CREATE TABLE recipient (
    siren  TEXT COLLATE "C" NOT NULL REFERENCES legal_person (siren) DEFERRABLE,
    siret  TEXT COLLATE "C" NOT NULL,
    body   TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (siren, siret)
);
