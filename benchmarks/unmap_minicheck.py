"""The routine of model.py for minicheck: `python unmap_minicheck.py VMAS PAGES`, run where it is installed.

States are tuples: lock, count, a mark per vma, a mask of mapped pages per vma, then per caller its place and
the locals at, page and mine, which are cleared where they are no longer read.
"""

import json
import sys
import time
from collections.abc import Iterator

START, LOOK, ZAP, DROP, RETAKE, DONE = range(6)
RESTART = 8
CALLERS = 4
State = tuple[int, ...]


def steps(state: State, caller: int, vmas: int, pages: int) -> Iterator[State]:
    """All states that one caller can lead to."""
    low, high = caller % 2, pages - caller // 2 % 2
    base = 2 + 2 * vmas + 4 * caller
    place, at, page, mine = state[base : base + 4]
    mark, mapped = 2 + at, 2 + vmas + at

    def put(local: State, *shared: tuple[int, int]) -> State:
        after = list(state)
        after[base : base + 4] = local
        for index, value in shared:
            after[index] = value
        return tuple(after)

    if place == START and not state[0]:
        yield put((LOOK, 0, 0, state[1] + 1), (0, 1), (1, state[1] + 1))
    elif place == LOOK:
        begin = low
        if at < vmas and state[mark] >= RESTART and state[mark] - RESTART > low:
            begin = state[mark] - RESTART
        if at == vmas:
            yield put((DONE, 0, 0, 0), (0, 0))
        elif state[mark] == mine:
            yield put((LOOK, at + 1, 0, mine))
        elif begin >= high:
            yield put((LOOK, at + 1, 0, mine), (mark, mine))
        else:
            yield put((ZAP, at, begin, mine))
    elif place == ZAP:
        last = page + 1 == high
        written = (mapped, state[mapped] & ~(1 << page)), (mark, mine if last else RESTART + page + 1)
        yield put((LOOK, at + 1, 0, mine) if last else (ZAP, at, page + 1, mine), *written)
        yield put((DROP, 0, 0, mine), *written)
    elif place == DROP:
        yield put((RETAKE, 0, 0, mine), (0, 0))
    elif place == RETAKE and not state[0]:
        yield put((LOOK, 0, 0, mine), (0, 1))


def main() -> None:
    from minicheck import Protocol, check_safety

    vmas, pages = map(int, sys.argv[1:3])
    initial = (0, 0, *(0,) * vmas, *((1 << pages) - 1,) * vmas, *(START, 0, 0, 0) * CALLERS)
    seen = 0

    def transitions(state: State) -> list[tuple[str, State]]:
        nonlocal seen
        seen += 1
        return [(str(k), after) for k in range(CALLERS) for after in steps(state, k, vmas, pages)]

    fields = tuple(f"f{k}" for k in range(len(initial)))
    protocol = Protocol(
        name="unmap", candidate=False, fields=fields, initial=initial, transitions=transitions, invariants={}
    )
    begin = time.perf_counter()
    check_safety(protocol, max_states=1 << 30)
    print(json.dumps({"states": seen, "seconds": time.perf_counter() - begin}))


if __name__ == "__main__":
    main()
