"""Asks Puppet's own code, in one long-lived Ruby process, how it reads a configuration."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("puppet_answers.rb")


class PuppetAnswers:
    """Questions to the process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def parse(self, text: str) -> Mapping[str, Any]:
        """{"sections": {section: {key: value}}} or {"refused": message}."""
        return self._ask({"text": text})

    def read(
        self, flags: Sequence[str], *, uid: int, home: Path, wanted: Iterable[str]
    ) -> Mapping[str, Any]:
        """{"settings": …, "environments": …} or {"refused": message}."""
        question = {"flags": list(flags), "uid": uid, "home": str(home), "wanted": list(wanted)}
        return self._ask(question)

    def _ask(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer: Mapping[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextlib.contextmanager
def puppet_answers() -> Iterator[PuppetAnswers]:
    """Run the process while it is needed; it ends with its input."""
    command = ["ruby", str(SCRIPT)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        yield PuppetAnswers(process)
