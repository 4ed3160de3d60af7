"""No part of a shipped model is dead: every line is come to under some option, and every mutation counts."""

import ast
import inspect
import sys
from pathlib import Path

import pytest

from analysis.model import check as checking
from analysis.model.result import Verdict
from analysis.scenarios.catalogue import scenarios

SCENARIOS = sorted(scenarios())
EVERY_OPTION = [(s.name, o.name) for s in scenarios().values() for o in s.options]
NEVER = {
    # what comes after a self-deadlock that nothing avoids
    "unmap-mapping-range": {"mutex_unlock(inode.i_mutex)"},
}
MOST_STATES = 50_000  # keeps an option well under two seconds in plain Python


@pytest.fixture
def programs(monkeypatch):
    """The programs that a check has built, to ask them which functions they used."""
    seen = []
    build = checking.build

    def remember(*args, **named):
        seen.append(build(*args, **named))
        return seen[-1]

    monkeypatch.setattr(checking, "build", remember)
    return seen


def compiled_lines(program, file):
    return {i.line for code in program.codes if code.file == file for i in code.instructions if i.text}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_line_is_reached_under_some_option(programs, scenario):
    record = scenarios()[scenario]
    reached, compiled = set(), set()
    for option in record.options:
        tasks = option.tasks or record.tasks
        for settings in (option.settings, *({**option.settings, **m.settings} for m in option.mutations)):
            results = checking.check(tasks, settings, record.properties)
            lines = compiled_lines(programs[-1], record.file)
            compiled |= lines
            reached |= lines - {s.line for s in results[0].unreached}
    source = Path(record.file).read_text().split("\n")
    assert {source[line - 1].strip() for line in compiled - reached} == NEVER.get(scenario, set())


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_function_and_switch_of_a_model_is_used(programs, scenario):
    record = scenarios()[scenario]
    used = set()
    for option in record.options:
        checking.check(option.tasks or record.tasks, option.settings, record.properties)
        used |= {code.name for code in programs[-1].codes}
    module = sys.modules[record.tasks[0].function.__module__]
    functions = {
        name
        for name, f in inspect.getmembers(module, inspect.isfunction)
        if f.__code__.co_filename == record.file
    }
    assert {f for f in functions if not f.startswith("_") or f.startswith("__")} <= used
    # a name that stands in the file once is defined and never read
    names = [n.id for n in ast.walk(ast.parse(Path(record.file).read_text())) if isinstance(n, ast.Name)]
    assert [n for n in names if n.isupper() and names.count(n) == 1] == ["SCENARIO"]


@pytest.mark.parametrize(("scenario", "option"), EVERY_OPTION)
def test_an_option_is_small(explored, scenario, option):
    assert all(r.states < MOST_STATES for r in explored(scenario, option).values())


@pytest.mark.parametrize(("scenario", "option"), EVERY_OPTION)
def test_every_mutation_breaks_something_that_should_hold(scenario, option):
    record = scenarios()[scenario]
    chosen = record.option(option)
    promised = {e.property for e in chosen.expected if e.verdict is Verdict.PASS}
    for mutation in chosen.mutations:
        results = checking.check(
            chosen.tasks or record.tasks, {**chosen.settings, **mutation.settings}, record.properties
        )
        assert promised & {r.property for r in results if r.verdict is Verdict.FAIL}, mutation.summary


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_model_says_what_it_leaves_out_and_where_its_facts_come_from(scenario):
    record = scenarios()[scenario]
    module = sys.modules[record.tasks[0].function.__module__]
    assert len(module.__doc__.split()) > 40
    assert record.sources
    assert all(e.source.text for o in record.options for e in o.expected)
