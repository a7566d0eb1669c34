"""What the parser complains of, in plain words.

Its own messages name its classes, quote the text over several lines, and mark it for a terminal.
"""

from __future__ import annotations

import re

UNREADABLE = "this cannot be read as SQL of BigQuery"
_EXPECTED = re.compile(r"Expect(?:ed|ing) ([A-Z]{2,}|[()\[\]{}>])(?= |$)")
# The parser's names of parts that have no word in SQL.
_PARTS = {"CTE": "a name of the query", "TYPE": "a type"}
_MESSAGES = {
    "Expected table name": "expected a table's name",
    "Invalid expression / Unexpected token": "unexpected",
    "Required keyword": "something is missing",
    "The number of provided arguments": "too many arguments",
    "Found multiple": "a clause is given twice",
    "Failed to parse any statement following CTE": "WITH cannot be used",
    "Unsupported pipe syntax": "|> cannot be used",
}


def said(message: str, word: str) -> str:
    """A reason for the parser's message.

    Args:
        message: without a position.
        word: at which it stopped; empty at the end of the text.
    """
    before = f"before {word}" if word else "before the end"
    if found := _EXPECTED.match(message):
        return f"expected {_PARTS.get(found[1], found[1])} {before}"
    text = next((_MESSAGES[each] for each in _MESSAGES if message.startswith(each)), UNREADABLE)
    if text == "unexpected":
        return f"unexpected {word or 'end'}"
    return f"{text} {before}" if text.startswith(("expected", "something")) else text
