"""Fixtures for the tests of the model checker."""

from collections.abc import Callable

import pytest

from analysis.model.explorer import Exploration, Limits, explore
from analysis.model.machine import Machine
from analysis.model.program import Task, build
from analysis.model.tries import Tries

Explore = Callable[..., Exploration]


@pytest.fixture
def explored() -> Explore:
    """Explore some functions as tasks, and audit that no two histories were wrongly taken for one state."""

    def run(*functions: Callable[..., object], limits: Limits | None = None, **settings: int) -> Exploration:
        tasks = [Task(f"{f.__name__} {k}", f) for k, f in enumerate(functions)]
        tries = Tries(Machine(build(tasks, settings), audit=True))
        exploration = explore(tries, limits)
        tries.audit()
        return exploration

    return run
