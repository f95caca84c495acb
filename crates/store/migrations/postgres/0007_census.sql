-- How many invoices are in each state, with what word of the gateway, in what currency, and their sum: kept by the
-- database itself with every change of an invoice, in the same transaction, so that the questions asked every day take as
-- long as there are states, not as there are invoices. `store check` compares them with the invoices.
-- An empty text stands for a word that is not there; `priced` is 1 where the invoices have a total in cents, else 0.
-- Several processes write: each adds lines of its own, at places that nobody else has, so that none waits for another.
-- Whoever continues the journal, which only one does at a time, adds them to place 0.
CREATE TABLE census (
    state         TEXT COLLATE "C" NOT NULL,
    flow_state    TEXT COLLATE "C" NOT NULL,
    invoice_state TEXT COLLATE "C" NOT NULL,
    currency      TEXT COLLATE "C" NOT NULL,
    priced        BIGINT NOT NULL,
    place         BIGINT NOT NULL,
    many          BIGINT NOT NULL,
    cents         BIGINT NOT NULL,
    PRIMARY KEY (state, flow_state, invoice_state, currency, priced, place)
);
CREATE SEQUENCE census_place;

INSERT INTO census (state, flow_state, invoice_state, currency, priced, place, many, cents)
SELECT state, coalesce(flow_state, ''), coalesce(invoice_state, ''), coalesce(currency, ''),
    CASE WHEN cents IS NULL THEN 0 ELSE 1 END, 0, count(*), coalesce(CAST(sum(cents) AS BIGINT), 0)
FROM invoice
GROUP BY state, coalesce(flow_state, ''), coalesce(invoice_state, ''), coalesce(currency, ''),
    CASE WHEN cents IS NULL THEN 0 ELSE 1 END;

CREATE FUNCTION facteur_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO census (state, flow_state, invoice_state, currency, priced, place, many, cents) VALUES
            (old.state, coalesce(old.flow_state, ''), coalesce(old.invoice_state, ''), coalesce(old.currency, ''),
            CASE WHEN old.cents IS NULL THEN 0 ELSE 1 END, nextval('census_place'), -1, -coalesce(old.cents, 0));
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO census (state, flow_state, invoice_state, currency, priced, place, many, cents) VALUES
            (new.state, coalesce(new.flow_state, ''), coalesce(new.invoice_state, ''), coalesce(new.currency, ''),
            CASE WHEN new.cents IS NULL THEN 0 ELSE 1 END, nextval('census_place'), 1, coalesce(new.cents, 0));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER invoice_is_counted AFTER INSERT OR DELETE ON invoice FOR EACH ROW EXECUTE FUNCTION facteur_counted();
CREATE TRIGGER invoice_is_counted_anew AFTER UPDATE OF state, flow_state, invoice_state, currency, cents ON invoice
FOR EACH ROW WHEN ((old.state, old.flow_state, old.invoice_state, old.currency, old.cents)
    IS DISTINCT FROM (new.state, new.flow_state, new.invoice_state, new.currency, new.cents))
EXECUTE FUNCTION facteur_counted();

-- The invoices of a supplier by its SIREN, in the order in which they came in, with what is asked of them beside.
CREATE INDEX invoice_by_supplier_siren ON invoice (supplier_siren, received_at, id, supplier_siret, state)
WHERE supplier_siren IS NOT NULL;
