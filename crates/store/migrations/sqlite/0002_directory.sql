-- A copy of the gateway's directory of recipients: what each demands of an invoice. Replaced entry by entry.
CREATE TABLE recipient (
    siren  TEXT NOT NULL REFERENCES legal_person (siren),
    siret  TEXT NOT NULL,
    body   TEXT NOT NULL,
    source TEXT NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (siren, siret)
) WITHOUT ROWID;
