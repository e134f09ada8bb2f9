"""The command, whatever it is asked."""

import subprocess
import sys

import pytest


@pytest.mark.slow
def test_a_reader_that_has_seen_enough_gets_no_traceback():
    """As in `scalinglaws sweep grid --plan | head`."""
    command = [sys.executable, "-m", "scalinglaws", "sweep", "grid", "--plan"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait() == 0, said
    assert "Traceback" not in said and "BrokenPipe" not in said
