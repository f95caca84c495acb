"""The same work as `facteur import`, as a Python programmer would do it: lxml, signxml, sqlite3, two processes.

Each document is read, parsed, validated, signed (enveloped XAdES), verified by signxml, and stored compressed under its
SHA-256 with a row and a journal line; one commit per 256 documents. With stylesheets, SaxonC takes each document through
the official rules too. Terms are not read and no business check is made, and the clock starts once everything is loaded
and compiled, which is in this program's favour.

Usage: import.py SCHEMA FOLDER DATABASE KEY CERTIFICATE [STYLESHEET...]
"""

import hashlib
import json
import multiprocessing
import os
import sqlite3
import sys
import time
import zlib
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from signxml import DigestAlgorithm, SignatureMethod
from signxml.xades import XAdESDataObjectFormat, XAdESSigner, XAdESVerifier

PROCESSES = 2
COMMIT = 256
NUMBER = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}ID"


def database(path):
    connection = sqlite3.connect(path, timeout=60, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def prepare(path):
    connection = database(path)
    connection.execute("CREATE TABLE document (sha256 TEXT PRIMARY KEY, size INTEGER, bytes BLOB)")
    connection.execute("CREATE TABLE invoice (id INTEGER PRIMARY KEY, file TEXT, number TEXT, original TEXT, signed TEXT, state TEXT)")
    connection.execute("CREATE TABLE journal (id INTEGER PRIMARY KEY, at REAL, file TEXT, digest TEXT)")
    connection.close()


class Worker:
    def __init__(self, schema, key, certificate, stylesheets):
        self.stylesheets = []
        if stylesheets:
            import saxonche

            self.saxon = saxonche.PySaxonProcessor(license=False)
            compiler = self.saxon.new_xslt30_processor()
            self.stylesheets = [compiler.compile_stylesheet(stylesheet_file=path) for path in stylesheets]
        self.schema = etree.XMLSchema(etree.parse(schema))
        self.parser = etree.XMLParser(resolve_entities=False, no_network=True)
        self.key = load_pem_private_key(Path(key).read_bytes(), None)
        self.certificate = x509.load_pem_x509_certificate(Path(certificate).read_bytes())
        self.signer = XAdESSigner(
            signature_algorithm=SignatureMethod.ECDSA_SHA256,
            digest_algorithm=DigestAlgorithm.SHA256,
            data_object_format=XAdESDataObjectFormat(Description="invoice", MimeType="text/xml"),
        )
        self.verifier = XAdESVerifier()

    def one(self, path):
        original = path.read_bytes()
        root = etree.fromstring(original, self.parser)
        self.schema.assertValid(root)
        self.obey_rules(original)
        number = root.findtext(NUMBER)
        signed = etree.tostring(self.signer.sign(root, key=self.key, cert=[self.certificate]))
        self.verifier.verify(signed, x509_cert=self.certificate)
        return [path.name, number, *(self.packed(document) for document in (original, signed))]

    def obey_rules(self, original):
        if not self.stylesheets:
            return
        node = self.saxon.parse_xml(xml_text=original.decode())
        for stylesheet in self.stylesheets:
            report = stylesheet.transform_to_string(xdm_node=node)
            if any('flag="fatal"' in part.split(">", 1)[0] for part in report.split("<svrl:failed-assert")[1:]):
                raise ValueError("not valid")

    @staticmethod
    def packed(document):
        return hashlib.sha256(document).hexdigest(), len(document), zlib.compress(document)


def write(connection, rows):
    connection.execute("BEGIN IMMEDIATE")
    for file, number, original, signed in rows:
        for document in (original, signed):
            connection.execute("INSERT OR IGNORE INTO document VALUES (?, ?, ?)", document)
        row = (file, number, original[0], signed[0])
        connection.execute("INSERT INTO invoice (file, number, original, signed, state) VALUES (?, ?, ?, ?, 'queued')", row)
        connection.execute("INSERT INTO journal (at, file, digest) VALUES (?, ?, ?)", (time.time(), file, signed[0]))
    connection.execute("COMMIT")


def busy():
    """Processor time of everything on this machine, in seconds."""
    with open("/proc/stat") as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def work(files, ready, used):
    _, schema, _, path, key, certificate, *stylesheets = sys.argv
    worker, connection = Worker(schema, key, certificate, stylesheets), database(path)
    ready.wait()
    begin = time.process_time()
    for first in range(0, len(files), COMMIT):
        write(connection, [worker.one(file) for file in files[first : first + COMMIT]])
    used.put(time.process_time() - begin)
    connection.close()


def main():
    files = sorted(Path(sys.argv[2]).iterdir())
    prepare(sys.argv[3])
    ready, used = multiprocessing.Barrier(PROCESSES + 1), multiprocessing.Queue()
    processes = [
        multiprocessing.Process(target=work, args=(files[n::PROCESSES], ready, used)) for n in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    ready.wait()
    begin, before = time.monotonic(), busy()
    cpu = sum(used.get() for _ in processes)
    seconds, others = time.monotonic() - begin, max(busy() - before - cpu, 0)
    for process in processes:
        process.join()
    count = sqlite3.connect(sys.argv[3]).execute("SELECT count(*) FROM invoice").fetchone()[0]
    print(json.dumps({"count": count, "seconds": seconds, "cpu_seconds": cpu, "others": others}))


main()
