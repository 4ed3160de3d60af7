"""Punching a hole against filling the cache: which window stays open."""

import pytest

SCENARIO = "hole-punch"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        (
            "page-lock",
            {
                "no cached page of a freed block",
                "no data of another file is read",
            },
        ),
        (
            "i-rwsem-read",
            {
                "no cached page of a freed block",
                "no data of another file is read",
            },
        ),
        (
            "i-rwsem-fault",
            {
                "lock order",
                "no deadlock",
            },
        ),
        ("invalidate-lock", set()),
        (
            "drop-only",
            {
                "no cached page of a freed block",
                "no data of another file is read",
            },
        ),
        (
            "one-filler-without",
            {
                "no cached page of a freed block",
                "no data of another file is read",
            },
        ),
        ("drop-again", {"no data of another file is read"}),
        (
            "dio-add-lock",
            {
                "lock order",
                "no deadlock",
                "no self-deadlock",
            },
        ),
        ("dio-error", set()),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


def test_the_block_is_looked_up_before_and_read_after_it_is_freed(explored):
    texts = [step.text for step in explored(SCENARIO, "page-lock")["no data of another file is read"].trace]
    freed = next(k for k, text in enumerate(texts) if text.startswith("inode.mapped = 0"))
    assert texts.index("mapped = inode.mapped") < freed < len(texts) - 1


def test_a_read_under_i_rwsem_is_no_culprit(explored):
    for name in ("no cached page of a freed block", "no data of another file is read"):
        assert "read" not in {step.task for step in explored(SCENARIO, "i-rwsem-read")[name].trace}


def test_the_filler_without_the_lock_is_the_culprit(explored):
    trace = explored(SCENARIO, "one-filler-without")["no cached page of a freed block"].trace
    assert {step.task for step in trace} == {"punch hole", "readahead"}


def test_i_rwsem_in_the_fault_needs_a_queued_writer_of_mmap_lock_to_hang(explored):
    result = explored(SCENARIO, "i-rwsem-fault")["no deadlock"]
    assert {step.task for step in result.trace} == {"fault", "write", "mmap"}


def test_direct_io_meets_its_own_lock(explored):
    trace = explored(SCENARIO, "dio-add-lock")["no self-deadlock"].trace
    assert {step.task for step in trace} == {"direct read"}
    assert len(trace) == 2
