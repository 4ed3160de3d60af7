"""What a model function means: steps, locals, widths, settings, and what is refused."""

import importlib.util
from pathlib import Path

import pytest

from analysis.model.check import check
from analysis.model.errors import FieldOverflowError, ModelError, UnsupportedSyntaxError
from analysis.model.language import (
    Struct,
    Task,
    any_of,
    array,
    assert_,
    atomic,
    bit,
    bound,
    choice,
    family,
    number,
    pointer,
    switch,
    until,
)
from analysis.model.program import build

CELLS = bound("cells", 2)
FAST = switch("fast")


class Page(Struct):
    dirty = bit()


class Shared(Struct):
    x = number(3)
    y = number(3)
    state = choice("clean", "dirty")
    cells: list[int] = array(CELLS, number(2))
    grid = array((2, 3), bit())


s = Shared()
pages = family(Page, CELLS)


class Holder(Struct):
    page = pointer(*[Page("first"), Page("second")])


def values(exploration, name):
    """The values that a cell takes in any reachable state."""
    tries = exploration.tries
    at = next(k for k, c in enumerate(tries.machine.program.cells) if c.name == name)
    domain = tries.machine.program.cells[at].domain
    return {domain.values[tries.layout.code(state, at)] for state in exploration.states}


def bump():
    s.x += 1


def bump_in_two_steps():
    seen = s.x
    s.x = seen + 1


def test_a_statement_is_a_step_and_a_read_modify_write_in_one_statement_loses_nothing(explored):
    exploration = explored(bump, bump)
    # both orders meet again: start, one of two, both
    assert (len(exploration.states), exploration.transitions, exploration.deepest) == (4, 4, 2)
    assert values(exploration, "s.x") == {0, 1, 2}
    assert [exploration.tries.layout.code(exploration.states[k], 0) for k in exploration.ends] == [2]


def test_a_read_and_a_write_in_two_statements_can_lose_an_update(explored):
    exploration = explored(bump_in_two_steps, bump_in_two_steps)
    assert {exploration.tries.layout.code(exploration.states[k], 0) for k in exploration.ends} == {1, 2}


def bump_atomically():
    with atomic:
        seen = s.x
        s.x = seen + 1


def test_an_atomic_block_is_one_step(explored):
    exploration = explored(bump_atomically, bump_atomically)
    assert (len(exploration.states), exploration.transitions) == (4, 4)


def wait_inside_atomic():
    with atomic:
        s.x = 1
        until(s.y == 1)
        s.x = 2


def set_y():
    s.y = 1


def test_an_atomic_block_that_has_to_wait_has_not_happened_at_all(explored):
    exploration = explored(wait_inside_atomic, set_y)
    assert values(exploration, "s.x") == {0, 2}
    assert len(exploration.states) == 3


def choose_and_forget():
    picked = any_of(1, 2, 3)
    s.x = picked
    s.y = 1


def test_dead_locals_do_not_split_states(explored):
    exploration = explored(choose_and_forget)
    # start, three choices, three values of x, three values of x with y set
    assert len(exploration.states) == 10
    overwritten = explored(choose_and_overwrite)
    # after the second write nothing remembers the choice
    assert len(overwritten.states) == 1 + 3 + 3 + 1


def choose_and_overwrite():
    picked = any_of(1, 2, 3)
    s.x = picked
    s.x = 0


def helper(amount):
    s.x += amount
    return s.x


def caller():
    got = helper(1)
    if helper(1) == 2:
        s.y = got
    if s.state == "clean" and helper(1) != 3:
        s.y = 3


def test_calls_are_stacked_and_conditions_call_in_the_order_of_the_source(explored):
    exploration = explored(caller)
    assert values(exploration, "s.y") == {0, 1}
    assert values(exploration, "s.x") == {0, 1, 2, 3}
    assert len(exploration.states) == exploration.transitions + 1


def loops():
    total = 0
    for k in range(3):
        if k == 1:
            continue
        total += k
        s.cells[k // 2] = k
    else:
        s.y = total
    while True:
        s.x += 1
        if s.x == 2:
            break


def test_loops_with_else_break_and_continue_do_what_python_does(explored):
    exploration = explored(loops)
    assert max(values(exploration, "s.y")) == 2
    assert max(values(exploration, "s.x")) == 2
    assert values(exploration, "s.cells[1]") == {0, 2}


def recursive(depth):
    if depth:
        s.x += 1
        recursive(depth - 1)


def recursion():
    recursive(3)


def bottomless():
    recursive(-1)


def test_recursion_is_allowed_as_long_as_it_ends(explored):
    assert max(values(explored(recursion), "s.x")) == 3
    with pytest.raises(ModelError):
        explored(bottomless)


holder = Holder()


def follow():
    holder.page = any_of(*PAGES)
    page = holder.page
    page.dirty = 1
    holder.page = None


PAGES = Holder.page.values[1:]


def test_pointers_name_structs_and_can_be_kept_in_locals(explored):
    exploration = explored(follow)
    assert {v.struct_name if v else None for v in values(exploration, "holder.page")} == {
        None,
        "first",
        "second",
    }
    assert values(exploration, "first.dirty") == {0, 1}


def walk_family():
    for page in pages:
        page.dirty = 1
    assert_(len(pages) == len(s.cells), "as many pages as cells")
    s.grid[1, 2] = 1


def test_bounds_size_families_and_arrays_and_are_stated(explored):
    exploration = explored(walk_family, cells=3)
    names = [c.name for c in exploration.tries.machine.program.cells]
    assert [n for n in names if n.startswith("pages")] == [f"pages[{k}].dirty" for k in range(3)]
    assert values(exploration, "s.grid[5]") == {0, 1}
    results = check([Task("walk", walk_family)], {"cells": 3})
    assert results[0].bounds == {"cells": 3, "tasks": 1}


def configured():
    if FAST:
        s.x = 1
    else:
        s.x = 2
        s.x = 3


def test_a_switch_compiles_the_other_branch_away(explored):
    assert values(explored(configured), "s.x") == {0, 2, 3}
    assert values(explored(configured, fast=True), "s.x") == {0, 1}
    assert check([Task("t", configured)], {"fast": True})[0].unreached == ()


def sometimes():
    if s.y == 3:
        s.x = 1


def test_lines_that_nothing_reaches_are_listed():
    (line,) = check([Task("t", sometimes)])[0].unreached
    assert line.line == sometimes.__code__.co_firstlineno + 2


def overflow():
    s.x = 3
    s.x += 1


def test_a_write_that_does_not_fit_names_field_value_and_line(explored):
    with pytest.raises(FieldOverflowError) as caught:
        explored(overflow)
    assert "s.x = 4" in str(caught.value)
    assert caught.value.line == overflow.__code__.co_firstlineno + 2
    assert caught.value.file == __file__


def out_of_range():
    s.cells[2] = 1


def endless():
    k = 0
    while k < 1:
        pass


def unset():
    if s.x:
        local = 1
    s.y = local


def half():
    s.x = 1
    share = s.x / 2
    s.y = share


def test_mistakes_in_a_model_are_errors_with_a_place(explored):
    for function, words in (
        (out_of_range, "out of range"),
        (endless, "doesn't come to an end"),
        (unset, "before it is set"),
        (half, "no integer"),
    ):
        with pytest.raises(ModelError) as caught:
            explored(function)
        assert words in str(caught.value)
        assert caught.value.file == __file__
        assert caught.value.line > 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("try:\n        s.x = 1\n    finally:\n        pass", "return a code"),
        ("f = lambda: 1", "where it is used"),
        ("yield", "already"),
        ("if (y := s.x): pass", "on a line of its own"),
        ("k = [1]", "tuple"),
        ("print(s.x)", "print"),
        ("with open('x'): pass", "with atomic"),
        ("s.x = g() + g()", "line of its own"),
        ("s.x = h(g())", "line of its own"),
        ("s.pop()", "method"),
        ("s.x = 1.5", "integers"),
        ("match s.x:\n        case 1: pass", "if and elif"),
        ("import os", "top of the file"),
        ("unknown()", "not known"),
        ("del s", "dies"),
    ],
)
def test_what_the_language_lacks_is_refused_with_file_line_and_hint(tmp_path: Path, body, words):
    file = tmp_path / "refused.py"
    file.write_text(
        "from analysis.model.language import Struct, bit\n"
        "class S(Struct):\n    x = bit()\ns = S()\n"
        "def g():\n    return 1\ndef h(v):\n    return v\n"
        f"def f():\n    {body}\n"
    )
    spec = importlib.util.spec_from_file_location(f"refused_{abs(hash(body))}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.raises(UnsupportedSyntaxError) as caught:
        build([Task("f", module.f)])
    assert words in str(caught.value)
    assert caught.value.file == str(file)
    assert caught.value.line == 10


def test_shared_state_outside_a_model_is_an_error():
    with pytest.raises(ModelError, match="outside a model"):
        _ = s.x
    with pytest.raises(ModelError, match="no member"):
        s.z = 1


def test_two_tasks_or_structs_of_one_name_are_refused():
    with pytest.raises(ModelError, match="one name"):
        build([Task("t", bump), Task("t", bump)])
    with pytest.raises(ModelError, match="called"):
        build([Task("t", twins)])


one, other = Shared("twin"), Shared("twin")


def twins():
    one.x = other.x
