"""Two histories of a task that are taken for one state do the same ever after."""

import pytest

from analysis.model.explorer import explore
from analysis.model.language import Struct, Task, bit, number
from analysis.model.machine import Machine
from analysis.model.program import build
from analysis.model.tries import Tries
from analysis.scenarios.catalogue import scenarios


class Shared(Struct):
    x = number(3)
    stop = bit()


s = Shared()


def look_again():
    while not s.stop:
        seen = s.x
        kept = seen  # noqa: F841  (dead here, and in every later round of the loop)


def change():
    s.x = 1
    s.x = 2
    s.stop = 1


def audited(tasks, settings=None):
    tries = Tries(Machine(build(tasks, settings), audit=True))
    explore(tries, keep=False)
    tries.audit()
    return tries


def test_histories_found_while_others_are_checked_are_checked_too():
    tries = audited([Task("look", look_again), Task("change", change)])
    seen = {dict(frames[-1].locals).get("kept") for h in tries.machine._histories[0].values() for frames in h}
    assert seen == {None, 0, 1, 2}


@pytest.mark.parametrize("name", scenarios())
def test_every_shipped_option_audits_clean(name):
    scenario = scenarios()[name]
    for option in scenario.options:
        audited(option.tasks or scenario.tasks, option.settings)
