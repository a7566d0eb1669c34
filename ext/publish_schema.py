"""Write the columns that the program declares now as the newest published version.

    python ext/publish_schema.py [--check]

The file is named after the version in dropsonde/__init__.py. A released version keeps its file:
raise the version before columns change. With --check the script writes nothing; its exit code says
whether the file is stale.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from dropsonde import __version__
from dropsonde.report import plugins
from dropsonde.schema import published

RELEASES = Path(published.__file__).with_name(published.FOLDER)


def main() -> int:
    columns = plugins.dataset_columns(plugins.choose(plugins.load(None), (), ()))
    if next(iter(published.load().values()), None) == columns:
        return 0
    if "--check" in sys.argv[1:]:
        said = "the newest schema is not what the metrics declare: run ext/publish_schema.py"
        print(said, file=sys.stderr)
        return 1
    text = json.dumps(published.to_published(columns), indent=2, ensure_ascii=False)
    (RELEASES / f"{__version__}.json").write_text(f"{text}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
