from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.schema.vocabulary.ruby_methods import ruby_methods
from dropsonde.site.puppet.puppetfile import MAX_BYTES, R10K_METHODS, Calls, ruby_calls

DATA = Path(__file__).parents[3] / "data" / "puppetfiles"
LISTS = Path(__file__).parents[4] / "dropsonde/schema/vocabulary"
RUBIES = ("2.7", "3.1", "3.3")
UNREADABLE = Calls({}, 0, parsed=False)


def _calls(name: str) -> Calls:
    return ruby_calls((DATA / name).read_bytes())


@pytest.mark.parametrize("ruby", RUBIES)
def test_list_of_methods_is_sorted_and_says_what_made_it(ruby: str) -> None:
    header, *names = (LISTS / f"ruby-{ruby}.txt").read_text(encoding="ascii").splitlines()
    assert header.startswith(f"# Made by ruby_methods.rb with Ruby {ruby}.")
    assert names == sorted(set(names))
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*[?!]?", name) for name in names)
    assert ruby_methods() >= frozenset(names)


def test_a_method_of_any_ruby_is_rubys_own() -> None:
    texts = [(LISTS / f"ruby-{ruby}.txt").read_text(encoding="ascii") for ruby in RUBIES]
    lists = [{line for line in text.splitlines() if line[0] != "#"} for text in texts]
    assert ruby_methods() == set().union(*lists)
    assert {path.stem for path in LISTS.glob("*.txt")} == {f"ruby-{ruby}" for ruby in RUBIES}
    assert "taint" in ruby_methods()  # gone since Ruby 3.2


@pytest.mark.parametrize(
    "name",
    ["puts", "raise", "require", "proc", "lambda", "loop", "exit", "fetch", "exist?", "load_file"],
)
def test_ruby_defines(name: str) -> None:
    assert name in ruby_methods()


@pytest.mark.parametrize("name", [*sorted(R10K_METHODS), "acme_mod", "r10k", "puppet", "+", "x="])
def test_ruby_does_not_define(name: str) -> None:
    assert name not in ruby_methods()


def test_r10k_methods_are_not_counted() -> None:
    assert _calls("r10k_control_repo") == Calls({}, 0, parsed=True)


def test_helpers_of_the_site_stay_home() -> None:
    counts = {"call": 1, "each": 1, "fetch": 1, "merge": 1, "puts": 1}
    assert _calls("helper_method") == Calls(counts, 5, parsed=True)


def test_helper_of_another_file_stays_home() -> None:
    calls = _calls("yaml_data")
    assert "acme_helper_from_the_other_file" not in calls.counts
    assert calls.withheld == 1
    assert calls.counts["load_file"] == 1
    assert calls.counts["each"] == 2


def test_names_of_ruby_that_the_puppetfile_defines_stay_home() -> None:
    calls = _calls("redefined_names")
    assert calls.withheld == 13
    assert set(calls.counts) == {
        *("alias_method", "attr_accessor", "attr_reader", "define_method"),
        *("define_singleton_method", "first", "hash", "new", "print", "private", "puts", "then"),
    }


@pytest.mark.parametrize(
    "definition",
    [
        "def puts(x); end",
        "def self.puts(x) = x",
        "class A; def puts; end; end",
        "define_method(:puts) { }",
        "define_method 'puts', instance_method(:p)",
        'self.class.send(:x) { define_method("puts") { } }',
        "alias puts p",
        "alias :puts :p",
        "alias_method :puts, :p",
        "attr_reader :a, :puts",
        "attr_accessor 'puts'",
        "A = Struct.new(:a, :puts)",
        "A = Data.define(:puts)",
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_definition_anywhere_withholds(definition: str, before: bool) -> None:
    lines = [definition, "puts 'x'"] if before else ["puts 'x'", definition]
    assert "puts" not in ruby_calls("\n".join(lines).encode()).counts


def test_old_name_of_an_alias_is_still_rubys() -> None:
    assert ruby_calls(b"alias_method :say, :puts\nputs 1").counts["puts"] == 1


def test_comments_and_the_part_after_the_end_are_not_read() -> None:
    assert _calls("comments_and_end") == Calls({"gets": 1, "print": 1}, 0, parsed=True)


def test_windows_line_ends() -> None:
    assert _calls("crlf") == Calls({"each": 1, "puts": 1}, 0, parsed=True)


def test_not_utf_8() -> None:
    assert _calls("latin1") == Calls({"puts": 1}, 0, parsed=True)


def test_byte_order_mark() -> None:
    assert ruby_calls(b"\xef\xbb\xbfputs 'x'") == Calls({"puts": 1}, 0, parsed=True)


def test_empty() -> None:
    assert ruby_calls(b"") == Calls({}, 0, parsed=True)


@pytest.mark.parametrize(
    ("program", "counts", "withheld"),
    [
        ("puts 'x'", {"puts": 1}, 0),
        ("File.exist?(acme)", {"exist?": 1}, 1),
        ("a = 1; a&.to_s; A::to_i(a)", {"to_s": 1, "to_i": 1}, 0),
        ("[1].each do |x| print x end", {"each": 1, "print": 1}, 0),
        ("loop { break }", {"loop": 1}, 0),
        ("exit", {"exit": 1}, 0),
        ("exit = 1; exit", {}, 0),
        ("exit if exit = 1", {"exit": 1}, 0),
        ("def acme(exit) exit end; exit", {"exit": 1}, 0),
        ("[1].each { |exit| exit }; exit", {"each": 1, "exit": 1}, 0),
        ("def acme; super; yield; super(1); end", {}, 0),
        ("size = 1; size -1; size [0]", {}, 0),
        ("size -1; size [0]", {"size": 2}, 0),
        ("size.+(1); size[1]; size + 1", {"size": 3}, 0),
        ("x = []; x.first = 1; x.last += 1; x.last, y = 2", {}, 0),
        ("x.()", {"call": 1}, 1),
        ("send :acme_mod", {"send": 1}, 0),
        ("[].map(&:acme_mod)", {"map": 1}, 0),
        ("Acme 'x'; Integer '1'", {"Integer": 1}, 1),
        ("case 1; in {size:, last: [first, *]}; size; first; end", {}, 0),
    ],
)
def test_what_a_call_is(program: str, counts: dict[str, int], withheld: int) -> None:
    assert ruby_calls(program.encode()) == Calls(counts, withheld, parsed=True)


@pytest.mark.parametrize(
    "source",
    [
        (DATA / "broken").read_bytes(),
        b"puts 'x'\n((",
        b"puts 'x'\nend",
        b"puts 'x'\nend 'y'",
        b"if true\nputs 'x'",
        b"puts 'x'\0",
        b"\xff\xfe\x00p",
        b"puts 'x'\n" + b"#" * MAX_BYTES,
    ],
    ids=["data", "parentheses", "end", "end-call", "if", "nul", "utf-16", "huge"],
)
def test_what_is_no_ruby_counts_nothing(source: bytes) -> None:
    assert ruby_calls(source) == UNREADABLE


@pytest.mark.parametrize(
    ("opening", "inner", "closing"),
    [("(", "exit", ")"), ("[", "exit", "]"), ("a{", "exit", "}"), ("!", "exit", "")],
)
def test_deep_nesting(opening: str, inner: str, closing: str) -> None:
    calls = ruby_calls((opening * 20_000 + inner + closing * 20_000).encode())
    assert calls.parsed
    assert calls.counts["exit"] == 1


def test_deep_nesting_left_open() -> None:
    assert ruby_calls(b"(" * 20_000) == UNREADABLE


@given(st.binary() | st.text(alphabet="ab:=|{}()[]\"'#<~\n do end def in", max_size=60))
def test_never_raises(source: bytes | str) -> None:
    calls = ruby_calls(source if isinstance(source, bytes) else source.encode())
    assert set(calls.counts) <= ruby_methods() - R10K_METHODS
    assert calls.parsed or calls == UNREADABLE


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz_", min_size=1))
def test_only_names_of_ruby_leave(name: str) -> None:
    program = f"self.{name}(1) {{ }}\nself.{name}"
    calls = ruby_calls(program.encode())
    assert calls.parsed
    counted = {} if name in R10K_METHODS or name not in ruby_methods() else {name: 2}
    assert calls.counts == counted
