"""The text of one file of configuration."""

from __future__ import annotations

import os
from pathlib import Path

from dropsonde.common.files import read_bounded
from dropsonde_puppetserver.hocon.tokens import UnsureError

LARGEST = 1 << 18  # bytes of a file; Debian's conf.d has 15 kB


def read_text(file: Path) -> str:
    """A regular file's text; bytes that are no UTF-8 become what Java makes of them.

    Raises:
        UnsureError: it cannot be read, or is too large to be configuration.
    """
    data = read_bounded(file, LARGEST)
    if data is None:
        raise UnsureError(_why_not(file))
    return data.decode(errors="replace")


def _why_not(file: Path) -> str:
    try:
        os.close(os.open(file, os.O_RDONLY | os.O_NONBLOCK))  # a FIFO must not block
    except OSError as error:
        return f"it cannot be read by this user ({error.strerror})"
    return f"no regular file, or one of more than {LARGEST} bytes"
