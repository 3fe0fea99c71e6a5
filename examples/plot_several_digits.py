"""
Several digits in a picture
===========================

:func:`~skdigits.pictures.read_number` finds the digits of a picture and reads them line by line.
"""

import numpy as np

from skdigits.datasets import load_optdigits
from skdigits.default_model import default_model
from skdigits.displays import NumberReadingDisplay
from skdigits.pictures import read_number

# %%
# A page
# ------
#
# It is put together here of bitmaps by the same hand, two lines of five digits in a printed box,
# with specks.

digits = load_optdigits(subset="test", bitmaps=True)
rng = np.random.default_rng(1)
page = np.full((150, 320), 235.0)
page[8:11, 8:312] = page[139:142, 8:312] = page[8:142, 8:11] = page[8:142, 309:312] = 90
for line, text in enumerate(["31415", "92653"]):
    for place, digit in enumerate(text):
        row = rng.choice(np.flatnonzero(digits.target[:130] == int(digit)))
        top, left = 24 + 62 * line + rng.integers(-3, 4), 40 + 50 * place + rng.integers(-5, 6)
        page[top : top + 32, left : left + 32] -= 190.0 * digits.bitmaps[row]
for top, left in rng.integers(20, 130, (12, 2)):
    page[top, 2 * left] = 60
page = np.clip(page + rng.normal(0, 6, page.shape), 0, 255).astype(np.uint8)

# %%
# What is found and read
# ----------------------
#
# Box, specks and noise are left out.

reading = read_number(page, default_model())
print(reading.text)
print(reading.boxes[0])
NumberReadingDisplay.from_picture(page, default_model())

# %%
# How sure is it?
# ---------------
#
# The probability of the whole number is the product over its digits, if their mistakes are
# independent.

certainty = reading.probabilities.max(axis=1)
print(f"least certain digit {certainty.min():.3f}, all ten {certainty.prod():.3f}")
