"""XML Schema by lxml: one compiled schema, each document parsed from memory and validated.

Usage: xsd.py SCHEMA FOLDER
"""

import sys
from pathlib import Path

from lxml import etree

import rounds

schema = etree.XMLSchema(etree.parse(sys.argv[1]))
documents = [path.read_bytes() for path in sorted(Path(sys.argv[2]).iterdir())]
parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


def valid(document):
    return int(schema.validate(etree.fromstring(document, parser)))


rounds.serve(lambda: rounds.micros(valid, documents))
