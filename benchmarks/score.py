"""Scores what `moot export` says of every annotated thread, from an archive of its own: `make score`.

The shipped weights were trained on these threads, so this table flatters: it shows that the whole way
works. The honest figures, with every thread read by weights that never saw it, come from
benchmarks/reading.py.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from annotation import digest
from scoring import figures

from analysis.reading.reader import READER_VERSION
from moot import api


def exported(source: Path, archive: Path) -> dict[str, Any]:
    """What `moot export --format json` prints after `moot ingest` and `moot analyze` of one file."""
    with api.open_archive(archive) as database:
        api.ingest(database, [str(source)])
        chosen = api.discussions(database)
        api.analyze(database, chosen)
        return api.export(database, chosen)


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
        folder = options.keep or Path(scratch) / "exports"
        folder.mkdir(parents=True, exist_ok=True)
        started, mails = time.perf_counter(), 0
        for path in gold:
            source = options.shared / "threads" / f"{path.stem}.mbox"
            body = exported(source, Path(scratch) / f"{path.stem}.sqlite")
            mails += sum(message["origin"] == "archived" for message in body["messages"])
            (folder / path.name).write_text(json.dumps(body), encoding="utf-8")
        seconds = time.perf_counter() - started
        script = options.shared / "gold" / "score.py"
        print(f"reader {READER_VERSION}, gold {digest(*gold)}, judge {digest(script)}")
        print(f"{len(gold)} threads, {mails} mails in {seconds:.0f} s: ingest, analyze and export")
        print("trained on these threads: see benchmarks/reading.py for figures on held-out ones\n")
        print(figures(options.shared, folder))


if __name__ == "__main__":
    main()
