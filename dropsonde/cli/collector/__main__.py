"""``python -m dropsonde.cli.collector``."""

import sys

from dropsonde.cli.collector import main

if __name__ == "__main__":
    sys.exit(main())
