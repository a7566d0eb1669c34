"""The parser of BigQuery's SQL, with a bound on its work and with positions.

It tries several readings of a word such as ``STRUCT(`` or ``DATE(``, each to its end, so every
level of nesting doubles the time. It advances by one method alone, whose calls are counted.

It notes the offsets of names and numbers alone, and some of a text of its own; here each part is
given that of its first word.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlglot import exp
from sqlglot.dialects.bigquery import BigQuery
from sqlglot.errors import ParseError, SqlglotError, TokenError
from sqlglot.tokenizer_core import TokenType

from dropsonde.aggregation.guard.wording import UNREADABLE, said

if TYPE_CHECKING:
    from sqlglot.tokenizer_core import Token

MOST_WORDS = 1000  # tokens; the project's queries have 62 at most
MOST_PIPES = 50  # of |>, at each of which the parser copies all that is before it
STEPS = 50  # for each token, at most; the project's queries take less than 2
BEGAN = "began"  # the offset of a part, in its `meta`
DROPPED = "dropped"  # whether a function was given more than its node holds, likewise
_END = TokenType.SEMICOLON
# The parser's methods that begin at a part's first word, which is no part of its own.
_READERS = (
    *("_parse_select", "_parse_with", "_parse_table", "_parse_join", "_parse_unnest"),
    *("_parse_where", "_parse_group", "_parse_having", "_parse_qualify", "_parse_order"),
    *("_parse_limit", "_parse_offset", "_parse_lambda", "_parse_unary", "_parse_statement"),
    *("_parse_cube_or_rollup", "_parse_grouping_sets", "_parse_table_sample", "_parse_pivot"),
    *("_parse_id_var", "_parse_cte"),
)


class TooMuchWorkError(SqlglotError):
    """A text that cannot be read within its budget.

    Args:
        text: what there is too much of.
        start: the offset of the word at which the budget ends.
    """

    def __init__(self, text: str, start: int = 0) -> None:
        super().__init__(text)
        self.start = start


class UnreadableError(ParseError):
    """A text that is not SQL.

    Args:
        start: the offset of the word at which it cannot be read further.
        text: why, in one line.
    """

    def __init__(self, start: int, text: str) -> None:
        super().__init__(text)
        self.start = start
        self.text = text


class _Parser(BigQuery.parser_class):  # type: ignore[misc, valid-type]  # a class that is computed
    """Counts its steps, and notes where each part begins.

    Attributes:
        left: steps that it may still take.
    """

    left = 0

    def _advance(self, times: int = 1) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooMuchWorkError("too much work", self._curr.start if self._curr else 0)
        super()._advance(times)

    def expression(self, instance: exp.Expr, *given: Any, **named: Any) -> exp.Expr:
        """Make a part; one that has none of its own, such as NULL, is the word just read."""
        made: exp.Expr = super().expression(instance, *given, **named)
        if self._prev and BEGAN not in made.meta and not any(made.iter_expressions()):
            made.meta[BEGAN] = self._prev.start
        return made

    def raise_error(self, message: str, token: Token | None = None) -> None:
        """Refuse the text at a word, or at the present one."""
        raise self.unreadable(token or self._curr, message)

    def unreadable(self, token: Token, message: str) -> UnreadableError:
        """The error at a word, or at the end of the text if there is none."""
        if token:
            word = self.sql[token.start : token.end + 1]
            return UnreadableError(token.start, said(message, word))
        end = self._prev.end + 1 if self._prev else 0
        return UnreadableError(end, said(message, ""))


def _noting(read: Callable[..., Any]) -> Callable[..., Any]:
    """A method of the parser that also notes where the part that it reads begins."""

    def noting(parser: _Parser, *given: Any, **named: Any) -> Any:
        first = parser._curr  # noqa: SLF001 - of its own class
        part = read(parser, *given, **named)
        # A comma parts two sources, and belongs to neither.
        if isinstance(part, exp.Expr) and first and first.token_type is not TokenType.COMMA:
            part.meta[BEGAN] = min(first.start, part.meta.get(BEGAN, first.start))
        return part

    return noting


def _complete(build: Callable[..., Any]) -> Callable[..., Any]:
    """A builder of a function that notes whether it drops an argument; some do, of the third."""

    def building(given: list[exp.Expr], *more: Any, **named: Any) -> Any:
        made = build(given, *more, **named)
        if isinstance(made, exp.Expr):
            kept = {id(node) for node in made.walk()}
            made.meta[DROPPED] = any(id(node) not in kept for node in given)
        return made

    return building


for _name in _READERS:
    setattr(_Parser, _name, _noting(getattr(_Parser, _name)))
_Parser.FUNCTIONS = {name: _complete(build) for name, build in _Parser.FUNCTIONS.items()}


def parse(sql: str) -> list[exp.Expr]:
    """The statements of a text.

    Raises:
        TooMuchWorkError: it is too long, or too hard to read.
        UnreadableError: it is not SQL.
    """
    dialect = BigQuery()
    words = _words(dialect, sql)
    if len(words) > MOST_WORDS:
        raise TooMuchWorkError("too many words", words[MOST_WORDS].start)
    pipes = [word for word in words if word.token_type is TokenType.PIPE_GT]
    if len(pipes) > MOST_PIPES:
        raise TooMuchWorkError("too many pipes", pipes[MOST_PIPES].start)
    for before, word in zip((None, *words), words, strict=False):
        if word.token_type is _END and (before is None or before.token_type is _END):
            raise UnreadableError(word.start, "there is nothing before this semicolon")
    parser = _Parser(dialect=dialect)
    given = parser.left = STEPS * (len(words) + 1)
    try:
        found = [each for each in parser.parse(words, sql) if each is not None]
    except (TooMuchWorkError, UnreadableError):
        raise
    except Exception as error:
        # Foreign code of ten thousand lines: what it cannot read must not end the program.
        raise parser.unreadable(parser._curr, "") from error  # noqa: SLF001 - of its own class
    if words and parser.left == given:  # a parser that advances in another way is not bounded
        raise TooMuchWorkError("the work was not counted")
    return found


def _words(dialect: BigQuery, sql: str) -> list[Token]:
    tokenizer = dialect.tokenizer()
    try:
        return tokenizer.tokenize(sql)
    except TokenError as error:
        opened = str(error.__cause__).startswith("Missing ")
        text = "what is opened here is not closed" if opened else UNREADABLE
        raise UnreadableError(tokenizer._core._start, text) from error  # noqa: SLF001 - it has no other
