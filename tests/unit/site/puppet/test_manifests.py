from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.site.puppet.manifests import ManifestError, class_names

TRICKY = Path(__file__).parents[3] / "data" / "manifests"

CLASSES = {
    "comments.pp": {"comments::a"},
    "empty.pp": set(),
    "heredoc_cuts_interpolation.pp": {"cut_off"},
    "heredoc_in_interpolation.pp": {"inner::a", "inner::b"},
    "heredoc_opening_begins_anew.pp": {"begins_anew"},
    "heredoc_tag_after_text.pp": {"after_text"},
    "heredocs.pp": {"heredocs::a", "heredocs::b"},
    "heredocs_on_one_line.pp": {"one_line::a", "one_line::b", "one_line::c"},
    "interpolation.pp": {"interpolation::a", "interpolation::b"},
    "lambdas_and_collectors.pp": {"collectors::a", "collectors::b"},
    "nested_classes.pp": {
        "nested",
        "nested::inner",
        "nested::inner::a::b",
        "nested::inner::c",
        "nested::more",
        "nested::other",
    },
    "numbers_and_names.pp": {"apply", "classes", "foobar", "if::then", "numbers::a_1", "plan"},
    "parameters.pp": {f"parameters::{name}" for name in "abcd"},
    "regex_or_division.pp": {"regex::a", "regex::b"},
    "string_swallows_its_quote.pp": {f"swallow::{name}" for name in "abcd"},
    "strings.pp": {"strings::a", "strings::b"},
    "unicode_blanks.pp": {"unicode::a", "unicode::b"},
    "uses_of_the_word_class.pp": {"uses::a"},
    "windows_lines.pp": {"windows::a", "windows::b"},
}

TAKEN = [
    ("", set()),
    ("class a {}", {"a"}),
    ("class a {} class b {}; class c::d {}", {"a", "b", "c::d"}),
    ("class fooBar {}", {"foobar"}),
    ("class a { class string {} }", {"a", "a::string"}),
    ("class a inherits default {}", {"a"}),
    ("class a($b = { c => ')' }) inherits ::d { }", {"a"}),
    ("$a = undef class b {}", {"b"}),
    ("$a.type\nclass b {}", {"b"}),
    ('$a = "${class}" class b {}', {"b"}),
    ("class a {} [1]", {"a"}),
    ("class a {}\n::b::c { 'd': }", {"a"}),
    ("class a {} !true", {"a"}),
    ("file { 'a': class => 'b' } class c {}", {"c"}),
    ("$a = @(X) class b {\n class no {\n X\n}", {"b"}),
    ("class\ra\r{\r}\r", {"a"}),
    ("# no end of line", set()),
]

REFUSED = [
    ("class ::a {}", 1),
    ("class A {}", 1),
    ("class a::B {}", 1),
    ("class a-b {}", 1),
    ("class _a {}", 1),
    ("class a::_b {}", 1),
    ("class a::1 {}", 1),
    ("class if {}", 1),
    ("class true {}", 1),
    ("class class {}", 1),
    ("class 'a' {}", 1),
    ("class any {}", 1),
    ("class", 1),
    ("\nclass }", 2),
    ("class a\n\n", 3),
    ("class a inherits 'b' {}", 1),
    ("class a inherits if {}", 1),
    ("class a (\n{}", 2),
    ("class a {\n  (]\n}", 2),
    ("class a {} -> class b {}", 1),
    ("class a {}[1]", 1),
    ("class a {} in b", 1),
    ("$a = class b {}", 1),
    ("class a($b = class c {}) {}", 1),
    ("if true {\n  class a {} }", 2),
    ("|>", 1),
    ("File <| a == b |>>", 1),
    ('"${ ( }"', 1),
    ('"${}"', 1),
    ("\n'", 2),
    ('"', 1),
    ('"$Upper"', 1),
    ('"$01"', 1),
    ("$a = $Upper", 1),
    ("$a = 08", 1),
    ("$a = 0x", 1),
    ("$a = 1a", 1),
    ("~", 1),
    ("a::", 1),
    ("Foo::bar", 1),
    ("^", 1),
    ("\0", 1),
    ("é", 1),
    ("/* ", 1),
    ("@(", 1),
    ("@()", 1),
    ("@( )\n \n", 1),
    ("@(X", 1),
    ("@(X)", 1),
    ("@(X)\n", 1),
    ("@(X)\ny\n", 1),
    ("@(X/q)\nX\n", 1),
    ("@(X/tt)\nX\n", 1),
    ('@("X")\n${b\n(\nX\n', 4),
    ('@("X"/)\n\\\n-X\n', 2),
    ("@(X) /*\nX\n*/\n", 3),
]


def test_every_tricky_manifest_is_tried() -> None:
    names = {path.name for path in TRICKY.glob("*.pp")}
    assert set(CLASSES) == {name for name in names if not name.startswith(("refused_", "unseen_"))}


@pytest.mark.parametrize("name", CLASSES)
def test_tricky_manifest(name: str) -> None:
    assert class_names((TRICKY / name).read_bytes()) == CLASSES[name]


@pytest.mark.parametrize("path", [*TRICKY.glob("refused_*.pp")], ids=lambda path: path.stem)
def test_refused_manifest(path: Path) -> None:
    with pytest.raises(ManifestError):
        class_names(path.read_bytes())


@pytest.mark.parametrize("path", [*TRICKY.glob("unseen_*.pp")], ids=lambda path: path.stem)
def test_unseen_fault(path: Path) -> None:
    assert class_names(path.read_bytes()) == {"unseen"}


@pytest.mark.parametrize(("source", "expected"), TAKEN)
def test_taken(source: str, expected: set[str]) -> None:
    assert class_names(source.encode()) == expected


@pytest.mark.parametrize(("source", "line"), REFUSED)
def test_refused_at_line(source: str, line: int) -> None:
    with pytest.raises(ManifestError) as refusal:
        class_names(source.encode())
    assert refusal.value.line == line
    assert str(refusal.value).startswith(f"line {line}: ")


def test_bytes_that_are_no_utf_8() -> None:
    with pytest.raises(ManifestError, match="line 2: a byte is not UTF-8") as refusal:
        class_names(b"class a {}\n# \xe9\n")
    assert refusal.value.line == 2


@pytest.mark.parametrize("source", ["class secret-name {}", "secret_name ^", "'secret_name"])
def test_message_holds_no_text_of_the_manifest(source: str) -> None:
    with pytest.raises(ManifestError) as refusal:
        class_names(source.encode())
    assert "secret" not in str(refusal.value)
    assert refusal.value.__cause__ is None


DEPTH = 10_000


@pytest.mark.parametrize(
    "source",
    [
        "(" * DEPTH + "1" + ")" * DEPTH,
        '"${a ' * DEPTH + '}"' * DEPTH,
        "$a = '" + r"\'" * DEPTH + "'",
        '$a = "' + r"\"$b" * DEPTH + '"',
        "$a = $b =~ /" + r"\/" * DEPTH + "/",
        "[" + "@(X)," * DEPTH + "]\n" + "X\n" * DEPTH,
        '$a = @("X"/)\n' + r"\$${b}" * DEPTH + "\nX\n",
        "/* */#\n" * DEPTH,
        "$a-" * DEPTH + "-" * DEPTH + "$b",
    ],
    ids=range(9),
)
def test_long_and_deep_manifests_are_read_to_their_end(source: str) -> None:
    assert class_names(f"{source}\nclass z {{}}".encode()) == {"z"}


@pytest.mark.parametrize(
    "source",
    ["{" * DEPTH, '"${' * DEPTH, "class a {" * DEPTH, "@(X)\n" * DEPTH, "@(X) /*\nX\n" * DEPTH],
)
def test_hostile_manifests_are_refused(source: str) -> None:
    with pytest.raises(ManifestError):
        class_names(source.encode())


# Statements that hold the word in many disguises and define nothing.
DISGUISES = st.sampled_from(
    [
        "$a = 'class no { '\n",
        '$a = "class no { ${b["}"]} \\" $c"\n',
        "# class no {\n",
        "/* class no { ' */\n",
        "$a = @(X)\n class no { '\n | X\n",
        '$a = [@("X"/L), @(Y)]\n class ${no["}"]} {\n - X\n " class no {\n Y\n',
        "class { 'no': }\n",
        "Class['no'] -> Class['no']\n",
        "if $a =~ /class no { '/ { include no }\n",
        "$a = $b / 2 + ($c / 3)\n",
        "$a.each |$class| { no::class { $class: class => 'no' } }\n",
        "File <| title == 'class no {' |>\n",
    ]
)
NAMES = st.from_regex(r"(?:k[a-z0-9_]{0,3})(?:::k[a-zA-Z0-9_]{0,3}){0,2}", fullmatch=True)
PARAMETERS = st.sampled_from(["", "()", "($a = { b => ')' }, )", "(Integer[1] $a = @(X)) #\n X\n"])
PARENTS = st.sampled_from(["", " inherits no", " inherits ::no::class"])

Program = tuple[str, frozenset[str]]


def joined(parts: list[Program]) -> Program:
    return "".join(text for text, _ in parts), frozenset().union(*(names for _, names in parts))


def with_class(inner: st.SearchStrategy[Program]) -> st.SearchStrategy[Program]:
    def defined(name: str, parameters: str, parent: str, body: Program) -> Program:
        text, names = body
        inside = {f"{name}::{inner_name}".lower() for inner_name in names}
        return f"class {name} {parameters}{parent} {{\n{text}}}\n", frozenset(
            {name.lower()} | inside
        )

    return st.lists(st.builds(defined, NAMES, PARAMETERS, PARENTS, inner) | inner).map(joined)


PROGRAMS = st.recursive(DISGUISES.map(lambda text: (text, frozenset[str]())), with_class)


@given(PROGRAMS)
def test_generated_programs(program: Program) -> None:
    text, names = program
    assert class_names(text.encode()) == names


@given(PROGRAMS, st.sampled_from("{}()[]"))
def test_generated_programs_with_a_bracket_too_many(program: Program, bracket: str) -> None:
    text, _ = program
    with pytest.raises(ManifestError):
        class_names(f"{text}{bracket}".encode())


PIECES = st.sampled_from(
    [
        *(
            "class",
            "a",
            "::b",
            "::",
            "{",
            "}",
            "(",
            ")",
            "[",
            "]",
            "<|",
            "|>",
            "|",
            "/",
            "/*",
            "*/",
        ),
        *("'", '"', "${", "$a", "$", "\\", "@(X)", '@("X")', '@("X"/)', "X", "-", "08", "1.5"),
        *("#", "\n", ">>", "é"),
    ]
)


@given(st.binary() | st.lists(PIECES).map(lambda pieces: " ".join(pieces).encode()))
def test_anything_gives_names_or_a_manifest_error(source: bytes) -> None:
    try:
        names = class_names(source)
    except ManifestError as refusal:
        assert 1 <= refusal.line <= source.count(b"\n") + 1  # noqa: PT017 - either is right here
    else:
        assert all(re.fullmatch(r"[a-z]\w*(?:::[a-z]\w*)*", name) for name in names)
