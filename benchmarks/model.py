"""Speed of the model checker: `python benchmarks/model.py [--json] [--case A] [--runs 3]`.

The cases are N tasks in a routine like 2.6.37's unmap_mapping_range() with V vmas of P pages, at the
granularity at which other checkers were measured on it: a step for a look at a vma, one for a page.
"""

import argparse
import json
import statistics
import time
from collections.abc import Sequence

from analysis.model.explorer import Exploration, Limits, explore
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
from analysis.model.tries import Tries

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


def run(count: int, vmas_: int, pages: int) -> Exploration:
    """Explore one case from scratch."""
    program = build(tasks(count, pages), {"vmas": vmas_, "pages": pages})
    return explore(Tries(Machine(program)), Limits(states=1 << 26, seconds=3600))


def measure(name: str, runs: int) -> dict[str, object]:
    """Median seconds of some runs of a case, and its counts."""
    count, vmas_, pages, states, transitions = CASES[name]
    seconds = []
    for _ in range(runs):
        begin = time.perf_counter()
        exploration = run(count, vmas_, pages)
        seconds.append(time.perf_counter() - begin)
        if (len(exploration.states), exploration.transitions) != (states, transitions):
            raise SystemExit(f"case {name}: {len(exploration.states)} states, expected {states}")
    return {
        "case": name,
        "engine": "python",
        "states": states,
        "transitions": transitions,
        "seconds": round(statistics.median(seconds), 3),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--case", choices=sorted(CASES), action="append")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args(arguments)
    measured = [measure(name, options.runs) for name in options.case or sorted(CASES)]
    if options.json:
        print(json.dumps({"cases": measured}, indent=1))
        return
    for row in measured:
        print(
            "  ".join(
                f"{key} {value:,}" if isinstance(value, int) else f"{key} {value}"
                for key, value in row.items()
            )
        )


if __name__ == "__main__":
    main()
