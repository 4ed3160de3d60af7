"""write() that faults: one page lock, two ways round two locks."""

import pytest

SCENARIO = "write-fault"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        (
            "none",
            {
                "no deadlock",
                "no self-deadlock",
            },
        ),
        (
            "prefault",
            {
                "no deadlock",
                "no self-deadlock",
            },
        ),
        ("atomic-copy", set()),
        ("atomic-copy-evicted", {"write ends"}),
        ("fault-in-after", set()),
        (
            "inode-lock-in-mmap",
            {
                "lock order",
                "no deadlock",
            },
        ),
        ("lower-lock-in-mmap", set()),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


def test_the_writer_alone_locks_its_page_twice(explored):
    trace = explored(SCENARIO, "none")["no self-deadlock"].trace
    assert trace[-1].function == "handle_mm_fault"
    assert explored(SCENARIO, "none")["no self-deadlock"].reason.startswith("page.lock")


def test_touching_the_buffer_first_needs_reclaim_to_go_wrong(explored):
    trace = explored(SCENARIO, "prefault")["no self-deadlock"].trace
    assert {step.task for step in trace} == {"write", "reclaim"}


def test_reclaim_can_win_every_round_under_any_fairness_of_tasks(explored):
    result = explored(SCENARIO, "atomic-copy-evicted")["write ends"]
    cycle = result.trace[result.cycle_start :]
    assert result.strength == "under strongly fair locks"
    assert any("mm.buffer_mapped" in step.changes and step.task == "write" for step in cycle)
    assert any("mm.buffer_mapped" in step.changes and step.task != "write" for step in cycle)


def test_inode_lock_and_mmap_lock_show_both_halves(explored):
    result = explored(SCENARIO, "inode-lock-in-mmap")["lock order"]
    assert {w.title.split(" asks")[0] for w in result.witnesses} == {"write", "mmap"}
