"""The timer's command as a script: check whether a submission is wanted and due."""

import sys

from dropsonde_puppetserver.scheduled import main

if __name__ == "__main__":
    sys.exit(main())
