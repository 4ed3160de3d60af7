"""Livelock and starvation: a run that never ends, and how hard it is to avoid."""

from analysis.model.answer import Answer
from analysis.model.exploration import Exploration
from analysis.model.lasso import Lasso, find_lasso
from analysis.model.liveness import LADDER, Fairness, Strength
from analysis.model.properties import Property
from analysis.model.result import Verdict
from analysis.model.step import Kind
from analysis.model.streett import Component, Region, Search
from analysis.model.trace import Tracer

_LEAVES_OUT = (
    "weak fairness of tasks: every run that repeats itself leaves out a task that could always go on"
)


def find_endless(exploration: Exploration, question: Property) -> Answer:
    """Look for a fair run that never ends, from the strongest fairness down."""
    task = None
    if question.kind is Kind.STARVATION:
        task = [t.name for t in exploration.tries.machine.program.tasks].index(question.about)
    region = Region(exploration, task)
    search = Search(region)
    if not search.cyclic:
        return Answer(Verdict.PASS, fairness="none needed: no run repeats itself")
    worst = _worst(search)
    if worst is None:
        return Answer(Verdict.PASS, fairness=_LEAVES_OUT)
    strength, fairness, caught = worst
    # in a part without a way out everything is taken, so nothing but strong fairness finds one
    prison = search.trapped() if strength is Strength.STRONG else ()
    if len(prison):
        strength, fairness = Strength.INESCAPABLE, Fairness(strong=True, hints=False)
        caught = search.fair(fairness, prison)
    lasso = find_lasso(search, caught, fairness)
    if lasso is None:
        raise RuntimeError("a fair component without a fair cycle: the search is wrong")
    hinted = strength is Strength.WEAK and bool(search.fair(Fairness(strong=True, hints=False)))
    return _caught(exploration, question, strength, fairness, lasso, hinted)


def _worst(search: Search) -> tuple[Strength, Fairness, list[Component]] | None:
    """The strongest fairness that doesn't end all runs, what it is called, and the components left."""
    for (strength, strong), (weakness, weak) in (LADDER[:2], LADDER[2:]):
        if search.fair(weak):  # or else nothing is fair in the stronger sense
            caught = search.fair(strong)
            return (strength, strong, caught) if caught else (weakness, weak, search.fair(weak))
    return None


def _caught(
    exploration: Exploration,
    question: Property,
    strength: Strength,
    fairness: Fairness,
    lasso: Lasso,
    hinted: bool,
) -> Answer:
    tasks = exploration.tries.machine.program.tasks
    moving = dict.fromkeys(tasks[exploration.tries.edges[e].task].name for _, e in lasso.cycle)
    who = question.about or " and ".join(moving)
    reason = f"{question.kind}, {strength}: {who} can go on for ever without getting anywhere"
    trace = Tracer(exploration).render([*lasso.stem, *lasso.cycle])
    notes: tuple[str, ...] = ()
    if not lasso.shortest:
        notes += ("the lasso is real, but not known to be the shortest",)
    if hinted:
        notes += ("also under strongly fair locks, with an adversarial scheduler hint",)
    if strength in question.accept:
        return Answer(Verdict.PASS, fairness=str(fairness), notes=(f"accepted: {reason}",), strength=strength)
    return Answer(Verdict.FAIL, reason, trace, len(lasso.stem), strength.value, str(fairness), notes=notes)
