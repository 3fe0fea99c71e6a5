"""
Pictures of your own
====================

The network takes 64 counts and knows nothing of pictures. A photograph that is merely scaled
down to 8x8 looks unlike anything it was trained on.
:class:`~skdigits.pictures.DigitImageEncoder` makes counts of a picture as they were made
for the data set.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from skdigits.datasets import load_optdigits
from skdigits.default_model import default_model
from skdigits.displays import DigitImageEncoderDisplay
from skdigits.pictures import DigitImageEncoder, read_digit

# sphinx_gallery_thumbnail_number = 2

# %%
# A photograph
# ------------
#
# Made here of a bitmap of the data set, so that this page needs no camera: turned, small, in blue
# ink, on grey paper with a shadow and ruled lines.

digits = load_optdigits(subset="test", bitmaps=True)
bitmap = digits.bitmaps[4]
rng = np.random.default_rng(0)

ink = Image.fromarray(np.uint8(255 * bitmap)).resize((130, 170), Image.Resampling.BICUBIC)
page = Image.new("L", (300, 240))
page.paste(ink.rotate(8, expand=True), (110, 30))
cover = np.asarray(page)[..., np.newaxis] / 255
shadow = np.linspace(0.95, 0.6, 300)[np.newaxis, :, np.newaxis]
paper = np.full((240, 300, 3), 0.9) * shadow
paper[30::52] = 0.72 * shadow
photograph = paper * (1 - cover) + np.array([0.1, 0.15, 0.5]) * shadow * cover
photograph = np.clip(photograph + rng.normal(0, 0.02, photograph.shape), 0, 1)

figure, ax = plt.subplots(figsize=(4, 3.2), layout="constrained")
ax.imshow(photograph)
ax.set_title("The photograph")
ax.set_axis_off()

# %%
# From the photograph to the counts
# ---------------------------------

DigitImageEncoderDisplay.from_picture(DigitImageEncoder(), photograph)

# %%
# The answer
# ----------
#
# :func:`~skdigits.pictures.read_digit` encodes and predicts. The model that comes with skdigits was
# trained on many countries' ways to write; any classifier that was fitted on the data set's rows
# will do.

reading = read_digit(photograph, default_model())
print(f"It is a {reading.label}: {reading.probabilities.max():.1%}")

# %%
# Why not resize it?
# ------------------
#
# Pages of 50 bitmaps, once encoded and once scaled to 8x8 counts by Pillow:

model = default_model()
rows = range(0, 1700, 34)
margins = ((30, 50), (60, 20))
pages = [np.pad(1.0 - digits.bitmaps[row], margins, constant_values=1) * 255 for row in rows]
encoded = DigitImageEncoder().transform(pages)
small = [Image.fromarray(np.uint8(255 - page)).resize((8, 8)) for page in pages]
resized = np.array([np.asarray(image).ravel() / 255 * 16 for image in small])

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it does say that these are no digits
    for name, counts in {"encoded": encoded, "resized": resized}.items():
        print(f"{name}: {np.mean(model.predict(counts) == digits.target[rows]):.0%} right")
