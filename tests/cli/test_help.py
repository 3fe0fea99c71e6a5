"""Help and version: what a user asks for first must not wait for TensorFlow."""

COMMANDS = ("study", "compare", "train", "evaluate", "card", "export", "predict", "draw", "info")


def test_help_and_version_do_not_wait_for_tensorflow(run_python):
    for argument in ("--help", "--version"):
        code = f"""
import sys
from skdigits.cli import main
sys.argv = ["skdigits", "{argument}"]
try:
    main()
finally:
    print("loaded:", *sys.modules)
"""
        said, loaded = run_python(code).split("loaded:")
        assert ("study" in said and "compare" in said and "info" in said) or "0.1.0" in said
        assert {"tensorflow", "keras", "matplotlib", "sklearn", "numpy"}.isdisjoint(loaded.split())


def test_the_commands_help_needs_nothing_heavy_either(run_python):
    for command in COMMANDS:
        code = f"""
import sys
from skdigits.cli import main
sys.argv = ["skdigits", "{command}", "--help"]
try:
    main()
finally:
    print("loaded:", *sys.modules)
"""
        said, loaded = run_python(code).split("loaded:")
        assert f"Usage: skdigits {command}" in said
        assert {"tensorflow", "keras", "matplotlib", "sklearn", "numpy"}.isdisjoint(loaded.split())
