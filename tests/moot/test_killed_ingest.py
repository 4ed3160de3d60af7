"""An ingest that is killed at any moment goes on without loss or duplicate."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "kill.py"


def test_an_archive_that_was_killed_and_resumed_equals_one_that_was_not():
    command = [sys.executable, str(SCRIPT), "--size", "500", "--kills", "3"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "3 kills" in ran.stdout
    assert "no difference" in ran.stdout
