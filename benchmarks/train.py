"""Trains the reader on all annotated threads but those set aside, and writes its weights: `make train`."""

import argparse
from pathlib import Path

from annotation import load_examples, set_aside
from training import train

from analysis.reading import models

WEIGHTS = Path(models.__file__).parent / "weights" / "reader.npz"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--shared", type=Path, default=Path("../shared"), help="folder with gold/ and threads/"
    )
    parser.add_argument("--to", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    examples = load_examples(options.shared)
    aside = set_aside([e.name for e in examples])
    models.pack_weights(train([e for e in examples if e.name not in aside]), options.to)
    print(f"{options.to}: {options.to.stat().st_size} bytes")


if __name__ == "__main__":
    main()
