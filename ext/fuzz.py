#!/usr/bin/env python3
"""Fuzz the collector: ``.venv/bin/python ext/fuzz.py --help`` says more."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ext.fuzzing.main import main  # found by the line above

if __name__ == "__main__":
    sys.exit(main())
