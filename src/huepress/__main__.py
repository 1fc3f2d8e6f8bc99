"""`python -m huepress`: the program, where no folder of programs is on the path."""

import sys

from huepress.cli.start import run

if __name__ == "__main__":
    sys.exit(run())
