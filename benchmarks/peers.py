"""Compare what moot and notmuch find, and the threads that they make, on the same synthetic mail.

    python benchmarks/peers.py [--size 20000] [--archive moot.sqlite] [--json]

Twenty words and twenty pairs of words are looked for, quoted for notmuch, which would look for stems
otherwise. Search times are medians in this process, over all queries; `--archive` times an archive that is
there, and compares nothing.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# The folder of a running script stands first in sys.path, where benchmarks/ingest.py hides the room ingest/.
sys.path.sort(key=str(Path(__file__).parent).__eq__)

from corpus import Corpus, write_maildir, write_mbox

from archive.database import Database, open_archive
from archive.search import count, search, search_threads
from ingest.intake import ingest

WORDS = (
    *("the", "lock", "mapping", "writeback", "deadlock", "kernel", "folio", "reclaim", "worker", "crash"),
    *("page_get_mapping", "slab_alloc_truncate", "bio_wait", "zone_put", "range_lock", "inode_free_wait"),
    *("patch", "arbor", "someone", "nosuchword"),
)
PAIRS = tuple((WORDS[n], WORDS[(3 * n + 5) % len(WORDS)]) for n in range(20))
QUERIES = (*((word,) for word in WORDS), *PAIRS)


def notmuch(config: Path, *arguments: str) -> str:
    """What a notmuch command prints."""
    environment = {**os.environ, "NOTMUCH_CONFIG": str(config)}
    return subprocess.run(
        ["notmuch", *arguments], check=True, capture_output=True, text=True, env=environment
    ).stdout


def index_with_notmuch(size: int, folder: Path) -> Path:
    """A notmuch database of the synthetic mail; returns its configuration."""
    write_maildir(Corpus(size), folder / "mail")
    (folder / "db").mkdir()
    config = folder / "config"
    config.write_text(
        f"[database]\npath={folder / 'db'}\nmail_root={folder / 'mail'}\n[user]\nname=A\n"
        "primary_email=a@example.org\n[new]\ntags=\n[maildir]\nsynchronize_flags=false\n"
    )
    notmuch(config, "new", "--quiet")
    return config


def compare_hits(database: Database, config: Path) -> list[dict[str, object]]:
    """Every query whose messages differ, with some of those that one side alone has."""
    differences: list[dict[str, object]] = []
    for words in QUERIES:
        query = " ".join(f'"{word}"' for word in words)
        lines = notmuch(config, "search", "--output=messages", query).splitlines()
        theirs = {line.removeprefix("id:") for line in lines}
        with database.reading() as connection:
            ours = {hit.message_id for hit in search(connection, query, limit=10**6)}
        if ours != theirs:
            row = {"query": query, "moot": len(ours), "notmuch": len(theirs)}
            differences.append(row | {"ours": sorted(ours - theirs)[:3], "theirs": sorted(theirs - ours)[:3]})
    return differences


def compare_threads(database: Database, config: Path) -> dict[str, int]:
    """How many threads there are, and how many of ours notmuch has as well, message by message."""
    shown = json.loads(notmuch(config, "show", "--body=false", "--format=json", "--entire-thread=true", "*"))
    theirs = {frozenset(_ids(thread)) for thread in shown}
    ours: dict[int, set[str]] = {}
    with database.reading() as connection:
        statement = "SELECT n.thread, n.text FROM message m JOIN name n ON n.id = m.name"
        for thread, message_id in connection.exec_driver_sql(statement):
            ours.setdefault(thread, set()).add(message_id)
    same = theirs & {frozenset(ids) for ids in ours.values()}
    return {"moot": len(ours), "notmuch": len(theirs), "same": len(same)}


def _ids(nested: list) -> list[str]:  # type: ignore[type-arg]
    found = []
    waiting = [nested]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            found.append(item["id"])
        elif item:
            waiting.extend(item)
    return found


def time_searches(database: Database) -> dict[str, dict[str, float]]:
    """Median and 95th percentile, in milliseconds, of each kind of search over all queries."""
    kinds: dict[str, Callable[..., object]] = {
        "count": count,
        "newest 20": lambda c, q: search(c, q, limit=20),
        "20 threads": lambda c, q: search_threads(c, q, limit=20),
        "relevance 20": lambda c, q: search(c, q, limit=20, relevance=True),
    }
    figures = {}
    with database.reading() as connection:
        for name, find in kinds.items():
            taken = []
            for words in QUERIES:
                query = " ".join(words)
                runs = []
                for _ in range(5):
                    started = time.perf_counter()
                    find(connection, query)
                    runs.append(1000 * (time.perf_counter() - started))
                taken.append(statistics.median(runs))
            p95 = statistics.quantiles(taken, n=20)[18]
            figures[name] = {"p50": round(statistics.median(taken), 3), "p95": round(p95, 2)}
    return figures


def main() -> None:
    """Print the comparison."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--size", type=int, default=20_000)
    arguments.add_argument("--archive", type=Path, help="time this one only")
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args()
    result: dict[str, object] = {}
    if options.archive:
        with open_archive(options.archive, create=False) as database:
            result["milliseconds"] = time_searches(database)
    else:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_mbox(Corpus(options.size), folder / "mail.mbox")
            with open_archive(folder / "moot.sqlite") as database:
                ingest(database, [str(folder / "mail.mbox")])
                config = index_with_notmuch(options.size, folder)
                result["queries"] = len(QUERIES)
                result["differences"] = compare_hits(database, config)
                result["threads"] = compare_threads(database, config)
                result["milliseconds"] = time_searches(database)
    print(json.dumps(result, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
