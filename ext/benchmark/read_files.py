"""Read manifests, and with ``classes`` count their classes: ``read_files.py LIST [classes]``.

LIST contains the paths, each terminated by NUL.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(listing: Path, what: list[str]) -> None:
    contents = (Path(name).read_bytes() for name in listing.read_text().split("\0")[:-1])
    if what == ["classes"]:
        # Imported here, or the bare read would pay for it.
        from dropsonde.site.puppet.manifests import class_names  # noqa: PLC0415

        found = sum(len(class_names(content)) for content in contents)
    else:
        found = sum(map(len, contents))
    print(found)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
