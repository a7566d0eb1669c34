"""Compile zlib, OpenSSL and CPython into one program that needs only an old glibc.

All is linked statically but glibc itself, whose resolver and users must be the host's own. The same
sources make the same bytes in any directory: every path that a compiler sees is relative.
"""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ext.standalone.sources import Source
    from ext.standalone.zig import Compiler

# zig checks undefined behaviour by default, and debugging information holds paths.
FLAGS = ("-g0", "-fno-sanitize=undefined", "-fstack-protector-strong")
# Symbols of these libraries must not be those of another copy, which a wheel may contain.
HIDDEN = "-fvisibility=hidden"
ZLIB = "adler32 compress crc32 deflate infback inffast inflate inftrees trees uncompr zutil"
# Old algorithms, protocols other than TLS, and what reads the host's configuration, which is of an
# OpenSSL of another version. hashlib needs scrypt.
OPENSSL_WITHOUT = """
    shared module apps docs tests autoload-config engine async comp dso ui-console legacy
    aria bf camellia cast idea md4 mdc2 rc2 rc4 seed sm2 sm3 sm4 whirlpool gost srp siphash siv ec2m
    rmd160 argon2 quic ct cmp cms ts slh-dsa ml-dsa srtp dtls http rfc3779 padlockeng
"""
# What the program does not import, and what would need more libraries.
PYTHON_WITHOUT = """
    _bz2 _ctypes _curses _curses_panel _dbm _decimal _elementtree _gdbm _lzma _multiprocessing
    _posixshmem _sqlite3 _tkinter _uuid pyexpat readline
"""
# What configure cannot try out for another machine.
CROSS = (
    "ac_cv_buggy_getaddrinfo=no",
    "ac_cv_file__dev_ptmx=yes",
    "ac_cv_file__dev_ptc=no",
)


def compile_python(
    compiler: Compiler, sources: dict[str, Source], machine: str, native: Path | None
) -> Path:
    """Compile everything for a machine.

    Args:
        compiler: the compiler.
        sources: those of ``sources.PACKAGES``, in directories of ``compiler.work``.
        machine: as in ``platform.machine()``.
        native: the interpreter that an earlier call made for this machine, to build one for
            another.

    Returns:
        the program.
    """
    libraries = compiler.work / machine / "libraries"
    (libraries / "lib").mkdir(parents=True)
    (libraries / "include").mkdir()
    _zlib(compiler, sources["zlib"], machine, libraries)
    _openssl(compiler, sources["openssl"], machine, libraries)
    return _python(compiler, sources["python3.13"], machine, native)


def _zlib(compiler: Compiler, source: Source, machine: str, libraries: Path) -> None:
    directory = compiler.work / machine / "zlib"
    there = f"../../{source.package}"
    for name in ZLIB.split():  # one by one: of several files zig compiles only some
        words = ("-O2", *FLAGS, HIDDEN, "-fPIC", "-c", f"{there}/{name}.c")
        compiler.run(directory, machine, f"{machine}-cc", *words)
    objects = [f"{name}.o" for name in ZLIB.split()]
    compiler.run(directory, machine, f"{machine}-ar", "rcs", "../libraries/lib/libz.a", *objects)
    for header in ("zlib.h", "zconf.h"):
        shutil.copy(source.directory / header, libraries / "include")


def _openssl(compiler: Compiler, source: Source, machine: str, libraries: Path) -> None:
    directory = compiler.work / machine / "openssl"
    options = [f"no-{name}" for name in OPENSSL_WITHOUT.split()]
    places = ("--prefix=/usr", "--libdir=lib", "--openssldir=/etc/ssl")
    configure = f"../../{source.package}/Configure"
    words = (configure, f"linux-{machine}", *options, *places, "-O1", *FLAGS, HIDDEN)
    compiler.run(directory, machine, "perl", *words)
    compiler.run(directory, machine, "make", "-s", f"-j{os.cpu_count() or 1}", "build_libs")
    for library in ("libssl.a", "libcrypto.a"):
        shutil.copy(directory / library, libraries / "lib")
    for headers in (source.directory, directory):
        target = libraries / "include" / "openssl"
        shutil.copytree(headers / "include" / "openssl", target, dirs_exist_ok=True)


def _python(compiler: Compiler, source: Source, machine: str, native: Path | None) -> Path:
    directory = compiler.work / machine / "python"
    # The interpreter tells its date, which is SOURCE_DATE_EPOCH's.
    flags = " ".join(("-O2", *FLAGS, "-fPIE", "-Wno-date-time"))
    words = ["--prefix=/usr", "--disable-test-modules", "--with-ensurepip=no"]
    words += ["--with-pkg-config=no", "--with-openssl=../libraries"]
    words += [f"py_cv_module_{name}=n/a" for name in PYTHON_WITHOUT.split()]
    if native is not None:
        words += [f"--host={machine}-linux-gnu", f"--build={platform.machine()}-linux-gnu"]
        words += [f"--with-build-python={native}", *CROSS]
    compiler.run(
        directory,
        machine,
        f"../../{source.package}/configure",
        *words,
        CFLAGS=flags,
        MODULE_BUILDTYPE="static",
        ZLIB_CFLAGS="-I../libraries/include",
        ZLIB_LIBS="../libraries/lib/libz.a",
    )
    # configure drops `-s`, and zig's own start files have paths in their debugging information.
    link = "LDFLAGS=-pie -s"
    compiler.run(directory, machine, "make", "-s", f"-j{os.cpu_count() or 1}", link, "python")
    return directory / "python"
