#!/usr/bin/env python3
"""Makes a million invoices out of a year of fifty thousand (`facteur-benches year --invoices 50000`), by copies in the
database: each with identities, numbers, flows and times of its own, ten variants of each supplier's name, and its
versions, deliveries and gateway events.

    benches/million.py sqlite /path/facteur.db [19]
    benches/million.py postgres postgres://… [19]      (with `psql`)

For measuring only: of the journal, copies have nothing but the line `received`, whose hashes do not fit, so that such a
store does not pass `facteur store check`. The counts of reports are right: the triggers keep them.
"""

import sqlite3
import subprocess
import sys

IDENTITIES = {
    "arrival": ["id"],
    "invoice": ["id", "arrival", "ancestor", "duplicate_of"],
    "version": ["invoice"],
    "flow": ["id"],
    "delivery": ["flow", "invoice"],
    "gateway_event": ["id", "invoice"],
}
TIMES = {
    "arrival": ["at"],
    "invoice": ["since", "received_at"],
    "version": ["created_at"],
    "flow": ["created_at"],
    "delivery": ["began_at", "ended_at"],
    "gateway_event": ["seen_at"],
}
# Milliseconds between a copy and the next: twenty fit between two invoices of the year.
STEP = 31_557
# Between the numbers of journal lines of two copies.
GAP = 1_000_000


def moved(digits, column, copy):
    """The identity with two of its hexadecimal digits changed: another one, also by its last eight letters."""
    return (f"CASE WHEN {column} IS NULL THEN NULL ELSE substr({column}, 1, 28) || "
            f"{digits(column, copy * 13)} || substr({column}, 31) END")


def in_sqlite(column, more):
    digit = "(instr('0123456789abcdef', substr({}, {}, 1)) - 1)"
    return f"printf('%02x', ({digit.format(column, 29)} * 16 + {digit.format(column, 30)} + {more}) % 256)"


def in_postgres(column, more):
    return f"lpad(to_hex((('x' || substr({column}, 29, 2))::bit(8)::int + {more}) % 256), 2, '0')"


def copied(table, column, copy, digits):
    if column in IDENTITIES[table]:
        return moved(digits, column, copy)
    if column in TIMES[table]:
        return f"{column} + {copy * STEP}"
    if table == "invoice" and column in ("number", "preceding"):
        return f"{column} || '-{copy}'"
    if table == "invoice" and column == "supplier":
        return f"{column} || ' {copy % 10}'"
    if (table, column) in (("invoice", "flow"), ("flow", "number")):
        return f"{column} || '{copy:02d}'"
    return column


def orders(columns, last_line, lines, copies, digits):
    """Every order, in order."""
    for table in IDENTITIES:
        yield f"CREATE TEMP TABLE copied_{table} AS SELECT * FROM {table}"
    yield ("CREATE TEMP TABLE copied_journal AS SELECT row_number() OVER (ORDER BY seq) AS place, * FROM journal "
           "WHERE kind = 'received'")
    for copy in range(1, copies + 1):
        for table, names in columns.items():
            values = ", ".join(copied(table, name, copy, digits) for name in names)
            yield f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM copied_{table}"
        first = last_line + copy * GAP + (copy - 1) * lines
        yield ("INSERT INTO journal (seq, at, kind, subject, digest, previous, hash) "
               f"SELECT {first} + place, at + {copy * STEP}, kind, {moved(digits, 'subject', copy)}, digest, previous, "
               "hash FROM copied_journal")


def fill_sqlite(path, copies):
    connection = sqlite3.connect(path, isolation_level=None)
    for setting in ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-2000000", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {setting}")
    columns = {table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")] for table in IDENTITIES}
    last = connection.execute("SELECT max(seq) FROM journal").fetchone()[0]
    lines = connection.execute("SELECT count(*) FROM journal WHERE kind = 'received'").fetchone()[0]
    connection.execute("BEGIN")
    for order in orders(columns, last, lines, copies, in_sqlite):
        connection.execute(order)
    connection.execute("COMMIT")
    print(connection.execute("SELECT count(*) FROM invoice").fetchone()[0], "invoices")


def fill_postgres(address, copies):
    psql = ["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", address]

    def ask(question):
        return subprocess.run([*psql, "-c", question], check=True, capture_output=True, text=True).stdout.strip()

    named = ("SELECT string_agg(column_name, ',' ORDER BY ordinal_position) FROM information_schema.columns "
             "WHERE table_schema = current_schema() AND table_name = '{}'")
    columns = {table: ask(named.format(table)).split(",") for table in IDENTITIES}
    last = int(ask("SELECT max(seq) FROM journal"))
    lines = int(ask("SELECT count(*) FROM journal WHERE kind = 'received'"))
    script = ["SET synchronous_commit = off", "BEGIN", "SET CONSTRAINTS ALL DEFERRED"]
    script += [*orders(columns, last, lines, copies, in_postgres), "COMMIT", "VACUUM ANALYZE"]
    subprocess.run(psql, input=";\n".join(script) + ";\n", text=True, check=True)
    print(ask("SELECT count(*) FROM invoice"), "invoices")


if __name__ == "__main__":
    back_end, where, *rest = sys.argv[1:]
    {"sqlite": fill_sqlite, "postgres": fill_postgres}[back_end](where, int(rest[0]) if rest else 19)
