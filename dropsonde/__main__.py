"""``python -m dropsonde``."""

import sys

from dropsonde.cli import main

if __name__ == "__main__":
    sys.exit(main())
