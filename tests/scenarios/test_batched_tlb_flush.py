"""A deferred TLB flush: who returns too early."""

import pytest

SCENARIO = "batched-tlb-flush"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        ("batch", {"no access to the old page after madvise returns"}),
        (
            "free-first",
            {
                "no access to the old page after madvise returns",
                "no write to a freed page",
            },
        ),
        ("nesting-count", set()),
        ("lowered-early", {"no access to the old page after madvise returns"}),
        ("flush-locked", set()),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


def test_madvise_finds_the_entry_clear_and_doesnt_flush(explored):
    trace = explored(SCENARIO, "batch")["no access to the old page after madvise returns"].trace
    assert [step.task for step in trace if "mm.pte_present" in step.changes] == ["reclaim"]
    assert not any("cpu.tlb" in step.changes for step in trace)


def test_the_user_writes_to_a_page_that_is_free(explored):
    trace = explored(SCENARIO, "free-first")["no write to a freed page"].trace
    assert trace[-1].task == "user thread"


def test_a_count_lowered_early_is_seen_as_zero_others(explored):
    trace = explored(SCENARIO, "lowered-early")["no access to the old page after madvise returns"].trace
    count = "mm.tlb_flush_pending"
    lowered = max(k for k, s in enumerate(trace) if s.task == "reclaim" and count in s.changes)
    assert trace[lowered].text == f"{count} -= 1"
    looked = next(k for k, s in enumerate(trace) if s.text.startswith("if PENDING and"))
    assert lowered < looked
