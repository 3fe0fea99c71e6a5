def test_sample_pictures_are_named(skdigits):
    from skdigits.datasets import sample_pictures

    for several in (False, True):
        status, out, err = skdigits("samples", *["--several"] * several)
        assert (status, err) == (0, "")
        assert out.splitlines() == [*map(str, sample_pictures(several=several))]
