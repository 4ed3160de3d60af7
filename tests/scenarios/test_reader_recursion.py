"""mmap_sem for reading twice: fairness decides what goes wrong."""

import pytest

SCENARIO = "reader-recursion"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        (
            "fair",
            {
                "lock order",
                "no deadlock",
            },
        ),
        (
            "unfair",
            {
                "lock order",
                "mmap gets its turn",
            },
        ),
        ("trylock-fault", {"mmap gets its turn"}),
        ("inatomic", set()),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


def test_the_reader_waits_for_itself_behind_a_writer(explored):
    result = explored(SCENARIO, "fair")["no deadlock"]
    assert "futex_wait waits for mm.mmap_sem, held by itself" in result.reason
    assert len([step for step in result.trace if step.changes]) == 2


def test_two_overlapping_readers_starve_the_writer(explored):
    result = explored(SCENARIO, "unfair")["mmap gets its turn"]
    cycle = result.trace[result.cycle_start :]
    assert {step.task for step in cycle} == {"busy futex_wait", "other busy futex_wait"}
    counts = [step.changes.get("mm.unfair_sem.readers", "") for step in cycle]
    assert not any(change.endswith("→ 0") for change in counts)


def test_the_trylock_loop_is_inescapable(explored):
    assert explored(SCENARIO, "trylock-fault")["mmap gets its turn"].strength == "inescapable"
