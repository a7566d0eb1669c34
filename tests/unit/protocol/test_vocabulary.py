"""The vocabulary file: the same bytes for the same releases, and nothing that is not a release."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.protocol.vocabulary import (
    MAX_CLASSES,
    Release,
    Vocabulary,
    line,
    moment,
    newest,
    parse,
    parse_line,
)

NTP = "puppetlabs-ntp\t11.0.0\t2025-11-20T09:31:07Z\tntp ntp::config"
HEAD = b"# Dropsonde vocabulary 1\n# forge: https://forgeapi.puppet.com\n# since: 2025-11-01\n"

modules = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
segments = st.lists(modules, max_size=2)
seconds = st.integers(1_300_000_000, 2_200_000_000)


@st.composite
def releases(draw: st.DrawFn) -> Release:
    module = draw(modules)
    author = draw(st.from_regex(r"[a-zA-Z0-9]{1,6}", fullmatch=True))
    numbers = draw(st.tuples(*[st.integers(0, 99)] * 3))
    names = st.frozensets(segments.map(lambda rest: "::".join((module, *rest))), max_size=4)
    return Release(
        f"{author}-{module}",
        moment(datetime.fromtimestamp(draw(seconds), timezone.utc)),
        ".".join(map(str, numbers)) + draw(st.sampled_from(("", "-rc1", "-beta.2"))),
        draw(st.none() | names),
    )


files = st.lists(releases(), max_size=8, unique_by=lambda release: release[:3])


@given(files, st.randoms())
def test_the_same_releases_give_the_same_bytes_in_any_order(
    rows: list[Release], random: st.DataObject
) -> None:
    shuffled = rows.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    first = Vocabulary("https://forge.example", "2025-11-01", tuple(rows)).to_bytes()
    second = Vocabulary("https://forge.example", "2025-11-01", tuple(shuffled)).to_bytes()
    assert first == second
    assert set(parse(first).releases) == set(rows)
    assert parse(first).to_bytes() == first


@given(files)
def test_only_the_wanted_modules_lines_are_parsed(rows: list[Release]) -> None:
    wanted = {row.slug for row in itertools.islice(rows, 2)}
    data = Vocabulary("https://forge.example", "2025-11-01", tuple(rows)).to_bytes()
    assert set(parse(data, wanted).releases) == {row for row in rows if row.slug in wanted}
    assert parse(data + b"acme-odd\tnonsense\n", wanted).releases == parse(data, wanted).releases


def test_the_time_is_kept_in_utc() -> None:
    pacific = timezone(timedelta(hours=-8))
    assert moment(datetime(2021, 12, 16, 14, 57, 46, tzinfo=pacific)) == "2021-12-16T22:57:46Z"


def test_a_line_reads_back() -> None:
    release = parse_line(NTP)
    assert release is not None
    assert release.module == "ntp"
    assert release.classes == frozenset({"ntp", "ntp::config"})
    assert line(release) == NTP
    assert parse_line(NTP.rpartition("\t")[0] + "\t?") == release._replace(classes=None)
    assert parse_line(NTP.rpartition("\t")[0] + "\t") == release._replace(classes=frozenset())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "puppetlabs-ntp",
        NTP + "\tmore",
        NTP.replace("puppetlabs-ntp", "puppetlabs/ntp"),
        NTP.replace("11.0.0", "11.0.0-acme"),
        NTP.replace("11.0.0", "11.0"),
        NTP.replace("Z", "+00:00"),
        NTP.replace("T09", " 09"),
        NTP + " acme",  # another module's namespace
        NTP + " ntpacme",
        NTP + " ntp::Acme",
        NTP + " ntp::acme.example",
        NTP + " ",
        NTP + "  ntp::acme",
        NTP + " ?",
        NTP + "\n",
        NTP + " ntp::acme\n",
    ],
)
def test_what_is_no_release_is_refused(text: str) -> None:
    assert parse_line(text) is None
    with pytest.raises(ValueError, match=r"^line [45] is not a release$"):
        parse(HEAD + f"{text}\n".encode())


def test_a_release_cannot_have_any_number_of_classes() -> None:
    names = [f"ntp::c{number}" for number in range(MAX_CLASSES)]
    assert parse_line(f"{NTP.rpartition(chr(9))[0]}\t{' '.join(names)}") is not None
    assert parse_line(f"{NTP.rpartition(chr(9))[0]}\t{' '.join(names)} ntp") is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "does not begin"),
        (b"\x1f\x8b\x08", "not ASCII"),
        (HEAD[:-1], "does not begin"),
        (HEAD.replace(b"vocabulary 1", b"vocabulary 2"), "does not begin"),
        (HEAD.replace(b"https:", b"ftp:"), "does not begin"),
        (HEAD.replace(b"2025-11-01", b"yesterday"), "does not begin"),
        (HEAD + NTP.encode(), "cut short"),
        (HEAD + NTP.replace("ntp::config", "ntp::é").encode() + b"\n", "not ASCII"),
    ],
)
def test_what_is_no_vocabulary_file_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse(data)


def test_an_empty_vocabulary_is_one() -> None:
    assert parse(HEAD) == Vocabulary("https://forgeapi.puppet.com", "2025-11-01", ())
    assert parse(HEAD).to_bytes() == HEAD


def test_the_newest_release_is_the_one_published_last() -> None:
    old, backport = (
        parse_line(NTP),
        parse_line(NTP.replace("11.0.0", "4.0.1").replace("20T", "21T")),
    )
    assert old is not None
    assert backport is not None
    assert newest((backport, old)) == backport
    assert newest(()) is None
