"""Lex the brackets and the keyword ``class`` of a Puppet manifest.

Strings, comments, heredocs, regular expressions and interpolation follow the rules of Puppet 7's
own lexer, quirks included: to find every class reliably, the lexer must read all other text as
Puppet does. One match of a master expression passes over many tokens; brackets and the rare hard
tokens are read one by one. Without recursion and copies (nesting is on a stack, a heredoc is read
in place), the time is linear in the size of the manifest.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from dropsonde.site.puppet.tokens import (
    BLANKS,
    BRACKETS,
    CLASS_KEYWORD,
    CLOSERS,
    COLLECTOR,
    COLLECTOR_ENDS,
    DOLLAR,
    DOUBLE_QUOTED,
    ESCAPED_HEREDOC,
    HEREDOC_ENDING,
    HEREDOC_TAG,
    HEREDOC_TAIL,
    IN_HEREDOC,
    IN_STRING,
    PLAIN_HEREDOC,
    REGEX,
    RUN,
    RUN_IN_LINE,
    SINGLE_QUOTED,
    SPACE,
    SPACE_IN_LINE,
    STRIPPED,
    SWALLOWED_IN_DOUBLE,
    SWALLOWED_IN_SINGLE,
)


class ManifestError(ValueError):
    """A manifest does not parse. Internal: the caller counts it and goes on.

    Args:
        what: the fault, without text of the manifest.
        line: its line, from 1.
    """

    def __init__(self, what: str, line: int) -> None:
        super().__init__(f"line {line}: {what}")
        self.line = line


class Event(enum.Enum):
    """Where the lexer stops for its caller."""

    CLASS = enum.auto()  # after the keyword
    CLOSED = enum.auto()  # after the end of the innermost bracket that `open` has opened
    END = enum.auto()


class Last(enum.Enum):
    """The kind of the last token: what a slash means next and whether a statement can begin."""

    OPERAND = 1  # a slash divides; a statement can begin
    OPERATOR = 2  # a slash opens a regular expression; no statement can begin
    START = 3  # a slash opens a regular expression; a statement can begin


_LAST = {last.value: last for last in Last}  # looked up for each token


@dataclass(frozen=True)
class _Outside:
    """The state to restore after a heredoc's text."""

    pattern: re.Pattern[str]  # of the heredoc's text
    position: int
    limit: int
    below: int
    last: Last


class Lexer:
    """Reads one manifest, once.

    Attributes:
        last: the last token's kind.
        opened: number of open brackets that :meth:`open` opened; they are the outermost.
    """

    def __init__(self, source: str) -> None:
        self.last = Last.START
        self.opened = 0
        self._source = source
        self._position = 0
        self._limit = len(source)
        self._below: int | None = None  # where the next line starts, below this line's heredocs
        self._brackets: list[str] = []  # the expected closers
        self._interpolations = 0
        self._outside: _Outside | None = None

    @property
    def at_opened(self) -> bool:
        """Whether every open bracket was opened by :meth:`open`."""
        return self.opened == len(self._brackets)

    @property
    def in_interpolation(self) -> bool:
        """Whether the innermost open bracket is an interpolation's."""
        return self._brackets[-1:] in ([IN_STRING], [IN_HEREDOC])

    def fault(self, what: str) -> ManifestError:
        """Make the error for the current line."""
        return ManifestError(what, self._source.count("\n", 0, self._position) + 1)

    def next_event(self) -> Event:
        """Read on to the next event.

        Raises:
            ManifestError: a token or the nesting of brackets is wrong.
        """
        while True:
            self._pass_run()
            if self._position >= self._limit:
                if self._outside is None:
                    if self._brackets:
                        raise self.fault("a bracket is not closed")
                    return Event.END
                # Puppet takes an interpolation as complete where its heredoc ends.
                self._close_interpolation(IN_HEREDOC)
                self._leave_heredoc(self._outside)
            elif (char := self._source[self._position]) == "c" and self._read(CLASS_KEYWORD):
                return Event.CLASS
            elif self._structure(char):
                return Event.CLOSED

    def open(self, closer: str) -> None:
        """Enter a bracket whose end is an event; only valid while :attr:`at_opened` is true."""
        self._brackets.append(closer)
        self.opened += 1
        self.last = Last.START

    def peek(self, pattern: re.Pattern[str]) -> str | None:
        """Skip blanks and comments; return the text that the pattern matches there."""
        self._skip_space()
        found = pattern.match(self._source, self._position, self._limit)
        return found and found[0]

    def take(self, pattern: re.Pattern[str]) -> str | None:
        """As :meth:`peek`, and pass over the match."""
        found = self.peek(pattern)
        self._position += len(found or "")
        return found

    def touches(self, characters: str) -> bool:
        """Whether one of the characters follows directly."""
        return self._source[self._position : self._position + 1] in tuple(characters)

    def _at(self, token: str) -> bool:
        return self._source.startswith(token, self._position, self._limit)

    def _read(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._source, self._position, self._limit)
        if match is not None:
            self._position = match.end()
        return match

    def _pass_run(self) -> None:
        """Pass over simple tokens; they end at a bracket, or where none is left."""
        run = RUN if self._below is None else RUN_IN_LINE
        source, limit = self._source, self._limit
        start, end = -1, self._position
        while start != end and source[end : end + 1] not in BRACKETS:
            start = end
            found = run.match(source, start, limit)
            if found is None:
                break
            end = found.end()
            if found.lastindex is not None:
                self.last = _LAST[found.lastindex]
        self._position = end

    def _skip_space(self) -> None:
        before = -1
        while self._position != before:
            before = self._position
            self._read(SPACE if self._below is None else SPACE_IN_LINE)
            if self._below is not None and self._at("\n"):
                self._leave_line(self._below)

    def _structure(self, char: str) -> bool:
        """Read a bracket or a hard token; True if it closes a bracket of :meth:`open`."""
        if char in CLOSERS:
            self._brackets.append(CLOSERS[char])
            self._position += 1
            self.last = Last.START if char == "{" else Last.OPERATOR
        elif char in ")]}":
            self._position += 1
            return self._close(char)
        elif char == '"':
            self._position += 1
            self._string(interpolated=False)
        elif char == "'":
            self._position += 1
            self._read(SWALLOWED_IN_SINGLE)
            self._pass_text(SINGLE_QUOTED)
            self._end_string("'")
        elif char == "/":
            self._slash()
        elif char == "@":
            self._heredoc()
        elif char == "\n" and self._below is not None:
            self._leave_line(self._below)
        elif collector := self._read(COLLECTOR):
            return self._collector(collector[0])
        else:
            raise self.fault("a character, a number or a name that the language does not have")
        return False

    def _close(self, closer: str) -> bool:
        expected = self._brackets[-1] if self._brackets else ""
        self.last = Last.START if closer == "}" else Last.OPERAND
        if closer == "}" and expected in (IN_STRING, IN_HEREDOC):
            self._close_interpolation(expected)
            if self._outside is not None and expected == IN_HEREDOC:
                self._heredoc_text(self._outside)
            else:
                self._string(interpolated=True)
            return False
        if closer != expected:
            raise self.fault("a bracket is closed that is not open")
        self._brackets.pop()
        if len(self._brackets) < self.opened:
            self.opened -= 1
            return True
        return False

    def _collector(self, token: str) -> bool:
        if token not in COLLECTOR_ENDS:
            return self._close(token)
        self._brackets.append(COLLECTOR_ENDS[token])
        self.last = Last.OPERATOR
        return False

    def _slash(self) -> None:
        if self._at("/*"):
            raise self.fault("a comment is not closed")
        if self.last is not Last.OPERAND and self._read(REGEX):
            self.last = Last.OPERAND
        else:
            self._position += 1
            self.last = Last.OPERATOR

    def _pass_text(self, pattern: re.Pattern[str]) -> None:
        """Pass over text, which goes on after its match only where that ends at an escape."""
        before = -1
        while self._position != before:
            before = self._position
            self._read(pattern)
            if not self._at("\\"):
                return

    def _end_string(self, quote: str) -> None:
        if not self._at(quote):
            raise self.fault("a string is not closed, or a variable's name in it is wrong")
        self._position += 1
        self.last = Last.OPERAND

    def _string(self, *, interpolated: bool) -> None:
        """Read a double-quoted string from here to its end or to an interpolation."""
        self._string_part()
        while dollar := self._read(DOLLAR):
            interpolated = interpolated or dollar[1] is not None
            self._string_part()
        if self._at("${"):
            self._open_interpolation(IN_STRING)
            return
        last = self.last
        self._end_string('"')
        if interpolated and self._interpolations:
            self.last = last  # Puppet's lexer does not record such a string within another

    def _string_part(self) -> None:
        self._read(SWALLOWED_IN_DOUBLE)
        self._pass_text(DOUBLE_QUOTED)

    def _open_interpolation(self, kind: str) -> None:
        self._brackets.append(kind)
        self._interpolations += 1
        self._position += 2
        self._skip_space()
        if self._at("}"):
            raise self.fault("an interpolation is empty")

    def _close_interpolation(self, kind: str) -> None:
        if not self._brackets or self._brackets.pop() != kind:
            raise self.fault("a bracket in an interpolation is not closed")
        self._interpolations -= 1

    def _leave_line(self, below: int) -> None:
        # A string or comment may run on over the heredoc's text. Puppet then goes back and reads a
        # part of the manifest twice. That is never intended, and would take quadratic time.
        if below <= self._position:
            raise self.fault("a heredoc's text is hidden by a string or a comment")
        self._position = below
        self._below = None

    def _heredoc(self) -> None:
        if self._outside is not None:
            raise self.fault("a heredoc stands in another's text, where Puppet fails")
        tag, escapes = self._heredoc_opening()
        is_text = len(tag) > 1 and tag[0] == tag[-1] == '"'
        if is_text:
            tag = tag[1:-1].strip(STRIPPED)
        if escapes and (len(set(escapes)) != len(escapes) or not set(escapes) <= set("trnsuL$")):
            raise self.fault("a heredoc's escapes are wrong")
        start = self._below or self._source.find("\n", self._position, self._limit) + 1
        if not start or not tag.strip(BLANKS):
            raise self.fault("a heredoc has no text or no end tag")
        limit, below = self._heredoc_limits(tag, start)
        if not is_text:
            self._below = below
            self._end_heredoc(self.last)
            return
        escaped = escapes is not None and (not escapes or "$" in escapes)
        pattern = ESCAPED_HEREDOC if escaped else PLAIN_HEREDOC
        outside = _Outside(pattern, self._position, self._limit, below, self.last)
        self._outside = outside
        self._position, self._limit, self._below = start, limit, None
        self.last = Last.START
        self._heredoc_text(outside)

    def _heredoc_opening(self) -> tuple[str, str | None]:
        """Pass over the opening; return its tag, and its escapes if it has any.

        As in Puppet, the search may restart within the opening: ``@(a:@(b)`` has the tag ``b``.
        """
        end = self._source.find(")", self._position, self._limit)
        for tag in HEREDOC_TAG.finditer(self._source, self._position, max(end, 0)):
            tail = HEREDOC_TAIL.match(self._source, tag.end(), end + 1)
            if tail is not None:
                self._position = tail.end()
                return tag[1].strip(STRIPPED), tail[1]
        raise self.fault("a heredoc's opening is wrong")

    def _heredoc_limits(self, tag: str, start: int) -> tuple[int, int]:
        """Find the end of the text that starts here, and the start of the line below its end tag.

        As in Puppet, any line that ends with the tag counts, with any text before the tag.
        """
        tag_at = self._source.find(tag, start, self._limit)
        while tag_at >= 0:
            ending = HEREDOC_ENDING.match(self._source, tag_at + len(tag), self._limit)
            if ending is not None:
                limit = max(start, self._source.rfind("\n", start, tag_at) + 1)
                if limit > start and self._source[limit:tag_at].rstrip(BLANKS).endswith("-"):
                    limit -= 2 if self._source.endswith("\r\n", start, limit) else 1
                return limit, ending.end()
            tag_at = self._source.find(tag, tag_at + 1, self._limit)
        raise self.fault("a heredoc has no end")

    def _heredoc_text(self, outside: _Outside) -> None:
        """Read a heredoc's text from here to its end or to an interpolation."""
        self._pass_text(outside.pattern)
        while self._read(DOLLAR):
            self._pass_text(outside.pattern)
        if self._position == self._limit:
            self._leave_heredoc(outside)
        elif self._at("${"):
            self._open_interpolation(IN_HEREDOC)
        else:
            raise self.fault("a variable's name in a heredoc is wrong, or it ends with a backslash")

    def _leave_heredoc(self, outside: _Outside) -> None:
        self._position, self._limit = outside.position, outside.limit
        self._below = outside.below
        self._outside = None
        self._end_heredoc(outside.last)

    def _end_heredoc(self, before: Last) -> None:
        # Within an interpolation Puppet's lexer does not record a heredoc.
        self.last = before if self._interpolations else Last.OPERAND
