"""A full disk and a limit on files: said, and the rest is kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.unit.collector.store.making import contents, opened

HERE = "tests.unit.collector.store"


def test_a_full_disk(tmp_path: Path) -> None:
    alone = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "-m"]
    done = subprocess.run(
        [*alone, sys.executable, "-m", f"{HERE}.full_disk", tmp_path],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout)
    full = "the spool cannot be read or written: database or disk is full: free some space"
    for turn in range(3):
        said = found.pop(f"said {turn}")
        assert said == [f"{full}; nothing acknowledged is lost"]
        assert found.pop(f"depth {turn}") is True
        assert found.pop(f"put {turn}") < 6000
    assert "space" in found.pop("compacted")
    assert found == {
        "damaged": False,
        "all there": True,
        "compacted later": ["2026-W47"],
        "all there later": True,
    }


LIMITED = """
import resource, sys
from pathlib import Path
from dropsonde.common.errors import StoreUnavailableError
from tests.unit.collector.store.making import LOADED, opened, row
store = opened(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
futures = [store.submit(row(number, value=number, modules=LOADED)) for number in range(3000)]
kept = 0
for future in futures:
    try:
        future.result()
        kept += 1
    except StoreUnavailableError:
        pass
depth = store.depth()
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
again = store.put(row(9999, value=9999))
store.close()
print(kept, depth, again)
"""


def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    root = tmp_path / "data"
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, root], check=True, capture_output=True, text=True
    )
    kept, depth, again = done.stdout.split()
    assert kept == depth
    assert 0 < int(kept) < 3000
    assert again == "True"
    with opened(root) as store:
        assert not (root / "damaged").exists()
        assert len(contents(store)) == int(kept) + 1
