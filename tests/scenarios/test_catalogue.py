"""The catalogue: every option says what its source says, and passes only where its mutant fails."""

from pathlib import Path

import pytest

from analysis.model.errors import ModelError
from analysis.model.explorer import Limits
from analysis.model.result import Mutant, Verdict
from analysis.scenarios.catalogue import digest, load_scenario, run_option, scenarios

EVERY_OPTION = [(s.name, o.name) for s in scenarios().values() for o in s.options]


@pytest.fixture(scope="module")
def results():
    """Results of an option, by property; each option is run once."""
    known = {}

    def run(scenario, option):
        if (scenario, option) not in known:
            record = scenarios()[scenario]
            found = run_option(record, record.option(option))
            known[scenario, option] = {r.property: r for r in found}
        return known[scenario, option]

    return run


@pytest.mark.parametrize(("scenario", "option"), EVERY_OPTION)
def test_exploration_agrees_with_every_source(results, scenario, option):
    expected = scenarios()[scenario].option(option).expected
    assert expected
    found = results(scenario, option)
    said = {e.property: e.verdict.value for e in expected}
    assert {name: found[name].verdict.value for name in said} == said


@pytest.mark.parametrize(("scenario", "option"), EVERY_OPTION)
def test_what_a_source_says_passes_fails_without_its_protection(results, scenario, option):
    record = scenarios()[scenario].option(option)
    found = results(scenario, option)
    promised = [e.property for e in record.expected if e.verdict is Verdict.PASS]
    assert all(found[name].mutant is Mutant.FAILS for name in promised)


@pytest.mark.parametrize(("scenario", "option"), EVERY_OPTION)
def test_results_are_exhaustive_and_traces_name_tasks_and_lines(results, scenario, option):
    record = scenarios()[scenario]
    names = {t.name for t in record.option(option).tasks or record.tasks}
    source = Path(record.file).read_text().split("\n")
    for result in results(scenario, option).values():
        assert result.exhaustive
        assert bool(result.trace) is (result.verdict is Verdict.FAIL)
        for step in result.trace:
            assert step.task in names
            # the text of a step is what stands at its line
            words = step.text.split("  [")[0].split("; ")[0]
            assert "".join(source[step.line - 1].split()).startswith("".join(words.split())[:20])


@pytest.mark.parametrize("scenario", sorted(scenarios()))
def test_option_names_are_unique_and_settings_exist(scenario):
    record = scenarios()[scenario]
    names = [o.name for o in record.options]
    assert len(set(names)) == len(names)
    assert all(o.terms and o.summary and o.title for o in record.options)
    properties = {p.name for p in record.properties}
    assert all(e.property in properties for o in record.options for e in o.expected)


@pytest.mark.parametrize("scenario", sorted(scenarios()))
def test_every_setting_of_an_option_is_one_that_the_model_knows(scenario):
    from analysis.model.fields import Setting

    record = scenarios()[scenario]
    known = {v.name for v in vars(_module_of(record)).values() if isinstance(v, Setting)}
    for option in record.options:
        assert set(option.settings) <= known
        for mutation in option.mutations:
            assert set(mutation.settings) <= known


def _module_of(record):
    import sys

    return sys.modules[record.tasks[0].function.__module__]


OWN = """
from analysis.model.language import Struct, Task, assert_, mutex, mutex_lock, mutex_unlock, number, switch
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.catalogue import Mutation, Option, Scenario

LOCKED = switch("locked")

class Counter(Struct):
    lock = mutex()
    value = number(2)

counter = Counter()

def count():
    if LOCKED:
        mutex_lock(counter.lock)
    seen = counter.value
    counter.value = seen + 1
    assert_(counter.value == seen + 1, "nobody else counted")
    if LOCKED:
        mutex_unlock(counter.lock)

SCENARIO = Scenario(
    "own", "Counting", "Two tasks count.",
    (Task("one", count), Task("two", count)),
    (Property("undisturbed", Kind.ASSERTION, "nobody else counted"),),
    (Option("none", "No lock", "as is"),
     Option("mutex", "A mutex", "", {"locked": True}, mutations=(Mutation("bare", {"locked": False}),))),
)
"""


def test_a_file_of_the_users_own_is_a_scenario(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(OWN)
    scenario = load_scenario(file)
    assert [r.verdict for r in run_option(scenario, scenario.option("none"))] == [Verdict.FAIL]
    (result,) = run_option(scenario, scenario.option("mutex"))
    assert (result.verdict, result.mutant) == (Verdict.PASS, Mutant.FAILS)
    before = digest(scenario)
    file.write_text(OWN.replace("seen + 1, ", "seen + 1 or True, "))
    changed = load_scenario(file)
    assert digest(changed) != before
    assert run_option(changed, changed.option("none"))[0].verdict is Verdict.PASS


def test_a_file_that_is_no_scenario_is_one_clear_error(tmp_path):
    empty, broken = tmp_path / "empty.py", tmp_path / "broken.py"
    empty.write_text("")
    broken.write_text("1 / 0\n")
    for file, words in (
        (empty, "no SCENARIO"),
        (broken, "ZeroDivisionError"),
        (tmp_path / "absent.py", "no scenario"),
    ):
        with pytest.raises(ModelError, match=words):
            load_scenario(file)


def test_a_limit_makes_an_option_inconclusive():
    scenario = scenarios()["unmap-mapping-range"]
    results = run_option(scenario, scenario.option("bit-lock"), limits=Limits(states=100))
    assert {r.verdict for r in results} == {Verdict.INCONCLUSIVE}


def test_bounds_can_be_changed_by_name():
    scenario = scenarios()["unmap-mapping-range"]
    results = run_option(scenario, scenario.option("unmap-mutex"), bounds={"pages": 2})
    assert results[0].bounds["pages"] == 2
    assert {r.verdict for r in results} == {Verdict.PASS}
