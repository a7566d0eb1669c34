"""Walk a Ruby program's syntax tree and collect the methods that it calls and defines.

Ruby decides by the text before a bare name whether it is a local variable or a call. So the walk
also follows the order of the text and keeps the visible variables. It has its own stack: Python's
would overflow on a deeply nested program.
"""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

PIECE = 512  # bytes that the parser gets at a time
READINGS = 20  # how often it may read the whole program; a normal one is read once
LONGEST_NAME = 255  # bytes; Ruby's own names are all shorter than a tenth

# Values that the parser reports as names.
_VALUES = frozenset({"__FILE__", "__LINE__", "__ENCODING__"})
# The parser also reports a stray one of these as a name; Ruby does not.
_RESERVED = re.compile(
    "alias|and|begin|break|case|class|def|do|else|elsif|end|ensure|false|for|if|in|module|next|nil"
    "|not|or|redo|rescue|retry|return|self|super|then|true|undef|unless|until|when|while|yield"
)
# The implicit parameters of a block without declared ones.
_NUMBERED_PARAMETER = re.compile(r"_[1-9]")
_NAMED_GROUP = re.compile(rb"\(\?<([a-z_]\w*)>")

# Nodes whose identifiers define variables: parameters, left sides, patterns.
_BINDERS = frozenset(
    {
        "array_pattern",
        "alternative_pattern",
        "as_pattern",
        "block_parameter",
        "block_parameters",
        "destructured_left_assignment",
        "destructured_parameter",
        "exception_variable",
        "find_pattern",
        "hash_pattern",
        "hash_splat_parameter",
        "lambda_parameters",
        "left_assignment_list",
        "method_parameters",
        "parenthesized_pattern",
        "rest_assignment",
        "splat_parameter",
    }
)
# The field that defines variables, by node type; other fields are read as usual.
_BINDING_FIELD = {
    "assignment": "left",
    "for": "pattern",
    "in_clause": "pattern",
    "keyword_parameter": "name",
    "match_pattern": "pattern",
    "operator_assignment": "left",
    "optional_parameter": "name",
    "test_pattern": "pattern",
}
# A block sees outer variables; the bodies of these do not. The named fields are outside the body.
_BLOCKS = frozenset({"block", "do_block", "lambda"})
_BODIES = {
    "class": ("name", "superclass"),
    "method": ("name",),
    "module": ("name",),
    "singleton_class": ("value",),
    "singleton_method": ("object", "name"),
}

# Methods that define the methods named by their first argument, or by all of them.
_DEFINE_FIRST = frozenset({"alias_method", "define_method", "define_singleton_method"})
_DEFINE_ALL = frozenset(
    {"attr", "attr_accessor", "attr_reader", "attr_writer", "def_delegator", "def_delegators"}
)
_DEFINE_MEMBERS = frozenset({("Struct", "new"), ("Data", "define")})
# After a local variable and a blank these start an operator; after a method, an argument.
_OPERATORS = (b"-", b"+", b"*", b"&", b"[", b"/", b"?", b":", b"%", b"<<")


@dataclass
class Seen:
    """The methods that a program calls and defines.

    Attributes:
        called: how often each method name is called.
        defined: names of the methods that the program defines itself.
        stray: whether a reserved word is in the position of a name.
    """

    called: Counter[str] = field(default_factory=Counter)
    defined: set[str] = field(default_factory=set)
    stray: bool = False


class _Role(enum.Enum):
    READ = enum.auto()
    BIND = enum.auto()
    ENTER_BODY = enum.auto()
    LEAVE = enum.auto()


@dataclass
class _Scope:
    visible: set[str]
    added: list[str] = field(default_factory=list)


def walk(source: bytes) -> Seen | None:
    """Walk a program; None when it is not valid Ruby."""
    root = syntax_tree(source)
    return None if root is None else walk_tree(source, root)


def walk_tree(source: bytes, root: Node) -> Seen | None:
    """Walk a program that is parsed already."""
    seen = _Walk(source, root).seen
    return None if seen.stray else seen


def syntax_tree(source: bytes) -> Node | None:
    """Parse a program; None when it is not Ruby, or made to keep the parser busy."""
    # Imported late: the parser is a native library, and most runs read no Puppetfile.
    import tree_sitter  # noqa: PLC0415
    import tree_sitter_ruby  # noqa: PLC0415

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_ruby.language()))
    lender = _Lender(source)
    root = parser.parse(lender.lend).root_node
    return None if lender.spent or root.has_error else root


class _Lender:
    """Gives a program to the parser in pieces, within a budget of bytes.

    The parser searches for the end of some literals and comments from each possible start up to
    the end of the file: repeated ``%(`` takes quadratic time. Not all its versions have a limit of
    their own, but it must ask again for each piece that it goes back to.
    """

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._left = READINGS * len(source) + PIECE

    @property
    def spent(self) -> bool:
        """Whether the budget ran out before the parser had all it asked for."""
        return self._left < 0

    def lend(self, offset: int, _: object) -> bytes:
        """Return the piece at an offset; empty, as at the end, once the budget is spent."""
        piece = self._source[offset : offset + PIECE]
        self._left -= len(piece)
        return b"" if self.spent else piece


class _Walk:
    def __init__(self, source: bytes, root: Node) -> None:
        self.seen = Seen()
        self._source = source
        self._scopes = [_Scope(set())]
        self._todo: list[tuple[_Role, Node]] = [(_Role.READ, root)]
        while self._todo:
            role, node = self._todo.pop()
            if role is _Role.LEAVE:
                scope = self._scopes.pop()
                scope.visible.difference_update(scope.added)
            elif role is _Role.ENTER_BODY:
                self._scopes.append(_Scope(set()))
            else:
                self._visit(role, node)

    def _bytes(self, node: Node) -> bytes:
        return self._source[node.start_byte : node.end_byte]

    def _text(self, node: Node) -> str:
        return self._bytes(node).decode("utf-8", "replace")

    def _plan(self, steps: Iterable[tuple[_Role, Node]]) -> None:
        """Schedule these steps next, in this order."""
        self._todo.extend(reversed(list(steps)))

    def _visit(self, role: _Role, node: Node) -> None:
        kind = node.type
        if kind == "identifier":
            self._identifier(role, node)
        elif kind == "call":
            self._call(role, node)
        elif kind in _BINDERS:
            self._plan((_Role.BIND, child) for child in node.named_children)
        elif kind in _BINDING_FIELD:
            self._binding_field(node)
        elif kind in _BLOCKS:
            self._scopes.append(_Scope(self._scopes[-1].visible))
            self._plan([*_reads(node.named_children), (_Role.LEAVE, node)])
        elif kind in _BODIES:
            self._body(node)
        else:
            self._other(node)

    def _other(self, node: Node) -> None:
        if node.type == "keyword_pattern":
            self._keyword_pattern(node)
        elif node.type == "pair":
            self._pair(node)
        elif node.type == "alias":
            self._define(node.named_children[:1])
        elif node.type != "undef":
            if node.type == "binary":
                self._named_groups(node)
            self._plan(_reads(node.named_children))

    def _bind(self, name: str) -> None:
        scope = self._scopes[-1]
        if name not in scope.visible:
            scope.visible.add(name)
            scope.added.append(name)

    def _is_variable(self, name: str) -> bool:
        return name in self._scopes[-1].visible

    def _identifier(self, role: _Role, node: Node) -> None:
        name = self._text(node)
        if role is _Role.BIND:
            self._bind(name)
        elif _RESERVED.fullmatch(name):
            self.seen.stray = True
        elif not (
            self._is_variable(name) or name in _VALUES or _NUMBERED_PARAMETER.fullmatch(name)
        ):
            self.seen.called[name] += 1

    def _call(self, role: _Role, node: Node) -> None:
        method = node.child_by_field_name("method")
        arguments = node.child_by_field_name("arguments")
        name = "call" if method is None else self._text(method)
        named = method is None or method.type in ("identifier", "constant")
        bare = named and node.child_by_field_name("receiver") is None
        if bare and _RESERVED.fullmatch(name):
            self.seen.stray = True
        elif role is _Role.READ and named and not self._is_operand(node, name, arguments):
            self.seen.called[name] += 1
            self._definitions(node, name, arguments)
        self._plan(_reads(child for child in node.named_children if child != method))

    def _is_operand(self, node: Node, name: str, arguments: Node | None) -> bool:
        """Whether ``x -1`` or ``x [1]`` is an operation on the variable x, not a call."""
        return (
            arguments is not None
            and self._is_variable(name)
            and node.child_by_field_name("receiver") is None
            and self._source.startswith(_OPERATORS, arguments.start_byte)
        )

    def _definitions(self, node: Node, name: str, arguments: Node | None) -> None:
        receiver = node.child_by_field_name("receiver")
        named = arguments.named_children if arguments is not None else []
        if name in _DEFINE_FIRST:
            self._define(named[:1])
        elif name in _DEFINE_ALL or (
            receiver is not None
            and receiver.type == "constant"
            and (self._text(receiver), name) in _DEFINE_MEMBERS
        ):
            self._define(named)

    def _define(self, nodes: Iterable[Node]) -> None:
        """Record the names in identifiers, symbols (``:x``) and strings as definitions."""
        self.seen.defined.update(
            self._text(node).strip(":\"'")
            for node in nodes
            if node.end_byte - node.start_byte <= LONGEST_NAME  # else it is an expression
        )

    def _binding_field(self, node: Node) -> None:
        binding = node.child_by_field_name(_BINDING_FIELD[node.type])
        self._plan(
            (_Role.BIND if child == binding else _Role.READ, child) for child in node.named_children
        )

    def _body(self, node: Node) -> None:
        fields = [node.child_by_field_name(name) for name in _BODIES[node.type]]
        outside = [child for child in fields if child is not None]
        inside = [child for child in node.named_children if child not in outside]
        if node.type in ("method", "singleton_method"):
            self._define(outside[-1:])
            outside = outside[:-1]
        self._plan(
            [*_reads(outside), (_Role.ENTER_BODY, node), *_reads(inside), (_Role.LEAVE, node)]
        )

    def _keyword_pattern(self, node: Node) -> None:
        """``in {name:}`` defines the variable name; ``in {name: pattern}`` those of its pattern."""
        key, value = (node.child_by_field_name(name) for name in ("key", "value"))
        if value is not None:
            self._plan([(_Role.BIND, value)])
        elif key is not None:
            self._bind(self._text(key).strip("\"'"))

    def _pair(self, node: Node) -> None:
        """``f(name:)`` is short for ``f(name: name)``."""
        key = node.child_by_field_name("key")
        if key is not None and node.child_by_field_name("value") is None:
            self._identifier(_Role.READ, key)
        else:
            self._plan(_reads(node.named_children))

    def _named_groups(self, node: Node) -> None:
        r"""``/(?<name>\w+)/ =~ text`` defines the variable name."""
        left, operator = (node.child_by_field_name(name) for name in ("left", "operator"))
        if left is not None and operator is not None and operator.type == "=~":
            groups = _NAMED_GROUP.findall(self._bytes(left)) if left.type == "regex" else []
            for name in groups:
                self._bind(name.decode("ascii", "replace"))


def _reads(nodes: Iterable[Node]) -> Iterable[tuple[_Role, Node]]:
    return ((_Role.READ, node) for node in nodes)
