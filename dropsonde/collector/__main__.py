"""``python -m dropsonde.collector``."""

import sys

from dropsonde.collector.cli import main

if __name__ == "__main__":
    sys.exit(main())
