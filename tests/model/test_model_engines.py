"""The compiled engine and the one in plain Python end with the very same numbers."""

import pytest

from analysis.model.check import check
from analysis.model.errors import ModelError
from analysis.model.explorer import Engine, Limits, explore
from analysis.model.language import (
    Struct,
    Task,
    any_of,
    array,
    assert_,
    mutex,
    mutex_lock,
    mutex_unlock,
    number,
    until,
)
from analysis.model.machine import Machine
from analysis.model.program import build
from analysis.model.tries import Tries
from analysis.scenarios.catalogue import scenarios

pytest.importorskip("numba")


class Shared(Struct):
    wide = number(1 << 60, initial=5, low=-3)
    byte = number(299)
    many: list[int] = array(40, number(6))
    lock = mutex()
    x = number(3)


s = Shared()


def spread():
    s.wide = any_of(-3, 1 << 60, 77, 1 << 33)
    s.byte = any_of(0, 17, 255, 256, 299)
    if s.wide == 1 << 60 and s.byte == 256:
        s.wide = 1 << 59


def fill(first):
    for k in range(first, 40, 8):
        s.many[k] = any_of(2, 5)


def look():
    until(s.many[39] == 5)
    assert_(s.many[0] != 2, "unlike")


def locked():
    mutex_lock(s.lock)
    s.x += 1
    assert_(s.x < 3, "few")
    mutex_unlock(s.lock)
    s.byte = any_of(*range(200))


def spin():
    while s.x < 3:
        pass


PROGRAMS = {
    "wide fields": [Task("one", spread), Task("two", spread)],
    "several words": [*[Task(f"fill {k}", fill, (k,)) for k in (0, 7)], Task("look", look)],
    "many tasks": [
        *[Task(f"lock {k}", locked) for k in range(2)],
        *[Task(f"spin {k}", spin) for k in range(3)],
    ],
}


def everything(exploration):
    """All that an engine delivers, as plain values."""
    graph = exploration.graph
    return {
        "states": list(exploration.states),
        "parent": list(map(int, exploration.parent)),
        "ends": list(map(int, exploration.ends)),
        "first": list(map(int, graph.first)),
        "target": list(map(int, graph.target)),
        "edge": list(map(int, graph.edge)),
        "counts": (exploration.expanded, exploration.transitions, exploration.deepest, exploration.stopped),
        "tips": [(tip.number, tip.leaf.task, tip.reads, len(tip.edges)) for tip in exploration.tries.tips],
        "found at": exploration.tries.found_at,
        "codes": [list(map(int, exploration.codes(k))) for k in range(len(exploration.tries.layout.shifts))],
    }


def run(tasks, engine, settings=None, **limits):
    """Explore with one engine."""
    return explore(Tries(Machine(build(tasks, settings))), Limits(**limits), engine=engine)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("states", [1, 2, 10, 100, 137, 5_000, 1_000_000])
def test_engines_agree_whatever_the_limit(program, states):
    python = run(PROGRAMS[program], Engine.PYTHON, states=states)
    compiled = run(PROGRAMS[program], Engine.COMPILED, states=states)
    assert (python.engine, compiled.engine) == ("python", "compiled")
    assert everything(python) == everything(compiled)


@pytest.mark.parametrize("program", PROGRAMS)
def test_changing_engines_half_way_changes_nothing(program, monkeypatch):
    monkeypatch.setattr("analysis.model.explorer._WARM", 300)
    monkeypatch.setattr("analysis.model.explorer._COLD", 300)
    mixed = run(PROGRAMS[program], Engine.AUTO)
    assert mixed.engine == "compiled"
    assert everything(mixed) == everything(run(PROGRAMS[program], Engine.PYTHON))


def test_what_a_reader_gets_is_the_same(monkeypatch):
    record = scenarios()["unmap-mapping-range"]
    for option in record.options[:3]:
        tasks = option.tasks or record.tasks
        told = []
        for engine in (Engine.PYTHON, Engine.COMPILED):
            monkeypatch.setattr(
                "analysis.model.explorer._python_until",
                {
                    Engine.PYTHON: lambda _: None,
                    Engine.COMPILED: lambda _: 1,
                }[engine],
            )
            results = check(tasks, option.settings, record.properties)
            told.append(
                [(r.property, r.verdict, r.reason, r.trace, r.cycle_start, r.unreached) for r in results]
            )
        assert told[0] == told[1]


def test_a_time_limit_stops_the_compiled_engine():
    exploration = run(PROGRAMS["many tasks"], Engine.COMPILED, seconds=0.0)
    assert exploration.stopped in ("", "time limit of 0 s reached")
    assert bool(exploration.stopped) is (exploration.expanded < len(exploration.states))


def test_a_field_that_no_word_holds_is_refused():
    class TooWide(Struct):
        x = number(1 << 63)

    t = TooWide()

    def touch(struct):
        struct.x = 1

    with pytest.raises(ModelError, match="x takes more than 62 bits"):
        build([Task("touch", touch, (t,))])


def test_ctrl_c_gets_through(monkeypatch):
    def interrupt(found, expanded):
        raise KeyboardInterrupt

    monkeypatch.setattr("analysis.model.compiled._PAUSE", 50)
    with pytest.raises(KeyboardInterrupt):
        explore(Tries(Machine(build(PROGRAMS["several words"]))), progress=interrupt, engine=Engine.COMPILED)
