from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dropsonde_puppetserver.hocon.file import read_file
from dropsonde_puppetserver.hocon.ini_file import read_ini
from dropsonde_puppetserver.hocon.second import sees_opt_in
from dropsonde_puppetserver.hocon.tokens import UnsureError
from dropsonde_puppetserver.hocon.values import Scalar

ENVIRON = {"ON": "true", "WORD": "word"}


def values(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: values(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [values(value) for value in tree]
    assert isinstance(tree, Scalar)
    return tree.value


def read(tmp_path: Path, text: str, name: str = "a.conf") -> Any:
    file = tmp_path / name
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    return values(read_file(file, ENVIRON).tree)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", {}),
        ("# nothing\n// at all", {}),
        ("{}", {}),
        ("a: 1", {"a": 1}),
        ("a = 1, b: 2\nc { d: 3 }", {"a": 1, "b": 2, "c": {"d": 3}}),
        ("a: { b: 1, }\nl: [1, 2,]\nm: [\n1\n2\n]", {"a": {"b": 1}, "l": [1, 2], "m": [1, 2]}),
        ("a\n:\n\n{\nb\n=\n1}", {"a": {"b": 1}}),
        ("\ufeffa = 1\r\nb\u00a0=\t2\r\n", {"a": 1, "b": 2}),
        ("a.b.c = 1\na { b.d = 2 }", {"a": {"b": {"c": 1, "d": 2}}}),
        ('a."b.c".d = 1', {"a": {"b.c": {"d": 1}}}),
        ('"a" . b c = 1', {"a ": {" b c": 1}}),
        ("1.5 = x\ntrue = y", {"1": {"5": "x"}, "true": "y"}),
        ('"": {"": 1}', {"": {"": 1}}),
        ("a = 1 # one\nb = 2 // two\nc = x//y", {"a": 1, "b": 2, "c": "x"}),
        ("a = http:/x", None),
        ("a = /etc/x y", {"a": "/etc/x y"}),
        ("a = 10.0.0.1\nb = 10s\nc = -", {"a": "10.0.0.1", "b": "10s", "c": "-"}),
        ("a = 1.0\nb = 1.5\nc = 1e3\nd = 0.5e", {"a": 1, "b": 1.5, "c": 1000, "d": "0.5e"}),
        ("a = 9223372036854775807\nb = 9223372036854775808", {"a": 2**63 - 1, "b": str(2**63)}),
        (
            "a = true\nb = True\nc = trueish\nd = true x",
            {"a": True, "b": "True", "c": "trueish", "d": "true x"},
        ),
        ("a = null", {"a": None}),
        (r'a = "\u0074rue\n\"\/"', {"a": 'true\n"/'}),
        ('a = """x"y\n""""', {"a": 'x"y\n"'}),
        ('a = ""x\nb = "1"', {"a": "x", "b": 1}),
        (r'a = "\"5\""', {"a": 5}),
        ('a = "+5"\nb = "2147483648"', {"a": 5, "b": "2147483648"}),
        ("a = 1\na = 2", {"a": 2}),
        ("a { b: 1 }\na = null\nb = 1", {"a": None, "b": 1}),
        ("a : {b: 1} {c: 2}\nl = [1] [2]", {"a": {"b": 1, "c": 2}, "l": [1, 2]}),
        ("l = [1]\nl += 2\nm += 1", {"l": [1, 2], "m": [1]}),
        ("a = x\nb = ${a}/y ${a}", {"a": "x", "b": "x/y x"}),
        ("b = ${a.c}\na { c = 1 }\na.c = 2", {"b": 2, "a": {"c": 2}}),
        ("a = ${ON}\nb = ${?NOT}\nc = 1\nc = ${?NOT}", {"a": "true", "c": 1}),
        ("a = ${?NOT}true\nb = [${?NOT}, 1]", {"a": True, "b": [1]}),
        ("a = x\na = ${a}y", {"a": "xy"}),
        ("base { b: 1 }\na = ${base}\na { c: 2 }", {"base": {"b": 1}, "a": {"b": 1, "c": 2}}),
        ("a = include x", {"a": "include x"}),
        ('"include" = 1', {"include": 1}),
    ],
)
def test_reads_hocon(tmp_path: Path, text: str, tree: object) -> None:
    if tree is None:
        with pytest.raises(UnsureError):
            read(tmp_path, text)
    else:
        assert read(tmp_path, text) == tree


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a", 1),
        ("a =", 1),
        ("a = 1 b = 2\n", None),
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
        ("a = ${}", 1),
        ("a = ${x#}", 1),
        ("a = ${ON {}}", 1),
        ("a = ${nowhere}", 1),
        ("a = ${b}\nb = ${a}", None),
        ("a = ${?b}x\nb = ${?a}x", None),
        ("ON = ${ON}", 1),
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
        ("a = @x@", 1),
        ("a = [1] x", 1),
        ("a = {b: 1} x", 1),
        ("l = 1\nl += 2", 2),
        ("a = [{b += 1}]", 1),
        ("a = 1\na { b: 2 }", 2),
        ("include = 1", 1),
        ("include x", 1),
        ('include required("x")', 1),
        ('include classpath("x")', 1),
        ('include url("http://127.0.0.1/x")', 1),
        ('include "http://127.0.0.1/x"', 1),
        ('include "file:/etc/x"', 1),
        ('include file("x")', 1),
        ('include file("/x"', 1),
        ("a = " + "[" * 51 + "]" * 51, 1),
        ("a0 = x\n" + "".join(f"a{n + 1} = ${{a{n}}}${{a{n}}}\n" for n in range(30)), None),
    ],
)
def test_refuses_what_lightbend_refuses_or_may_read_otherwise(
    tmp_path: Path, text: str, line: int | None
) -> None:
    with pytest.raises(UnsureError) as refused:
        read(tmp_path, text)
    if line is not None:
        assert refused.value.line == line


def test_a_refusal_shows_no_value(tmp_path: Path) -> None:
    for text in ("a = s3cret*", "s3cret", 'a = "s3cret', "a = ${s3cret}", "a = 1 s3cret {"):
        with pytest.raises(UnsureError) as refused:
            read(tmp_path, text)
        assert "s3cret" not in str(refused.value)


def test_knows_the_line_of_a_value(tmp_path: Path) -> None:
    file = tmp_path / "a.conf"
    file.write_text('a = """\n\n"""\n# c\nb {\n  c = 1\n}\n')
    assert read_file(file, {}).tree["b"]["c"].line == 6


def test_includes_local_files(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "one.conf").write_text('a = 1\nb = ${a}\ninclude "two"')
    (tmp_path / "sub" / "two.json").write_text('{"c": 3}')
    absolute = tmp_path / "sub" / "two.json"
    text = f'include "sub/one.conf"\nx {{ include file("{absolute}") }}\na = 2\ninclude "none"'
    assert read(tmp_path, text) == {"a": 2, "b": 2, "c": 3, "x": {"c": 3}}


@pytest.mark.parametrize(
    "text",
    [
        'include "self.conf"',
        'include "two"',
        'include "p"',
        'include "directory.conf"',
        'include "link.conf"',
        'x { include "substitution.conf" }',
        'include "broken.conf"',
        'include "\\u0000.conf"',
    ],
)
def test_refuses_includes_that_it_cannot_answer_for(tmp_path: Path, text: str) -> None:
    (tmp_path / "self.conf").write_text('include "self.conf"')
    (tmp_path / "two.conf").write_text("a = 1")
    (tmp_path / "two.json").write_text("{}")
    (tmp_path / "p.properties").write_text("a = 1")
    (tmp_path / "directory.conf").mkdir()
    (tmp_path / "link.conf").symlink_to("nowhere")
    (tmp_path / "substitution.conf").write_text("a = ${?b}")
    (tmp_path / "broken.conf").write_text("a = {")
    with pytest.raises(UnsureError) as refused:
        read(tmp_path, text)
    assert refused.value.line == 1


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        (
            '{"a": {"b": [1, 2.0, 1.5, true, null, "x"]}}',
            {"a": {"b": [1, 2, 1.5, True, None, "x"]}},
        ),
        ('\ufeff{"a.b": "\\"5\\""}', {"a.b": 5}),
    ],
)
def test_reads_json(tmp_path: Path, text: str, tree: object) -> None:
    assert read(tmp_path, text, "a.json") == tree


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "a: 1",
        '{"a": 1,}',
        '{"a": 1} // c',
        '{"a": 1, "a": 2}',
        '{"a": NaN}',
        '{"a": 9223372036854775808}',
        '{"a": "\x7f"}',
        '{"a": ${ON}}',
        '{"a": "\\""}',
        '{"a":' * 3000 + "1" + "}" * 3000,
    ],
)
def test_refuses_what_is_no_strict_json(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnsureError):
        read(tmp_path, text, "a.json")


def test_reads_plain_ini(tmp_path: Path) -> None:
    file = tmp_path / "a.ini"
    file.write_bytes(
        b"; c\n[Dropsonde]\r\n  Enabled = true\n# c\ninterval: 86400\n\n[a.b]\nc = x y\n"
    )
    assert values(read_ini(file)) == {
        "dropsonde": {"enabled": "true", "interval": 86400},
        "a.b": {"c": "x y"},
    }


@pytest.mark.parametrize(
    "text",
    [
        "a = 1",
        "[a]\nb",
        "[a]\nb =",
        "[a]\nb = 1\nB = 2",
        "[a]\n[A]",
        "[a/b]",
        "[a",
        "[a]\nb = c\\\nd",
        "[a]\nb = ${c}",
        "\ufeff[a]",
        "[a]\n# c:\\\\",
        "[a]\n# b\rc",
        "[a] x",
    ],
)
def test_refuses_other_ini(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.ini").write_text(text)
    with pytest.raises(UnsureError):
        read_ini(tmp_path / "a.ini")


@pytest.mark.parametrize("name", ["a.conf", "a.json", "a.ini"])
def test_refuses_what_cannot_be_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(UnsureError, match="no regular file"):
        read_ini(tmp_path / name) if name == "a.ini" else read_file(tmp_path / name, {})


@pytest.mark.parametrize("name", ["a.conf", "a.ini"])
def test_says_when_this_user_may_not_read_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to("nowhere")
    with pytest.raises(UnsureError, match=r"cannot be read by this user \(No such file"):
        read_ini(tmp_path / name) if name == "a.ini" else read_file(tmp_path / name, {})


def test_neither_reader_ever_goes_to_the_network(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x.conf"
        for include in (
            f'"{url}"',
            f'url("{url}")',
            f'required(url("{url}"))',
            f'  url ( "{url}" )',
        ):
            for text in (f"include {include}", f"INCLUDE {include}", f"x = include {include}"):
                assert not sees_opt_in(f"dropsonde {{ enabled = true\n{text} }}")
                (tmp_path / "a.conf").write_text(f"dropsonde {{ enabled = true\n{text} }}")
                with contextlib.suppress(UnsureError):
                    assert not sees_opt_in(read_file(tmp_path / "a.conf", {}).stanza or "")
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize(
    "text", ["dropsonde {", "dropsonde: 1", "", "[1]", "dropsonde.enabled: yes"]
)
def test_the_second_reader_never_raises(text: str) -> None:
    assert not sees_opt_in(text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet='ab.{}[]:=,+"\\$?#/ \n\t1-etrufalsn_\u00a0', max_size=60))
def test_any_text_is_read_or_refused(tmp_path: Path, text: str) -> None:
    for name in ("a.conf", "a.json"):
        assert 0 <= refused_line(tmp_path, text, name) <= text.count("\n") + 1


def refused_line(tmp_path: Path, text: str, name: str) -> int:
    try:
        read(tmp_path, text, name)
    except UnsureError as error:
        return error.line
    return 0
