"""The catalogue from the command line: list, show, run, bounds, limits, Promela, files of the user's own."""

import json

import pytest

OWN = '''
from analysis.model.language import Struct, Task, assert_, bit, mutex, mutex_lock, mutex_unlock, switch
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.scenario import Option, Scenario

LOCKED = switch("locked", summary="the counter has a lock")


class Shared(Struct):
    lock = mutex()
    busy: int = bit()


shared = Shared()


def work() -> None:
    """Something that only one may do at a time."""
    if LOCKED:
        mutex_lock(shared.lock)
    assert_(not shared.busy, "two at work")
    shared.busy = 1
    shared.busy = 0
    if LOCKED:
        mutex_unlock(shared.lock)


SCENARIO = Scenario(
    name="own",
    title="A scenario of the user's own",
    summary="Two workers.",
    tasks=(Task("one", work), Task("two", work)),
    properties=(Property("alone", Kind.ASSERTION, "two at work"),),
    options=(Option("open", "No lock", ""), Option("locked", "A lock", "", {"locked": True})),
)
'''


def verdicts(ran):
    return {(v["option"], v["property"]): v["result"] for v in json.loads(ran.out)["verdicts"]}


def test_every_shipped_scenario_is_listed_and_shown(moot):
    rows = json.loads(moot("scenarios", "--format", "json").out)["scenarios"]
    assert "unmap-mapping-range" in {row["name"] for row in rows}
    for row in rows:
        shown = moot("scenarios", "show", row["name"])
        assert shown.status == 0
        assert all(option["name"] in shown.out for option in row["options"])


def test_one_option_is_run_and_check_says_by_its_status_that_it_fails(moot):
    ran = moot("scenarios", "run", "unmap-mapping-range", "--option", "none", "--format", "json", "--check")
    assert ran.status == 4
    assert verdicts(ran)["none", "page unmapped on return"] == "fail"
    passing = moot("scenarios", "run", "unmap-mapping-range", "--option", "unmap-mutex", "--check")
    assert passing.status == 0


def test_verbose_prints_the_interleaving(moot):
    ran = moot("scenarios", "run", "unmap-mapping-range", "--option", "none", "-v")
    assert "spin_lock(mapping.i_mmap_lock)" in ran.out
    assert "from here it repeats" in ran.out


def test_a_file_of_the_users_own_is_run(moot, tmp_path):
    file = tmp_path / "own.py"
    file.write_text(OWN)
    ran = moot("scenarios", "run", file, "--format", "json")
    assert verdicts(ran)["open", "alone"] == "fail"
    assert verdicts(ran)["locked", "alone"] == "pass"


def test_bounds_change_what_is_explored_and_unknown_ones_are_errors(moot):
    def states(*more):
        ran = moot("scenarios", "run", "unmap-mapping-range", "--option", "none", "--format", "json", *more)
        return json.loads(ran.out)["verdicts"][0]["states"]

    assert states("--bound", "pages=2") < states() < states("--bound", "pages=4")
    for bad in ("pags=4", "pages=many", "pages"):
        ran = moot("scenarios", "run", "unmap-mapping-range", "--bound", bad)
        assert (ran.status, len(ran.err.splitlines())) == (1, 1)
        assert "pages" in ran.err


def test_a_limit_is_inconclusive_and_named(moot):
    ran = moot(
        "scenarios", "run", "unmap-mapping-range", "--option", "none", "--states", 50, "--format", "json"
    )
    found = json.loads(ran.out)["verdicts"]
    assert {v["result"] for v in found} == {"inconclusive"}
    assert all("50" in v["reason"] for v in found)


def test_an_option_is_written_as_promela(moot, tmp_path):
    file = tmp_path / "bit.pml"
    ran = moot("scenarios", "run", "unmap-mapping-range", "--option", "bit-lock", "--promela", file)
    assert ran.status == 0
    assert "active proctype" in file.read_text()
    assert moot("scenarios", "run", "unmap-mapping-range", "--promela", file).status == 2


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("explain",), 2),
        (("run",), 2),
        (("run", "nowhere"), 1),
        (("run", "nowhere.py"), 1),
        (("run", "unmap-mapping-range", "--option", "magic"), 1),
    ],
)
def test_what_is_not_there_is_said(moot, arguments, status):
    ran = moot("scenarios", *arguments)
    assert ran.status == status
    assert ran.err
