"""`python -m scalinglaws`: the console command, for when the script is not on the PATH."""

import os
import sys

# Python looks in the working folder first: a random.py there must not replace Python's own.
if sys.path[0] in ("", os.getcwd()):
    del sys.path[0]

from scalinglaws.cli import main

if __name__ == "__main__":
    sys.exit(main())
