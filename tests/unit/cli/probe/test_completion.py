"""``completion``: scripts that a shell takes, and that complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.program import Program

# What bash does at the Tab key, for the words in $LINE and the last of them.
TAB = """
source <("$@" completion bash)
read -ra COMP_WORDS <<<"$LINE"
[[ $LINE == *' ' ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMP_LINE=$LINE COMP_POINT=${#LINE}
handler=$(complete -p dropsonde | grep -o -- '-F [^ ]*')
${handler#-F } dropsonde "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def offered(program: Program, line: str) -> set[str]:
    result = program.shell(TAB, {"LINE": line})
    assert result.err == ""
    return set(result.out.split())


def test_bash_takes_the_script(program: Program) -> None:
    result = program.shell('"$@" completion bash | bash -n')
    assert (result.code, result.out, result.err) == (0, "", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_the_script_alone_is_printed(program: Program, shell: str) -> None:
    result = program.run("completion", shell)
    assert (result.code, result.err) == (0, "")
    assert "initconfig" in result.out


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("dropsonde prev", "preview"),
        ("dropsonde dev ex", "example"),
        ("dropsonde preview --dem", "--demo"),
        ("dropsonde preview --format js", "json"),
        ("dropsonde list --evidence pub", "published"),
    ],
)
def test_words(program: Program, line: str, word: str) -> None:
    assert offered(program, line) == {word}


def test_files_and_directories(program: Program) -> None:
    (program.home / "thing.yaml").touch()
    (program.home / "thing.d").mkdir()
    for option in ("--config", "--filename"):
        found = offered(program, f"dropsonde dev example {option} thing")
        assert found >= {"thing.yaml"}, option
    for option in ("--plugins", "--cachepath"):
        assert offered(program, f"dropsonde list {option} thing") == {"thing.d"}, option
