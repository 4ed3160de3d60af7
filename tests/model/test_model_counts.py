"""Exact numbers of states: the benchmark's routine against an explorer written by hand for it alone."""

import pytest

from analysis.model.explorer import Limits

RESTART = 8


def step(task, ranges, vmas, shared, local):
    """All (shared, local) that a task can go to: (lock, count, marks, pages), (place, ...)."""
    lock, count, marks, pages = shared
    low, high = ranges[task]
    place = local[0]
    if place == "start" and not lock:
        yield (1, count + 1, marks, pages), ("look", 0, count + 1)
    elif place == "look":
        _, at, mine = local
        if at == vmas:
            yield (0, count, marks, pages), ("over",)
            return
        page = low
        if marks[at] >= RESTART and low < marks[at] - RESTART:
            page = marks[at] - RESTART
        if marks[at] == mine:
            yield shared, ("look", at + 1, mine)
        elif page >= high:
            yield (lock, count, put(marks, at, mine), pages), ("look", at + 1, mine)
        else:
            yield shared, ("zap", at, mine, page)
    elif place == "zap":
        _, at, mine, page = local
        mark = mine if page + 1 == high else RESTART + page + 1
        after = (lock, count, put(marks, at, mark), pages - {(at, page)})
        yield after, (("look", at + 1, mine) if page + 1 == high else ("zap", at, mine, page + 1))
        yield after, ("drop", mine)
    elif place == "drop":
        yield (0, count, marks, pages), ("retake", local[1])
    elif place == "retake" and not lock:
        yield (1, count, marks, pages), ("look", 0, local[1])


def put(marks, at, value):
    """Marks with one of them changed."""
    return (*marks[:at], value, *marks[at + 1 :])


def explore_by_hand(count, vmas, pages):
    """Numbers of states and transitions."""
    ranges = [(k % 2, pages - k // 2 % 2) for k in range(count)]
    everything = frozenset((v, p) for v in range(vmas) for p in range(pages))
    start = ((0, 0, (0,) * vmas, everything), (("start",),) * count)
    seen, work, transitions = {start}, [start], 0
    while work:
        shared, places = work.pop()
        for task in range(count):
            for after, local in step(task, ranges, vmas, shared, places[task]):
                transitions += 1
                found = (after, (*places[:task], local, *places[task + 1 :]))
                if found not in seen:
                    seen.add(found)
                    work.append(found)
    return len(seen), transitions


@pytest.mark.parametrize("case", [(1, 1, 2), (2, 1, 3), (2, 2, 4), (3, 1, 4), (3, 2, 3)])
def test_the_compiled_routine_has_as_many_states_and_transitions_as_one_explored_by_hand(
    benchmark_case, case
):
    exploration = benchmark_case.run(*case)
    assert (len(exploration.states), exploration.transitions) == explore_by_hand(*case)


def test_a_limit_on_states_is_named_and_no_pass(benchmark_case, monkeypatch):
    from analysis.model.check import check
    from analysis.model.result import Verdict

    tasks = benchmark_case.tasks(2, 3)
    results = check(tasks, {"vmas": 1, "pages": 3}, limits=Limits(states=50))
    assert not any(r.exhaustive for r in results)
    assert {r.verdict for r in results} == {Verdict.INCONCLUSIVE}
    assert results[0].reason == "state limit of 50 reached"
    results = check(tasks, {"vmas": 1, "pages": 3}, limits=Limits(states=150))
    found = {r.property: r for r in results}
    # what was found before the limit is found
    assert found["assertions hold"].verdict is Verdict.FAIL


def test_a_limit_on_time_is_named(benchmark_case):
    from analysis.model.check import check
    from analysis.model.result import Verdict

    results = check(benchmark_case.tasks(4, 8), {"vmas": 2, "pages": 8}, limits=Limits(seconds=0.0))
    assert not any(r.exhaustive for r in results)
    undecided = [r.reason for r in results if r.verdict is Verdict.INCONCLUSIVE]
    assert set(undecided) == {"time limit of 0 s reached"}
