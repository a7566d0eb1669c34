"""The collector's vocabulary file: read whole or not at all, and watched."""

from __future__ import annotations

import gzip
import hashlib
import logging
import os
from pathlib import Path

import pytest

from dropsonde.collector import vocabulary_file
from dropsonde.collector.intake.vocabulary import Vocabularies
from dropsonde.collector.vocabulary_file import Published, VocabularyFile, by_module
from dropsonde.common.errors import ConfigError
from tests.unit.collector.intake.reports import VERSIONS, report, take
from tests.unit.collector.web.serving import forge_list

HEAD = b"# Dropsonde vocabulary 1\n# forge: https://forgeapi.puppet.com\n# since: 2025-11-01\n"
DATA = HEAD + (
    b"puppetlabs-ntp\t9.2.2\t2023-05-12T12:09:50Z\t?\n"
    b"puppetlabs-ntp\t11.0.0\t2025-11-20T09:31:07Z\tntp ntp::config\n"
    b"puppetlabs-ntp\t11.0.1\t2025-11-21T09:31:07Z\tntp ntp::install\n"
    b"saz-ssh\t1.0.0\t2025-11-21T09:31:07Z\t\n"
)


def test_what_the_file_says() -> None:
    file = VocabularyFile.of(DATA)
    assert by_module(DATA) == {
        "puppetlabs-ntp": Published(
            frozenset({"9.2.2", "11.0.0", "11.0.1"}),
            frozenset({"ntp", "ntp::config", "ntp::install"}),
        ),
        "saz-ssh": Published(frozenset({"1.0.0"}), frozenset()),
    }
    assert gzip.decompress(file.compressed) == file.data == DATA
    assert file.sha256 == hashlib.sha256(DATA).hexdigest()
    assert VocabularyFile.of(DATA) == file


@pytest.mark.parametrize(
    "data", [b"", b"[]", DATA[:-1], DATA + b"acme\n", DATA + b"acme-x\t1.0.0\t?\t?\n", b"\xff"]
)
def test_a_malformed_file_is_told_with_no_word_of_it(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "vocabulary.txt"
    path.write_bytes(data)
    for required in (True, False):
        with pytest.raises(ConfigError) as caught:
            vocabulary_file.read(path, None, required=required)
        assert caught.value.what.startswith(f"{path}: not a vocabulary: ")
        assert "acme" not in str(caught.value)


def test_only_a_file_that_nobody_named_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.txt"
    assert vocabulary_file.read(path, None, required=False) is None
    with pytest.raises(ConfigError, match="there is no vocabulary"):
        vocabulary_file.read(path, None, required=True)
    with pytest.raises(ConfigError, match="there is no vocabulary"):
        vocabulary_file.read(path, VocabularyFile.of(DATA), required=False)
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="there is no vocabulary"):
        vocabulary_file.read(path, None, required=False)
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigError, match="Is a directory"):
        vocabulary_file.read(path, None, required=False)
    path.rmdir()
    path.touch()
    os.truncate(path, 1 << 40)
    with pytest.raises(ConfigError, match="Larger than"):
        vocabulary_file.read(path, None, required=False)


def test_a_new_file_counts_and_a_bad_or_lost_one_leaves_the_former_in_force(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "vocabulary.txt"
    vocabularies = Vocabularies(forge_list(tmp_path), VERSIONS, path, required=False)
    rows = [{"name": "ntp"}, {"name": "ntp::acme"}, {"name": "ntp::config"}]
    document = report({"unused_classes": rows})

    def kept() -> int:
        vocabularies.refresh()
        return len(take(document, vocabularies.words.intake()).row.columns["unused_classes"])

    with caplog.at_level(logging.INFO):
        assert (vocabularies.vocabulary, kept()) == (None, 3)
        path.write_bytes(DATA)
        assert kept() == 2
        assert vocabularies.vocabulary == VocabularyFile.of(DATA)
        second = vocabularies.words
        vocabularies.refresh()
        assert vocabularies.words is second
        path.write_bytes(DATA[:-1])
        assert (kept(), kept()) == (2, 2)
        path.unlink()
        assert (kept(), kept()) == (2, 2)
        assert vocabularies.words is second
        path.write_bytes(HEAD)
        assert kept() == 0
    stays = "; the former vocabulary stays in force"
    assert [record.getMessage() for record in caplog.records] == [
        f"{path} was read again",
        f"{path}: not a vocabulary: its last line is cut short{stays}",
        f"{path}: there is no vocabulary{stays}",
        f"{path} was read again",
    ]


def test_the_list_and_the_vocabulary_hold_together(tmp_path: Path) -> None:
    """The vocabulary makes no module public that a newer list has not."""
    path = tmp_path / "vocabulary.txt"
    path.write_bytes(DATA)
    vocabularies = Vocabularies(forge_list(tmp_path), VERSIONS, path)
    document = report({"unused_classes": [{"name": "ntp"}]})
    assert take(document, vocabularies.words.intake()).dropped == {}
    for slug, reason in (("acme-ntp", "unpublished_class"), ("saz-ssh", "unlisted_class")):
        forge_list(tmp_path, [slug])
        vocabularies.refresh()
        assert take(document, vocabularies.words.intake()).dropped == {reason: 1}
