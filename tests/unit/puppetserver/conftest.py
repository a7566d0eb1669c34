from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.puppetserver.standing import make_python


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter, at a path with a blank, whose dropsonde tells what reached it."""
    return make_python(tmp_path_factory.mktemp("python") / "with blank")


@pytest.fixture
def confd(tmp_path: Path) -> Path:
    """Puppet Server's configuration: it names all of Puppet's directories, and says no more."""
    directory = tmp_path / "conf.d"
    directory.mkdir()
    (directory / "puppetserver.conf").write_text(
        "jruby-puppet: { server-conf-dir: /a/conf, server-code-dir: /a/code,"
        " server-var-dir: /a/var, server-log-dir: /a/log }\n"
    )
    return directory
