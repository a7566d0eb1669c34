"""How the probe encrypts: TLS 1.2 with authenticated encryption (AEAD), or TLS 1.3.

The suites of TLS 1.2 that use CBC have been attacked by their padding more than once, and those
without an ephemeral key let whoever gets the server's key read what was recorded.
"""

from __future__ import annotations

import ssl
from typing import Any

from urllib3.util.ssl_ import create_urllib3_context

# OpenSSL's names; those of TLS 1.3 are all AEAD, and are not chosen here.
SUITES = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:!aNULL:!PSK"


def context() -> Any:
    """A client's context; who is trusted, and with which certificate, requests adds to it."""
    made = create_urllib3_context(ciphers=SUITES)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made
