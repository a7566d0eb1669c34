"""Queries that nobody would write: our own with changed words, words at random, and any text."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from dropsonde.aggregation.guard import judge
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.aggregation.query import LINE_END, load, read
from ext.fuzzing.checks import FoundError
from tests.unit.aggregation.engines import stored
from tests.unit.aggregation.engines.queries import queries
from tests.unit.aggregation.engines.sites import OTHERS
from tests.unit.aggregation.privacy import test_unit
from tests.unit.collector.intake.reports import NEWEST

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan

MOST_LETTERS = 300  # of a reason
_OURS = load()
_WORD = re.compile(r"--[^\n]*|'[^']*'|\w+|\s+|.", re.DOTALL)
HEAD = "-- T\n--\n-- D.\n--\n-- v: V.\n-- sites: S.\n"
_MORE = {
    " AS s": "-- s: S.\n",
    " AS w": "-- w: W.\n",
    "a.slug AS v": "-- among: v module_usage, w module_usage\n",
}
_MORE["o.name AS os"] = "-- os: S.\n-- among: v module_usage, os operating_systems\n"
_WEEKS = 50  # of made-up reports, each of which its number decides
_HUGE = 5000  # digits: more than `int` takes


def _listed(name: str) -> list[str]:
    """The lines of a file beside this one."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()


_WORDS = (
    *_listed("words.txt"),
    *("9" * _HUGE, "0" * _HUGE, "0x" + "f" * _HUGE, "1." + "9" * _HUGE, "1e" + "9" * _HUGE),
    *("a" * _HUGE, "`" + "a " * MOST_LETTERS + "`", "-- x\n", "# x\n"),
)
_BLANKS = (
    *(" ", "\n", "\r\n", "\r", "\t", "", "\ufeff", "\0", "\x1b[0m", "\x0b", "\x0c", "\x85"),
    *("\u2028", "\u202e", "\ud800", "\xa0"),
)
_LEAVES = (
    *("m.slug", "m.version", "version", "environment_count", "modules", "v", "site_id", "ip"),
    *("0", "1", "100", "'.'", "'a'"),
)
_FRAMES = st.sampled_from(_listed("frames.txt"))
_FORMS = st.sampled_from(_listed("forms.txt"))
_ANY = st.sampled_from([*_WORDS, *map(" {} ".format, _WORDS), *_BLANKS * 4])
_FEW = st.lists(_ANY, min_size=1, max_size=4).map("".join)
_NESTED = st.recursive(  # forms within one another, most of which can be parsed
    st.sampled_from([*_LEAVES * 60, *_WORDS]),
    lambda inner: st.builds(lambda form, *parts: str(form).format(*parts), _FORMS, *[inner] * 4),
    max_leaves=12,
)


@st.composite
def _changed(draw: st.DrawFn, of: st.SearchStrategy[str]) -> str:
    """Draw a query with some of its words changed."""
    words = _WORD.findall(draw(of))
    after = next(at for at, word in enumerate(words) if word == "SELECT")
    first = draw(st.sampled_from([after, after, after, 0]))  # mostly its opening comment is whole
    for _ in range(draw(st.integers(1, 5))):
        if first >= len(words):
            break
        at = draw(st.integers(first, len(words) - 1))
        other = draw(st.integers(first, len(words) - 1))
        old, new = words[at], draw(_ANY)
        words[at : at + 1] = draw(
            st.sampled_from(
                [(), (old, old), (new,), (words[other],), (old, new), (new, old), ("(", old, ")")]
            )
        )
    return "".join(words)


@st.composite
def _framed(draw: st.DrawFn, parts: st.SearchStrategy[str]) -> str:
    """Draw a query whose parts are drawn."""
    frame = draw(_FRAMES)
    about = HEAD + "".join(line for mark, line in _MORE.items() if mark in frame)
    return about + frame.format(*(draw(parts) for _ in range(4)))


def texts() -> st.SearchStrategy[str]:
    """Texts of queries, most of them to be refused."""
    sequences = st.lists(_ANY, max_size=12)
    return st.one_of(
        _changed(st.sampled_from([query.sql for query in _OURS])),
        _changed(queries()),
        queries(),
        _framed(_NESTED),
        _framed(_NESTED),
        _framed(_FEW | _NESTED),
        sequences.map("".join),
        sequences.map(" ".join).map(HEAD.__add__),
        st.text(max_size=60),
    )


def _hold(plan: Plan, number: int) -> None:
    """Check that a plan runs, counts what it says, and has a bound for each unit."""
    week, all_shown = number % _WEEKS, bool(number & 64)
    stored.check(plan, Unit.SITE if number & 128 else Unit.MODULE, week, all_shown=all_shown)
    test_unit.check(plan, stored.reports(week)[0], test_unit.among_of(plan))


def check(text: str) -> None:
    """Check the verdict on a text: a plan that holds what it says, or reasons that point into it.

    Raises:
        FoundError: it is neither, or a reason has no place, or is not one short printable line.
        AssertionError: the plan counts something else, or a unit moves it too far.
    """
    verdict = judge(read("query", text), NEWEST, OTHERS)
    if verdict.plan is not None:
        _hold(verdict.plan, zlib.crc32(text.encode(errors="replace")))
    if (verdict.plan is None) != bool(verdict.reasons):
        raise FoundError(f"neither a plan nor a reason, or both: {verdict}")
    lines = LINE_END.split(text)
    for reason in verdict.reasons:
        line, said = reason.line, reason.text
        if not (1 <= line <= len(lines) and 1 <= reason.column <= len(lines[line - 1]) + 1):
            raise FoundError(f"not in the text: {reason}")
        if not said.isprintable() or not 1 <= len(said) <= MOST_LETTERS or "sqlglot" in said:
            raise FoundError(f"not a plain line of text: {said!r}")
