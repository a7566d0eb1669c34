"""The probe's TLS parameters: TLS 1.2 with authenticated encryption (AEAD), or TLS 1.3.

The CBC suites of TLS 1.2 have had several padding attacks, and suites without an ephemeral key let
a party that later gets the server's key decrypt recorded traffic.
"""

from __future__ import annotations

import ssl
from typing import Any

from urllib3.util.ssl_ import create_urllib3_context

# OpenSSL's names; this does not select TLS 1.3 suites, which are all AEAD.
SUITES = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:!aNULL:!PSK"


def context() -> Any:
    """Make a client's context; requests adds the authorities and the client's certificate."""
    made = create_urllib3_context(ciphers=SUITES)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made
