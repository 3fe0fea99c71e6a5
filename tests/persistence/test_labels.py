import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from skdigits.persistence._labels import decode_labels, encode_labels

DTYPES = (
    stn.integer_dtypes(endianness="?")
    | stn.unsigned_integer_dtypes(endianness="?")
    | stn.floating_dtypes(endianness="?", sizes=(16, 32, 64))
    | stn.boolean_dtypes()
    | stn.unicode_string_dtypes(endianness="?", max_len=6)
)


def labels_of(dtype):
    elements = (
        {"allow_nan": False, "allow_infinity": False} if np.dtype(dtype).kind == "f" else None
    )
    return stn.arrays(dtype, st.integers(1, 12), elements=elements).map(np.unique)


def through_json(labels):
    return decode_labels(json.loads(json.dumps(encode_labels(labels))))


@settings(max_examples=50)
@given(DTYPES.flatmap(labels_of).filter(lambda labels: len(labels) >= 2))
def test_labels_come_back_with_their_dtype(labels):
    back = through_json(labels)
    assert back.dtype == labels.dtype
    np.testing.assert_array_equal(back, labels)


@given(st.sets(st.text(max_size=9), min_size=2, max_size=9))
def test_strings_as_objects_come_back(labels):
    labels = np.array(sorted(labels), dtype=object)
    back = through_json(labels)
    assert back.dtype == object
    assert back.tolist() == labels.tolist()


@pytest.mark.parametrize(
    "labels",
    [
        np.array([b"a", b"b"]),
        np.array(["a", None], dtype=object),
        np.array([1, 2], dtype=object),
        np.array([1, 2], dtype=np.longdouble),
        np.array([1j, 2j]),
    ],
)
def test_other_labels_are_refused_with_a_way_out(labels):
    with pytest.raises(ValueError, match=r"cannot be kept, only integers.*fit again"):
        encode_labels(labels)


@pytest.mark.parametrize(
    "encoded",
    [
        None,
        [1, 2],
        {"dtype": "<i8"},
        {"dtype": "<i8", "values": [0]},
        {"dtype": "<i8", "values": "01"},
        {"dtype": "<i8", "values": [1, 0]},
        {"dtype": "<i8", "values": [0, 0]},
        {"dtype": "<i8", "values": [0, True]},
        {"dtype": "<i8", "values": [0, [1]]},
        {"dtype": "|u1", "values": [0, 256]},
        {"dtype": "<i8", "values": [0, 10**19]},
        {"dtype": "<f4", "values": [0.1, 0.2]},  # no float32 has these values
        {"dtype": "<f8", "values": [0.0, -0.0]},
        {"dtype": "<U1", "values": ["a", "bc"]},
        {"dtype": "<U99999999", "values": ["a", "b"]},
        {"dtype": "object", "values": ["a", 1]},
        {"dtype": "|O", "values": ["a", "b"]},
        {"dtype": "<M8[D]", "values": [0, 1]},
        {"dtype": "i8,i8", "values": [0, 1]},
        {"dtype": 3, "values": [0, 1]},
    ],
)
def test_what_labels_would_not_become_is_refused(encoded):
    with pytest.raises(ValueError, match="its labels"):
        decode_labels(encoded)
