"""``skdigits info`` as a user meets it."""

import sklearn


def test_info_is_a_name_and_a_value_per_line_tensorflows_last(skdigits):
    status, out, err = skdigits("info")
    assert (status, err) == (0, "")
    lines = dict(line.split(": ", 1) for line in out.splitlines())
    assert lines["scikit-learn"] == sklearn.__version__
    assert lines["data_intact"] == "True"
    assert "CPU:0" in lines["devices"].split(", ")
    assert int(lines["intra_op_threads"]) >= 0
    tensorflow = {"intra_op_threads", "inter_op_threads", "onednn", "devices"}
    assert set([*lines][-4:]) == tensorflow
