"""The site id: the SHA-512 of a key that is made of the CA's certificates and a secret seed.

Its secrecy rests on the seed of 32 random bytes; certificates are public. All servers of one CA
that are given the same seed have the same id. The key proves, to a party that knows only the id,
that its holder has the seed: the id is the hash of the key, and a hash cannot be reversed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import secrets
import stat
from pathlib import Path

from dropsonde.common import state
from dropsonde.common.errors import FileError, SiteIdError
from dropsonde.common.files import (
    OddFileError,
    locked,
    private_directory,
    read_file,
    user_name,
    write_atomically,
)
from dropsonde.common.trusted import ReplaceableError, read_trusted

SEED_BYTES = 32
SHARED_BYTES = 4096  # of a shared seed, at most
_OTHERS = stat.S_IRWXO | stat.S_IWGRP
_KEY_LABEL = b"dropsonde deletion key\0"
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)-----END CERTIFICATE-----")


def site_id(certificates: tuple[Path, ...], seed: bytes) -> str:
    """The site's id: SHA-512 of the deletion key, 128 hexadecimal digits.

    Args:
        certificates: as for :func:`deletion_key`.
        seed: the secret.

    Raises:
        SiteIdError: the certificate exists and cannot be read; without it the id would differ.
    """
    return hashlib.sha512(deletion_key(certificates, seed)).hexdigest()


def deletion_key(certificates: tuple[Path, ...], seed: bytes) -> bytes:
    """Derive the key that proves possession of the seed without revealing it; 64 bytes.

    SHA-512 over a label, the number of certificates, each certificate and the seed. Numbers are 8
    bytes, big-endian, and each part is prefixed with its length: the parts of two sites never
    concatenate to the same bytes, and no part can be appended.

    Args:
        certificates: candidate paths of the CA's certificate; the first that exists counts. All
            certificates of a bundle go in, sorted, so that their order does not matter.
        seed: the secret.

    Raises:
        SiteIdError: the certificate exists and cannot be read; without it the key would differ.
    """
    found = sorted(_ca(certificates))
    digest = hashlib.sha512(_KEY_LABEL + _number(len(found)))
    for part in (*found, seed):
        digest.update(_number(len(part)) + part)
    return digest.digest()


def _number(number: int) -> bytes:
    return number.to_bytes(8, "big")


def _ca(certificates: tuple[Path, ...]) -> set[bytes]:
    """The CA's certificates in DER; empty on a site without a CA."""
    for path in certificates:
        try:
            data = read_file(path)
            found = {base64.b64decode(body) for body in _PEM.findall(data)}
        except FileNotFoundError:
            continue
        except (OSError, binascii.Error) as error:
            reason = getattr(error, "strerror", None) or "not a PEM certificate"
            raise SiteIdError(f"{path}: {reason}", "run as root or as puppet") from error
        if not found:
            raise SiteIdError(f"{path}: holds no certificate", "restore the CA's certificate")
        return found
    return set()


def drop_seed(directory: Path) -> None:
    """Delete the seed; the next one gives the site another id.

    Raises:
        FileError: it cannot be removed.
    """
    file = directory / state.SEED
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"{file}: {error.strerror}", "run as its owner") from error


def read_seed(directory: Path) -> bytes:
    """Read the seed in the cache directory.

    Raises:
        FileNotFoundError: there is none yet.
        SiteIdError: it cannot be read, or has another length.
    """
    file = directory / state.SEED
    try:
        seed = read_file(file, SEED_BYTES)
    except FileNotFoundError:
        raise
    except OddFileError as error:
        raise _odd(file) from error
    except OSError as error:
        raise SiteIdError(f"{file}: {error.strerror}", "run as its owner") from error
    if len(seed) != SEED_BYTES:
        raise _odd(file)
    return seed


def read_shared_seed(file: Path) -> bytes:
    """Read the seed that the servers of a site share.

    A copy of a server's own seed gives the same site id as that seed, and a line of text the same
    as the setting `seed`: a file of exactly 32 bytes counts as it is, another without the newline
    at its end.

    Args:
        file: root's or this user's; others may neither read nor write it. Its group may read it.

    Raises:
        SiteIdError: it cannot be read, others could read or replace it, or it is too short.
    """
    try:
        data, look = read_trusted(file, SHARED_BYTES)
    except ReplaceableError as error:
        raise SiteIdError(str(error), error.advice) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file's name"
        user = user_name(os.geteuid())
        advice = f"put the seed there, readable by {user} alone"
        raise SiteIdError(f"{file}: {reason} for user {user}", advice) from error
    if look.st_mode & _OTHERS:
        raise SiteIdError(f"{file}: others may read the seed", "chmod 0400 it, or 0440")
    seed = data if len(data) == SEED_BYTES else data.removesuffix(b"\n").removesuffix(b"\r")
    if len(seed) < SEED_BYTES:
        raise SiteIdError(
            f"{file}: less than {SEED_BYTES} bytes", "make one with `openssl rand -hex 32`"
        )
    return seed


def _odd(file: Path) -> SiteIdError:
    return SiteIdError(
        f"{file}: not {SEED_BYTES} bytes", "restore it, or delete it to get a new site id"
    )


def read_or_make_seed(directory: Path) -> bytes:
    """Read the seed in the cache directory, or make one that only its owner can read.

    Raises:
        SiteIdError: the seed is there and cannot be read, or has another length.
        FileError: it cannot be written.
    """
    file = private_directory(directory) / state.SEED
    with locked(directory / state.SEED_LOCK):
        try:
            return read_seed(directory)
        except FileNotFoundError:
            seed = secrets.token_bytes(SEED_BYTES)
            write_atomically(file, seed)
            return seed
