"""Judge a query: check its text, parse it, and make the plan."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from dropsonde.aggregation.engines.expressions import TABLE
from dropsonde.aggregation.guard import among, grammar
from dropsonde.aggregation.guard.bounds import check, check_keys
from dropsonde.aggregation.guard.expressions import condition
from dropsonde.aggregation.guard.names import Names, table_name, with_source
from dropsonde.aggregation.guard.outputs import Outputs, described
from dropsonde.aggregation.guard.parsing import MOST_WORDS, TooMuchWorkError, UnreadableError, parse
from dropsonde.aggregation.guard.shapes import linked, shape
from dropsonde.aggregation.guard.verdict import Complaints, RefusedError, Verdict
from dropsonde.aggregation.plan import Bounds, Call, Expression, Operator, Plan, Shape
from dropsonde.aggregation.query import LINE_END, MOST, is_name
from dropsonde.schema.model import Type

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Key
    from dropsonde.aggregation.query import Query
    from dropsonde.schema.model import Column

_MOST_LETTERS = 16_384
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
_NUMBERS = ("contributions", "module_contributions", "modules_beside", "share")
_DEEPEST = 40  # levels of nodes


def judge(
    query: Query, schema: Sequence[Column], others: Mapping[str, Plan] | None = None
) -> Verdict:
    """Accept a query, or refuse it with every reason.

    Args:
        query: a contributor's.
        schema: the newest release's columns.
        others: the plans of all other queries by name, among whose groups it may count; None where
            they are not known, and the names of tables are not checked.
    """
    complaints = Complaints(query.sql)
    plan = None
    _check_about(query, complaints)
    statement = _parsed(query.sql, complaints)
    if statement is not None:
        grammar.check(statement, complaints)
        plan = _planned(query, statement, schema, complaints)
    if plan is not None and others is not None:
        among.check(query, plan, others, schema, complaints)
    return Verdict(None if complaints.reasons else plan, complaints.reasons)


def _check_about(query: Query, complaints: Complaints) -> None:
    if not is_name(query.name):
        complaints.on(1, 1, "the file's name is lower-case letters, digits and underscores")
    if not query.title or not query.description:
        complaints.on(1, 1, "the opening comment is a title, an empty line and a description")
    for name in _NUMBERS:
        number = query.settings[name]
        if not (_NUMBER.fullmatch(number) and int(number) <= MOST):
            complaints.on(query.lines.get(name, 1), 1, f"{name} is a number from 1 to {MOST:,}")


def _parsed(sql: str, complaints: Complaints) -> exp.Select | None:
    """Parse the query's single statement; None if it is refused."""
    if not _is_text(sql, complaints):
        return None
    try:
        found = parse(sql)
    except UnreadableError as error:
        complaints.from_offset(error.start, error.text)
        return None
    except TooMuchWorkError as error:
        text = f"the query is too hard to read: at most {MOST_WORDS:,} words, and little nesting"
        complaints.from_offset(error.start, text)
        return None
    if (deep := next(filter(None, map(_too_deep, found)), None)) is not None:
        complaints.at(deep, "the query is nested too deep")
        return None
    return _only(found, complaints)


def _only(found: Sequence[exp.Expr], complaints: Complaints) -> exp.Select | None:
    """The statement, if it is one SELECT."""
    statements = [each for each in found if type(each) is not exp.Semicolon]
    if len(statements) != 1 or type(statements[0]) is not exp.Select:
        for each in statements[1:] or statements:
            complaints.at(each, "a query is one SELECT")
        if not statements:
            complaints.on(1, 1, "a query is one SELECT")
        return None
    return statements[0]


def _is_text(sql: str, complaints: Complaints) -> bool:
    """Whether a text is short enough and printable."""
    if len(sql) > _MOST_LETTERS:
        complaints.on(1, 1, f"the query has more than {_MOST_LETTERS:,} letters")
        return False
    for number, line in enumerate(LINE_END.split(sql), 1):
        odd = next((at for at, each in enumerate(line, 1) if _is_odd(each)), None)
        if odd is not None:
            code = f"U+{ord(line[odd - 1]):04X}"
            complaints.on(number, odd, f"an unprintable character, {code}: remove it")
            return False
    return True


def _is_odd(letter: str) -> bool:
    return not (letter.isprintable() or letter == "\t")


def _too_deep(statement: exp.Expr) -> exp.Expr | None:
    """A node that is nested too deep, found without recursion; None if there is none."""
    pending = [(statement, 1)]
    while pending:
        node, depth = pending.pop()
        if depth > _DEEPEST:
            return node
        pending += ((child, depth + 1) for child in node.iter_expressions(reverse=True))
    return None


def _planned(
    query: Query, statement: exp.Select, schema: Sequence[Column], complaints: Complaints
) -> Plan | None:
    """Make the plan; None if the query is refused."""
    source = statement.args.get("from_")
    if source is None:
        complaints.at(statement, f"FROM {TABLE} is missing")
        return None
    try:
        names = Names(table_name(source.this), {each.name.lower(): each for each in schema}, {})
    except RefusedError as error:
        complaints.at(error.node, error.text)
        return None
    for join in statement.args.get("joins") or ():
        try:
            names = with_source(names, join)
        except RefusedError as error:  # noqa: PERF203 - each join is refused by itself
            complaints.at(error.node, error.text)
    outputs = Outputs(names, described(query, statement, complaints), complaints)
    keys, measures = outputs.read(statement)
    link, found = _where(statement, names, keys, complaints)
    check_keys(statement, names, keys, complaints)
    of = among.read(query, keys, complaints)
    kind = Shape.SITE
    modules: tuple[Expression, ...] = ()
    try:
        kind, modules = shape(statement, names, keys, found, link=link)
    except RefusedError as error:
        complaints.at(error.node, error.text)
    if complaints.reasons:
        return None
    numbers = {name: int(query.settings[name]) for name in _NUMBERS}
    plan = Plan(
        query.name,
        query.title,
        query.description,
        tuple(column.name for column in names.sources.values()),
        keys,
        measures,
        filter=found,
        shape=kind,
        bounds=Bounds(
            numbers["contributions"], numbers["module_contributions"], numbers["modules_beside"]
        ),
        share=numbers["share"],
        among=of,
        modules=modules,
    )
    check(statement, names, plan, complaints)
    return plan


def _where(
    statement: exp.Select, names: Names, keys: Sequence[Key], complaints: Complaints
) -> tuple[bool, Expression | None]:
    """Whether WHERE links classes to modules, and the condition on keys that it has besides."""
    link = False
    parts: list[Expression] = []
    where = statement.args.get("where")
    pending = [] if where is None else [where.this]
    while pending:
        node = pending.pop().unnest()
        if type(node) is exp.And:
            pending += (node.expression, node.this)
            continue
        try:
            if linked(node, names):
                link = True
            else:
                parts.append(condition(node, names, [key.expression for key in keys]))
        except RefusedError as error:
            complaints.at(error.node, error.text)
    if len(parts) > 1:
        return link, Call(Operator.AND, tuple(parts), Type.BOOLEAN)
    return link, parts[0] if parts else None
