"""The grammar of queries: the allowed kinds of nodes, and their allowed arguments.

Everything else that the parser understands is refused, including what a later version of it may
add.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from dropsonde.aggregation.guard.parsing import DROPPED

if TYPE_CHECKING:
    from dropsonde.aggregation.guard.verdict import Complaints

_PAIR = frozenset({"this", "expression"})
_THIS = frozenset({"this"})
_LIST = frozenset({"this", "expressions"})
# Kind of node to its allowed arguments.
ALLOWED: dict[type[exp.Expr], frozenset[str]] = {
    exp.Select: frozenset({"expressions", "from_", "joins", "where", "group"}),
    exp.From: _THIS,
    exp.Table: _THIS | {"alias"},
    exp.TableAlias: _THIS | {"columns"},
    exp.Join: _THIS | {"kind"},
    exp.Unnest: frozenset({"expressions", "alias"}),
    exp.Where: _THIS,
    exp.Group: frozenset({"expressions"}),
    exp.Alias: _THIS | {"alias"},
    exp.Column: _THIS | {"table"},
    exp.Identifier: _THIS | {"quoted"},
    exp.Literal: _THIS | {"is_string"},
    exp.Null: frozenset(),
    exp.Paren: _THIS,
    exp.Neg: _THIS,
    # aggregates
    exp.Count: _THIS | {"big_int"},
    exp.Distinct: frozenset({"expressions"}),
    exp.Sum: _THIS,
    # of values
    exp.Add: _PAIR,
    exp.Sub: _PAIR,
    exp.Mul: _PAIR,
    exp.IntDiv: _PAIR,
    exp.Least: _LIST,
    exp.Greatest: _LIST,
    exp.ArraySize: _THIS,
    exp.Split: _PAIR,
    exp.Anonymous: _LIST,  # MAJORS alone
    exp.Bracket: _LIST,
    # conditions
    exp.And: _PAIR,
    exp.Or: _PAIR,
    exp.Not: _THIS,
    exp.EQ: _PAIR,
    exp.NEQ: _PAIR,
    exp.LT: _PAIR,
    exp.LTE: _PAIR,
    exp.GT: _PAIR,
    exp.GTE: _PAIR,
    exp.Is: _PAIR,
    exp.In: _LIST,
}
_WORDS: dict[type[exp.Expr], str] = {
    exp.Star: "*",
    exp.Subquery: "a query in the query",
    exp.Window: "OVER",
    exp.Anonymous: "this function",
    exp.Dot: "a name of more than two parts",
    exp.DPipe: "||",
    exp.Parameter: "a parameter",
    exp.Placeholder: "a parameter",
    exp.AtTimeZone: "AT TIME ZONE",
    exp.BitwiseAnd: "&",
    exp.BitwiseLeftShift: "<<",
    exp.BitwiseNot: "~",
    exp.BitwiseOr: "|",
    exp.BitwiseRightShift: ">>",
    exp.BitwiseXor: "^",
    exp.Boolean: "TRUE or FALSE",
    exp.Bracket: "[...]",
    exp.ByteString: "b'...'",
    exp.Div: "/",
    exp.GroupConcat: "STRING_AGG",
    exp.GroupingSets: "GROUPING SETS",
    exp.HexString: "a number in base 16",
    exp.IgnoreNulls: "IGNORE NULLS",
    exp.IntDiv: "DIV",
    exp.NullSafeEQ: "<=>",
    exp.RawString: "r'...'",
    exp.Slice: ":",
    exp.Tuple: "a list in brackets",
}
# Arguments of a SELECT whose names differ from SQL's.
_CLAUSES = {
    "with_": "WITH",
    "expressions": "the list",
    "sample": "TABLESAMPLE",
    "kind": "SELECT AS",
    "catalog": "a project's name",
    "db": "a dataset's name",
    "expression": "a second part",
    "locks": "FOR UPDATE",
    "pivots": "PIVOT",
    "query": "a query",
    "safe": "SAFE_OFFSET",
    "side": "LEFT, RIGHT or FULL",
    "version": "FOR SYSTEM_TIME",
    "windows": "WINDOW",
}


def check(statement: exp.Expr, complaints: Complaints) -> None:
    """Complain of each node outside the grammar."""
    pending = [statement]
    while pending:
        node = pending.pop()
        if type(node) not in ALLOWED:
            complaints.at(node, f"{_called(node)} cannot be used here")
            continue  # its parts no longer matter
        if node.meta.get(DROPPED):
            complaints.at(node, f"too many arguments of {_called(node)}")
        for name, value in node.args.items():
            if not value:
                continue
            if name in ALLOWED[type(node)]:
                values = value if isinstance(value, list) else [value]
                pending += (each for each in values if isinstance(each, exp.Expr))
            else:
                _complain(node, name, value, complaints)


def _complain(node: exp.Expr, name: str, value: object, complaints: Complaints) -> None:
    first = value[0] if isinstance(value, list) else value
    place = first if isinstance(first, exp.Expr) else node
    word = _CLAUSES.get(name, name.strip("_").replace("_", " ").upper())
    if type(node) is exp.Bracket and name == "offset":  # it is 1 for ORDINAL
        word = "ORDINAL"
    complaints.at(place, f"{word} cannot be used in {_called(node)}")


def _called(node: exp.Expr) -> str:
    """The SQL name of a node, as far as it is known."""
    if type(node) in _WORDS:
        return _WORDS[type(node)]
    if isinstance(node, exp.Func):
        return str(node.meta.get("bigquery_name") or node.sql_name()).upper()
    return node.key.upper()
