"""Queries, drawn by hypothesis, that ought to be accepted: all shapes, keys and settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import assume, event
from hypothesis import strategies as st

from dropsonde.aggregation.guard import judge
from dropsonde.aggregation.query import read
from dropsonde.schema.model import Column, Domain, Mode, Type
from tests.unit.aggregation.engines.sites import COLUMNS, OTHERS

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan

LISTS = {column.name: column for column in COLUMNS if column.mode is Mode.REPEATED}
OF_MODULES = ("modules", "unused_modules", "dependencies")
OF_CLASSES = ("classes", "unused_classes", "class_platforms")
# Lists of a site's own, some with the keys that may stand beside modules and their tables.
OF_SITES = ("operating_systems", "puppetfile_ruby_methods", "servers", "agents")
BESIDE = {
    "operating_systems": {
        "b.name": "os operating_systems",
        "b.release": "release operating_systems",
    },
    "servers": {"b.os": "server_os server_systems", "b.release": "server_release server_systems"},
    "agents": {
        "b.implementation": "agent agents",
        "b.version": "agent_version agents",
        "SPLIT(b.version, '.')[OFFSET(0)]": "major agents",
    },
}
TEXTS = (
    *("''", "'.'", "'a\"b'", "'it\\'s'", "'\\\\'", "'%_'", "'--'", "';'", "'/*'", "'$1'", "'{x}'"),
    *(
        "'Debian'",
        "'12'",
        "'1'",
        "'2.0.0'",
        "'puppetlabs-ntp'",
        "'apache::server'",
        "'\u4e2d\U0001f600'",
    ),
)
LINKS = (
    "a.name = SPLIT(b.name, '::')[OFFSET(0)]",
    "(SPLIT((b.name), '::')[OFFSET(0)]) = (a.name)",
)
NUMBERS = ("0", "1", "2", "-1", "50", "1000000")


class Key(NamedTuple):
    """A key of a query.

    Attributes:
        sql: as it is written.
        type: STRING or INTEGER.
        alias: of the list that it is of; empty for the report itself.
    """

    sql: str
    type: Type
    alias: str = ""


def words(column: Column, alias: str) -> list[Key]:
    """The keys that a list's fields can be."""
    found = []
    for field in column.fields:
        name = f"{alias}.{field.name}"
        if field.domain in {Domain.VERSION, Domain.MINOR_VERSION}:
            found.append(Key(f"SPLIT({name}, '.')[OFFSET(0)]", Type.STRING, alias))
        if field.domain is Domain.VERSION_REQUIREMENT:
            found.append(Key(f"MAJORS({name})", Type.STRING, alias))
        elif field.domain is not None:
            found.append(Key(name, Type.STRING, alias))
    return found


@st.composite
def numbers(draw: st.DrawFn) -> Key:
    """Draw a number of the report, within bounds."""
    lists = st.sampled_from([f"ARRAY_LENGTH({name})" for name in OF_MODULES + OF_CLASSES])
    of = draw(st.just("environment_count") | lists)
    high = draw(st.sampled_from([0, 1, 3, 20, 60]))
    form = draw(
        st.sampled_from(
            [
                "LEAST({of}, {high})",
                "LEAST({high}, GREATEST({of}, 2))",
                "GREATEST({within} - 2, 0)",
                "DIV({within} + 9, 10) * 10",
                "{within} * -1",
                "DIV(GREATEST({within} * 2 - 3, 0), 7)",
            ]
        )
    )
    within = f"LEAST(GREATEST({of}, 0), {high})"
    return Key(form.format(of=of, high=high, within=within), Type.INTEGER)


def conditions(keys: Sequence[Key]) -> st.SearchStrategy[str]:
    """Conditions on keys of one list."""

    def compared(key: Key) -> st.SearchStrategy[str]:
        constants = st.sampled_from(TEXTS if key.type is Type.STRING else NUMBERS)
        others = st.sampled_from([each.sql for each in keys if each.type is key.type])
        operators = st.sampled_from(["=", "<>", "!=", "<", "<=", ">", ">="])
        several = st.lists(constants, min_size=1, max_size=3).map(", ".join)
        return st.one_of(
            st.builds(f"{key.sql} {{}} {{}}".format, operators, constants | others),
            st.builds(f"{{1}} {{0}} {key.sql}".format, operators, constants),
            several.map(f"{key.sql} IN ({{}})".format),
            several.map(f"{key.sql} NOT IN ({{}})".format),
            st.sampled_from([f"{key.sql} IS NULL", f"{key.sql} IS NOT NULL"]),
        )

    one = st.sampled_from(keys).flatmap(compared)
    return st.one_of(
        one,
        st.builds("NOT ({})".format, one),
        st.builds("({}) OR ({})".format, one, one),
        st.builds("(({}) AND (NOT ({}) OR {}))".format, one, one, one),
    )


@st.composite
def queries(draw: st.DrawFn) -> str:
    """Draw the whole text of a query."""
    kind = draw(st.sampled_from(["site", "site", "module", "module", "linked", "pair", "beside"]))
    among: list[str] = []
    link: list[str] = []
    names: tuple[str, ...] = ()
    sums: list[str] = []
    if kind == "site":
        names = draw(st.lists(st.sampled_from(OF_SITES), max_size=1).map(tuple))
        free = [key for name in names for key in words(LISTS[name], "a")]
        some = st.lists(st.sampled_from(free), max_size=2, unique=True) if free else st.just([])
        keys = draw(some) + draw(st.lists(numbers(), max_size=2, unique=True))
        keys = keys or [draw(numbers())]
        sums = ["environment_count", *(f"ARRAY_LENGTH({name})" for name in OF_SITES)]
    elif kind == "module":
        names = (draw(st.sampled_from(OF_MODULES + OF_CLASSES)),)
        keys = draw(_with_module(names[0], "a"))
    elif kind == "linked":
        names = (draw(st.sampled_from(OF_MODULES[:2])), draw(st.sampled_from(OF_CLASSES)))
        link = [draw(st.sampled_from(LINKS))]
        both = words(LISTS[names[0]], "a") + words(LISTS[names[1]], "b")
        more = draw(st.lists(st.sampled_from(both), max_size=2, unique=True))
        own = draw(
            st.sampled_from([Key("a.slug", Type.STRING, "a"), Key("b.name", Type.STRING, "b")])
        )
        keys = [own, *(key for key in more if key != own)]
    elif kind == "pair":
        names = (draw(st.sampled_from(OF_MODULES[:2])),) * 2
        keys = [Key("a.slug", Type.STRING, "a"), Key("b.slug", Type.STRING, "b")]
        link, among = ["a.slug < b.slug"], ["k0 module_usage", "k1 module_usage"]
    else:
        return draw(_beside())
    if kind in {"site", "module"}:
        fields = [column for name in names for column in LISTS[name].fields]
        sums += [f"a.{field.name}" for field in fields if field.type is Type.INTEGER]
    keys = draw(st.permutations(keys)) if kind != "pair" else keys
    if kind != "pair" and (slug := _place(keys, "slug")) is not None and draw(st.booleans()):
        among = [f"k{slug} module_usage"]
    if kind == "linked" and draw(st.booleans()):  # the classes first
        names = names[::-1]
        return draw(_text(names, ["b", "a"], keys, [], link, among))
    return draw(_text(names, ["a", "b"], keys, sums, link, among, filtered=kind != "pair"))


def _place(keys: Sequence[Key], field: str) -> int | None:
    return next((at for at, key in enumerate(keys) if key.sql.endswith(f".{field}")), None)


@st.composite
def _with_module(draw: st.DrawFn, name: str, alias: str) -> list[Key]:
    """Draw keys of a list of modules or classes, what names the module among them."""
    free = words(LISTS[name], alias)
    slug = "slug" if name in OF_MODULES[:2] else "name"
    own = Key(f"{alias}.{slug}", Type.STRING, alias)
    more = draw(st.lists(st.sampled_from(free), max_size=2, unique=True))
    return [own, *(key for key in more if key != own)]


@st.composite
def _beside(draw: st.DrawFn) -> str:
    """Draw a query of modules beside a list of the site's own."""
    first, second = draw(st.sampled_from(OF_MODULES)), draw(st.sampled_from(sorted(BESIDE)))
    own = Key("a.name" if first == "dependencies" else "a.slug", Type.STRING, "a")
    beside = draw(st.lists(st.sampled_from(sorted(BESIDE[second])), min_size=1, unique=True))
    keys = draw(st.permutations([own, *(Key(sql, Type.STRING, "b") for sql in beside)]))
    tables = {own.sql: "module_usage"}
    called = {own.sql: "module"}
    for sql in beside:
        called[sql], _, tables[sql] = BESIDE[second][sql].partition(" ")
    among = [f"{called[key.sql]} {tables[key.sql]}" for key in keys]
    names = [called[key.sql] for key in keys]
    return draw(_text((first, second), ["a", "b"], keys, [], [], among, names=names))


@st.composite
def _text(  # noqa: PLR0913 - the parts of a query
    draw: st.DrawFn,
    lists: Sequence[str],
    aliases: Sequence[str],
    keys: Sequence[Key],
    sums: Sequence[str],
    link: Sequence[str],
    among: Sequence[str],
    *,
    names: Sequence[str] = (),
    filtered: bool = True,
) -> str:
    """Draw the text of a query with its opening comment."""
    names = names or [f"k{at}" for at in range(len(keys))]
    outputs = {name: f"{key.sql} AS {name}" for name, key in zip(names, keys, strict=True)}
    outputs["sites"] = "COUNT(DISTINCT site_id) AS sites"
    for at, value in enumerate(draw(st.lists(st.sampled_from(sums), max_size=2)) if sums else ()):
        low, high = sorted(draw(st.tuples(*[st.integers(-50, 50)] * 2)))
        form = draw(
            st.sampled_from(["LEAST(GREATEST({}, {}), {})", "GREATEST(LEAST({0}, {2}), {1})"])
        )
        outputs[f"m{at}"] = f"SUM({form.format(value, low, high)}) AS m{at}"
    where = list(link)
    for alias in {key.alias for key in keys} if filtered else ():
        of = [key for key in keys if key.alias == alias]
        where += draw(
            st.lists(conditions(of), max_size=1).map(lambda all_: [f"({x})" for x in all_])
        )
    bound = st.sampled_from([1, 2, 3, 10, 100])
    about = ["Title", "", "Description.", "", *(f"{name}: A column." for name in outputs)]
    about += [
        f"{name}: {draw(bound)}"
        for name in ("contributions", "module_contributions", "modules_beside", "share")
    ]
    about += [f"among: {', '.join(among)}"] if among else []
    return "\n".join(
        [
            *(f"-- {line}".rstrip() for line in about),
            f"SELECT {', '.join(outputs.values())}",
            "FROM community_metrics"
            + "".join(f", UNNEST({n}) AS {a}" for n, a in zip(lists, aliases, strict=False)),
            f"WHERE {' AND '.join(draw(st.permutations(where)))}" if where else "",
            f"GROUP BY {', '.join(names)}",
        ]
    )


def accepted(text: str) -> Plan:
    """The plan of a drawn query; those of too many groups are passed over."""
    verdict = judge(read("query", text), COLUMNS, OTHERS)
    assume(not any("groups are too many" in reason.text for reason in verdict.reasons))
    assert verdict.plan is not None, (text, verdict.reasons)
    event(verdict.plan.shape.value)
    return verdict.plan
