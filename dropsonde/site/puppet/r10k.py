"""Read which Forge r10k fetches modules from, in r10k.yaml."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from dropsonde.common.files import read_file

# r10k's own places (its documentation, dynamic-environments/configuration.mkd), and Code Manager's.
FILES = (
    Path("/etc/puppetlabs/r10k/r10k.yaml"),
    Path("/etc/r10k.yaml"),
    Path("/opt/puppetlabs/server/data/code-manager/r10k.yaml"),
)


def asks_the_forge(is_forge: Callable[[str], bool], files: Iterable[Path] = FILES) -> bool:
    """Whether r10k fetches modules from the Forge, as far as its configuration tells.

    False also where one of these files cannot be read: it may name a Forge of the site's own.

    Args:
        is_forge: whether a URL is that of the Forge.
        files: the files to read; those that do not exist are passed over.
    """
    return all(_allows(file, is_forge) for file in files)


def _allows(file: Path, is_forge: Callable[[str], bool]) -> bool:
    try:
        data = read_file(file)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    import yaml  # noqa: PLC0415 - most servers that are asked have no such file

    try:
        document = yaml.safe_load(data)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        return False
    settings = _plain(document).get("forge")
    url = _plain(settings).get("baseurl")
    return url is None or (isinstance(url, str) and is_forge(url))


def _plain(mapping: object) -> dict[str, object]:
    """A mapping with plain keys: r10k takes Ruby's symbols (``:forge:``), too."""
    if not isinstance(mapping, dict):
        return {}
    return {str(key).lstrip(":"): value for key, value in mapping.items()}
