"""The classes of a release, from its tarball: whatever is in it, and nothing of another file."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import itertools
import tarfile
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.site.forge import tarball as limits
from dropsonde.site.forge.tarball import TarballError, read_classes
from tests.support.tarballs import pack, pack_files

MANIFESTS = {
    "init.pp": "class ntp { include ntp::config }",
    "config.pp": "class ntp::config { class inner {} }",
    "server/deep/er.pp": "class ntp::server::deep::er {}",
    "define.pp": "define ntp::thing { }",
}
CLASSES = {"ntp", "ntp::config", "ntp::config::inner", "ntp::server::deep::er"}


def pieces(data: bytes, size: int = 1000) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def classes(data: bytes, size: int = 1000) -> frozenset[str]:
    return read_classes(pieces(data, size), "ntp", hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("size", [1, 7, 512, 1 << 20])
def test_the_classes_of_all_manifests_are_read(size: int) -> None:
    assert classes(pack("puppetlabs-ntp", "1.0.0", MANIFESTS), size) == CLASSES


def test_a_manifest_counts_in_the_folder_of_manifests_alone() -> None:
    files = {
        "ntp/manifests/init.pp": "class ntp {}",
        "./ntp/manifests/dotted.pp": "class ntp::dotted {}",
        "ntp/examples/init.pp": "class ntp::example {}",
        "ntp/spec/fixtures/modules/ntp/manifests/init.pp": "class ntp::fixture {}",
        "ntp/manifests/init.pp.orig": "class ntp::orig {}",
        "manifests/init.pp": "class ntp::nowhere {}",
    }
    assert classes(pack_files(files)) == {"ntp", "ntp::dotted"}


@pytest.mark.parametrize(
    "text",
    [
        "class acme { }",  # another module's namespace
        "class ntpacme { }",
        "class ntp::open {",  # does not parse
        b"class ntp::latin\xe9 { }",
        b"\0" * 5000,
        "class ntp::big { }" + " " * limits.MAX_MANIFEST,
    ],
)
def test_an_odd_manifest_defines_nothing_and_costs_no_other(text: str | bytes) -> None:
    assert classes(pack("a-ntp", "1.0.0", {"aa.pp": text, "init.pp": "class ntp { }"})) == {"ntp"}


def test_links_and_devices_are_not_read() -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for number, kind in enumerate((tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE)):
            member = tarfile.TarInfo(f"ntp/manifests/m{number}.pp")
            member.type, member.linkname = kind, "/etc/passwd"
            tar.addfile(member)
    assert classes(gzip.compress(packed.getvalue())) == frozenset()


def test_another_digest_is_refused_whatever_is_inside() -> None:
    data = pack("puppetlabs-ntp", "1.0.0", MANIFESTS)
    with pytest.raises(TarballError, match="another digest"):
        read_classes(pieces(data), "ntp", "0" * 64)


@given(st.binary(max_size=2000), st.booleans())
def test_no_bytes_raise_anything_else(data: bytes, compressed: bool) -> None:
    body = gzip.compress(data) if compressed else data
    with contextlib.suppress(TarballError):
        assert classes(body) == frozenset()


@given(st.data())
def test_a_damaged_tarball_gives_no_class_that_is_not_inside(data: st.DataObject) -> None:
    whole = bytearray(gzip.decompress(pack("puppetlabs-ntp", "1.0.0", MANIFESTS)))
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    try:
        found = classes(gzip.compress(bytes(cut)))
    except TarballError:
        return
    assert all(name.partition("::")[0] == "ntp" for name in found)


def test_a_tarball_cannot_be_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_PACKED", 10_000)
    endless = itertools.repeat(b"\0" * 1000)
    with pytest.raises(TarballError, match="too large"):
        read_classes(endless, "ntp", "0" * 64)


def test_a_small_tarball_cannot_unpack_to_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_UNPACKED", 100_000)
    with pytest.raises(TarballError, match="too large when decompressed"):
        classes(pack_files({"ntp/files/zeros": b"\0" * 1_000_000}))


def test_a_header_cannot_claim_any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pax header of a gigabyte is read into memory, as far as the bytes go."""
    monkeypatch.setattr(limits, "MAX_UNPACKED", 100_000)
    member = tarfile.TarInfo("ntp/PaxHeaders/x")
    member.type, member.size = tarfile.XHDTYPE, 1 << 30
    body = member.tobuf(tarfile.USTAR_FORMAT) + b"9" * 1_000_000
    with pytest.raises(TarballError, match="too large when decompressed"):
        classes(gzip.compress(body))


def test_a_tarball_cannot_have_any_number_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_MEMBERS", 10)
    with pytest.raises(TarballError, match="too many files"):
        classes(pack_files({f"ntp/files/{number}": b"" for number in range(11)}))
