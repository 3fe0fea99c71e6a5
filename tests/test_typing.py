"""What a type checker says to users of the package, which is marked as typed (PEP 561)."""

import subprocess
import sys
from pathlib import Path

READER = Path(__file__).parent / "typing" / "reader.py"


def test_a_strictly_typed_program_that_uses_the_package_passes(tmp_path):
    """It passes as it would for a user, outside the checkout and without its settings."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--config-file=",
            "--python-version=3.11",
            READER,
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
