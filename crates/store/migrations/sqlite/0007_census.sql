-- How many invoices are in each state, with what word of the gateway, in what currency, and their sum: kept by the
-- database itself with every change of an invoice, in the same transaction, so that the questions asked every day take as
-- long as there are states, not as there are invoices. `store check` compares them with the invoices.
-- An empty text stands for a word that is not there; `priced` is 1 where the invoices have a total in cents, else 0.
-- One writer at a time: it counts at place 0 at once.
CREATE TABLE census (
    state         TEXT NOT NULL,
    flow_state    TEXT NOT NULL,
    invoice_state TEXT NOT NULL,
    currency      TEXT NOT NULL,
    priced        BIGINT NOT NULL,
    place         BIGINT NOT NULL,
    many          BIGINT NOT NULL,
    cents         BIGINT NOT NULL,
    PRIMARY KEY (state, flow_state, invoice_state, currency, priced, place)
) WITHOUT ROWID;

INSERT INTO census (state, flow_state, invoice_state, currency, priced, place, many, cents)
SELECT state, coalesce(flow_state, ''), coalesce(invoice_state, ''), coalesce(currency, ''),
    CASE WHEN cents IS NULL THEN 0 ELSE 1 END, 0, count(*), coalesce(CAST(sum(cents) AS BIGINT), 0)
FROM invoice
GROUP BY state, coalesce(flow_state, ''), coalesce(invoice_state, ''), coalesce(currency, ''),
    CASE WHEN cents IS NULL THEN 0 ELSE 1 END;

CREATE TRIGGER invoice_is_counted AFTER INSERT ON invoice
BEGIN
    INSERT INTO census (state, flow_state, invoice_state, currency, priced, place, many, cents) VALUES
        (new.state, coalesce(new.flow_state, ''), coalesce(new.invoice_state, ''), coalesce(new.currency, ''),
        new.cents IS NOT NULL, 0, 1, coalesce(new.cents, 0))
    ON CONFLICT (state, flow_state, invoice_state, currency, priced, place)
    DO UPDATE SET many = census.many + excluded.many, cents = census.cents + excluded.cents;
END;
CREATE TRIGGER invoice_is_counted_anew AFTER UPDATE OF state, flow_state, invoice_state, currency, cents ON invoice
WHEN old.state <> new.state OR old.flow_state IS NOT new.flow_state OR old.invoice_state IS NOT new.invoice_state
    OR old.currency IS NOT new.currency OR old.cents IS NOT new.cents
BEGIN
    INSERT INTO census (state, flow_state, invoice_state, currency, priced, place, many, cents) VALUES
        (old.state, coalesce(old.flow_state, ''), coalesce(old.invoice_state, ''), coalesce(old.currency, ''),
        old.cents IS NOT NULL, 0, -1, -coalesce(old.cents, 0))
    ON CONFLICT (state, flow_state, invoice_state, currency, priced, place)
    DO UPDATE SET many = census.many + excluded.many, cents = census.cents + excluded.cents;
    INSERT INTO census (state, flow_state, invoice_state, currency, priced, place, many, cents) VALUES
        (new.state, coalesce(new.flow_state, ''), coalesce(new.invoice_state, ''), coalesce(new.currency, ''),
        new.cents IS NOT NULL, 0, 1, coalesce(new.cents, 0))
    ON CONFLICT (state, flow_state, invoice_state, currency, priced, place)
    DO UPDATE SET many = census.many + excluded.many, cents = census.cents + excluded.cents;
END;
CREATE TRIGGER invoice_is_counted_no_more AFTER DELETE ON invoice
BEGIN
    INSERT INTO census (state, flow_state, invoice_state, currency, priced, place, many, cents) VALUES
        (old.state, coalesce(old.flow_state, ''), coalesce(old.invoice_state, ''), coalesce(old.currency, ''),
        old.cents IS NOT NULL, 0, -1, -coalesce(old.cents, 0))
    ON CONFLICT (state, flow_state, invoice_state, currency, priced, place)
    DO UPDATE SET many = census.many + excluded.many, cents = census.cents + excluded.cents;
END;

-- The invoices of a supplier by its SIREN, in the order in which they came in, with what is asked of them beside.
CREATE INDEX invoice_by_supplier_siren ON invoice (supplier_siren, received_at, id, supplier_siret, state)
WHERE supplier_siren IS NOT NULL;
