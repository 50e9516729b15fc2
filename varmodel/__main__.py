"""`python -m varmodel` is the command line."""

import sys

from varmodel.cli import main

if __name__ == "__main__":
    sys.exit(main())
