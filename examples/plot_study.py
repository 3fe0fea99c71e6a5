"""
The study, in one call
======================

Training, a hold-out, cross-validation, strangers' digits, two baselines:
:func:`~skdigits.study.run_study` does all that the command ``skdigits study`` does, and returns
the figures and the fitted networks.

Here it is cut short, to two folds and three epochs, so that this page is made in seconds.
``run_study()`` without arguments is the real thing; it takes some minutes.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.metrics import ConfusionMatrixDisplay

from skdigits.displays import TrainingHistoryDisplay
from skdigits.report import write_report
from skdigits.study import run_study

result = run_study(config="fast", epochs=3, cv=2)

# %%
# What it measured
# ----------------

print(f"hold-out         {result.hold_out.evaluation.accuracy:.2%}")
print(f"two folds        {result.cross_validation.accuracy:.2%}")
print(f"unseen writers   {result.unseen_writers.evaluation.accuracy:.2%}")

# %%
# Of the rows of each digit, how many were taken for which? Labels stand in the order of the rows.

evaluation = result.unseen_writers.evaluation
ConfusionMatrixDisplay(evaluation.confusion_matrix, display_labels=evaluation.labels).plot(
    cmap="Blues", colorbar=False
)
plt.gca().set_title("Digits of people it had never seen")

# %%
# The curves come from a network of their own, which was validated on a tenth of its training rows
# after each epoch.

display = TrainingHistoryDisplay.from_estimator(result.validated)
display.figure_.suptitle("Loss and accuracy by epoch")

# %%
# The page
# --------
#
# :func:`~skdigits.report.write_report` makes ``report.html`` of it, a page to read, print and
# hand out, with all that the study found:

with tempfile.TemporaryDirectory() as folder:
    write_report(result, folder)
    for file in sorted(Path(folder).iterdir()):
        print(f"{file.stat().st_size / 1e3:7.0f} kB  {file.name}")
