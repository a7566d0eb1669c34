"""``python -m dropsonde``."""

import sys

from dropsonde.cli.probe import main

if __name__ == "__main__":
    sys.exit(main())
