"""
Mistakes, and rows that are labelled wrongly
============================================

An accuracy says how many digits are misread. Looking at them says why, and whether it is the
classifier that is wrong.
"""

from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import cross_val_predict

from skdigits import DigitCNNClassifier
from skdigits.datasets import find_doubtful_labels, load_optdigits
from skdigits.displays import MistakesDisplay

# sphinx_gallery_thumbnail_number = 1

X, y = load_optdigits(subset="train", return_X_y=True)
X_test, y_test = load_optdigits(subset="test", return_X_y=True)
clf = DigitCNNClassifier.fast(random_state=0).fit(X, y)
predicted = clf.predict(X_test)
print(f"{(predicted != y_test).sum()} of {len(y_test)} are wrong")

# %%
# The most confident mistakes
# ---------------------------
#
# Where a classifier is sure and wrong, either it has learnt something odd, or the label is
# doubtful.

MistakesDisplay.from_estimator(clf, X_test, y_test)

# %%
# Doubtful labels
# ---------------
#
# Five images of the test rows do not look like their labels. All writers copied the same text and
# the labels are the text's, so that it may be the writer who departed from it.

doubtful = find_doubtful_labels(X_test, y_test)
for row, looks_like in doubtful.items():
    print(f"row {row}: label {y_test[row]}, looks like {looks_like}, predicted {predicted[row]}")

# %%
# The least certain predictions
# -----------------------------
#
# These are the rows to look at if rows can be looked at by a person.

MistakesDisplay.from_estimator(clf, X_test, y_test, kind="least_certain", n_images=10)

# %%
# Which digits are taken for which
# --------------------------------

display = ConfusionMatrixDisplay.from_predictions(y_test, predicted, cmap="Blues", colorbar=False)
display.ax_.set_title("Digits of people it has never seen")

# %%
# The same in the training rows
# -----------------------------
#
# To find doubtful labels among rows to train on, predict each of them by a network that has not
# seen it. Then look at the mistakes that were made with confidence.

proba = cross_val_predict(clf, X, y, cv=3, method="predict_proba")
MistakesDisplay.from_predictions(X, y, proba, labels=clf.classes_, n_images=10)
