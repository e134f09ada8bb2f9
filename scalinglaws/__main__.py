"""`python -m scalinglaws`: the console command, where scripts are not on the PATH."""

import sys

from scalinglaws.cli import main

if __name__ == "__main__":
    sys.exit(main())
