"""The tests' own certificate authority."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

_AGE = timedelta(days=3)  # of each certificate, also of those that have expired
_SIGNS = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


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
        key = _new_key(made.key)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
        builder = _certificate("authority", name, key, days=30)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        builder = builder.add_extension(_SIGNS, True)
        _sign(builder, key, key, made.file)
        return made

    def server(self, name: str, address: str = "127.0.0.1", days: int = 2) -> ssl.SSLContext:
        """Sign a server's certificate; a negative number of days makes one that has expired."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(name, address, days))
        return context

    def issue(self, name: str, address: str = "127.0.0.1", days: int = 2) -> tuple[str, str]:
        """Sign a certificate; return its file and the key's."""
        file, key_file = (str(self.directory / f"{name}{suffix}") for suffix in (".pem", ".key"))
        key = _new_key(key_file)
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        issuer = x509.load_pem_x509_certificate(Path(self.file).read_bytes()).subject
        builder = _certificate(name, issuer, key, days).add_extension(names, False)
        signer = load_pem_private_key(Path(self.key).read_bytes(), None)
        if not isinstance(signer, EllipticCurvePrivateKey):
            raise TypeError(self.key)
        _sign(builder, key, signer, file)
        return file, key_file


def _new_key(file: str) -> EllipticCurvePrivateKey:
    key = generate_private_key(SECP256R1())
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    Path(file).write_bytes(text)
    return key


def _certificate(
    name: str, issuer: x509.Name, key: EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    return x509.CertificateBuilder(
        subject_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
        issuer_name=issuer,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - _AGE,
        not_valid_after=now + timedelta(days=days),
    )


def _sign(
    builder: x509.CertificateBuilder,
    key: EllipticCurvePrivateKey,
    signer: EllipticCurvePrivateKey,
    file: str,
) -> None:
    """Sign, with what strict verification asks for: whose key it is, and whose signed it."""
    ours = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    theirs = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = builder.add_extension(ours, False).add_extension(theirs, False)
    Path(file).write_bytes(builder.sign(signer, SHA256()).public_bytes(Encoding.PEM))
