"""The compiled graph algorithms say what the same functions say as plain Python."""

import pytest

from analysis.model import cycle, graph
from analysis.model.endless import find_endless
from analysis.model.liveness import LADDER
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.model.streett import Region, Search

pytest.importorskip("numba")


@pytest.fixture(params=[(2, 1, 3), (2, 2, 3), (3, 1, 3)])
def exploration(benchmark_case, request):
    """A case with many cyclic components, fair and unfair ones."""
    return benchmark_case.run(*request.param, keep=True)


def everything(exploration):
    """All fair components under each kind of fairness, what is trapped, and the lasso that is shown."""
    search = Search(Region(exploration))
    parts = [[(list(map(int, c.states)), c.mark) for c in search.fair(fairness)] for _, fairness in LADDER]
    trapped = list(map(int, search.trapped()))
    said = find_endless(exploration, Property("no livelock", Kind.LIVELOCK))
    return parts, trapped, (said.verdict, said.strength, said.trace, said.cycle_start, said.notes)


def test_compiled_and_plain_agree(exploration, monkeypatch):
    for module in (graph, cycle):
        monkeypatch.setattr(module, "worth_compiling", lambda states: False)
    plain = everything(exploration)
    for module in (graph, cycle):
        monkeypatch.setattr(module, "worth_compiling", lambda states: True)
    assert everything(exploration) == plain
    assert any(plain[0])
