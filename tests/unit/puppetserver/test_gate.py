from __future__ import annotations

import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dropsonde_puppetserver import confd
from dropsonde_puppetserver.gate.folder import LARGEST, MOST, read_folder
from dropsonde_puppetserver.gate.outline import outline
from dropsonde_puppetserver.gate.second import NotUnderstoodError, second_reading
from dropsonde_puppetserver.gate.tokens import RefusedError


def texts(text: str) -> dict[str, str | None]:
    """What is set outside of lists: the text of each path that is no object."""
    found = outline(text).settings
    return {".".join(each.path): each.text for each in found if not each.is_object}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("# nothing\n// at all", {}),
        ("{}", {}),
        ("a = 1, b: 2\nc { d: 3 }", {"a": "1", "b": "2", "c.d": "3"}),
        ("a: { b: 1, }\nl: [1, 2,]\nm: [\n1\n2\n]", {"a.b": "1", "l": None, "m": None}),
        ("a\n:\n\n{\nb\n=\n1}", {"a.b": "1"}),
        ("\ufeffa = 1\r\nb\u00a0=\t2\r\n", {"a": "1", "b": "2"}),
        ('"a" . b c = 1', {"a . b c": "1"}),
        ("1.5 = x\ntrue = y", {"1.5": "x", "true": "y"}),
        ("a = 1 # one\nb = 2 // two\nc = x//y", {"a": "1", "b": "2", "c": "x"}),
        ("a = /etc/x y", {"a": "/etc/x y"}),
        (r'a = "\u0074rue\n\"\/"', {"a": 'true\n"/'}),
        ('a = """x"y\n""""', {"a": 'x"y\n"'}),
        ('a = ""x', {"a": "x"}),
        ("a = ${b}/x ${?c}", {"a": None}),
        ("a : {b: 1} {c: 2}\nl = [1] [2]", {"a.b": "1", "a.c": "2", "l": None}),
        ("a = [{ b: 1 }]", {"a": None}),
        ("a += 1", {"a": None}),
        ("a = include x", {"a": "include x"}),
        ('"include" = 1', {"include": "1"}),
    ],
)
def test_what_a_file_sets(text: str, found: dict[str, str | None]) -> None:
    assert texts(text) == found


def test_keys_with_dots_in_quotes_are_one() -> None:
    (inner, *_) = outline('a."b.c".d = 1').settings
    assert inner.path == ("a", "b.c", "d")
    assert inner.line == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a", 1),
        ("a =", 1),
        ("a = 1 { b: 2 }", 1),
        ("x = 1\na = {", 2),
        ("x = 1\na = [1", 2),
        ("}", 1),
        ("{a: 1} b: 2", 1),
        ("[1]", 1),
        (",a = 1", 1),
        ("a = 1,,b = 2", 1),
        ("a = [,1]", 1),
        ("a { b: 1 } { c: 2 }", 1),
        ("\n\na = $x", 3),
        ("a = ${x", 1),
        ("a = ${x#}", 1),
        ('a = "x', 1),
        ('a = """x', 1),
        ('a = "\t"', 1),
        (r'a = "\x"', 1),
        (r'a = "\u12"', 1),
        (r'a = "\""', 1),
        (r'a = "\"\"x\"\""', 1),
        ("a..b = 1", 1),
        ("a. = 1", 1),
        ("a = 1+2", 1),
        ("a = b*c", 1),
        ("a = [1] x", 1),
        ("a = {b: 1} x", 1),
        ("a = " + "[" * 51 + "]" * 51, 1),
        ("a." * 50 + "b = 1", 1),
    ],
)
def test_refuses_what_lightbend_refuses(text: str, line: int) -> None:
    with pytest.raises(RefusedError) as refused:
        outline(text)
    assert refused.value.line == line


def test_a_refusal_shows_no_value() -> None:
    for text in ("a = s3cret*", "s3cret", 'a = "s3cret', "a = 1 s3cret {"):
        with pytest.raises(RefusedError) as refused:
            outline(text)
        assert "s3cret" not in str(refused.value)


def test_what_is_not_plain_is_noted_with_its_line() -> None:
    text = 'a = 1\nb = ${a} {}\nc += 1\nd = """x"""\ninclude "e"\nf = ${b} [] ${c}'
    lines = {"a substitution": 2, "a +=": 3, "triple quotes": 4, "an include": 5}
    assert outline(text).constructs == lines
    assert [each.written for each in outline("a = x ${b}\nc { d = [${?e}] }").references] == [
        "${b}",
        "${?e}",
    ]
    assert outline('# ${a} += """ \na = "${b} += 1"\n# include "x"').constructs == {}


def test_the_word_is_found_wherever_it_is_not_the_stanzas_key() -> None:
    text = '# dropsonde\ndropsonde.enabled = true\nx = "\\u0064ropsonde"\ny { "Drop"sonde = 1 }'
    found = outline(text)
    assert (found.stanzas, found.mentions) == ([2], [3, 4])


def test_includes_of_every_form_are_noted_and_not_opened(tmp_path: Path) -> None:
    (tmp_path / "x.conf").write_text("b = 1")
    for form in ('"x.conf"', 'file("/x")', 'required(url("http://x/"))', '\nclasspath("x")'):
        found = outline(f"include {form}\na = 1")
        assert set(found.constructs) == {"an include"}
        assert [each.path for each in found.settings] == [("a",)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "a: 1",
        '{"a": 1,}',
        '{"a": 1} // c',
        '{"a": NaN}',
        '{"a": 9223372036854775808}',
        '{"a": "\x7f"}',
        '{"a": ${ON}}',
        '{"a": "\\""}',
        '{"a":' * 3000 + "1" + "}" * 3000,
    ],
)
def test_refuses_what_is_no_strict_json(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    found, faults = read_folder(tmp_path)
    assert (found, list(faults)) == ({}, [tmp_path / "a.json"])


@pytest.mark.parametrize("name", ["a.conf", "a.json", "a.ini"])
def test_refuses_what_cannot_be_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (_, faults) = read_folder(tmp_path)
    assert "cannot be read by this user (Is a directory)" in faults[tmp_path / name]
    (tmp_path / name).rmdir()
    (tmp_path / name).symlink_to("nowhere")
    (_, faults) = read_folder(tmp_path)
    assert "cannot be read by this user (No such file" in faults[tmp_path / name]


def test_all_files_together_are_bounded(tmp_path: Path) -> None:
    for name in ("a.conf", "b.conf"):
        (tmp_path / name).write_text("#" * (LARGEST - 10))
    found, faults = read_folder(tmp_path)
    assert (list(found), list(faults)) == ([tmp_path / "a.conf"], [tmp_path / "b.conf"])
    for number in range(MOST):
        (tmp_path / f"{number}.conf").write_text("")
    found, faults = read_folder(tmp_path)
    assert (found, list(faults)) == ({}, [tmp_path])


def test_nothing_ever_goes_to_the_network(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x.conf"
        for include in (f'"{url}"', f'url("{url}")', f'required(url("{url}"))', f'url ( "{url}" )'):
            for text in (f"include {include}", f"INCLUDE {include}", f"# \r include {include}"):
                whole = f"dropsonde {{ enabled = true\n{text}\n}}"
                with pytest.raises(NotUnderstoodError):
                    second_reading(whole, "dropsonde.enabled")
                (tmp_path / "a.conf").write_bytes(whole.encode())
                confd.read(tmp_path, {})
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("text", ["dropsonde {", "dropsonde: 1", "[1]", "a = ${nowhere}"])
def test_the_second_reader_fails_in_one_way(text: str) -> None:
    with pytest.raises(NotUnderstoodError):
        raise NotUnderstoodError if second_reading(text, "dropsonde.enabled") is None else KeyError


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(alphabet='ab.{}[]:=,+"\\$?#/ \n\t1-etrufalsn_\u00a0', max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        outline(text)
    except RefusedError as error:
        assert 1 <= error.line <= text.count("\n") + 1  # noqa: PT017 - which line is the point
