"""Runs that never end: fairness, how hard they are to avoid, and lassos that are real."""

import pytest

from analysis.model.check import check
from analysis.model.errors import ModelError
from analysis.model.language import (
    Struct,
    Task,
    any_of,
    array,
    atomic,
    bit,
    mutex,
    mutex_lock,
    mutex_trylock,
    mutex_unlock,
    number,
    progress,
    until,
)
from analysis.model.lasso import find_lasso, is_fair
from analysis.model.liveness import LADDER, Fairness, Strength
from analysis.model.properties import Property
from analysis.model.result import Verdict
from analysis.model.step import Kind
from analysis.model.streett import Region, Search

LIVELOCK = Property("no livelock", Kind.LIVELOCK)


class Shared(Struct):
    x = number(2)
    stop = bit()
    turn = bit()
    lock = mutex()
    wants: list[int] = array(2, bit())


s = Shared()


def livelock(*functions, accept=()):
    """The result for livelock of some functions run as tasks."""
    tasks = [Task(f.__name__, f) for f in functions]
    return check(tasks, properties=[Property("no livelock", Kind.LIVELOCK, accept=accept)], audit=True)[0]


def roam():
    while not s.stop:
        s.x = any_of(0, 1, 2)


def stop_at_zero():
    with atomic:
        until(s.x == 0)
        s.stop = 1


def test_a_fair_cycle_inside_an_unfair_component_is_found(explored):
    # the whole component is unfair: at x == 0 the other task can go on and never does; 1 and 2 are fair
    exploration = explored(roam, stop_at_zero)
    region = Region(exploration)
    search = Search(region)
    strong = Fairness(strong=True, hints=False)
    (whole,) = search.fair(Fairness(strong=False, hints=False))
    assert any(region.enabled(state) & 2 for state in whole.states)
    (part,) = search.fair(strong)
    assert set(part.states.tolist()) < set(whole.states.tolist())
    assert not any(region.enabled(state) & 2 for state in part.states)
    lasso = find_lasso(search, search.fair(strong), strong)
    assert {exploration.tries.edges[edge].task for _, edge in lasso.cycle} == {0}


def test_a_run_that_needs_weak_fairness_or_else_a_hint_says_so():
    result = livelock(roam, stop_at_zero)
    assert (result.verdict, result.strength) == (Verdict.FAIL, Strength.WEAK)
    assert "also under strongly fair locks, with an adversarial scheduler hint" in result.notes
    never_zero = livelock(roam_elsewhere, stop_at_zero)
    assert (never_zero.verdict, never_zero.strength) == (Verdict.FAIL, Strength.HINT)


def roam_elsewhere():
    while not s.stop:
        s.x = any_of(1, 2)
        if any_of(True, False):
            s.x = 0
            return


def spin():
    while not s.stop:
        pass


def set_stop():
    s.stop = 1


def test_a_cycle_that_starves_a_task_which_can_always_go_on_is_no_livelock():
    result = livelock(spin, set_stop)
    assert result.verdict is Verdict.PASS
    assert "leaves out a task" in result.fairness


def lock_unlock_until_stopped():
    while not s.stop:
        mutex_lock(s.lock)
        mutex_unlock(s.lock)


def stop_under_lock():
    mutex_lock(s.lock)
    s.stop = 1
    mutex_unlock(s.lock)


def test_a_lock_that_is_never_passed_on_is_a_livelock_only_under_weak_fairness():
    result = livelock(lock_unlock_until_stopped, stop_under_lock)
    assert (result.verdict, result.strength) == (Verdict.FAIL, Strength.WEAK)
    accepted = livelock(lock_unlock_until_stopped, stop_under_lock, accept=(Strength.WEAK,))
    assert accepted.verdict is Verdict.PASS
    assert accepted.notes[0].startswith("accepted: livelock, only under weak fairness")


def be_polite(me):
    while True:
        s.wants[me] = 1
        if not s.wants[1 - me]:
            break
        s.wants[me] = 0
    s.wants[me] = 0


def polite_0():
    be_polite(0)


def polite_1():
    be_polite(1)


def test_two_polite_tasks_can_make_way_for_each_other_for_ever_even_under_strong_fairness():
    result = livelock(polite_0, polite_1)
    assert (result.verdict, result.strength) == (Verdict.FAIL, Strength.STRONG)
    cycle = result.trace[result.cycle_start :]
    assert {step.task for step in cycle} == {"polite_0", "polite_1"}


def ping():
    while True:
        until(s.turn == 0)
        s.turn = 1


def pong():
    while True:
        until(s.turn == 1)
        s.turn = 0


def test_a_loop_without_a_way_out_is_inescapable():
    result = livelock(ping, pong)
    assert (result.verdict, result.strength) == (Verdict.FAIL, Strength.INESCAPABLE)
    assert len(result.trace) - result.cycle_start == 4


def work_for_ever():
    while True:
        mutex_lock(s.lock)
        progress()
        mutex_unlock(s.lock)


def try_once_in_a_while():
    while not mutex_trylock(s.lock):
        pass
    mutex_unlock(s.lock)


def test_progress_is_no_livelock_but_may_starve_somebody_else():
    tasks = [Task("worker", work_for_ever), Task("trier", try_once_in_a_while)]
    starvation = Property("the trier gets it", Kind.STARVATION, "trier")
    first, second = check(tasks, properties=[LIVELOCK, starvation])
    assert first.verdict is Verdict.PASS
    assert (second.verdict, second.strength) == (Verdict.FAIL, Strength.STRONG)
    assert "trier" in second.reason
    with pytest.raises(ModelError, match="about no task"):
        check(tasks, properties=[Property("nobody", Kind.STARVATION, "nobody")])


def queue_for_it():
    mutex_lock(s.lock)
    mutex_unlock(s.lock)


def test_a_waiter_starves_under_weak_fairness_only():
    tasks = [Task("worker", work_for_ever), Task("waiter", queue_for_it)]
    (result, *_) = check(tasks, properties=[Property("served", Kind.STARVATION, "waiter")])
    assert (result.verdict, result.strength) == (Verdict.FAIL, Strength.WEAK)


@pytest.mark.parametrize(
    "functions",
    [
        (roam, stop_at_zero),
        (lock_unlock_until_stopped, stop_under_lock),
        (polite_0, polite_1),
        (ping, pong),
        (work_for_ever, try_once_in_a_while),
    ],
)
def test_every_lasso_is_a_path_that_closes_and_is_fair_by_itself(explored, functions):
    exploration = explored(*functions)
    edges = exploration.tries.edges
    for task in (None, *range(len(functions))):
        region = Region(exploration, task)
        for _, fairness in LADDER:
            search = Search(region)
            lasso = find_lasso(search, search.fair(fairness), fairness)
            if lasso is None:
                continue
            run = [*lasso.stem, *lasso.cycle]
            assert run[0][0] == 0
            followers = [state for state, _ in run[1:]] + [lasso.cycle[0][0]]
            for (state, edge), following in zip(run, followers, strict=True):
                packed = (exploration.states[state] & edges[edge].keep) | edges[edge].put
                assert packed == exploration.states[following]
            assert is_fair(search, lasso.cycle, fairness)
            assert fair_by_definition(exploration, lasso.cycle, fairness)


def fair_by_definition(exploration, cycle, fairness):
    """Weak and strong fairness of tasks, spelt out."""
    edges = exploration.tries.edges
    enabled = [{edges[e].task for _, e in exploration.successors(state)} for state, _ in cycle]
    stepping = {edges[edge].task for _, edge in cycle}
    entitled = set.union(*enabled) if fairness.strong else set.intersection(*enabled)
    return entitled <= stepping


def test_the_shortest_lasso_of_a_small_graph_is_as_short_as_exhaustive_search_says(explored):
    exploration = explored(polite_0, polite_1)
    fairness = Fairness(strong=True, hints=False)
    search = Search(Region(exploration))
    lasso = find_lasso(search, search.fair(fairness), fairness)
    assert lasso.shortest
    assert len(lasso.stem) + len(lasso.cycle) == shortest_by_hand(exploration, fairness)


def shortest_by_hand(exploration, fairness):
    """Length of the shortest fair lasso, by trying all simple walks of growing length from every state."""
    best = None
    for length in range(1, 9):
        for root in range(len(exploration.states)):
            for cycle in walks(exploration, root, root, length):
                if fair_by_definition(exploration, cycle, fairness):
                    total = exploration.depth(root) + length
                    best = total if best is None else min(best, total)
    return best


def walks(exploration, state, goal, length):
    """All walks of a length between two states."""
    for following, edge in exploration.successors(state):
        if length == 1:
            if following == goal:
                yield [(state, edge)]
        else:
            for rest in walks(exploration, following, goal, length - 1):
                yield [(state, edge), *rest]
