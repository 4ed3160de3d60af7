"""A fault against truncation and invalidation: who maps what after whom."""

import pytest

SCENARIO = "truncate-fault"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        (
            "none",
            {
                "no page mapped outside the cache",
                "no page stays mapped outside the cache",
            },
        ),
        ("truncate-count", set()),
        (
            "truncate-count-invalidation",
            {
                "no page mapped outside the cache",
                "no page stays mapped outside the cache",
            },
        ),
        (
            "page-lock",
            {
                "no page mapped outside the cache",
                "no page stays mapped outside the cache",
            },
        ),
        ("page-lock-unmap", set()),
        ("late-unmap", {"no page mapped outside the cache"}),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


def test_a_second_unmapping_repairs_but_comes_late(explored):
    results = explored(SCENARIO, "late-unmap")
    trace = results["no page mapped outside the cache"].trace
    assert trace[-1].task == "invalidate"
    assert "mapping.slot" in trace[-1].changes


def test_invalidation_defeats_the_count_by_raising_it_before_the_fault_samples_it(explored):
    trace = explored(SCENARIO, "truncate-count-invalidation")["no page mapped outside the cache"].trace
    texts = [step.text for step in trace]
    assert texts.index("mapping.truncate_count += 1") < texts.index("sequence = mapping.truncate_count")
    assert texts.index("mapping.truncate_count += 1") < texts.index("spin_lock(table.ptl)")


def test_the_page_lock_is_invisible_to_lockdep(explored):
    notes = explored(SCENARIO, "page-lock-unmap")["no page stays mapped outside the cache"].notes
    assert notes == ("not seen by lockdep: Page.lock (bit lock)",)
