"""Where dropsonde keeps its state: its seed, its list of modules, its reports."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

NAMES = ("dropsonde", "dropsonde-state")
# All that is kept there, so that a purge removes just this where another program has files, too.
CONSENT = "consent.json"
ENDPOINT = "endpoint.json"
FORGE = "forge.json"
OPERATOR = "operator.json"
RELEASES = "releases.txt"
SEED = "seed"
VOCABULARY = "vocabulary.txt"
PARTIAL = "vocabulary.partial"
FILES = (CONSENT, ENDPOINT, FORGE, OPERATOR, RELEASES, SEED, VOCABULARY, PARTIAL)
ASIDE = ".corrupt-"  # and a time: the end of a damaged list's name, after that of the file
FORGE_LOCK = "forge.lock"
SEED_LOCK = "seed.lock"
SUBMIT_LOCK = "submit.lock"
VOCABULARY_LOCK = "vocabulary.lock"
LOCKS = (FORGE_LOCK, SEED_LOCK, SUBMIT_LOCK, VOCABULARY_LOCK)
OUTBOX = "outbox"
SENT = "sent"
QUARANTINE = "quarantine"
KEYS = "keys"
DIRECTORIES = (OUTBOX, SENT, QUARANTINE, KEYS)


def _look(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None


def state_directory(vardir: Path, look: Callable[[Path], os.stat_result | None] = _look) -> Path:
    """``dropsonde`` in Puppet's vardir, or ``dropsonde-state`` if a package owns the former.

    Puppet's own packages for Debian and Ubuntu install a gem of this name there, in a directory
    of root's that Puppet Server's user cannot write to.

    Args:
        vardir: Puppet's.
        look: returns the ``lstat`` of a path; None if it does not exist.
    """
    directory, beside = (vardir / name for name in NAMES)
    own, above = look(directory), look(vardir)
    of_root = own is not None and above is not None and own.st_uid == 0 != above.st_uid
    return beside if of_root and look(directory / "gems") is not None else directory
