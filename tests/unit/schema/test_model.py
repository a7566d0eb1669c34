"""Columns: their vocabularies, the check of their declaration, and BigQuery's form of them."""

from __future__ import annotations

import pytest

from dropsonde.report import plugins
from dropsonde.schema.model import (
    Column,
    Domain,
    Mode,
    Type,
    declaration_faults,
    integer,
    records,
    text,
    to_bigquery,
)
from dropsonde.schema.validate import Validator
from dropsonde.schema.vocabulary.os_families import OS_FAMILIES
from dropsonde.schema.vocabulary.os_names import OS_NAMES
from dropsonde.schema.vocabulary.ruby_methods import ruby_methods

DATASET = plugins.dataset_columns(found.metric for found in plugins.load(None))
NAME = text("name", Domain.CLASS_NAME, "A name.")

ADMITTED = [
    (Domain.VERSION, ("1.2.3", "0.0.0", "1.2.3-rc1", "1.2.3-rc.1", "1.2.3-alpha", "12345678.0.0")),
    (
        Domain.VERSION_REQUIREMENT,
        (
            ">= 1.0.0 < 2.0.0",
            ">=1.0.0 <2.0.0",
            ">= 1.0.0, < 2.0.0",
            "1.x",
            "4.X.x",
            "*",
            "~> 1.2",
            "~ 1.2",
            "^1.2.3",
            "v1.2.3",
            "= 1.2.3-rc1",
            "1.0.0 - 2.0.0",
            "1.x || >= 2.5.0 || 5.0.0 - 7.2.3",
        ),
    ),
    (Domain.CLASS_NAME, ("ntp", "ntp::config", "a::b::c_2")),
    (Domain.MODULE_NAME, ("ntp", "n", "apt_2")),
    (Domain.FORGE_SLUG, ("puppetlabs-ntp", "Saz-ssh", "0x-a_b")),
    (Domain.OS_FAMILY, ("RedHat", "windows", "GNU/kFreeBSD", "Lede openwrt")),
    (Domain.OS_NAME, ("RedHat", "windows", "XCP-ng", "SLES_SAP")),
    (Domain.OS_RELEASE, ("7", "12", "2023", "2012 R2", "22.04", "6.06", "7300", "8.1")),
    (Domain.IMPLEMENTATION, ("puppet", "openvox", "pe")),
    (Domain.MINOR_VERSION, ("8.10", "7.0", "10.0", "2023.8")),
    (Domain.RUBY_METHOD, ("each", "exist?", "map!", "to_h", "Integer")),
    (Domain.PRODUCT, ("popularity-module",)),
    (Domain.UUID, ("01234567-89ab-4def-8123-456789abcdef",)),
    (Domain.IP_ADDRESS, ("192.0.2.1", "2001:db8::1")),
]
REFUSED = [
    (
        Domain.VERSION,
        (
            "1.2",
            "v1.2.3",
            "1.2.3.4",
            "1.2.3-acme-hotfix",
            "1.2.3-rc1-acme",
            "1.2.3-rcacme",
            "1.2.3-rc12345",
            "1.2.3+acme",
            "123456789.0.0",
            "\u0661.\u0662.\u0663",  # Arabic digits
            "1.2.3-rc\N{FULLWIDTH DIGIT ONE}",
        ),
    ),
    (
        Domain.VERSION_REQUIREMENT,
        (
            "acme",
            ">= 1.0.0-acme",
            ">= 1.0.0 acme",
            ">=\n1.0.0",
            ">=\N{NO-BREAK SPACE}1.0.0",
            "1.\u0662.x",
            "1.x |",
            "1.x   2.x",
            " ".join(["1.x"] * 9),
        ),
    ),
    (Domain.CLASS_NAME, ("Ntp", "::ntp", "ntp::", "ntp:config", "ntp::Config", "ntp config", "né")),
    (Domain.MODULE_NAME, ("Ntp", "1ntp", "_ntp", "ntp::config", "a-b")),
    (Domain.FORGE_SLUG, ("ntp", "puppetlabs/ntp", "a-b-c", "puppetlabs-Ntp", "-ntp", "é-ntp")),
    (Domain.OS_FAMILY, ("", "1x", "x" * 33, "Red.Hat", " RedHat")),
    (Domain.OS_NAME, ("", "x", "1x", "x" * 25, "Acme Linux", "acme.example")),
    (Domain.OS_RELEASE, ("", "0", "07", "123", "4711", "2012 R3", "22.05", "1.2.3", "trixie")),
    (Domain.IMPLEMENTATION, ("", "Puppet", "puppets", "acme")),
    (Domain.MINOR_VERSION, ("", "8", "8.10.0", "0.1", "8.01", "123.4", "8.123", "8.x")),
    (Domain.RUBY_METHOD, ("a?!", "1a", "a.b", "x" * 65)),
    (Domain.PRODUCT, ("popularity-modules", "popularity.module")),
    (Domain.UUID, ("01234567-89AB-4def-8123-456789abcdef", "0" * 32)),
    (Domain.IP_ADDRESS, ("localhost", "192.0.2.1/24", "1" * 46)),
]


def words(table: list[tuple[Domain, tuple[str, ...]]]) -> list[tuple[Domain, str]]:
    return [(domain, word) for domain, listed in table for word in listed]


def faults(domain: Domain, word: str) -> list[str]:
    """What the validator, which has no flag for ASCII, says of the same word."""
    return Validator((text("word", domain, "A word."),), {}).faults({"word": word})


@pytest.mark.parametrize(("domain", "word"), words(ADMITTED))
def test_words_of_the_form_are_admitted(domain: Domain, word: str) -> None:
    assert domain.admits(word)
    assert faults(domain, word) == []


@pytest.mark.parametrize(("domain", "word"), words(REFUSED))
def test_other_words_are_refused(domain: Domain, word: str) -> None:
    assert not domain.admits(word)
    assert faults(domain, word) == [f"word: not of the form {domain.format}"]


@pytest.mark.parametrize(("domain", "word"), words(ADMITTED))
def test_nothing_may_stand_around_a_word(domain: Domain, word: str) -> None:
    for odd in (f"{word}\n", f"\n{word}", f"{word}\nacme", f"{word}\0", f"{word} ", f"{word}ß"):
        assert not domain.admits(odd)
        assert faults(domain, odd) == [f"word: not of the form {domain.format}"]


def test_every_domain_stands_in_both_tables() -> None:
    assert {domain for domain, _ in ADMITTED} == set(Domain)
    assert {domain for domain, _ in REFUSED} == set(Domain)
    assert len({domain.format for domain in Domain}) == len(Domain)


def test_all_words_that_we_ship_have_their_domains_form() -> None:
    for domain, shipped in (
        (Domain.OS_FAMILY, OS_FAMILIES),
        (Domain.OS_NAME, OS_NAMES),
        (Domain.RUBY_METHOD, ruby_methods()),
    ):
        assert [word for word in shipped if not domain.admits(word)] == []


# Google's libraries warn when they are imported on a Python that they will soon give up.
@pytest.mark.filterwarnings("ignore::FutureWarning:google")
def test_bigquery_reads_the_dataset_and_gives_the_same_back() -> None:
    from google.cloud.bigquery import SchemaField  # noqa: PLC0415  # warns, see above

    exported = to_bigquery(DATASET)
    fields = [SchemaField.from_api_repr(column) for column in exported]
    assert [field.to_api_repr() for field in fields] == exported
    assert [field.name for field in fields] == [column.name for column in DATASET]


def test_the_dataset_is_declared_without_fault() -> None:
    assert [fault for column in DATASET for fault in declaration_faults(column)] == []


def test_the_columns_are_those_that_receivers_know() -> None:
    """Name, type and mode of each, as existing servers have them."""
    named = [(column.name, column.type.value, column.mode.value) for column in DATASET]
    assert named == [
        ("message_id", "STRING", "NULLABLE"),
        ("site_id", "BYTES", "NULLABLE"),
        ("product", "STRING", "NULLABLE"),
        ("version", "STRING", "NULLABLE"),
        ("timestamp", "TIMESTAMP", "NULLABLE"),
        ("ip", "STRING", "NULLABLE"),
        ("dependencies", "RECORD", "REPEATED"),
        ("environment_count", "INTEGER", "REQUIRED"),
        ("modules", "RECORD", "REPEATED"),
        ("classes", "RECORD", "REPEATED"),
        ("unused_modules", "RECORD", "REPEATED"),
        ("unused_classes", "RECORD", "REPEATED"),
        ("operating_systems", "RECORD", "REPEATED"),
        ("class_platforms", "RECORD", "REPEATED"),
        ("puppetfile_ruby_methods", "RECORD", "REPEATED"),
        ("servers", "RECORD", "REPEATED"),
        ("agents", "RECORD", "REPEATED"),
    ]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (integer("a-b", "A number."), ["a-b: a name is letters, digits and underscores"]),
        (integer("1a", "A number."), ["1a: a name is letters, digits and underscores"]),
        (integer("", "A number."), [": a name is letters, digits and underscores"]),
        (integer("ä", "A number."), ["ä: a name is letters, digits and underscores"]),
        (integer("a\n", "A number."), ["a\n: a name is letters, digits and underscores"]),
        (integer("a", " "), ["a: the description is missing"]),
        (Column("a", Type.RECORD, "Rows."), ["a: a RECORD has fields, and nothing else has"]),
        (
            Column("a", Type.INTEGER, "A number.", fields=(NAME,)),
            ["a: a RECORD has fields, and nothing else has"],
        ),
        (
            Column("a", Type.STRING, "A text."),
            ["a: a STRING names its domain, and nothing else does"],
        ),
        (
            Column("a", Type.INTEGER, "A number.", domain=Domain.VERSION),
            ["a: a STRING names its domain, and nothing else does"],
        ),
        (records("a", "Rows.", NAME, NAME, NAME), ["a.name: declared twice"]),
        (
            records("a", "", records("b", "", integer("c!", ""))),
            [
                "a: the description is missing",
                "a.b: the description is missing",
                "a.b.c!: a name is letters, digits and underscores",
                "a.b.c!: the description is missing",
            ],
        ),
        (records("a", "Rows.", NAME, integer("count", "A number.", Mode.NULLABLE)), []),
    ],
)
def test_every_fault_of_a_declaration_is_said(column: Column, expected: list[str]) -> None:
    assert list(declaration_faults(column)) == expected
