"""``python -m skdigits``: the same as the ``skdigits`` command."""

from skdigits.cli import main

if __name__ == "__main__":
    main()
