"""Boosted trees over named numbers, kept as plain numpy, and how they are applied."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class TreeModel:
    """A sum of decision trees as log-odds.

    The arrays have a row per tree and a column per node, the root first. A node sends a row to `left` where
    its number is at most `border`, else to `right`; a leaf has itself as both and adds `value`.
    """

    names: tuple[str, ...]
    feature: Indices
    border: Floats
    left: Indices
    right: Indices
    value: Floats
    bias: float

    @property
    def depth(self) -> int:
        """The most steps from a root to a leaf; no tree is deeper than half of its nodes."""
        return self.feature.shape[1] // 2 if self.feature.size else 0

    def judge(self, table: Floats) -> Floats:
        """The probability of every row of a (rows, names) table."""
        total = np.full(len(table), self.bias, np.float64)
        rows = np.arange(len(table))
        for tree in range(len(self.feature)):
            node = np.zeros(len(table), np.int16)
            for _ in range(self.depth):
                low = table[rows, self.feature[tree][node]] <= self.border[tree][node]
                after = np.where(low, self.left[tree][node], self.right[tree][node]).astype(np.int16)
                if np.array_equal(after, node):
                    break
                node = after
            total += self.value[tree][node]
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(total, -30, 30))), np.float32)
