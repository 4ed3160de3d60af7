"""An exclusive wake-up and a killed waiter: who sleeps on."""

import pytest

SCENARIO = "exclusive-wakeup"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        ("signal-first", {"nobody sleeps beside an unlocked page"}),
        ("bit-first", set()),
        ("bit-first-passer-by", {"nobody sleeps beside an unlocked page"}),
        ("forward", set()),
        ("hand-over", set()),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


def test_the_other_waiter_sleeps_while_the_page_is_unlocked(explored):
    result = explored(SCENARIO, "signal-first")["nobody sleeps beside an unlocked page"]
    assert result.reason.startswith("other waiter sleeps")
    locked = [step.changes["page.locked"] for step in result.trace if "page.locked" in step.changes]
    assert locked[-1] == "1 → 0"


def test_a_passer_by_makes_the_killed_waiter_lose_the_bit(explored):
    trace = explored(SCENARIO, "bit-first-passer-by")["nobody sleeps beside an unlocked page"].trace
    assert {step.task for step in trace} >= {"killable waiter", "other waiter", "signal", "passer-by"}
    # the last wake-up goes to the killable waiter, which never sleeps in this run
    assert [s.task for s in trace if s.changes.get("first.sleep[1]") == "1 → 0"] != []
    assert not any(step.text == "schedule()" for step in trace if step.task == "killable waiter")
