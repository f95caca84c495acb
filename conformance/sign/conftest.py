"""An authority of our own, and the example program that signs and verifies one file.

FACTEUR_SIGN_FILE names the program; without it `crates/sign/examples/sign_file.rs` is built.
"""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEAVES = {
    "rsa2048": (["-newkey", "rsa:2048"], "digitalSignature,nonRepudiation"),
    "rsa3072": (["-newkey", "rsa:3072"], "digitalSignature,nonRepudiation"),
    "rsa4096": (["-newkey", "rsa:4096"], "digitalSignature,nonRepudiation"),
    "p256": (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "digitalSignature,nonRepudiation"),
    "p384": (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"], "digitalSignature"),
    "encipherment": (["-newkey", "rsa:2048"], "keyEncipherment"),
}


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def built():
    command = ["cargo", "build", "--quiet", "--locked", "-p", "facteur-sign", "--example", "sign_file"]
    subprocess.run(command, check=True, cwd=ROOT)
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/examples/sign_file"


class Pki:
    def __init__(self, folder):
        self.folder = folder
        self.ca = folder / "ca.pem"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "ca.key", "-out", self.ca,
                "-days", 3650, "-utf8", "-subj", "/C=FR/O=Société d'essai, autorité/CN=Racine",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        for serial, (name, (newkey, usage)) in enumerate(LEAVES.items(), 0x1001):
            self.leaf(name, newkey, usage, serial)

    def leaf(self, name, newkey, usage, serial):
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        openssl("req", "-new", *newkey, "-nodes", "-keyout", self.key(name), "-out", request, "-utf8",
                "-subj", f"/C=FR/O=Établissement d'essai/CN={name}")
        extensions.write_text(f"basicConstraints=CA:FALSE\nkeyUsage=critical,{usage}\n")
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.folder / "ca.key", "-set_serial", serial,
                "-days", 365, "-extfile", extensions, "-out", self.certificate(name))
        self.key(name).chmod(0o600)

    def key(self, name):
        return self.folder / f"{name}.key"

    def certificate(self, name):
        return self.folder / f"{name}.pem"


class Facteur:
    def __init__(self, pki):
        self.pki = pki
        self.program = os.environ.get("FACTEUR_SIGN_FILE") or built()

    def sign(self, leaf, source, target, form):
        command = [self.program, self.pki.key(leaf), self.pki.certificate(leaf), source, target, form]
        return subprocess.run(command, capture_output=True, text=True)

    def signed(self, leaf, source, target, form):
        result = self.sign(leaf, source, target, form)
        assert result.returncode == 0, result.stderr
        return target

    def verify(self, signed, content=None, anchors=None):
        """The verdict, and each part that did not pass."""
        command = [self.program, "verify", anchors or self.pki.ca, signed, *([content] if content else [])]
        result = subprocess.run(command, capture_output=True, text=True)
        verdict, *parts = result.stdout.splitlines()
        assert (result.returncode == 0) == (verdict == "valid"), result.stderr
        wrong = {line.split(":")[0] for line in parts if line.split(": ", 1)[1].startswith("Failed")}
        return verdict, wrong


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def facteur(pki):
    return Facteur(pki)


@pytest.fixture(params=["invoice-a1", "credit-note-a1"])
def ubl(request):
    return ROOT / "fixtures/ubl" / f"{request.param}.xml"


@pytest.fixture
def invoice():
    return ROOT / "fixtures/ubl/invoice-a1.xml"
