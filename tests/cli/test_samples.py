import pytest


@pytest.mark.parametrize("options", [[], ["--several"]])
def test_sample_pictures_are_named_and_can_be_read(skdigits, options):
    status, out, err = skdigits("samples", *options)
    assert (status, err) == (0, "")

    status, read, err = skdigits("predict", *options, *out.splitlines())

    assert (status, err) == (0, "")
    for file, answer in zip(out.splitlines(), read.splitlines(), strict=True):
        name, number = answer.rsplit(": ", 1)
        assert name == file
        assert number.split()[0] in file
