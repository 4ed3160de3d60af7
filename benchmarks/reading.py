"""Measures the reader on annotated threads that its weights have not seen: folds by thread.

For every fold the whole reader is trained on the other threads, reads the held-out ones from their mbox,
and the judge scores all exports together. Beside the table stand baselines for places of arguments, and the
figures of single stages. Two threads, chosen by the hash of their names, are set aside and never read here.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from annotation import Example, digest, folds_of, load_examples, set_aside
from baselines import baselines
from scoring import figures, write_export
from training import train

from analysis.reading.reader import read


def read_held_out(examples: Sequence[Example], folds: int, seed: int, found: Path) -> None:
    """Exports of every thread, each by weights trained on the other folds."""
    fold = folds_of([e.name for e in examples], folds, seed)
    for held in range(folds):
        weights = train([e for e, f in zip(examples, fold, strict=True) if f != held], seed)
        for example in (e for e, f in zip(examples, fold, strict=True) if f == held):
            write_export(found, example.name, (read(d, weights) for d in example.discussions))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--shared", type=Path, default=Path("../shared"), help="folder with gold/ and threads/"
    )
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--keep", type=Path, help="folder for the exports (default: a temporary one)")
    options = parser.parse_args()
    gold = sorted((options.shared / "gold").glob("*.json"))
    aside = set_aside([p.stem for p in gold])
    examples = [e for e in load_examples(options.shared) if e.name not in aside]
    print(f"gold {digest(*gold)}, judge {digest(options.shared / 'gold' / 'score.py')}")
    print(f"{len(examples)} threads in {options.folds} folds, seeds {options.seeds}")
    print(f"set aside: {', '.join(aside)}\n")
    for line in baselines(examples, options.folds, options.seeds[0]):
        print(line)
    totals: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        shared = link_without(options.shared, Path(scratch) / "shared", aside)
        for seed in options.seeds:
            found = (options.keep or Path(scratch)) / f"seed-{seed}"
            read_held_out(examples, options.folds, seed, found)
            print(f"\nseed {seed}\n{figures(shared, found)}")
            for name, figure in json.loads(figures(shared, found, as_json=True))["figures"].items():
                totals.setdefault(name, []).append(figure["f1"])
    if len(options.seeds) > 1:
        print(
            "F1 over seeds: " + ", ".join(f"{n} {np.mean(v):.3f}±{np.std(v):.3f}" for n, v in totals.items())
        )


def link_without(shared: Path, scratch: Path, aside: Sequence[str]) -> Path:
    """A folder like `shared` that lacks the gold of some threads."""
    (scratch / "gold").mkdir(parents=True)
    for path in (shared / "gold").iterdir():
        if path.stem not in aside:
            (scratch / "gold" / path.name).symlink_to(path.resolve())
    (scratch / "threads").symlink_to((shared / "threads").resolve())
    return scratch


if __name__ == "__main__":
    main()
