"""An invented year in a store, and the standing reports about it.

FACTEUR and FACTEUR_BENCHES name the programs; FACTEUR_YEAR_HOME a home that holds a year already (by hand: thirty
thousand invoices), else a small one is made.
"""

import json
import os
import pathlib
import sqlite3
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FACTEUR = os.environ.get("FACTEUR", str(ROOT / "target/debug/facteur"))
BENCHES = os.environ.get("FACTEUR_BENCHES", str(ROOT / "target/debug/facteur-benches"))
INVOICES = "600"


class Year:
    """A home with a year of invoices."""

    def __init__(self, home, folder):
        self.home, self.folder, self.made = home, folder, {}

    def report(self, name, language, *options):
        """What the command wrote to its standard output."""
        command = [FACTEUR, "--home", str(self.home), "--lang", language, *options, "report", name]
        ended = subprocess.run(command, capture_output=True)
        assert ended.returncode in (0, 1), ended.stderr.decode()
        return ended.stdout

    def json(self, name, language):
        if (name, language) not in self.made:
            self.made[name, language] = json.loads(self.report(name, language, "--format", "json"))
        return self.made[name, language]

    def workbook(self, name, language):
        path = self.folder / f"{name}.{language}.xlsx"
        command = [FACTEUR, "--home", str(self.home), "--lang", language, "report", name, "-o", str(path)]
        subprocess.run(command, check=True, capture_output=True)
        return path

    def sql(self, question, *values):
        """The answer of the database itself, behind the program's back."""
        with sqlite3.connect(f"file:{self.home}/facteur.db?mode=ro", uri=True) as connection:
            return connection.execute(question, values).fetchall()


@pytest.fixture(scope="session")
def year(tmp_path_factory):
    folder = tmp_path_factory.mktemp("year")
    filled = os.environ.get("FACTEUR_YEAR_HOME")
    if filled:
        return Year(pathlib.Path(filled), folder)
    if not pathlib.Path(BENCHES).exists():
        pytest.skip(f"no generator of a year: {BENCHES}")
    home = folder / "home"
    subprocess.run([FACTEUR, "init", str(home), "--demo"], check=True, capture_output=True)
    subprocess.run([BENCHES, "year", "--home", str(home), "--invoices", INVOICES], check=True, capture_output=True)
    return Year(home, folder)
