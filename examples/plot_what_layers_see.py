"""
What the layers see
===================

A convolutional network turns an image into maps: where in the image is a stroke of this
direction, an end, a bow? Later layers combine earlier ones' maps, until one value for each map
is left, and ten sums of them decide.
"""

from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
from skdigits.displays import ArchitectureDisplay, FeatureMapDisplay, FilterDisplay

# sphinx_gallery_thumbnail_number = 2

X, y = load_optdigits(subset="train", return_X_y=True)
X_test, y_test = load_optdigits(subset="test", return_X_y=True)
clf = DigitCNNClassifier.fast(random_state=0).fit(X, y)

# %%
# The network
# -----------

ArchitectureDisplay.from_estimator(clf)

# %%
# Feature maps
# ------------
#
# One test image, and what each layer makes of it. Each layer has its own scale, whose ends are
# written beside it. With batch normalisation, the maps of a convolution that is pooled are shown
# before they are normalised, and have negative values too.

display = FeatureMapDisplay.from_estimator(clf, X_test[3])
display.figure_.suptitle("Feature maps of a three")

# %%
# Filters
# -------
#
# The 3x3 weights of the first convolution: red adds where there is ink, blue takes away. Some are
# edges of one direction.

FilterDisplay.from_estimator(clf)

# %%
# The study's network
# -------------------
#
# The network of the study that this project started from pools three times, so that its last maps
# are single values. Its rows are not scaled; it is trained for ten epochs here instead of a
# hundred.

reference = DigitCNNClassifier.reference(epochs=10, random_state=0).fit(X, y)
display = FeatureMapDisplay.from_estimator(reference, X_test[3])
display.figure_.suptitle("The same image in the study's network")
