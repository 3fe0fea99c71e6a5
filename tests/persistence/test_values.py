import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdigits.persistence._values import decode, encode

NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=5)
PYTHON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(SCALARS, inner, max_size=3)
    ),
    max_leaves=8,
)


def types(value):
    if isinstance(value, dict):
        return [(type(key), types(item)) for key, item in value.items()]
    return [type(value), *map(types, value)] if isinstance(value, list | tuple) else type(value)


@given(PYTHON)
def test_python_values_come_back_with_their_types(value):
    back = decode(json.loads(json.dumps(encode(value))))
    assert back == value
    assert types(back) == types(value)


@pytest.mark.parametrize(
    ("value", "same"),
    [(np.int8(3), 3), (np.float32(0.5), 0.5), (np.bool_(True), True), (np.str_("a"), "a")],
)
def test_scalars_of_numpy_become_those_of_python(value, same):
    assert encode((value,)) == {"tuple": [same]}
    assert type(encode(value)) is type(same)


@pytest.mark.parametrize("value", [np.array([8, 16]), range(8, 17, 8)])
def test_arrays_and_ranges_become_lists(value):
    assert json.dumps(encode((value,))) == '{"tuple": [[8, 16]]}'


@pytest.mark.parametrize("value", [object(), {(1, 2): 3}, {1, 2}, b"a", 1j])
def test_what_cannot_be_encoded_is_a_type_error(value):
    with pytest.raises(TypeError, match="cannot be written as JSON"):
        encode([value])


@pytest.mark.parametrize(
    "value",
    [
        {"set": []},
        {"tuple": 1},
        {"tuple": [], "dict": []},
        {"dict": [[1]]},
        {"dict": [[[1], 2]]},
        {"dict": [[1, 2], [1, 3]]},
        {},
    ],
)
def test_what_encode_would_not_give_is_not_decoded(value):
    with pytest.raises(ValueError, match="stands for no value"):
        decode([value])
