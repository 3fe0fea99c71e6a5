"""
A search over hyper-parameters
==============================

scikit-learn's searches take the network as they take any estimator. Candidates that differ in
numbers only, such as the learning rate, share one traced graph, and cost no start-up each.
"""

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.model_selection import GridSearchCV

from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits

X, y = load_optdigits(subset="train", return_X_y=True)
X, y = X[::3], y[::3]  # for a quick page

# %%
# Learning rate and epochs
# ------------------------
#
# Twelve candidates on two folds: 24 fits. Learning rates are tried on a logarithmic grid. The
# first line of the table shows what too small a step costs: it would need many more epochs.

search = GridSearchCV(
    DigitCNNClassifier.fast(random_state=0),
    {"learning_rate": [0.001, 0.005, 0.02, 0.1], "epochs": [2, 4, 6]},
    scoring="neg_log_loss",
    cv=2,
).fit(X, y)
print(search.best_params_)

# %%
# The table and the picture
# -------------------------
#
# Log-loss rather than accuracy: it tells candidates apart that make the same few mistakes.

results = pd.DataFrame(search.cv_results_)
table = -results.pivot_table("mean_test_score", "param_learning_rate", "param_epochs")
print(table.round(3).to_string())

figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
image = ax.imshow(table, cmap="viridis_r", norm="log", aspect="auto")
ax.set(
    xticks=range(3),
    xticklabels=table.columns,
    xlabel="Epochs",
    yticks=range(4),
    yticklabels=table.index,
    ylabel="Learning rate",
    title="Log-loss on rows that were left out",
)
for i, values in enumerate(table.to_numpy()):
    for j, value in enumerate(values):
        ax.text(j, i, f"{value:.3f}", ha="center", va="center", color="w" if value > 0.12 else "k")
figure.colorbar(image)
