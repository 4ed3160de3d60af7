"""Trains boosted trees and takes them over as plain numpy."""

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier

from analysis.reading.models import table_of
from analysis.reading.trees import TreeModel

ROUNDS = 150
DEPTH = 3


def fit_trees(rows: Sequence[Mapping[str, float]], truth: Sequence[bool], seed: int = 0) -> TreeModel:
    """Shallow trees on half of the rows and a few of the numbers each, lest they learn by heart."""
    names = tuple(sorted({n for r in rows for n in r}))
    fitted = GradientBoostingClassifier(
        max_depth=DEPTH,
        n_estimators=ROUNDS,
        learning_rate=0.06,
        subsample=0.5,
        max_features=min(8, len(names)),
        min_samples_leaf=20,
        random_state=seed,
    ).fit(table_of(rows, names), np.asarray(truth, bool))
    share = float(np.mean(truth))
    return take_over(fitted, names, float(np.log(share / (1 - share))))


def take_over(fitted: GradientBoostingClassifier, names: tuple[str, ...], bias: float) -> TreeModel:
    """The trees of a fitted classifier whose first guess is `bias`."""
    trees = [stage[0].tree_ for stage in fitted.estimators_]
    shape = (len(trees), max(t.node_count for t in trees))
    feature, left, right = (np.zeros(shape, np.int16) for _ in range(3))
    border, value = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for i, tree in enumerate(trees):
        nodes = np.arange(tree.node_count)
        leaf = tree.children_left < 0
        feature[i, nodes] = np.where(leaf, 0, tree.feature)
        border[i, nodes] = np.where(leaf, 0.0, tree.threshold)
        left[i, nodes] = np.where(leaf, nodes, tree.children_left)
        right[i, nodes] = np.where(leaf, nodes, tree.children_right)
        value[i, nodes] = np.where(leaf, fitted.learning_rate * tree.value[:, 0, 0], 0.0)
    return TreeModel(names, feature, border, left, right, value, bias)
