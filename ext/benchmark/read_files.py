"""Read manifests, and with ``classes`` find theirs: ``read_files.py LIST [classes]``.

LIST holds the paths, each ended by NUL.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(listing: Path, what: list[str]) -> None:
    contents = (Path(name).read_bytes() for name in listing.read_text().split("\0")[:-1])
    if what == ["classes"]:
        # Here, so that the bare read does not pay for it.
        from dropsonde.site.puppet.manifests import class_names  # noqa: PLC0415

        found = sum(len(class_names(content)) for content in contents)
    else:
        found = sum(map(len, contents))
    print(found)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
