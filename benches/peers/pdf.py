"""The XML attached to PDFs, by pikepdf (qpdf), each from memory.

Usage: pdf.py LIST, a file with one path a line. Answers the CPU time of each file.
"""

import io
import sys
import time
from pathlib import Path

import pikepdf

import rounds

documents = [Path(line).read_bytes() for line in Path(sys.argv[1]).read_text().splitlines()]


def xml(document):
    with pikepdf.open(io.BytesIO(document)) as pdf:
        for name, file in pdf.attachments.items():
            if name.lower().endswith(".xml"):
                return file.get_file().read_bytes()
    return None


def one_round():
    times, found = [], 0
    for document in documents:
        begin = time.process_time_ns()
        found += xml(document) is not None
        times.append((time.process_time_ns() - begin) / 1000)
    return {"micros": times, "count": found}


rounds.serve(one_round)
