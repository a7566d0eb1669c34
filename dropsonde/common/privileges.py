"""Root gives its privileges up for good before it touches what is another user's.

Puppet Server's user owns the directories in which dropsonde keeps its state, and could lay a link
to anything there. So a process of root's becomes the user whose directory it is about to enter:
whatever it does there, that user could have done, too.
"""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from dropsonde.common.errors import FileError
from dropsonde.common.files import user_name
from dropsonde.common.trusted import ReplaceableError, open_trusted


def become_owner(path: Path) -> None:
    """As root, become the owner of the first directory or link on the way that is not root's.

    Another user than root stays what it is; so does root where all that exists is root's own.

    Args:
        path: what is about to be touched; it may be missing.

    Raises:
        FileError: something of root's on the way lets others write, or the owner is no user here.
    """
    if os.geteuid() != 0:
        return
    try:
        os.close(open_trusted(path, os.O_PATH, {0}))
    except ReplaceableError as error:
        if error.owner is None:
            raise FileError(str(error), error.advice) from error
        become(error.owner)
    except OSError:
        return  # whoever opens it says why it cannot be


def asked_as_owner(path: Path, ask: Callable[[], Any]) -> Any:
    """Have a process that has become the owner of a path look something up, and tell it.

    Args:
        path: as for :func:`become_owner`.
        ask: gives what JSON can hold.

    Raises:
        FileError: root cannot become that owner, or that process came to no end of its own.
    """
    if os.geteuid() != 0:
        return ask()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _answer(writer, path, ask)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        told = file.read()
    os.waitpid(child, 0)
    if not told:
        raise FileError(f"{path}: whoever was to read it came to no end", "see what ended it")
    answer, *fault = json.loads(told)
    if fault:
        raise FileError(*fault)
    return answer


def _answer(writer: int, path: Path, ask: Callable[[], Any]) -> NoReturn:
    """In a process of its own, which ends here whatever happens."""
    try:
        try:
            become_owner(path)
            told = [ask()]
        except FileError as error:
            told = [None, error.what, error.advice]
        with os.fdopen(writer, "wb") as file:
            file.write(json.dumps(told).encode())
    finally:
        os._exit(0)


def become(uid: int) -> None:
    """Become a user with its groups, with no way back.

    Raises:
        FileError: there is no such user, it may not be become, or it cannot read this program.
    """
    try:
        user = pwd.getpwuid(uid)
    except KeyError as error:
        raise FileError(
            f"user id {uid}: no user of this host, and owner of directories of Puppet's",
            "give them to the user that Puppet Server runs as",
        ) from error
    try:
        os.setgroups(os.getgrouplist(user.pw_name, user.pw_gid))
        os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
        os.setresuid(uid, uid, uid)
    except OSError as error:
        raise FileError(
            f"root cannot become {user.pw_name} here: {error.strerror}", f"run as {user.pw_name}"
        ) from error
    _require_readable()


def _require_readable() -> None:
    """Modules are still imported, and this Python may stand in root's home."""
    for file in (os.__file__, __file__):
        if not os.access(file, os.R_OK):
            raise FileError(
                f"{file}: user {user_name(os.geteuid())}, whose directories Puppet's are, cannot "
                "read it",
                "install dropsonde where that user can read it, as its packages do",
            )
