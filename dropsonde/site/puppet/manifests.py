"""Find the classes that a Puppet manifest defines, without Ruby."""

from __future__ import annotations

import re

from dropsonde.site.puppet.lexer import Event, Last, Lexer, ManifestError
from dropsonde.site.puppet.tokens import (
    CLASS_NAME,
    INHERITS,
    OPERATOR_OR_BRACE,
    PARENT_NAME,
    RESOURCE_OR_ATTRIBUTE,
    VARIABLE_OR_ACCESS,
)

__all__ = ["ManifestError", "class_names"]

_BYTE_ORDER_MARK = "\ufeff"
_NESTED_CLASSES = 100  # a name includes all outer names: more would take quadratic time
_LEFT_PAREN = re.compile(r"\(")
_LEFT_BRACE = re.compile(r"\{")

# Puppet reserves these names, in lower case, for its data types.
_RESERVED = re.compile(
    "any|array|boolean|collection|enum|float|hash|init|integer|numeric|object|optional|pattern"
    "|regexp|runtime|scalar|semver|semverrange|sensitive|string|struct|timespan|timestamp|tuple"
    "|type|typeset|unit|variant"
)


def class_names(source: bytes) -> frozenset[str]:
    """List the classes that a manifest defines.

    Args:
        source: the manifest's bytes; Puppet accepts only UTF-8, without a byte order mark.

    Returns:
        The fully qualified names in lower case, without leading colons, of every class definition;
        a class ``b`` within a class ``a`` is ``a::b``. The same set as Puppet 7's own parser gives
        (``EvaluatingParser``, which parses and validates each manifest that Puppet loads).

    Raises:
        ManifestError: the manifest does not parse: a wrong token or bracket, a wrong class header,
            a name that Puppet refuses, a class elsewhere than at the top or in a class's body.

    The parser checks tokens, brackets and class headers. It does not detect other faults: missing
    operands or operators, wrong headers of other definitions, wrong parameters, integers above 64
    bits, invalid regular expressions and Unicode escapes, heredocs that break their declared
    syntax, statements without effect, and other faults that the validator refuses. That is
    harmless: such a class cannot be declared, as Puppet will not load the manifest. The file's path
    is not checked either, although Puppet wants ``a::b`` in a certain file of the module ``a``.

    To stay linear in time, the parser refuses three constructs that Puppet accepts: more than 100
    nested classes, a string or comment that runs over the text of a heredoc from the same line, and
    a heredoc whose end tag is all Unicode blanks.
    """
    try:
        text = source.decode()
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        raise ManifestError("a byte is not UTF-8", line) from None
    if text.startswith(_BYTE_ORDER_MARK):
        raise ManifestError("a byte order mark", 1)
    return _Classes(text).read()


class _Classes:
    """The class definitions of one manifest."""

    def __init__(self, text: str) -> None:
        self._lexer = Lexer(text)
        self._around: list[str] = []  # the names of the classes whose bodies are open
        self._header: str | None = None  # the name of the class whose parameters are open
        self._found: set[str] = set()

    def read(self) -> frozenset[str]:
        while (event := self._lexer.next_event()) is not Event.END:
            if event is Event.CLASS:
                self._class()
            elif self._header is not None:
                name, self._header = self._header, None
                self._body(name)
            else:
                self._end_of_class()
        return frozenset(self._found)

    def _class(self) -> None:
        """Read a class definition, or a resource, attribute or variable named ``class``."""
        lexer = self._lexer
        if lexer.peek(RESOURCE_OR_ATTRIBUTE) or (
            lexer.in_interpolation and lexer.peek(VARIABLE_OR_ACCESS)
        ):
            lexer.last = Last.OPERATOR
            return
        name = lexer.take(CLASS_NAME)
        if name is None:
            raise lexer.fault("a class has a name that Puppet refuses, or none")
        if not lexer.at_opened or self._header is not None or lexer.last is Last.OPERATOR:
            raise lexer.fault("a class is defined elsewhere than at the top or in a class")
        if not self._around and _RESERVED.fullmatch(name):
            raise lexer.fault("a class has a name that Puppet keeps for itself")
        if lexer.take(_LEFT_PAREN):
            self._header = name
            lexer.open(")")
        else:
            self._body(name)

    def _body(self, name: str) -> None:
        lexer = self._lexer
        if lexer.take(INHERITS) and not lexer.take(PARENT_NAME):
            raise lexer.fault("a class inherits something that is no class")
        if not lexer.take(_LEFT_BRACE):
            raise lexer.fault("a class has no body")
        if len(self._around) == _NESTED_CLASSES:
            raise lexer.fault("classes are nested too deeply")
        self._around.append(name)
        self._found.add("::".join(self._around).lower())
        lexer.open("}")

    def _end_of_class(self) -> None:
        self._around.pop()
        if self._lexer.touches("[(") or self._lexer.peek(OPERATOR_OR_BRACE):
            raise self._lexer.fault("a class is defined within an expression")
