"""Every standing report in both languages, read back by programs that others wrote: the CSV by Python's own reader, the
workbook by LibreOffice, which computes its formulas anew; totals equal to what the database adds up.

The report as data (JSON) says what each cell is; LibreOffice is left out where `soffice` is not installed.
"""

import csv
import datetime
import decimal
import io
import pathlib
import re
import shutil
import subprocess
import zipfile

import pytest

REPORTS = ["daily", "waiting", "rejected", "deadlines", "interest", "activity", "reconciliation", "year-end",
           "already-paid", "mayor", "invoices"]
LANGUAGES = ["fr", "en"]
CASES = [(name, language) for name in REPORTS for language in LANGUAGES]
FORMULA = tuple("=+-@＝＋－＠")
WAITS_FOR_A_PERSON = "('quarantined', 'invalid', 'draft', 'held', 'rejected', 'refused', 'suspended')"
NOT_THROUGH = "('quarantined', 'invalid', 'rejected', 'refused')"
# UNTDID 1001, as the migration that computes cents has them.
CREDIT_NOTE = (
    "(kind = 'ubl-creditnote' OR coalesce(type_code, '') IN "
    "('81', '83', '261', '262', '296', '308', '381', '396', '420', '458', '502', '503', '532'))"
)
CENT = decimal.Decimal("0.01")
SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
# All sheets, each in a file: `;`, quoted, UTF-8, values as they are and not as they are shown, English numbers.
AS_CSV = "csv:Text - txt - csv (StarCalc):59,34,76,1,,1033,false,false,false,false,false,-1"
ALWAYS_COMPUTE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item></oor:items>
"""


def value(kind, cell):
    """A cell of the report as data."""
    if cell in (None, ""):
        return None
    return decimal.Decimal(cell) if kind in ("amount", "count") else cell


def expected(section):
    """The rows and then the totals, as data."""
    columns = section["columns"]
    return [[value(column["kind"], row[column["key"]]) for column in columns] for row in section["rows"]], [
        [value(column["kind"], row[column["key"]]) for column in columns] for row in section["totals"]
    ]


def by_currency(section, column="total"):
    return {row.get("currency"): decimal.Decimal(row[column]) for row in section["totals"] if row[column] is not None}


def section_of(report, key):
    return next(section for section in report["sections"] if section["key"] == key)


# --- CSV


def tables(text, sections):
    """The tables of a CSV, as its reader gives them."""
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    if len(sections) == 1:
        return [rows]
    found, rest = [], rows
    for index, section in enumerate(sections):
        length = 2 + len(section["rows"]) + len(section["totals"])
        assert rest[0] == [section["title"]]
        found.append(rest[1:length])
        rest = rest[length:]
        if index + 1 < len(sections):
            assert rest[0] == []
            rest = rest[1:]
    assert rest == []
    return found


def read_csv(kind, language, field, wanted):
    if field == "":
        return None
    if kind in ("amount", "count"):
        assert language == "en" or "." not in field, field
        return decimal.Decimal(field.replace(",", ".") if language == "fr" else field)
    if kind == "day":
        return datetime.datetime.strptime(field, "%d/%m/%Y").date().isoformat() if language == "fr" else field
    return field[1:] if field.startswith("'") and wanted is not None and not wanted.startswith("'") else field


@pytest.mark.parametrize(("name", "language"), CASES)
def test_python_reads_every_cell_of_the_csv_back(year, name, language):
    report = year.json(name, language)
    text = year.report(name, language, "--format", "csv").decode("utf-8-sig")
    for section, table in zip(report["sections"], tables(text, report["sections"]), strict=True):
        kinds = [column["kind"] for column in section["columns"]]
        assert table[0] == [column["heading"] for column in section["columns"]]
        rows, totals = expected(section)
        for wanted, got in zip(rows, table[1 : 1 + len(rows)], strict=True):
            for kind, cell, field in zip(kinds, wanted, got, strict=True):
                assert read_csv(kind, language, field, cell) == cell
                assert kind in ("amount", "count") or not field.strip().startswith(FORMULA)
        for wanted, got in zip(totals, table[1 + len(rows) :], strict=True):
            for kind, cell, field in zip(kinds, wanted, got, strict=True):
                if kind in ("amount", "count"):
                    assert read_csv(kind, language, field, cell) == cell


# --- workbook


@pytest.fixture(scope="session")
def office(tmp_path_factory):
    if SOFFICE is None:
        pytest.skip("LibreOffice (soffice) is not installed: workbooks are not computed anew")
    profile = tmp_path_factory.mktemp("profile")
    (profile / "user").mkdir()
    (profile / "user/registrymodifications.xcu").write_text(ALWAYS_COMPUTE)

    def sheets(workbook):
        folder = workbook.parent / f"{workbook.stem}-sheets"
        folder.mkdir(exist_ok=True)
        command = [SOFFICE, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", AS_CSV,
                   "--outdir", str(folder), str(workbook)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        return folder

    return sheets


def without_results(workbook):
    """The same workbook with a wrong result in every formula: what is read back then was computed."""
    spoiled = workbook.with_name(f"spoiled-{workbook.name}")
    formulas = 0
    with zipfile.ZipFile(workbook) as source, zipfile.ZipFile(spoiled, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            content = source.read(member)
            if member.filename.startswith("xl/worksheets/sheet"):
                content, count = re.subn(rb"(</f>)<v>[^<]*</v>", rb"\1<v>-777</v>", content)
                formulas += count
            target.writestr(member, content)
    return spoiled, formulas


def names_of_sheets(workbook):
    with zipfile.ZipFile(workbook) as archive:
        found = re.findall(r'<sheet name="([^"]*)"', archive.read("xl/workbook.xml").decode())
    return [name.replace("&amp;", "&").replace("&apos;", "'") for name in found]


def read_sheet(kind, field):
    if field == "":
        return None
    if kind in ("amount", "count"):
        return decimal.Decimal(field)
    if kind == "day":
        return datetime.datetime.strptime(field, "%m/%d/%Y").date().isoformat()
    return field


def equal(kind, cell, field):
    got = read_sheet(kind, field)
    if kind == "amount" and cell is not None and got is not None:
        # A binary fraction in the file: the same to far less than a cent.
        return abs(got - cell) < CENT / 100
    return got == cell


@pytest.mark.parametrize(("name", "language"), CASES)
def test_libreoffice_computes_the_same_totals(year, office, name, language):
    report = year.json(name, language)
    workbook, formulas = without_results(year.workbook(name, language))
    assert formulas == sum(
        1 for section in report["sections"] for total in section["totals"] for column in section["columns"]
        if column["kind"] in ("amount", "count") and total[column["key"]] is not None
    )
    folder = office(workbook)
    for section, sheet in zip(report["sections"], names_of_sheets(workbook)):
        path = pathlib.Path(folder) / f"{workbook.stem}-{sheet}.csv"
        table = list(csv.reader(io.StringIO(path.read_text("utf-8")), delimiter=";"))
        kinds = [column["kind"] for column in section["columns"]]
        rows, totals = expected(section)
        assert table[0][: len(kinds)] == [column["heading"] for column in section["columns"]]
        for wanted, got in zip(rows, table[1:]):
            for kind, cell, field in zip(kinds, wanted, got):
                assert equal(kind, cell, field), (sheet, cell, field)
        computed = table[1 + len(rows) : 1 + len(rows) + len(totals)]
        for wanted, got in zip(totals, computed, strict=True):
            for kind, cell, field in zip(kinds, wanted, got):
                assert kind not in ("amount", "count") or equal(kind, cell, field), (sheet, cell, field)


# --- the database's own sums


def signed(total, cents, is_credit_note):
    """The amount of the database: whole cents with their sign, else what is written, negative for a credit note."""
    exact = decimal.Decimal(total) if cents is None else decimal.Decimal(cents) / 100
    return -abs(exact) if is_credit_note else exact


def sums(year, condition):
    """By currency; what is no amount of cents is added up exactly, credit notes are negative."""
    found = {}
    question = f"SELECT currency, total, cents, {CREDIT_NOTE} FROM invoice WHERE total IS NOT NULL AND {condition}"
    for currency, *amount in year.sql(question):
        found[currency] = found.get(currency, decimal.Decimal(0)) + signed(*amount)
    return found


def count(year, condition="1 = 1"):
    return year.sql(f"SELECT count(*) FROM invoice WHERE {condition}")[0][0]


def counted(section, column="count"):
    return sum(row[column] for row in section["totals"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_totals_are_those_of_the_database(year, language):
    def report(name):
        return year.json(name, language)

    everything = sums(year, "1 = 1")
    assert by_currency(section_of(report("invoices"), "invoices")) == everything
    assert len(section_of(report("invoices"), "invoices")["rows"]) == count(year)
    assert by_currency(section_of(report("activity"), "months")) == everything
    assert counted(section_of(report("activity"), "months"), "received") == count(year)
    waiting = f"state IN {WAITS_FOR_A_PERSON}"
    for name, key in (("waiting", "waiting"), ("daily", "waiting_now")):
        assert by_currency(section_of(report(name), key)) == sums(year, waiting), name
    assert counted(section_of(report("daily"), "waiting_now")) == count(year, waiting)
    refused = f"state IN {NOT_THROUGH}"
    for key in ("refused_by", "reasons"):
        assert by_currency(section_of(report("rejected"), key)) == sums(year, refused), key
        assert counted(section_of(report("rejected"), key)) == count(year, refused), key
    for key in ("states", "at_gateway"):
        assert counted(section_of(report("reconciliation"), key)) == count(year), key
    states = sorted(number for (number,) in year.sql("SELECT count(*) FROM invoice GROUP BY state"))
    assert sorted(row["count"] for row in section_of(report("reconciliation"), "states")["rows"]) == states
    checks = [row["count"] for row in section_of(report("reconciliation"), "checks")["rows"]]
    assert checks[:3] == [count(year), count(year), 0]
    paid = year.sql("SELECT count(DISTINCT invoice) FROM gateway_event WHERE code = 'MISE_EN_PAIEMENT'")[0][0]
    figures = [row["value"] for row in section_of(report("mayor"), "figures")["rows"]]
    assert figures[0] == count(year)
    # Credit notes and what was already paid have no period: the mayor's page counts what was paid within one.
    assert 0 < figures[1] <= paid
    assert figures[1] == sum(row["paid"] for row in section_of(report("mayor"), "delay_by_month")["rows"])


@pytest.mark.parametrize(("name", "language"), CASES)
def test_every_invoice_in_a_report_has_the_amount_of_the_database(year, name, language):
    """And every row of totals is the sum of its rows, in exact numbers."""
    known = year.sql(f"SELECT id, total, cents, {CREDIT_NOTE} FROM invoice")
    amounts = {row[0]: None if row[1] is None else signed(*row[1:]) for row in known}
    for section in year.json(name, language)["sections"]:
        keys = [column["key"] for column in section["columns"]]
        amount = next((key for key in ("total", "principal") if key in keys), None)
        for row in section["rows"] if "id" in keys and amount else []:
            known = amounts[row["id"]]
            assert (row[amount] is None) == (known is None)
            assert known is None or decimal.Decimal(row[amount]) == known, row["number"]
        for total in section["totals"]:
            for column in section["columns"]:
                if total[column["key"]] is None or column["kind"] not in ("amount", "count"):
                    continue
                same = [row for row in section["rows"] if "currency" not in keys or row["currency"] == total["currency"]]
                parts = (row[column["key"]] for row in same)
                exact = sum((decimal.Decimal(part) for part in parts if part is not None), decimal.Decimal(0))
                assert exact == decimal.Decimal(total[column["key"]]), (section["key"], column["key"])
