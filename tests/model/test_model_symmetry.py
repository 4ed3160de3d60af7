"""Symmetry: equal tasks that change places make no difference to any verdict, and fewer states."""

from itertools import permutations
from math import comb, factorial

import pytest

from analysis.model.check import check
from analysis.model.errors import ModelError
from analysis.model.explorer import Limits, explore
from analysis.model.language import (
    Struct,
    Task,
    any_of,
    array,
    assert_,
    bit,
    down_read,
    down_write,
    finish_wait,
    mutex,
    mutex_lock,
    mutex_unlock,
    number,
    prepare_to_wait,
    rcu_read_lock,
    rcu_read_unlock,
    rwsem,
    schedule,
    spin_lock,
    spin_unlock,
    spinlock,
    switch,
    synchronize_rcu,
    up_read,
    up_write,
    wait_queue,
    wake_up,
    wake_up_one,
)
from analysis.model.machine import Machine
from analysis.model.program import build
from analysis.model.properties import STANDARD
from analysis.model.result import Verdict
from analysis.model.step import Kind, current, primitive, uses
from analysis.model.symmetry import Symmetry, equal_tasks
from analysis.model.tries import Tries
from analysis.model.waiting import scheduler
from analysis.model.walks import Walks


class Shared(Struct):
    x = number(4)
    a = mutex()
    b = mutex()
    sem = rwsem()
    ready = bit()
    queue = wait_queue()
    first = number(3)
    flags: list[int] = array(3, bit())


s = Shared()


def bump():
    seen = s.x
    s.x = seen + 1
    assert_(s.x == seen + 1, "nobody else")


def either_order():
    if any_of(False, True):
        mutex_lock(s.a)
        mutex_lock(s.b)
    else:
        mutex_lock(s.b)
        mutex_lock(s.a)
    mutex_unlock(s.a)
    mutex_unlock(s.b)


def sleep_too_late():
    if not s.ready:
        prepare_to_wait(s.queue)
        schedule()
        finish_wait(s.queue)


def wake_all():
    s.ready = 1
    wake_up(s.queue)


def wake_two():
    s.ready = 1
    wake_up_one(s.queue)
    wake_up_one(s.queue)


def read_then_wait():
    rcu_read_lock()
    seen = s.x
    rcu_read_unlock()
    synchronize_rcu()
    assert_(s.x == seen, "unchanged")


def read_or_write():
    if any_of(False, True):
        down_read(s.sem)
        up_read(s.sem)
    else:
        down_write(s.sem)
        s.x = 1
        up_write(s.sem)


def claim(size):
    for k in range(size):
        if not s.flags[k]:
            s.flags[k] = 1
            assert_(s.flags[k], "mine")
            return


def equal(function, count, *args):
    return [Task(f"{function.__name__} {k}", function, args) for k in range(count)]


PROGRAMS = {
    "lost update": equal(bump, 4),
    "either order of two locks": equal(either_order, 3),
    "sleepers, one waker": [*equal(sleep_too_late, 3), Task("wake", wake_all)],
    "sleepers, single wake-ups": [Task("wake", wake_two), *equal(sleep_too_late, 3)],
    "readers that wait for readers": equal(read_then_wait, 3),
    "readers or writers": equal(read_or_write, 4),
    "slots that belong to nobody": equal(claim, 3, 3),
    "two groups": [Task("a", bump), Task("c", claim, (2,)), Task("b", bump), Task("d", claim, (2,))],
}


def tries_of(tasks, settings=None):
    return Tries(Machine(build(tasks, settings), equal=equal_tasks(tasks)))


def told(result):
    """What must not depend on the reduction; traces may differ, their lengths must not."""
    return (
        result.property,
        result.verdict,
        result.depth,
        len(result.trace),
        result.exercised,
        result.unreached,
        [w.title.partition(" asks for ")[2] for w in result.witnesses],
    )


def safety(results):
    return [told(r) for r in results if r.kind != Kind.LIVELOCK]


@pytest.mark.parametrize("program", PROGRAMS)
def test_verdicts_and_depths_are_those_of_the_unreduced_run(program):
    tasks = PROGRAMS[program]
    whole, reduced = check(tasks), check(tasks, symmetry=True, audit=True)
    assert safety(reduced) == safety(whole)
    assert reduced[0].states < whole[0].states


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_stands_for_others_stands_for_all_there_are_and_nothing_else(program):
    tries = tries_of(PROGRAMS[program])
    symmetry = Symmetry(tries)
    whole, reduced = explore(tries), explore(tries, symmetry=symmetry)
    assert {symmetry.canonical(state) for state in whole.states} == set(reduced.states)
    tasks, group_of = range(len(PROGRAMS[program])), {t: g for g in symmetry.groups for t in g}
    changes = [
        w for w in permutations(tasks) if all(group_of.get(k, k) == group_of.get(w[k], w[k]) for k in tasks)
    ]
    made = {symmetry.permuted(state, where) for state in reduced.states for where in changes}
    assert made == set(whole.states)


@pytest.mark.parametrize("program", PROGRAMS)
def test_traces_are_real_runs_to_the_state_they_are_told_for(program):
    tries = tries_of(PROGRAMS[program])
    reduced = explore(tries, symmetry=Symmetry(tries))
    for reached, state in enumerate(reduced.states):
        here = tries.initial
        run = reduced.run_to(reached)
        for packed, edge in run:
            assert packed == here
            assert edge in edges_of(reduced, packed)
            here = tries.apply(here, edge)
        assert here == state
        assert len(run) == reduced.depth(reached)


def edges_of(reduced, packed):
    """The edges out of any state, explored or not."""
    whole = reduced._whole
    return [
        edge for task in range(len(whole.machine.program.tasks)) for edge in whole.walk(task, packed, 0).edges
    ]


def five_steps():
    s.x = 0
    s.x = 0
    s.x = 0
    s.x = 0
    s.x = 0


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_equal_tasks_leave_as_many_states_as_multisets_of_places(count):
    tasks = equal(five_steps, count)
    whole, reduced = explore(tries_of(tasks)), tries_of(tasks)
    found = explore(reduced, symmetry=Symmetry(reduced))
    assert len(whole.states) == 6**count
    assert len(found.states) == comb(count + 5, count)


UNMAP_MUTEX = switch("unmap_mutex")


class Vma(Struct):
    lock = spinlock()
    unmap_mutex = mutex()
    restart = number(2)
    mapped: list[int] = array(3, bit(1))


vma = Vma()


def unmap():
    start = any_of(0, 1)
    if UNMAP_MUTEX:
        mutex_lock(vma.unmap_mutex)
    spin_lock(vma.lock)
    page = vma.restart  # where somebody left off, not necessarily we
    if not page:
        page = start
    while page < 3:
        vma.mapped[page] = 0
        page += 1
        if page == 2:
            vma.restart = page
            spin_unlock(vma.lock)
            spin_lock(vma.lock)
    vma.restart = 0
    spin_unlock(vma.lock)
    if UNMAP_MUTEX:
        mutex_unlock(vma.unmap_mutex)
    assert_(not vma.mapped[start], "unmapped")


@pytest.mark.parametrize(
    ("settings", "verdict", "states"),
    [({}, Verdict.FAIL, (44_751, 2_620)), ({"unmap_mutex": True}, Verdict.PASS, (22_981, 1_532))],
)
def test_the_unmap_race_of_four_equal_tasks_takes_about_a_factorial_less(settings, verdict, states):
    tasks = equal(unmap, 4)
    whole, reduced = (check(tasks, settings, STANDARD[:1], symmetry=way) for way in (False, True))
    assert safety(reduced) == safety(whole)
    assert reduced[0].verdict is verdict
    assert reduced[0].exhaustive
    assert (whole[0].states, reduced[0].states) == states
    assert factorial(4) / 2 < whole[0].states / reduced[0].states <= factorial(4)


def test_runs_that_never_end_stay_open_and_a_verdict_says_that_it_was_reduced():
    results = {r.property: r for r in check(PROGRAMS["lost update"], symmetry=True)}
    livelock = results["no livelock"]
    assert livelock.verdict is Verdict.INCONCLUSIVE
    assert "check without symmetry" in livelock.reason
    assert "reduced by symmetry of bump 0, bump 1, bump 2, bump 3" in results["no deadlock"].notes


def test_limits_are_named_with_symmetry_too():
    results = check(PROGRAMS["lost update"], symmetry=True, limits=Limits(states=5))
    assert not any(r.verdict is Verdict.PASS for r in results)
    assert "state limit of 5" in next(r.reason for r in results if r.property == "no deadlock")


def test_tasks_that_differ_in_function_arguments_or_as_daemons_are_not_equal():
    tasks = [
        Task("a", claim, (1,)),
        Task("b", claim, (2,)),
        Task("c", bump),
        Task("d", claim, (2,)),
        Task("e", claim, (2,), daemon=True),
    ]
    assert equal_tasks(tasks) == ((1, 3),)
    assert check(tasks[:1], properties=STANDARD, symmetry=True)[0].verdict is Verdict.PASS


@primitive
@uses(s)
def note_owner():
    s.first = current().task


def owner():
    note_owner()


def look_at_one_sleeper():
    if scheduler.asleep[0]:
        s.x = 1


@pytest.mark.parametrize(
    "tasks",
    [equal(owner, 2), [*equal(sleep_too_late, 2), Task("look", look_at_one_sleeper)]],
    ids=["a number of a task kept in a field", "a number of a task asked for"],
)
def test_a_program_that_knows_tasks_by_number_is_refused(tasks):
    assert check(tasks)
    with pytest.raises(ModelError, match="depends on the numbers of equal tasks") as refused:
        check(tasks, symmetry=True)
    assert refused.value.line


def test_walks_and_symmetry_are_not_mixed():
    with pytest.raises(ModelError, match="random walks don't use symmetry"):
        check(PROGRAMS["lost update"], symmetry=True, walks=Walks(1))
