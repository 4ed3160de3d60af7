"""The tries printed as Promela: SPIN agrees on states, transitions, verdicts and depths.

Every question to SPIN compiles a verifier, two where something is violated. So by default SPIN is asked ten
times: about a passing and a failing option of three scenarios, a kind of violation each, and one kind more.
With the environment variable CI set, as CI does, it is asked about every shipped option and every kind.
"""

import os

import pytest

from analysis.model.deadlock import find_deadlock, find_missed_wakeup
from analysis.model.errors import ModelError
from analysis.model.explorer import Limits, explore
from analysis.model.language import (
    Struct,
    Task,
    assert_,
    bit,
    mutex,
    mutex_lock,
    mutex_unlock,
    number,
    prepare_to_wait,
    schedule,
    until,
    wait_queue,
    wake_up,
)
from analysis.model.machine import Machine
from analysis.model.program import build
from analysis.model.promela import to_promela
from analysis.model.properties import STANDARD, violated
from analysis.model.step import Kind
from analysis.model.tries import Tries
from analysis.scenarios.catalogue import scenarios

FINDERS = {Kind.DEADLOCK: find_deadlock, Kind.MISSED_WAKEUP: find_missed_wakeup}
ELSEWHERE = (Kind.LOCK_ORDER, Kind.LIVELOCK, Kind.STARVATION)
"""Kinds of property that aren't about one state or step."""

IN_CI = bool(os.environ.get("CI"))
EVERY_OPTION = [(name, o.name) for name, scenario in scenarios().items() for o in scenario.options]
SPREAD = {
    ("unmap-mapping-range", "no-lock-break"): "passes",
    ("unmap-mapping-range", "fuse-mutex"): "fails",
    ("agi-agf", "agi-first"): "passes",
    ("agi-agf", "none"): "fails",
    ("exclusive-wakeup", "hand-over"): "passes",
    ("exclusive-wakeup", "signal-first"): "fails",
}
"""An assertion, a deadlock, a missed wake-up. The outcomes are tested, or the spread could shrink unseen."""


def shortest(exploration, question):
    """Steps to the state that shows a violation; None if the property holds."""
    finder = FINDERS.get(question.kind)
    found = finder(exploration) if finder else violated(exploration, question)
    return None if found is None else found.depth


def agree(spin, tasks, settings, properties):
    """Ask SPIN for its counts, and for the shortest violation of all that it can be asked; compare.

    Returns the depth of that violation, None if there is none.
    """
    exploration = explore(Tries(Machine(build(tasks, settings))))
    assert not exploration.stopped
    asked = [p for p in properties if p.kind not in ELSEWHERE]
    depths = [shortest(exploration, p) for p in asked]
    said = spin(to_promela(tasks, settings, asked))
    assert said.violated_at == min((d for d in depths if d is not None), default=None)
    violated_at = said.violated_at
    if violated_at is not None:  # SPIN stopped there; without assertions it counts everything
        said = spin(to_promela(tasks, settings))
    assert (said.states, said.transitions) == (len(exploration.states), exploration.transitions)
    assert said.depth == exploration.deepest
    return violated_at


@pytest.mark.parametrize(("scenario", "option"), EVERY_OPTION if IN_CI else SPREAD)
def test_spin_agrees_on_shipped_options(spin, scenario, option):
    record = scenarios()[scenario]
    chosen = record.option(option)
    violated_at = agree(spin, chosen.tasks or record.tasks, chosen.settings, record.properties)
    outcome = "passes" if violated_at is None else "fails"
    assert SPREAD.get((scenario, option), outcome) == outcome


class Shared(Struct):
    a = mutex()
    b = mutex()
    x = number(3)
    ready = bit()
    queue = wait_queue()


class Wide(Struct):
    wide = number(1 << 40)


s = Shared()
w = Wide()


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


def bump():
    seen = s.x
    s.x = seen + 1
    assert_(s.x == seen + 1, "nobody else")


def sleep_too_late():
    if not s.ready:
        prepare_to_wait(s.queue)
        schedule()


def wake():
    s.ready = 1
    wake_up(s.queue)


def take_twice():
    mutex_lock(s.a)
    mutex_lock(s.a)


def wait_for_x():
    until(s.x == 2)


KINDS = [
    ((take_twice, bump), Kind.SELF_DEADLOCK),
    ((take_twice, bump), Kind.DEADLOCK),
    ((a_then_b, b_then_a), Kind.DEADLOCK),
    ((a_then_b, b_then_a, bump), Kind.DEADLOCK),
    ((bump, bump), Kind.ASSERTION),
    ((sleep_too_late, wake), Kind.MISSED_WAKEUP),
    ((wait_for_x, bump), Kind.DEADLOCK),
    ((wait_for_x, bump, bump), Kind.DEADLOCK),
]


@pytest.mark.parametrize(("functions", "kind"), KINDS if IN_CI else KINDS[:1])
def test_spin_agrees_on_each_kind_of_violation(spin, functions, kind):
    tasks = [Task(f"{f.__name__} {k}", f) for k, f in enumerate(functions)]
    exploration = explore(Tries(Machine(build(tasks))))
    question = next(p for p in STANDARD if p.kind is kind)
    depth = shortest(exploration, question)
    assert depth is not None
    assert spin(to_promela(tasks, None, [question])).violated_at == depth


def set_wide():
    w.wide = 1 << 39


def test_a_field_too_wide_for_spin_is_refused():
    with pytest.raises(ModelError, match="no integers of 41 bits"):
        to_promela([Task("wide", set_wide)])


def test_what_is_not_known_completely_is_not_printed():
    with pytest.raises(ModelError, match="not all behaviour is known"):
        to_promela([Task("one", bump), Task("two", bump)], limits=Limits(states=3))


def test_names_stay_apart_and_clear_of_keywords():
    text = to_promela([Task("do", bump), Task("DO it", bump), Task("DO-it", bump)])
    assert "task_do_()" in text
    assert "task_DO_it_()" in text
    assert "task_DO_it_x()" in text
