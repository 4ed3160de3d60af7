"""Lockless lookup: every part of the protocol has its own failure."""

import pytest

from analysis.scenarios.catalogue import scenarios

SCENARIO = "speculative-reference"


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        ("freeze-reread", set()),
        (
            "plain-increment",
            {
                "no dirty page is removed",
                "no free page is revived",
                "no page is removed while a lookup holds it",
                "the page found is the file's",
            },
        ),
        ("no-reread", {"the page found is the file's"}),
        (
            "compare-only",
            {
                "no dirty page is removed",
                "no page is removed while a lookup holds it",
                "the page found is the file's",
            },
        ),
        ("dirty-first", {"no dirty page is removed"}),
    ],
)
def test_an_option_fails_exactly_so(failing, option, fails):
    assert failing(SCENARIO, option) == fails


@pytest.mark.parametrize(
    ("setting", "breaks"),
    [
        ("unless_zero", "no free page is revived"),
        ("reread", "the page found is the file's"),
        ("freeze", "no page is removed while a lookup holds it"),
        ("dirty_late", "no dirty page is removed"),
    ],
)
def test_each_part_protects_one_property(explored, setting, breaks):
    record = scenarios()[SCENARIO]
    mutations = {next(iter(m.settings)): m.summary for m in record.option("freeze-reread").mutations}
    said = explored(SCENARIO, "freeze-reread")[breaks].mutants
    assert any(line.startswith(f"{mutations[setting]}: fail") for line in said)


def test_a_lost_dirty_bit_needs_no_reuse_of_the_page(explored):
    trace = explored(SCENARIO, "dirty-first")["no dirty page is removed"].trace
    assert {step.task for step in trace} == {"lookup", "reclaim"}
