"""
Save, load, and predict without TensorFlow
==========================================

A fitted classifier becomes one small file. To predict from it takes NumPy alone, and gives the
same probabilities bit for bit.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from skdigits import DigitCNNClassifier, load_model, load_predictor, save_model
from skdigits.datasets import load_optdigits

X, y = load_optdigits(subset="train", return_X_y=True)
X_test, y_test = load_optdigits(subset="test", return_X_y=True)
clf = DigitCNNClassifier.fast(random_state=0).fit(X, y)

# %%
# Save
# ----
#
# What was measured can travel with the file.

folder = tempfile.TemporaryDirectory()
path = Path(folder.name) / "digits.skdigits"
save_model(clf, path, scores={"accuracy": clf.score(X_test, y_test)})
print(f"{path.stat().st_size / 1e3:.0f} kB, {load_predictor(path).metadata['scores']}")

# %%
# Predict
# -------

predictor = load_predictor(path)
assert np.array_equal(predictor.predict_proba(X_test), clf.predict_proba(X_test))

figure, axes = plt.subplots(2, 8, figsize=(7, 2.2), layout="constrained")
for ax, row, label in zip(axes.flat, X_test, predictor.predict(X_test[:16]), strict=False):
    ax.imshow(row.reshape(8, 8), cmap="gray_r")
    ax.set_title(label)
    ax.set_axis_off()

# %%
# In a process of its own
# -----------------------
#
# This is a whole program that reads digits. It starts in a fraction of a second: neither
# TensorFlow nor scikit-learn is imported.

program = """
import sys, time
start = time.perf_counter()
import numpy as np
from skdigits import load_predictor
print(load_predictor(sys.argv[1]).predict(np.load(sys.argv[2])))
for module in ("tensorflow", "keras", "sklearn"):
    print(module, "was imported" if module in sys.modules else "was not imported")
"""
np.save(Path(folder.name) / "rows.npy", X_test[:8])
done = subprocess.run(
    [sys.executable, "-c", program, path, Path(folder.name) / "rows.npy"],
    capture_output=True,
    text=True,
    check=True,
)
print(done.stdout)

# %%
# Go on training
# --------------
#
# :func:`~skdigits.load_model` gives the classifier itself.

again = load_model(path).partial_fit(X, y)
print(f"{again.n_iter_} epochs")
folder.cleanup()
