-- Several workers: a lease names an invoice that one of them is at work on. Due invoices are found by state and time,
-- whatever the size of the store.
CREATE INDEX lease_by_holder ON lease (holder);
CREATE INDEX invoice_due ON invoice (state, next_at, id);
DROP INDEX invoice_by_state;
