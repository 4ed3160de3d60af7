"""Random walks: they find faults, repeat themselves under one seed, and never pass anything."""

import pytest

from analysis.model.check import check
from analysis.model.explorer import explore
from analysis.model.language import Struct, Task, array, assert_, mutex, mutex_lock, mutex_unlock, number
from analysis.model.machine import Machine
from analysis.model.program import build
from analysis.model.properties import STANDARD
from analysis.model.result import Verdict
from analysis.model.tries import Tries
from analysis.model.walks import Walks, sample


class Shared(Struct):
    x = number(60)
    a = mutex()
    b = mutex()
    noise: list[int] = array(9, number(60))


s = Shared()


def bump(me):
    for _ in range(6):
        s.noise[me] += 1
    seen = s.x
    s.x = seen + 1
    assert_(s.x > seen, "never back")


def a_then_b():
    mutex_lock(s.a)
    mutex_lock(s.b)
    mutex_unlock(s.b)
    mutex_unlock(s.a)


def b_then_a():
    mutex_lock(s.b)
    mutex_lock(s.a)
    mutex_unlock(s.a)
    mutex_unlock(s.b)


# about 9 ** 9 states: nothing to explore in a test
LARGE = [*[Task(f"bump {k}", bump, (k,)) for k in range(9)], Task("ab", a_then_b), Task("ba", b_then_a)]


def tries_of(tasks):
    return Tries(Machine(build(tasks)))


def test_walks_find_faults_in_what_is_too_large_and_pass_nothing():
    results = {r.property: r for r in check(LARGE, walks=Walks(seed=1, count=300))}
    deadlock = results["no deadlock"]
    assert deadlock.verdict is Verdict.FAIL
    assert deadlock.trace
    assert results["no lock order"].verdict is Verdict.FAIL
    assert not any(r.exhaustive for r in results.values())
    assert not any(r.verdict is Verdict.PASS for r in results.values())
    assert results["no self-deadlock"].reason.startswith(
        "random walks only: 300 of at most 500 steps, seed 1"
    )
    assert results["no livelock"].verdict is Verdict.INCONCLUSIVE


def test_one_seed_gives_the_same_walks_and_another_one_others():
    def states(seed):
        return sample(tries_of(LARGE), Walks(seed, count=20)).states

    assert states(5) == states(5)
    assert states(5) != states(6)


@pytest.mark.parametrize("seed", range(3))
def test_what_walks_see_is_reachable_by_the_path_they_tell(seed):
    tasks = [Task("ab", a_then_b), Task("ba", b_then_a)]
    everything = explore(tries_of(tasks))
    depth = {state: everything.depth(k) for k, state in enumerate(everything.states)}
    seen = sample(tries_of(tasks), Walks(seed, count=50))
    for k, state in enumerate(seen.states):
        assert depth[state] <= seen.depth(k) == len(seen.path(k))
    assert {seen.states[k] for k in seen.ends} <= {everything.states[k] for k in everything.ends}


def test_enough_walks_see_all_of_a_small_program():
    tasks = [Task("ab", a_then_b), Task("ba", b_then_a)]
    seen = sample(tries_of(tasks), Walks(0, count=500, steps=10))
    assert set(seen.states) == set(explore(tries_of(tasks)).states)
    verdicts = {r.property: r.verdict for r in check(tasks, walks=Walks(0))}
    for question in STANDARD:
        assert verdicts[question.name] is not Verdict.PASS
