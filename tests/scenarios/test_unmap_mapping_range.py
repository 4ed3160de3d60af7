"""The discussion of 2011: what each option comes to, and whether its trace explains it."""

import pytest

from analysis.model.result import Verdict
from analysis.scenarios.catalogue import run_option, scenarios


@pytest.fixture(scope="module")
def outcome():
    """Results of an option by property."""
    scenario = scenarios()["unmap-mapping-range"]

    def run(option):
        return {r.property: r for r in run_option(scenario, scenario.option(option))}

    return run


def failing(results):
    return {name for name, r in results.items() if r.verdict is Verdict.FAIL}


@pytest.mark.parametrize(
    ("option", "fails"),
    [
        ("none", {"page unmapped on return", "no livelock"}),
        ("bit-lock", set()),
        ("unmap-mutex", set()),
        ("fuse-mutex", {"page unmapped on return", "no livelock"}),
        ("fuse-i-alloc-sem", {"page unmapped on return", "no livelock", "no deadlock", "lock order"}),
        ("invalidate-i-alloc-sem", {"no deadlock", "lock order"}),
        ("i-mutex", {"no self-deadlock", "no deadlock", "lock order"}),
        ("revalidate-callers", {"page unmapped on return", "no livelock"}),
        ("own-restart", {"no livelock"}),
        ("no-lock-break", set()),
        ("keep-spinlock", set()),
    ],
)
def test_an_option_fails_exactly_so(outcome, option, fails):
    assert failing(outcome(option)) == fails


def test_the_page_left_mapped_is_explained_by_a_foreign_restart_address(outcome):
    trace = outcome("none")["page unmapped on return"].trace
    assert {step.task for step in trace} == {"fuse: invalidate big range", "memory failure: remove one page"}
    marks = [
        step.changes["vma.vm_truncate_count"] for step in trace if "vma.vm_truncate_count" in step.changes
    ]
    # the big range leaves an address, the one page takes it for its own and calls the vma finished
    assert marks == ["0 → 10", "10 → 2"]
    assert trace[-1].text.startswith("assert_(")


def test_the_livelock_is_a_lasso_in_which_two_callers_overwrite_each_others_marks(outcome):
    for option in ("none", "own-restart"):
        result = outcome(option)["no livelock"]
        cycle = result.trace[result.cycle_start :]
        assert len({step.task for step in cycle if "vma.vm_truncate_count" in step.changes}) == 2
        assert sum(step.function == "unlock_i_mmap" for step in cycle) >= 2


def test_a_lock_in_fuse_fails_between_a_fuse_caller_and_another_one(outcome):
    for option in ("fuse-mutex", "fuse-i-alloc-sem"):
        tasks = {step.task.split(":")[0] for step in outcome(option)["page unmapped on return"].trace}
        assert tasks == {"fuse", "memory failure"}


def test_the_self_deadlock_is_on_the_way_through_lookup_one_len(outcome):
    trace = outcome("i-mutex")["no self-deadlock"].trace
    assert trace[0].text.endswith("[lookup_one_len]")
    assert trace[-1].function == "fuse_invalidate"


def test_the_inversion_with_direct_io_shows_both_paths(outcome):
    result = outcome("fuse-i-alloc-sem")["lock order"]
    assert result.reason == "Inode.i_alloc_sem → Mm.mmap_sem → Inode.i_alloc_sem"
    assert [w.title.split(" asks")[0] for w in result.witnesses] == ["direct read", "fuse: direct mmap"]


def test_lockdep_is_blind_to_the_bit_lock_alone(outcome):
    blind = {
        option
        for option in ("none", "bit-lock", "unmap-mutex", "no-lock-break")
        if any("not seen by lockdep" in note for note in outcome(option)["no livelock"].notes)
    }
    assert blind == {"bit-lock"}
