"""What training leaves behind: linear models, kept as plain numpy, and how they are applied.

`Weights` holds all of them with the thresholds that were chosen on held-out threads. Nothing here learns;
benchmarks/train.py does.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.reading.features import Rows
from analysis.reading.trees import TreeModel

UNTRAINED = "untrained"
_TREE_PARTS = ("feature", "border", "left", "right", "value")

Floats = npt.NDArray[np.float32]


def squash(scores: Floats) -> Floats:
    """Log-odds as probabilities."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scores, -30, 30))), np.float32)


@dataclass(frozen=True, slots=True)
class TextModel:
    """A logistic regression over hashed features; `weights` has a value per column."""

    weights: Floats
    bias: float

    def judge(self, rows: Rows) -> Floats:
        """The probability of every row."""
        products = self.weights[rows.columns] * rows.values
        sums = np.add.reduceat(
            np.append(products, np.float32(0)), np.minimum(rows.starts[:-1], len(products))
        )
        empty = rows.starts[:-1] == rows.starts[1:]
        return squash(np.where(empty, 0.0, sums).astype(np.float32) + np.float32(self.bias))


@dataclass(frozen=True, slots=True)
class PairModel:
    """A logistic regression over named numbers."""

    names: tuple[str, ...]
    weights: Floats
    bias: float

    def judge(self, table: Floats) -> Floats:
        """The probability of every row of a (rows, names) table."""
        if not len(table):
            return np.zeros(0, np.float32)
        return squash(table @ self.weights + np.float32(self.bias))


@dataclass(frozen=True)
class Weights:
    """All that the reader has learnt: models by stage, thresholds by name, and which version it is."""

    texts: Mapping[str, TextModel]
    pairs: Mapping[str, PairModel]
    thresholds: Mapping[str, float]
    version: str = UNTRAINED
    trees: Mapping[str, TreeModel] = field(default_factory=dict)

    def threshold(self, name: str) -> float:
        """A threshold, or one half."""
        return self.thresholds.get(name, 0.5)


def pack_weights(weights: Weights, path: Path) -> None:
    """Write weights as an .npz of arrays with half the precision and a JSON beside the arrays."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    about: dict[str, Any] = {"thresholds": dict(weights.thresholds), "texts": {}, "pairs": {}, "trees": {}}
    for name, text in weights.texts.items():
        at = np.flatnonzero(text.weights).astype(np.int32)
        arrays[f"text.{name}.at"], arrays[f"text.{name}.w"] = at, text.weights[at].astype(np.float16)
        about["texts"][name] = {"bias": text.bias, "width": len(text.weights)}
    for name, pair in weights.pairs.items():
        arrays[f"pair.{name}.w"] = pair.weights.astype(np.float32)
        about["pairs"][name] = {"bias": pair.bias, "names": list(pair.names)}
    for name, tree in weights.trees.items():
        for part in _TREE_PARTS:
            arrays[f"tree.{name}.{part}"] = getattr(tree, part)
        about["trees"][name] = {"bias": tree.bias, "names": list(tree.names)}
    arrays["about"] = np.frombuffer(json.dumps(about, sort_keys=True).encode(), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


def unpack_weights(data: bytes) -> Weights:
    """The weights in the bytes of an .npz file that `pack_weights` wrote."""
    with np.load(BytesIO(data), allow_pickle=False) as arrays:
        about = json.loads(arrays["about"].tobytes())
        texts = {}
        for name, facts in about["texts"].items():
            dense = np.zeros(facts["width"], np.float32)
            dense[arrays[f"text.{name}.at"]] = arrays[f"text.{name}.w"].astype(np.float32)
            texts[name] = TextModel(dense, facts["bias"])
        pairs = {
            name: PairModel(tuple(facts["names"]), arrays[f"pair.{name}.w"], facts["bias"])
            for name, facts in about["pairs"].items()
        }
        trees = {
            name: TreeModel(
                names=tuple(facts["names"]),
                bias=facts["bias"],
                **{part: arrays[f"tree.{name}.{part}"] for part in _TREE_PARTS},
            )
            for name, facts in about.get("trees", {}).items()
        }
    return Weights(texts, pairs, about["thresholds"], digest_of_weights(data), trees)


@cache
def shipped_weights() -> Weights:
    """The weights in the package, or none where they were left out: the rules work without them."""
    data = _shipped()
    return unpack_weights(data) if data else Weights({}, {}, {})


def shipped_digest() -> str:
    """Twelve digits that tell the weights in the package apart, without loading them."""
    return digest_of_weights(_shipped())


def digest_of_weights(data: bytes) -> str:
    """Twelve digits of the bytes of a weights file; `untrained` for none."""
    return hashlib.sha256(data).hexdigest()[:12] if data else UNTRAINED


def _shipped() -> bytes:
    file = resources.files("analysis.reading") / "weights" / "reader.npz"
    return file.read_bytes() if file.is_file() else b""


def table_of(rows: Sequence[Mapping[str, float]], names: Sequence[str]) -> Floats:
    """Rows of named numbers as a table in the order of `names`; what a row doesn't name is 0."""
    return np.array([[row.get(n, 0.0) for n in names] for row in rows], np.float32).reshape(-1, len(names))
