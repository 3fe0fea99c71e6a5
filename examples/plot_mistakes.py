"""
Mistakes, and rows that are labelled wrongly
============================================

Which digits does a classifier get wrong, and is it always the classifier?
"""

# sphinx_gallery_thumbnail_number = 1

from skdigits import DigitCNNClassifier
from skdigits.datasets import find_doubtful_labels, load_optdigits
from skdigits.displays import DigitSamplesDisplay, MistakesDisplay

# %%
# The classifier
# --------------
#
# It is trained on 30 writers and tested on 13 others.

X, y = load_optdigits(subset="train", return_X_y=True)
X_test, y_test = load_optdigits(subset="test", return_X_y=True)
clf = DigitCNNClassifier.fast(random_state=0).fit(X, y)
print(f"{(clf.predict(X_test) != y_test).sum()} of {len(y_test)} are wrong")
MistakesDisplay.from_estimator(clf, X_test, y_test)
