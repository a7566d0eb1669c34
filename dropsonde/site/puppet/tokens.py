"""Regular expressions for the tokens of a Puppet manifest, after Puppet 7's ``lexer2.rb``."""

from __future__ import annotations

import re

# Ruby's [[:blank:]], and the characters that its String#strip removes.
BLANKS = " \t\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u202f\u205f\u3000"
STRIPPED = "\0\t\n\v\f\r "

# Python's `re` keeps a record of each repetition of a group, so a long run would cost memory.
# Repetitions are bounded, and callers match again until there is no progress.
_ROUNDS = "{0,200}"

_SEGMENT = r"[a-z_]\w*(?:-+\w+)*"
_WORD = rf"(?:::)?{_SEGMENT}(?:::{_SEGMENT})*"
_WORD_END = r"(?!\w|-+\w|::[a-z_])"
_TYPE_NAME = r"(?:::)?[A-Z]\w*(?:::[A-Z]\w*)*(?!\w|::)"
# Keywords that cannot end a statement, and those that can.
_OPENING = (
    "(?:if|elsif|else|case|unless|node|define|inherits|function|and|or|in|private|attr)" + _WORD_END
)
_CLOSING = "(?:default|undef|type)" + _WORD_END
_VALUE = "(?:true|false)" + _WORD_END
_CLASS = "class" + _WORD_END
_KEYWORD = f"(?:{_OPENING}|{_CLOSING}|{_CLASS})"

_VARIABLE = r"(?:(?:::)?(?:[a-z]\w*::)*[a-z_]\w*|0|[1-9]\d*)(?!\w|::\w)"
# At the start of its search for a string's end, Puppet reads this as text if an end follows.
_SWALLOWED = r"[\"$](?=(?:\\\\)*[\"$])"
_SWALLOWED_QUOTE = r"'(?=(?:\\\\)*')"
_NUMBER = (
    r"(?:0[xX][0-9A-Fa-f]+|0[0-7]+(?!\.\d)|0(?:\.\d+(?:[eE]-?\d+)?)?"
    r"|[1-9]\d*(?:\.\d+)?(?:[eE]-?\d+)?)(?!\w)"
)
_OPERATOR = (
    r"[.,?*%+-]|=[=>~]?|![=~]?|>[>=]?|<(?:<(?!\|)|[=~-]|(?![|<]))|~>|:(?!:)|\|(?!>)|@@|@(?!\()"
)


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII | re.DOTALL)  # Puppet's \w and \d are ASCII


def _space(newline: str) -> str:
    return rf"[{BLANKS}\r{newline}]+|#[^\n]*|/\*.*?\*/"


def _run(newline: str) -> re.Pattern[str]:
    """Simple tokens; the number of the last group is the value of a :class:`Last`."""
    operand = (
        rf"\${_VARIABLE}|(?!{_KEYWORD}){_WORD}|{_TYPE_NAME}|{_NUMBER}"
        rf"|'(?!{_SWALLOWED_QUOTE})[^'\\]*(?:\\.[^'\\]*){_ROUNDS}'"
        rf'|"(?!{_SWALLOWED})[^"\\$]*(?:\\.[^"\\$]*){_ROUNDS}"'
    )
    tokens = rf"{_space(newline)}|({operand})|({_OPENING}|{_OPERATOR})|(;|{_CLOSING})"
    return _compile(rf"(?:{tokens}){_ROUNDS}")


RUN = _run(r"\n")
RUN_IN_LINE = _run("")
SPACE = _compile(rf"(?:{_space(chr(10))}){_ROUNDS}")
SPACE_IN_LINE = _compile(rf"(?:{_space('')}){_ROUNDS}")
CLASS_KEYWORD = _compile(_CLASS)
COLLECTOR = _compile(r"<<?\||\|>>?")
COLLECTOR_ENDS = {"<|": "|>", "<<|": "|>>"}
REGEX = _compile(r"/[^/\\]*(?:\\.[^/\\]*)*/")
SINGLE_QUOTED = _compile(rf"[^'\\]*(?:\\.[^'\\]*){_ROUNDS}")
SWALLOWED_IN_SINGLE = _compile(_SWALLOWED_QUOTE)
DOUBLE_QUOTED = _compile(rf'[^"\\$]*(?:\\.[^"\\$]*){_ROUNDS}')
SWALLOWED_IN_DOUBLE = _compile(_SWALLOWED)
DOLLAR = _compile(rf"\$(?:({_VARIABLE})|(?![\w{{]|::\w))")  # or a literal dollar
ESCAPED_HEREDOC = _compile(rf"[^\\$]*(?:\\.[^\\$]*){_ROUNDS}")
PLAIN_HEREDOC = _compile(r"[^$]*")
HEREDOC_TAG = _compile(r"@\(([^:/\r\n)]+)")
HEREDOC_TAIL = _compile(
    rf"(?::[{BLANKS}]*[a-z][a-zA-Z0-9_+]+[{BLANKS}]*)?(?:/([\w$]*)[{BLANKS}]*)?\)"
)
HEREDOC_ENDING = _compile(rf"[{BLANKS}]*\r?(?:\n|\Z)")
CLOSERS = {"(": ")", "[": "]", "{": "}"}
BRACKETS = frozenset("()[]{}")  # no token begins with one
# Stack entries that the } of an interpolation closes.
IN_STRING = "string"
IN_HEREDOC = "heredoc"

# For the parser of class headers. A keyword is not a name.
CLASS_NAME = _compile(rf"(?!{_KEYWORD}|{_VALUE})[a-z]\w*(?:::[a-z]\w*)*{_WORD_END}")
PARENT_NAME = _compile(rf"(?!{_KEYWORD}|{_VALUE}){_WORD}|{_TYPE_NAME}|default{_WORD_END}")
INHERITS = _compile("inherits" + _WORD_END)
RESOURCE_OR_ATTRIBUTE = _compile(r"\{|[=+]>")
VARIABLE_OR_ACCESS = _compile(r"[}.\[]")
OPERATOR_OR_BRACE = _compile(rf"[.,?*%+=|<>{{~-]|:(?!:)|![=~]|(?:in|and|or){_WORD_END}")
