"""``skdigits info`` as a user meets it."""

import json


def test_info_is_a_name_and_a_value_a_line(skdigits):
    import sklearn

    status, out, err = skdigits("info", "--no-tensorflow")
    assert (status, err) == (0, "")
    lines = dict(line.split(": ", 1) for line in out.splitlines())
    assert lines["scikit-learn"] == sklearn.__version__
    assert lines["data_intact"] == "yes"
    assert "devices" not in lines


def test_info_says_that_it_waits_for_tensorflow(skdigits):
    status, out, err = skdigits("info", "--json")
    assert status == 0
    assert err == "Importing TensorFlow: a few seconds. --no-tensorflow skips it.\n"
    information = json.loads(out)
    assert "CPU:0" in information["devices"]
    assert information["intra_op_threads"] >= 0


def test_info_without_tensorflow_imports_none(run_python):
    code = """
import sys
from skdigits.cli import main
sys.argv = ["skdigits", "info", "--no-tensorflow"]
try:
    main()
finally:
    print("loaded:", *sys.modules)
"""
    loaded = run_python(code).split("loaded:")[1].split()
    assert {"tensorflow", "keras", "matplotlib"}.isdisjoint(loaded)
