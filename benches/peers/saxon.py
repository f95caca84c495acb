"""The official rules by SaxonC: stylesheets compiled once, each document parsed from memory and taken through all of them.

Usage: saxon.py FOLDER STYLESHEET...
"""

import sys
from pathlib import Path

import rounds
import saxonche

FAILED = ("<svrl:failed-assert", "<svrl:successful-report")

processor = saxonche.PySaxonProcessor(license=False)
compiler = processor.new_xslt30_processor()
stylesheets = [compiler.compile_stylesheet(stylesheet_file=path) for path in sys.argv[2:]]
documents = [path.read_text(encoding="utf-8") for path in sorted(Path(sys.argv[1]).iterdir())]


def failed(document):
    node = processor.parse_xml(xml_text=document)
    reports = [stylesheet.transform_to_string(xdm_node=node) for stylesheet in stylesheets]
    return sum(report.count(name) for report in reports for name in FAILED)


rounds.serve(lambda: rounds.micros(failed, documents))
