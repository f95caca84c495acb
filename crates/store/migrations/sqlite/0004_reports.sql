-- What reports ask of an invoice: whose it is at the recipient (service code, commitment number), which invoice it
-- corrects, credits or replaces (BT-25), and its total in cents, exact, negative for a credit note; NULL where there is
-- no total, or where cents are not exact or more than a database adds up exactly (a million million).
ALTER TABLE invoice ADD COLUMN service TEXT;
ALTER TABLE invoice ADD COLUMN commitment TEXT;
ALTER TABLE invoice ADD COLUMN preceding TEXT;
ALTER TABLE invoice ADD COLUMN cents BIGINT;

-- Totals are written as digits, with or without a sign, a point and zeros at the end.
UPDATE invoice SET cents = CAST(
    CASE WHEN instr(total, '.') = 0 THEN total || '00'
         ELSE substr(total, 1, instr(total, '.') - 1) || substr(rtrim(substr(total, instr(total, '.') + 1), '0') || '00', 1, 2)
    END AS INTEGER)
WHERE total IS NOT NULL AND length(total) <= 14 AND total NOT GLOB '*[^-0-9.]*'
  AND (instr(total, '.') = 0 OR length(rtrim(substr(total, instr(total, '.') + 1), '0')) <= 2);
UPDATE invoice SET cents = NULL WHERE abs(cents) >= 1000000000000;
UPDATE invoice SET cents = -abs(cents) WHERE cents IS NOT NULL AND (kind = 'ubl-creditnote' OR type_code IN
    ('81', '83', '261', '262', '296', '308', '381', '396', '420', '458', '502', '503', '532'));

-- In the order in which they came in: lists and the day's figures are read from the index alone.
CREATE INDEX invoice_by_received ON invoice (received_at, id, state, currency, cents);
CREATE INDEX invoice_by_standing ON invoice (state, received_at, id, currency, cents);
CREATE INDEX invoice_by_move ON invoice (since, received_at, state, currency, cents);
CREATE INDEX invoice_by_supplier ON invoice (supplier, received_at, id);
CREATE INDEX invoice_by_number ON invoice (number);
CREATE INDEX invoice_by_flow ON invoice (flow) WHERE flow IS NOT NULL;
CREATE INDEX invoice_by_short ON invoice (substr(id, 29));
CREATE INDEX invoice_by_preceding ON invoice (preceding) WHERE preceding IS NOT NULL;
CREATE INDEX invoice_by_ancestor ON invoice (ancestor) WHERE ancestor IS NOT NULL;
CREATE INDEX invoice_without_cents ON invoice (received_at, id) WHERE cents IS NULL AND total IS NOT NULL;
CREATE INDEX journal_received ON journal (kind) WHERE kind IN ('received', 'archive');
DROP INDEX invoice_by_since;
