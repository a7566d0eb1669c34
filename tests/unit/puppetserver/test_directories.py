from __future__ import annotations

from pathlib import Path

import pytest

from dropsonde_puppetserver.confd import ServerConf, read
from tests.real.directory_texts import ENVIRON, PLAIN, plain


def of(tmp_path: Path, **files: str) -> ServerConf:
    for name, text in files.items():
        (tmp_path / f"{name}.conf").write_text(text)
    return read(tmp_path, ENVIRON)


@pytest.mark.parametrize(("value", "directory"), PLAIN.items())
def test_what_a_directory_comes_to(tmp_path: Path, value: str, directory: str) -> None:
    found = of(tmp_path, a=plain(value))
    assert (found.directories, found.directory_faults) == ({"PUPPET_VARDIR": directory}, {})


def test_an_optional_variable_overrides_where_it_is_set(tmp_path: Path) -> None:
    text = "jruby-puppet {{ server-var-dir: /a, server-var-dir: ${{?{}}} }}"
    assert of(tmp_path, a=text.format("BASE")).directories == {"PUPPET_VARDIR": "/srv"}
    assert of(tmp_path, a=text.format("NOPE")).directories == {"PUPPET_VARDIR": "/a"}


def test_the_old_names_count_where_the_new_ones_are_missing(tmp_path: Path) -> None:
    found = of(
        tmp_path,
        a="""jruby-puppet {
            master-conf-dir: /old/conf, server-conf-dir: /new/conf
            master-code-dir: /old/code
            master-var-dir: /old/var, server-var-dir: null
        }""",
    )
    assert found.directories == {
        "PUPPET_CONFDIR": "/new/conf",
        "PUPPET_CODEDIR": "/old/code",
        "PUPPET_VARDIR": "/old/var",
    }


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("relative", "is no absolute path"),
        ("12", "is no absolute path"),
        ("[/a]", "is no single value"),
        ('"/a\\tb"', "holds a special character"),
        ("/a ${BASE}", "has blanks beside substitutions"),
        ("${NOPE}", "substitutes something that is not set"),
        ('${"BASE"}', "substitutes something with an unusual name"),
        ("${jruby-puppet.l}", "substitutes something that is no plain text"),
        ("${jruby-puppet.server-var-dir}", "substitutes something that is no plain text"),
        ("${UMLAUT}", "substitutes a variable with a special character"),
        ("${QUOTED}", "holds a special character"),
    ],
)
def test_what_is_not_understood_is_a_fault(tmp_path: Path, value: str, fault: str) -> None:
    found = of(tmp_path, a=f"jruby-puppet {{ l = [1]\n server-var-dir = {value}\n}}")
    assert found.directories == {}
    told = f"{tmp_path}/a.conf: line 2: jruby-puppet.server-var-dir {fault}"
    assert found.directory_faults["PUPPET_VARDIR"].startswith(told)


def test_an_include_could_set_what_it_stands_beside(tmp_path: Path) -> None:
    text = "jruby-puppet { server-var-dir: /a }"
    beside = of(tmp_path, a=f'{text}\ninclude "x"')
    assert "an include, which is not followed" in beside.directory_faults["PUPPET_VARDIR"]
    elsewhere = of(tmp_path, a=text, b='include "x"')
    assert elsewhere.directories == {"PUPPET_VARDIR": "/a"}
    assert set(elsewhere.directory_faults) == {"PUPPET_CONFDIR", "PUPPET_CODEDIR", "PUPPET_LOGDIR"}


def test_what_two_files_set_is_not_known(tmp_path: Path) -> None:
    text = "jruby-puppet { server-var-dir: /a }"
    found = of(tmp_path, a=text, b=text)
    assert "is also set in another file" in found.directory_faults["PUPPET_VARDIR"]
