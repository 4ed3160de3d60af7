"""Which discussions the annotated threads become, thrown together into one pool and made harder.

    python -m benchmarks.discussions [--shared DIR] [--json] [--show]

Every file of the shared folder `threads` is one matter, so that a discussion that spans two files is a false
merge, and a file in several discussions a missed one. The pool is made harder in three ways: with half of
the mails lost at random, with every reference between mails taken away (each mail must then find its matter
by what it says), and with both. `examples` are the shipped discussions, one matter a file.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from archive.mail import Message
from benchmarks.threads import find_shared
from ingest.discussions import Matter, group
from ingest.guesses import guess_parents
from ingest.parsing import parse
from ingest.sources.opening import open_source
from ingest.threading import link, threads

SEEDS = (1, 2, 3)
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"

Pool = dict[str, Message]
Homes = dict[str, str]


@dataclass(frozen=True)
class Figures:
    """What became of one pool: `spanning` are the false merges, `whole` the files in one discussion."""

    pool: str
    mails: int
    files: int
    threads: int
    discussions: int
    spanning: int
    whole: int
    seconds: float


def read_pool(paths: Iterable[Path]) -> tuple[Pool, Homes]:
    """All mails of some files, and the file that each stood in first."""
    pool: Pool = {}
    homes: Homes = {}
    for path in paths:
        for raw in open_source(str(path)):
            message = parse(raw).message
            if message is not None and message.message_id not in pool:
                pool[message.message_id] = message
                homes[message.message_id] = path.stem
    return pool, homes


def measure(name: str, mails: Sequence[Message], homes: Homes, show: bool) -> Figures:
    """Group the mails and compare with the files."""
    roots = threads(mails)
    files: dict[str, set[str]] = defaultdict(set)
    for message in mails:
        files[roots[message.message_id]].add(homes[message.message_id])
    start = time.perf_counter()
    matters = group(mails, roots)
    seconds = time.perf_counter() - start
    spans = [(matter, set().union(*(files[root] for root in matter.roots))) for matter in matters]
    parts = Counter(file for _, found in spans for file in found)
    if show:
        explain(name, spans)
    return Figures(
        name,
        len(mails),
        len(parts),
        len(files),
        len(matters),
        sum(len(found) > 1 for _, found in spans),
        sum(count == 1 for count in parts.values()),
        round(seconds, 3),
    )


def explain(name: str, spans: list[tuple[Matter, set[str]]]) -> None:
    for matter, found in spans:
        if len(found) > 1:
            print(f"{name}: {', '.join(sorted(found))}:", *matter.reasons, sep="\n    ", file=sys.stderr)


def lose_half(mails: Iterable[Message], seed: int) -> list[Message]:
    return [m for m in mails if random.Random(f"{seed} {m.message_id}").random() < 0.5]  # noqa: S311


def lose_references(mails: Iterable[Message]) -> list[Message]:
    return [replace(m, references=(), in_reply_to=()) for m in mails]


def measure_guesses(pool: Pool) -> dict[str, int]:
    """How many of the parents that references name are found again without them."""
    parents = {name: parent for name, parent in link(pool.values()).items() if parent}
    guesses = guess_parents(lose_references(pool.values()), {})
    right = sum(guess.parent == parents.get(name) for name, guess in guesses.items())
    return {"answers": len(parents), "guessed": len(guesses), "right": right}


def run(shared: Path, show: bool) -> tuple[list[Figures], dict[str, int]]:
    """The figures of every pool; without the shared folder those of the examples alone."""
    pool, homes = read_pool(sorted(EXAMPLES.glob("*.mbox")))
    found = [measure("examples", list(pool.values()), homes, show)]
    paths = sorted((shared / "threads").glob("*.mbox"))
    if not paths:
        print(f"no threads in {shared / 'threads'}: only the examples are measured", file=sys.stderr)
        return found, {}
    pool, homes = read_pool(paths)
    mails = list(pool.values())
    found.append(measure("all", mails, homes, show))
    found += [measure(f"half, seed {seed}", lose_half(mails, seed), homes, show) for seed in SEEDS]
    bare = lose_references(mails)
    found.append(measure("no references", bare, homes, show))
    found += [
        measure(f"no references, half, seed {seed}", lose_half(bare, seed), homes, show) for seed in SEEDS
    ]
    return found, measure_guesses(pool)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, default=find_shared())
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--show", action="store_true", help="explain false merges on standard error")
    options = parser.parse_args()
    found, guessed = run(options.shared, options.show)
    if options.json:
        print(json.dumps({"pools": [asdict(figures) for figures in found], "guesses": guessed}, indent=1))
        return
    print(
        f"{'pool':34}{'mails':>7}{'files':>7}{'threads':>9}{'disc.':>7}{'spanning':>10}{'whole':>7}{'s':>8}"
    )
    for f in found:
        print(
            f"{f.pool:34}{f.mails:7}{f.files:7}{f.threads:9}{f.discussions:7}{f.spanning:10}{f.whole:7}{f.seconds:8.3f}"
        )
    if guessed:
        print("guessed parents: {guessed} of {answers}, {right} right".format(**guessed))


if __name__ == "__main__":
    main()
