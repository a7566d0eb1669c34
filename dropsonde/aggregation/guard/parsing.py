"""The parser of BigQuery's SQL, with a bound on its work.

It tries several readings of a word such as ``STRUCT(`` or ``DATE(``, each to its end, so every
level of nesting doubles the time. It advances by one method alone, whose calls are counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot.dialects.bigquery import BigQuery
from sqlglot.errors import SqlglotError

if TYPE_CHECKING:
    from sqlglot import exp

MOST_WORDS = 1000  # tokens; the project's queries have 62 at most
STEPS = 50  # for each token, at most; the project's queries take less than 2


class TooMuchWorkError(SqlglotError):
    """A text that cannot be read within its budget."""


class _Parser(BigQuery.parser_class):  # type: ignore[misc, valid-type]  # a class that is computed
    """Counts its steps.

    Attributes:
        left: steps that it may still take.
    """

    left = 0

    def _advance(self, times: int = 1) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooMuchWorkError("too much work")
        super()._advance(times)


def parse(sql: str) -> list[exp.Expr]:
    """The statements of a text.

    Raises:
        TooMuchWorkError: it is too long, or too hard to read.
        SqlglotError: it is not SQL.
    """
    dialect = BigQuery()
    words = dialect.tokenize(sql)
    if len(words) > MOST_WORDS:
        raise TooMuchWorkError("too many words")
    parser = _Parser(dialect=dialect)
    given = parser.left = STEPS * (len(words) + 1)
    found = [each for each in parser.parse(words, sql) if each is not None]
    if words and parser.left == given:  # a parser that advances in another way is not bounded
        raise TooMuchWorkError("the work was not counted")
    return found
