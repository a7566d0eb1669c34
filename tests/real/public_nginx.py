"""Debian's nginx with the whole of ext/collector/dropsonde-pages.conf, on loopback."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.real.processes import free_port, running

FILE = Path(__file__).resolve().parents[2] / "ext/collector/dropsonde-pages.conf"
_AROUND = """\
user root;
pid {home}/nginx.pid;
error_log {home}/nginx-error.log;
events {{}}
http {{
    access_log {home}/nginx-access.log;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    include {home}/nginx-pages.conf;
}}
"""


@contextlib.contextmanager
def served(home: Path, root: Path) -> Iterator[tuple[str, str, Path]]:
    """Run nginx for a public root.

    Args:
        home: the directory of its files.
        root: what ``publish`` has made.

    Returns:
        its address without TLS, that with TLS, and the certificate.
    """
    certificate, key = _certificate(home)
    plain, secure = free_port(), free_port()
    lines = FILE.read_text(encoding="utf-8")
    for written, here in (
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{secure} ssl;"),
        ("/etc/ssl/certs/numbers.example.org.pem", str(certificate)),
        ("/etc/ssl/private/numbers.example.org.key", str(key)),
        ("root /var/lib/dropsonde-public/pages;", f"root {root};"),
    ):
        if lines.count(written) != 1:
            raise ValueError(written)
        lines = lines.replace(written, here)
    (home / "nginx-pages.conf").write_text(lines, encoding="utf-8")
    (home / "nginx.conf").write_text(_AROUND.format(home=home))
    nginx: list[str | Path] = ["nginx", "-c", home / "nginx.conf", "-g", "daemon off;"]
    with running(nginx, user="root", log=home / "nginx.log", ready=lambda: _listens(secure)):
        yield f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{secure}", certificate


def _certificate(home: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    paths = home / "certificate.pem", home / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0
