import pytest

from skdigits.datasets import sample_pictures
from skdigits.default_model import default_model
from skdigits.pictures import read_digit, read_number


@pytest.mark.parametrize("path", sample_pictures(), ids=lambda path: path.name)
def test_a_sample_picture_is_read_as_the_digit_in_its_name(path):
    reading = read_digit(path, default_model())
    assert str(reading.label) == path.name.split("-")[0]
    assert reading.probabilities.max() > 0.9


@pytest.mark.parametrize("path", sample_pictures(several=True), ids=lambda path: path.name)
def test_a_sample_of_several_digits_is_read_as_the_number_in_its_name(path):
    assert read_number(path, default_model()).text == path.name.split("-")[0]


def test_there_are_some_of_either_kind_and_they_are_small():
    one, several = sample_pictures(), sample_pictures(several=True)
    assert len(one) >= 5
    assert several
    assert sum(path.stat().st_size for path in one + several) < 100_000
