"""Scores what the shipped reader finds in all annotated threads: `make score`.

The shipped weights were trained on these threads, so this table flatters: it shows that the whole way
works. The honest figures, with every thread read by weights that never saw it, come from
benchmarks/reading.py.
"""

import argparse
import tempfile
import time
from pathlib import Path

from annotation import digest
from mail import read_discussions
from scoring import figures, write_export

from analysis.reading.reader import READER_VERSION, read


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--shared", type=Path, default=Path("../shared"), help="folder with gold/ and threads/"
    )
    parser.add_argument("--keep", type=Path, help="folder for the exports (default: a temporary one)")
    options = parser.parse_args()
    gold = sorted((options.shared / "gold").glob("*.json"))
    if not gold:
        parser.exit(
            1, f"score: no annotated threads in {options.shared / 'gold'}; name their folder: --shared\n"
        )
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        started, mails = time.perf_counter(), 0
        for path in gold:
            discussions = read_discussions(options.shared / "threads" / f"{path.stem}.mbox")
            mails += sum(len(d.messages) for d in discussions)
            write_export(folder, path.stem, map(read, discussions))
        seconds = time.perf_counter() - started
        script = options.shared / "gold" / "score.py"
        print(f"reader {READER_VERSION}, gold {digest(*gold)}, judge {digest(script)}")
        print(f"{len(gold)} threads, {mails} mails, {mails / seconds:.0f} a second on one core")
        print("trained on these threads: see benchmarks/reading.py for figures on held-out ones\n")
        print(figures(options.shared, folder))


if __name__ == "__main__":
    main()
