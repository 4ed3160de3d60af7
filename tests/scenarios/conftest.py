"""Results of the catalogue's options, each explored once a session."""

import pytest

from analysis.model.result import Verdict
from analysis.scenarios.catalogue import run_option, scenarios


@pytest.fixture(scope="session")
def explored():
    """Results by property name of an option of a shipped scenario."""
    known = {}

    def run(scenario, option):
        if (scenario, option) not in known:
            record = scenarios()[scenario]
            found = run_option(record, record.option(option))
            known[scenario, option] = {r.property: r for r in found}
        return known[scenario, option]

    return run


@pytest.fixture(scope="session")
def failing(explored):
    """Names of the properties that fail under an option, those that nobody asked for included."""

    def run(scenario, option):
        return {name for name, r in explored(scenario, option).items() if r.verdict is Verdict.FAIL}

    return run
