from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.site.puppet.modules import (
    MAX_METADATA,
    Dependency,
    Metadata,
    Module,
    find_modules,
    read_module,
)
from tests.support.sites import put


def metadata(path: Path, content: bytes) -> Metadata | None:
    (path / "metadata.json").write_bytes(content)
    return read_module(path).metadata


def test_the_first_on_the_path_wins(tmp_path: Path) -> None:
    for name in ("one/ntp", "two/ntp", "two/apache"):
        (tmp_path / name).mkdir(parents=True)
    assert find_modules([tmp_path / "none", tmp_path / "one", tmp_path / "two"]) == {
        "ntp": tmp_path / "one/ntp",
        "apache": tmp_path / "two/apache",
    }


def test_what_puppet_takes_for_a_module(tmp_path: Path) -> None:
    for name in ("a_9", "Upper", "with-dash", "9nine", "_under", ".git", "ä", "line\n"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    (tmp_path / "linked").symlink_to(tmp_path / "a_9")
    assert set(find_modules([tmp_path])) == {"a_9", "linked"}


def test_metadata_is_read(tmp_path: Path) -> None:
    document = {
        "name": "puppetlabs/ntp",
        "version": "9.2.0",
        "dependencies": [
            {"name": "puppetlabs/stdlib", "version_requirement": ">= 4.0.0"},
            {"name": "acme-base"},
        ],
    }
    (tmp_path / "metadata.json").write_text(json.dumps(document))
    assert read_module(tmp_path) == Module(
        tmp_path.name,
        tmp_path,
        Metadata(
            "puppetlabs-ntp",
            "9.2.0",
            (Dependency("puppetlabs-stdlib", ">= 4.0.0"), Dependency("acme-base", None)),
        ),
    )


def test_no_metadata(tmp_path: Path) -> None:
    assert read_module(tmp_path) == Module(tmp_path.name, tmp_path, None)
    assert read_module(tmp_path / "gone").metadata is None


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b'"text"', b"\xff{}", b'\xef\xbb\xbf{"name": "a-b"}',
        b'{"name": "a-b", "x": NaN}', b'{"name":' * 100_000, b"[" * 200_000, b"9" * 5_000,
        b"{}" + b" " * MAX_METADATA,
    ],
)  # fmt: skip
def test_a_file_that_is_no_json_object_is_no_metadata(tmp_path: Path, content: bytes) -> None:
    assert metadata(tmp_path, content) is None


def test_the_largest_file_that_is_read(tmp_path: Path) -> None:
    content = b'{"version": "1"}'
    assert metadata(tmp_path, content.ljust(MAX_METADATA)) == Metadata(None, "1", ())


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, Metadata(None, None, ())),
        ({"name": 1, "version": ["1"], "dependencies": {}}, Metadata(None, None, ())),
        ({"name": "", "version": ""}, Metadata(None, "", ())),
        ({"name": "\ud800", "version": "1"}, Metadata("\ufffd", "1", ())),
        ({"name": "a-b", "dependencies": "c-d"}, Metadata("a-b", None, ())),
        (
            {"dependencies": [1, None, [], {}, {"name": 2}, {"name": ""}, {"name": "a/b"}]},
            Metadata(None, None, (Dependency("a-b", None),)),
        ),
        (
            {"dependencies": [{"name": "a-b", "version_requirement": 1}]},
            Metadata(None, None, (Dependency("a-b", None),)),
        ),
    ],
)
def test_an_odd_field_is_left_out(tmp_path: Path, document: Any, expected: Metadata) -> None:
    assert metadata(tmp_path, json.dumps(document).encode()) == expected


def test_what_ruby_reads_is_metadata(tmp_path: Path) -> None:
    content = b'/* of 2013 */ {"name": "a\\-b", "author": "Gr\xfc\xdfe", "summary": "x \\(y\\)"}'
    assert metadata(tmp_path, content) == Metadata("a-b", None, ())


def test_what_puppet_cannot_read_is_told_from_what_is_not_there(tmp_path: Path) -> None:
    put(tmp_path / "ntp/manifests/init.pp", "class ntp { }")
    assert not read_module(tmp_path / "ntp").unreadable
    put(tmp_path / "ntp/metadata.json", '{"name": "a-ntp",}')
    assert read_module(tmp_path / "ntp").unreadable
    put(tmp_path / "ntp/metadata.json", "{}")
    assert not read_module(tmp_path / "ntp").unreadable


def test_a_directory_or_a_pipe_is_no_metadata(tmp_path: Path) -> None:
    for name, make in (("directory", os.mkdir), ("pipe", os.mkfifo)):
        (tmp_path / name).mkdir()
        make(tmp_path / name / "metadata.json")
        assert read_module(tmp_path / name).metadata is None


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(st.characters()) | st.integers(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["name", "version", "dependencies", "version_requirement"]), inner
        )
    ),
)


@given(content=st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_content_raises(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    found = metadata(tmp_path_factory.mktemp("module"), content)
    for dependency in found.dependencies if found else ():
        assert dependency.slug.encode()
        assert "/" not in dependency.slug
