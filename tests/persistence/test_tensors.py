import itertools
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from skdigits.persistence._tensors import dump_tensors, load_tensors

ARRAYS = stn.arrays(
    np.float32,
    stn.array_shapes(min_dims=0, max_dims=4, max_side=3),
    elements={"allow_nan": False, "allow_infinity": False},
) | stn.arrays(np.int64, ())


@given(st.dictionaries(st.text("abc_/0", min_size=1), ARRAYS, min_size=1, max_size=4))
def test_arrays_come_back(arrays):
    back = load_tensors(dump_tensors(arrays))
    assert back.keys() == arrays.keys()
    for name, values in arrays.items():
        assert back[name].dtype == values.dtype
        np.testing.assert_array_equal(back[name], values)
        assert back[name].flags.writeable


def test_views_and_other_orders_of_memory_come_back():
    values = np.arange(24, dtype=np.float32).reshape(4, 6)
    for view in (values.T, values[::-1, ::2], np.asfortranarray(values)):
        np.testing.assert_array_equal(load_tensors(dump_tensors({"a": view}))["a"], view)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_error(data):
    with pytest.raises(ValueError, match=r"."):
        load_tensors(data)


def file_of(header, data=b"\0" * 8, length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        file_of({"a": entry()}, b"\0" * 7),
        file_of({"a": entry()}, b"\0" * 9),
        file_of({"a": entry()}, length=2**40),
        file_of({"a": entry()}, length=2**63),
        file_of({"a": entry("F64", (1,))}),
        file_of({"a": entry("BF16", (4,))}),
        file_of({"a": entry("BOOL", (8,))}),
        file_of({"a": entry("O")}),
        file_of({"a": entry(shape=(3,))}),
        file_of({"a": entry(shape=(-2,))}),
        file_of({"a": entry(shape=(2**62, 2**62))}),
        file_of({"a": entry(offsets=(0, 16))}),
        file_of({"a": entry(offsets=(8, 0))}),
        file_of({"a": entry(), "b": entry()}),
        file_of(b"[" * 10**5),
        file_of(b"{}"),
        file_of({"a": entry()}, np.array([1, np.nan], "<f4").tobytes()),
        file_of({"a": entry()}, np.array([1, -np.inf], "<f4").tobytes()),
        file_of(b" " * (2**21 + 1)),
    ],
    ids=itertools.count(),
)
def test_what_is_not_whole_or_not_finite_is_refused(data):
    with pytest.raises(ValueError, match=r"."):
        load_tensors(data)
