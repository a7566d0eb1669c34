"""The page for those who must agree to a report."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from html.parser import HTMLParser
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.metrics import Column, Domain, Metric, Mode, Type, integer, records, text
from dropsonde.protocol.report import Snapshot
from dropsonde.report import plugins
from dropsonde.report.build import Report
from dropsonde.report.formats.html import page

if TYPE_CHECKING:
    from dropsonde.site.context import Context

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
SITE_ID = "0f" * 64
VOID = {"meta", "rect"}
HOSTILE = """</script></style></pre><b id=x onclick='y'>&amp;"quoted" ${policy} $style -->"""


class Sizes(Metric):
    name = "sizes"
    description = "How large this site is."
    columns: ClassVar[tuple[Column, ...]] = (
        integer("size", "The size."),
        records(
            "rows",
            "Some rows.",
            text("name", Domain.CLASS_NAME, "A class."),
            integer("count", "How often."),
            Column("parts", Type.INTEGER, "Its parts.", Mode.REPEATED),
            Column("fresh", Type.BOOLEAN, "Whether it is new."),
        ),
        Column("plain", Type.INTEGER, "Numbers.", Mode.REPEATED),
        Column(
            "single",
            Type.RECORD,
            "One record.",
            fields=(text("version", Domain.VERSION, "A version.", Mode.NULLABLE),),
        ),
    )

    def gather(self, context: Context) -> Mapping[str, Any]:
        raise NotImplementedError(context)

    def example(self, rng: Random) -> Mapping[str, Any]:
        raise NotImplementedError(rng)


class Page(HTMLParser):
    """What a reader of the page finds: every element's text, in order, and every attribute."""

    def __init__(self, source: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.elements: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(source.decode("ascii"))
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append((tag, dict(attrs), []))
        assert len(attrs) == len(dict(attrs))
        if tag in VOID:
            self.handle_endtag(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        opened, attributes, parts = self.open.pop()
        assert opened == tag
        self.elements.append((tag, attributes, "".join(parts)))

    def handle_data(self, data: str) -> None:
        for _, _, parts in self.open:
            parts.append(data)

    def texts(self, tag: str, **wanted: str) -> list[str]:
        return [
            said
            for name, attributes, said in self.elements
            if name == tag
            and all(attributes.get(key.rstrip("_")) == value for key, value in wanted.items())
        ]

    def table(self, title: str) -> list[list[str]]:
        """A table's cells, head first, from the texts of its lines."""
        (whole,) = [said for said in self.texts("table") if said.strip().startswith(f"{title}\n")]
        return [line.split("|") for line in whole.strip().split("\n")[1:] if line]


def separated(source: bytes) -> bytes:
    """A bar between the cells of a row, so that a table's text can be taken apart again."""
    return re.sub(rb"(</t[dh]>)(?=<t[dh])", rb"|\1", source)


def report(values: Mapping[str, Any], **more: Any) -> Report:
    missing = {column.name: "why not" for column in Sizes.columns if column.name not in values}
    snapshots = {name: Snapshot(value, NOON) for name, value in values.items()}
    return Report(SITE_ID, snapshots, **{"missing": missing, **more})


VALUES = {
    "size": 3,
    "rows": [
        {"name": "ntp", "count": 12345, "parts": [1, 2], "fresh": True},
        {"name": "apache::mod::ssl", "count": 7, "parts": [], "fresh": None},
    ],
    "plain": [1, 22],
    "single": {"version": None},
}


def shown(of: Report, **more: Any) -> Page:
    return Page(separated(page(of, [Sizes()], basis={"Goes by": "a list"}, **more)))


def built_in() -> tuple[Metric, ...]:
    return plugins.choose(plugins.load(None), (), ())


def test_every_column_is_described_and_every_value_shown() -> None:
    found = shown(report(VALUES))
    assert found.texts("h3") == ["Sizes"]
    assert found.texts("h4") == ["size", "rows 2 rows", "plain 2 rows", "single 1 row"]
    assert found.texts("p", class_="value") == ["3"]
    assert found.table("rows") == [
        ["name", "count", "parts", "fresh"],
        ["ntp", "12345", "[1, 2]", "true"],
        ["apache::mod::ssl", "7", "[]", "empty"],
    ]
    assert found.table("plain") == [["value"], ["1"], ["22"]]
    assert found.table("single") == [["version"], ["empty"]]
    said = " ".join(found.texts("p") + found.texts("dd"))
    assert Sizes.description in said
    for column in Sizes.columns:
        assert column.description in said
        assert all(field.description in said for field in column.fields)


def test_what_stays_home_is_counted_by_reason() -> None:
    found = shown(report(VALUES, withheld={"private modules": 1234, "others": 5}))
    rows = [["What, and why", "How many"], ["others", "5"], ["private modules", "1234"]]
    assert found.table("What stays home") == rows
    nothing = shown(report(VALUES))
    assert "Nothing was withheld." in nothing.texts("p")


def test_a_missing_column_says_why_in_its_place_and_on_top() -> None:
    found = shown(report({"size": 3}))
    assert found.table("What is missing")[1:] == [
        [name, "why not"] for name in ("rows", "plain", "single")
    ]
    assert found.texts("p", class_="missing") == ["Missing: why not"] * 3
    assert "What is missing" not in shown(report(VALUES)).texts("h2")


def test_an_empty_table_is_only_counted() -> None:
    found = shown(report({**VALUES, "rows": []}))
    assert "rows 0 rows" in found.texts("h4")
    assert "rows" not in found.texts("caption")


def test_the_report_itself_stands_there_byte_for_byte_with_its_size() -> None:
    of = report({**VALUES, "single": {"version": HOSTILE}})
    found = shown(of)
    document = of.to_bytes().decode()
    assert found.texts("pre") == [document.replace(SITE_ID, f"{SITE_ID[:12]}...")]
    assert f"{len(of.to_bytes()):,} bytes" in found.texts("dd")


def test_the_site_id_and_what_the_report_goes_by_are_told() -> None:
    found = shown(report(VALUES))
    assert f"{SITE_ID[:12]}..." in found.texts("code")
    facts = list(zip(found.texts("dt"), found.texts("dd"), strict=True))
    assert ("Goes by", "a list") in facts
    assert ("Gathered", "2026-01-01 12:00 UTC") in facts


def test_a_report_of_nothing_still_is_a_page() -> None:
    found = shown(report({}))
    assert "Gathered" not in found.texts("dt")
    assert len(found.texts("p", class_="missing")) == len(Sizes.columns)


def test_only_the_chosen_columns_are_shown() -> None:
    of = report(VALUES)
    found = shown(of.reduced(["size"]), only=["size"])
    assert found.texts("h4") == ["size"]
    assert "What is missing" not in found.texts("h2")
    assert shown(of, only=[]).texts("h3") == []


NODES = st.integers(0, 50_000)
CLASSES = st.dictionaries(st.from_regex(r"\A[a-z]{1,6}\Z"), NODES, max_size=40)


def bars(values: Mapping[str, Any]) -> tuple[list[str], list[list[str]], list[float]]:
    """Captions, each bar's label and words, and each bar's width."""
    metrics = [metric for metric in built_in() if metric.name in {"modules", "platforms"}]
    names = [column.name for metric in metrics for column in metric.columns]
    of = Report(
        SITE_ID,
        {name: Snapshot(values.get(name, []), NOON) for name in names},
    )
    source = page(of, metrics, basis={})
    items = re.findall(
        r'<li><span>(.*?)</span><svg aria-hidden="true"><rect width="(.*?)%".*?<span>(.*?)</span>',
        source.decode(),
    )
    widths = [float(width) for _, width, _ in items]
    return Page(source).texts("figcaption"), [[name, said] for name, _, said in items], widths


@given(CLASSES)
def test_the_top_classes_are_the_largest_in_order(counts: dict[str, int]) -> None:
    rows = [{"name": name, "count": count} for name, count in counts.items()]
    captions, items, widths = bars({"classes": rows})
    top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:15]
    assert items == [[name, f"{count:,} node{'s' * (count != 1)}"] for name, count in top]
    largest = max(counts.values(), default=0) or 1
    assert widths == [pytest.approx(100 * count / largest, abs=0.06) for _, count in top]
    assert len(captions) == (len(counts) > 0)
    if captions:
        assert (f"first 15 of {len(counts)}" in captions[0]) == (len(counts) > 15)


def test_a_platform_has_as_many_nodes_as_its_commonest_class() -> None:
    rows = [
        {"name": "ntp", "platform": "Debian", "count": 60},
        {"name": "apache", "platform": "Debian", "count": 75},
        {"name": "ntp", "platform": "RedHat", "count": 24},
        {"name": "ntp", "platform": "Suse", "count": 1},
    ]
    _, items, widths = bars({"class_platforms": rows})
    assert items == [
        ["Debian", "75 nodes, 75%"],
        ["RedHat", "24 nodes, 24%"],
        ["Suse", "1 node, 1%"],
    ]
    assert widths == [100.0, 32.0, 1.3]


@given(st.randoms(use_true_random=True))
def test_the_built_in_metrics_make_a_page(rng: Random) -> None:
    metrics = built_in()
    values = {name: value for metric in metrics for name, value in metric.example(rng).items()}
    of = Report(SITE_ID, {name: Snapshot(value, NOON) for name, value in values.items()})
    found = Page(page(of, metrics, basis={}))
    document = of.to_bytes().decode()
    assert found.texts("pre") == [document.replace(SITE_ID, f"{SITE_ID[:12]}...")]
    assert len(found.texts("h4")) == len(values)


def plain(said: str) -> str:
    """Any text as the page writes it: in one line, without what is not printable."""
    return "".join(letter if letter.isprintable() else "?" for letter in said)


ANY = st.text(max_size=30) | st.just(HOSTILE)


@given(ANY, ANY, ANY, ANY, ANY)
def test_no_text_breaks_out_of_the_markup(
    value: str, description: str, reason: str, basis: str, field: str
) -> None:
    first, rows, *others = Sizes.columns
    named = rows.fields[0]._replace(description=field)
    rows = rows._replace(description=description, fields=(named, *rows.fields[1:]))

    class Strange(Sizes):
        columns = (first, rows, *others)

    Strange.description = description
    of = report(
        {"rows": [{"name": value, "count": 1, "parts": [value], "fresh": None}]},
        withheld={reason: 1},
        missing=dict.fromkeys(("size", "plain", "single"), reason),
    )
    harmless = report(
        {"rows": [{"name": "x", "count": 1, "parts": ["x"], "fresh": None}]}, withheld={"x": 1}
    )
    found = Page(page(of, [Strange()], basis={basis: basis}))
    calm = Page(page(harmless, [Sizes()], basis={"x": "x"}))
    assert [(tag, sorted(attributes)) for tag, attributes, _ in found.elements] == [
        (tag, sorted(attributes)) for tag, attributes, _ in calm.elements
    ]
    assert plain(value) in found.texts("th", scope="row")
    assert plain(reason) in found.texts("th", scope="row")
    assert plain(basis) in found.texts("dt")
    in_one_line = plain(" ".join(description.split()))
    assert found.texts("p").count(in_one_line) >= 2
    assert plain(" ".join(field.split())) in found.texts("dd")
    assert f"Missing: {plain(' '.join(reason.split()))}" in found.texts("p", class_="missing")
    document = of.to_bytes().decode()
    assert found.texts("pre") == [document.replace(SITE_ID, f"{SITE_ID[:12]}...")]


def test_the_policy_admits_this_style_and_this_script_alone() -> None:
    found = Page(page(report(VALUES), [Sizes()], basis={}))
    (policy,) = (
        attributes["content"]
        for tag, attributes, _ in found.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    hashes = {
        kind: "sha256-" + base64.b64encode(hashlib.sha256(said.encode()).digest()).decode()
        for kind in ("style", "script")
        for said in found.texts(kind)
    }
    assert policy.split("; ") == [
        "default-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        f"style-src '{hashes['style']}'",
        f"script-src '{hashes['script']}'",
    ]


def test_nothing_comes_from_elsewhere_and_every_link_leads_somewhere() -> None:
    found = Page(page(report(VALUES), [Sizes()], basis={}))
    targets = {attributes["id"] for _, attributes, _ in found.elements if "id" in attributes}
    ids = [attributes["id"] for _, attributes, _ in found.elements if "id" in attributes]
    assert len(ids) == len(targets)
    for tag, attributes, _ in found.elements:
        assert tag not in {"link", "img", "iframe", "object", "base", "form"}
        assert not {"src", "style", "srcset", "action"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
        if "href" in attributes:
            assert (attributes["href"] or "")[:1] == "#"
            assert (attributes["href"] or "")[1:] in targets
        if "aria-labelledby" in attributes:
            assert attributes["aria-labelledby"] in targets
    style = found.texts("style")[0]
    assert "url(" not in style
    assert "@import" not in style
