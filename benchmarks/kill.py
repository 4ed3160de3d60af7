"""Kill `moot ingest` at random moments, resume it, and compare the archive with that of an undisturbed run.

    python benchmarks/kill.py [--size 20000] [--kills 30] [--seed 1] [--json]

Every kill is SIGKILL, at a moment drawn between nothing and half the time that the whole ingest took
undisturbed; the same command goes on afterwards. An archive that gets finished between two kills is compared,
and another one begun. Compared are messages with their places, blocks and words, raw mail, threads,
discussions, defects and sources, but not the numbers that rows happen to have.
"""

import argparse
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

# The folder of a running script stands first in sys.path, where benchmarks/ingest.py hides the room ingest/.
sys.path.sort(key=str(Path(__file__).parent).__eq__)

from corpus import Corpus, write_mbox

from archive.database import Database, open_archive
from archive.discussions import list_discussions
from archive.mailreader import MailReader, defects
from ingest.derivation import settle


def ingest(mbox: Path, archive: Path, seconds: float | None = None) -> bool:
    """Run the command, killed after some seconds; returns whether it came to its end.

    Raises:
        RuntimeError: it failed by itself.
    """
    command = [sys.executable, "-m", "moot", "ingest", "-q", "--db", str(archive), str(mbox)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, cwd=Path(__file__).parents[1])
    try:
        _, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return False
    if process.returncode:
        raise RuntimeError(errors.decode()[-500:])
    return True


def fingerprint(path: Path) -> dict[str, str]:
    """A digest of each thing that an archive holds, the same for archives that hold the same."""
    with open_archive(path, create=False) as database:
        settle(database)
        return {
            name: hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
            for name, lines in _contents(database)
        }


def _contents(database: Database) -> Iterator[tuple[str, list[str]]]:
    with database.reading() as connection:
        reader = MailReader(connection)
        yield "messages", [repr(m) for m in reader.messages()]
        yield "defects", [repr(d) for d in defects(connection)]
        yield "discussions", [repr(d) for d in list_discussions(connection)]
        for name, sql in (
            (
                "raw mail",
                'SELECT hex(digest), "offset", form, name FROM raw JOIN source s ON s.id = source_id',
            ),
            ("sources", "SELECT name, kind, position FROM source"),
            ("threads", "SELECT n.text, r.text FROM name n JOIN name r ON r.id = n.thread"),
            ("words", "SELECT count(*) FROM message_text"),
        ):
            yield name, [repr(tuple(row)) for row in connection.exec_driver_sql(sql)]
        yield "integrity", [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]


def torment(mbox: Path, folder: Path, kills: int, seed: int) -> dict[str, object]:
    """Kill so many times; returns what was compared and every difference."""
    draw = random.Random(seed)  # noqa: S311  (not for secrets)
    started = time.monotonic()
    ingest(mbox, folder / "undisturbed.sqlite")
    whole = time.monotonic() - started
    wanted = fingerprint(folder / "undisturbed.sqlite")
    done = finished = 0
    differences: list[str] = []
    while done < kills:
        archive = folder / f"{finished}.sqlite"
        ended = False
        while done < kills and not ended:
            ended = ingest(mbox, archive, draw.uniform(0.0, whole / 2))
            done += not ended
        if not ended:
            ingest(mbox, archive)
        got = fingerprint(archive)
        differences += [f"archive {finished}: {name}" for name in wanted if got[name] != wanted[name]]
        finished += 1
        print(f"{done} kills, {finished} archives, {len(differences)} differences", file=sys.stderr)
        for left in folder.glob(f"{archive.name}*"):
            left.unlink()
    return {"kills": done, "archives": finished, "seconds": round(whole, 1), "differences": differences}


def main() -> None:
    """Print the outcome; exit 1 where archives differ."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--size", type=int, default=20_000)
    arguments.add_argument("--kills", type=int, default=30)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        mbox = Path(folder) / "mail.mbox"
        write_mbox(Corpus(options.size), mbox)
        outcome = torment(mbox, Path(folder), options.kills, options.seed)
    if options.json:
        print(json.dumps({"size": options.size, **outcome}, indent=1))
    else:
        print(f"{outcome['kills']} kills, {outcome['archives']} archives of {options.size} mails compared")
        print("\n".join(map(str, outcome["differences"])) or "no difference")  # type: ignore[call-overload]
    sys.exit(bool(outcome["differences"]))


if __name__ == "__main__":
    main()
