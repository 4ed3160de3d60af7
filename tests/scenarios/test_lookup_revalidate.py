"""Waiting for a daemon that needs the directory: who holds it."""

import pytest

SCENARIO = "lookup-revalidate"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        ("none", {"no deadlock"}),
        (
            "unlock-if-locked",
            {
                "a mutex is released by its owner",
                "no deadlock",
                "no return while holding",
            },
        ),
        ("unhashed", set()),
        ("d-manage", set()),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


def test_the_daemon_stands_before_a_directory_that_the_other_mkdir_holds(explored):
    trace = explored(SCENARIO, "none")["no deadlock"].trace
    last = {step.task: step.text for step in trace if "[" in step.text}
    assert "held by other mkdir" in last["automount daemon"]
    assert set(last) == {"mkdir", "other mkdir", "path walk", "automount daemon"}


def test_the_wrong_unlock_is_that_of_a_walk_that_holds_nothing(explored):
    result = explored(SCENARIO, "unlock-if-locked")["a mutex is released by its owner"]
    assert result.trace[-1].task == "path walk"
    assert result.reason == "dir.i_mutex is released by a task that doesn't hold it"
