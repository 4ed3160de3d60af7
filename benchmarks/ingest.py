"""Time ingest through the command line beside notmuch and mu, on the same synthetic mail, in one run.

    python benchmarks/ingest.py [--size 20000] [--runs 3] [--json]

Reported: wall seconds, CPU seconds, peak memory (of the largest process), bytes of index a mail, and the
ratios of the peers' wall time to ours. notmuch and mu read a Maildir of the same mails; a peer that isn't
installed is left out, and said to be.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from corpus import Corpus, write_maildir, write_mbox


@dataclass(frozen=True)
class Run:
    """What one run of one program took; memory in MiB."""

    wall: float
    cpu: float
    memory: float
    bytes_a_mail: float


def measure(command: list[str], environment: dict[str, str]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak MiB of a command; raises where it fails."""
    with tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = status  # reaped here for its usage: Popen must not wait for it again
        if status:
            errors.seek(0)
            raise RuntimeError(f"{command[0]}: {errors.read()[-500:].decode()}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def size_of(folder: Path) -> int:
    """Bytes of all files of a folder."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def run_moot(mbox: Path, maildir: Path, scratch: Path, size: int) -> Run:
    """`moot ingest` from one mbox."""
    home = scratch / "moot"
    command = [
        str(Path(sys.executable).parent / "moot"),
        "ingest",
        "-q",
        "--db",
        str(home / "a.sqlite"),
        str(mbox),
    ]
    figures = measure(command, {})
    return Run(*figures, size_of(home) / size)


def run_notmuch(mbox: Path, maildir: Path, scratch: Path, size: int) -> Run:
    """`notmuch new` from a Maildir."""
    home = scratch / "notmuch"
    home.mkdir()
    config = home / "config"
    config.write_text(
        f"[database]\npath={home / 'db'}\nmail_root={maildir}\n[user]\nname=A\nprimary_email=a@example.org\n"
        "[new]\ntags=\n[maildir]\nsynchronize_flags=false\n"
    )
    (home / "db").mkdir()
    figures = measure(["notmuch", "new", "--quiet"], {"NOTMUCH_CONFIG": str(config)})
    return Run(*figures, size_of(home / "db") / size)


def run_mu(mbox: Path, maildir: Path, scratch: Path, size: int) -> Run:
    """`mu init` and `mu index` from a Maildir."""
    home = scratch / "mu"
    init = ["mu", "init", f"--muhome={home}", f"--maildir={maildir}", "--quiet"]
    subprocess.run(init, check=True, capture_output=True)
    figures = measure(["mu", "index", f"--muhome={home}", "--quiet"], {})
    return Run(*figures, size_of(home) / size)


PROGRAMS: dict[str, Callable[[Path, Path, Path, int], Run]] = {
    "moot": run_moot,
    "notmuch": run_notmuch,
    "mu": run_mu,
}


def compare(size: int, runs: int, keep: Path | None) -> dict[str, object]:
    """The medians of every program, run in turn, and the ratios."""
    names = [name for name in PROGRAMS if name == "moot" or shutil.which(name)]
    with tempfile.TemporaryDirectory(dir=keep) as folder:
        mbox, maildir = Path(folder) / "mail.mbox", Path(folder) / "mail"
        write_mbox(Corpus(size), mbox)
        write_maildir(Corpus(size), maildir)
        figures: dict[str, list[Run]] = {name: [] for name in names}
        for number in range(runs):
            for name in names:
                scratch = Path(folder) / f"{name}{number}"
                scratch.mkdir()
                figures[name].append(PROGRAMS[name](mbox, maildir, scratch, size))
                shutil.rmtree(scratch)
    medians = {
        name: {key: round(statistics.median(asdict(r)[key] for r in taken), 3) for key in asdict(taken[0])}
        for name, taken in figures.items()
    }
    ratios = {
        name: round(
            statistics.median(p.wall / o.wall for p, o in zip(taken, figures["moot"], strict=True)), 2
        )
        for name, taken in figures.items()
        if name != "moot"
    }
    missing = [name for name in PROGRAMS if name not in names]
    return {"size": size, "runs": runs, "medians": medians, "times_as_fast_as": ratios, "missing": missing}


def main() -> None:
    """Print the comparison."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--size", type=int, default=20_000)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--scratch", type=Path, help="where the mail is made (default: the system's)")
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args()
    result = compare(options.size, options.runs, options.scratch)
    if options.json:
        print(json.dumps(result, indent=1))
        return
    print(f"{options.size} mails, median of {options.runs} runs in turn")
    print(f"{'':8} {'wall s':>8} {'cpu s':>8} {'MiB':>8} {'bytes/mail':>10}")
    for name, row in result["medians"].items():  # type: ignore[attr-defined]
        print(
            f"{name:8} {row['wall']:8.2f} {row['cpu']:8.2f} {row['memory']:8.0f} {row['bytes_a_mail']:10.0f}"
        )
    for name, ratio in result["times_as_fast_as"].items():  # type: ignore[attr-defined]
        print(f"moot is {ratio} times as fast as {name}")
    for name in result["missing"]:  # type: ignore[attr-defined]
        print(f"{name} is not installed: not measured")


if __name__ == "__main__":
    main()
