"""Find the certificate authorities to trust for public servers."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from pathlib import Path

# The authorities of Debian, Enterprise Linux and SUSE, for an OpenSSL that is of none of them.
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
)
_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")


def authorities(environ: Mapping[str, str]) -> str | bool:
    """Find the certificate authorities to trust for public servers.

    Returns:
        the file or directory that the environment names, else the distribution's; True, for
        those that come with requests, where neither exists.
    """
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        if environ.get(name):
            return environ[name]
    system = ssl.get_default_verify_paths()
    if Path(system.openssl_cafile).is_file():
        return system.openssl_cafile
    directory = Path(system.openssl_capath)
    # OpenSSL finds a certificate there only by the hash of its name: Enterprise Linux has none.
    if directory.is_dir() and any(_HASHED.fullmatch(path.name) for path in directory.iterdir()):
        return system.openssl_capath
    return next((bundle for bundle in BUNDLES if Path(bundle).is_file()), True)
