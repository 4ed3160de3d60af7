"""Freeze against a background scan: which protection waits for what."""

import pytest

SCENARIO = "freeze-scan"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        ("none", {"no deadlock"}),
        ("protect", {"no deadlock"}),
        ("try-protect", set()),
        ("stop-early", set()),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


@pytest.mark.parametrize(("option", "level"), [("none", "s_transactions"), ("protect", "s_writers")])
def test_the_scan_waits_for_a_level_that_freeze_holds(explored, option, level):
    reason = explored(SCENARIO, option)["no deadlock"].reason
    assert f"scan waits for sb.{level}, held by freeze" in reason


def test_freeze_always_waits_for_the_scan(explored):
    for option in ("none", "protect"):
        trace = explored(SCENARIO, option)["no deadlock"].trace
        assert [s.text for s in trace if s.task == "freeze"][-1].startswith("until(not scan.running)")
