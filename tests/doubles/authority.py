"""The tests' own certificate authority, made by openssl."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

NEW_KEY = ("req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


@dataclass(frozen=True)
class Authority:
    """An authority, with its files in its own directory.

    Attributes:
        directory: contains all files.
        file: its certificate, PEM.
        key: its key, PEM.
    """

    directory: Path
    file: str
    key: str

    @classmethod
    def make(cls, directory: Path) -> Authority:
        """Make an authority in an empty directory."""
        made = cls(directory, str(directory / "ca.pem"), str(directory / "ca.key"))
        _openssl(
            *(*NEW_KEY, "-x509", "-subj", "/CN=authority", "-keyout", made.key, "-out", made.file),
            *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        )
        return made

    def server(self, name: str, address: str = "127.0.0.1", days: int = 2) -> ssl.SSLContext:
        """Sign a server's certificate; a negative number of days makes one that has expired."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(name, address, days))
        return context

    def issue(self, name: str, address: str = "127.0.0.1", days: int = 2) -> tuple[str, str]:
        """Sign a certificate; return its file and the key's."""
        stem = self.directory / name
        key, request, extensions, certificate = (
            str(stem.with_suffix(suffix)) for suffix in (".key", ".csr", ".ext", ".pem")
        )
        stem.with_suffix(".ext").write_text(
            f"subjectAltName=IP:{address}\nauthorityKeyIdentifier=keyid\n"
        )
        _openssl(*NEW_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        _openssl(
            *("x509", "-req", "-in", request, "-days", str(days), "-extfile", extensions),
            *("-CA", self.file, "-CAkey", self.key, "-CAcreateserial", "-out", certificate),
        )
        return certificate, key


def _openssl(*arguments: str) -> None:
    subprocess.run(
        ["openssl", *arguments], check=True, capture_output=True, stdin=subprocess.DEVNULL
    )
