"""Root drops its privileges for good before it touches another user's files.

Puppet Server's user owns the directories in which dropsonde keeps its state, and could put a link
to any file there. So a root process becomes the user whose directory it is about to enter: it can
then do nothing there that this user could not do.
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
    """As root, become the owner of the first directory or link on the path that is not root's.

    A user other than root stays the same; so does root if root owns all existing parts.

    Args:
        path: the path that is about to be used; it may be missing.

    Raises:
        FileError: a part of the path is root's and writable by others, or its owner is no user of
            this host.
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
        return  # opening the path reports the error


def asked_as_owner(path: Path, ask: Callable[[], Any]) -> Any:
    """Call a function in a child process that runs as the owner of a path.

    Args:
        path: as for :func:`become_owner`.
        ask: the function; its result must be JSON serializable.

    Raises:
        FileError: root cannot become that owner, or the child process died.
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
        raise FileError(f"{path}: the process that reads it died", "find out what killed it")
    answer, *fault = json.loads(told)
    if fault:
        raise FileError(*fault)
    return answer


def _answer(writer: int, path: Path, ask: Callable[[], Any]) -> NoReturn:
    """Write the answer to a pipe, in the child process, which always ends here."""
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
    """Become a user with its groups, irrevocably.

    Raises:
        FileError: there is no such user, the system refuses, or it cannot read this program.
    """
    try:
        user = pwd.getpwuid(uid)
    except KeyError as error:
        raise FileError(
            f"user id {uid}: owns Puppet's directories, but is no user of this host",
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
    """Check that the user can read this Python: modules are imported later."""
    for file in (os.__file__, __file__):
        if not os.access(file, os.R_OK):
            raise FileError(
                f"{file}: user {user_name(os.geteuid())}, who owns Puppet's directories, cannot "
                "read it",
                "install dropsonde where that user can read it, as its packages do",
            )
