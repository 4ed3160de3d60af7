"""A deferred TLB flush, seen by somebody who finds the page table entry already clear.

Unhook, flush, free: that is the rule. Reclaim or munmap clears an entry under the page table lock and
flushes later, for many entries at once. mprotect or madvise then finds the entry empty, has nothing to
flush, and returns, while a processor still writes through its stale TLB entry. One entry, one processor
with a TLB. Left out: ranges, the dirty bit that hardware sets, page tables themselves.
"""

from analysis.model.language import (
    Struct,
    Task,
    assert_,
    atomic,
    bit,
    number,
    spin_lock,
    spin_unlock,
    spinlock,
    switch,
)
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

FREE_FIRST = switch("free_first", summary="the page is freed before the flush")
PENDING = switch("pending", summary="tlb_flush_pending counts who is about to flush")
LOWERED_EARLY = switch("lowered_early", summary="the count is lowered before the flush")
FLUSH_LOCKED = switch("flush_locked", summary="the flush is done under the page table lock")

AFTER_FREE = "write through the TLB to a freed page"
STALE = "stale TLB entry when madvise or mprotect returns"


class Mm(Struct):
    """struct mm_struct: one entry under its lock, and who is about to flush."""

    ptl = spinlock()
    pte_present = bit(1)
    tlb_flush_pending = number(2)


class Page(Struct):
    """The page that the entry maps."""

    freed = bit()


class Cpu(Struct):
    """A processor that runs another thread of the process."""

    tlb = bit(1)


mm, page, cpu = Mm("mm"), Page("page"), Cpu("cpu")


def flush_tlb() -> None:
    """Interrupt the processor; afterwards its TLB is empty."""
    cpu.tlb = 0


def inc_tlb_flush_pending() -> None:
    """Announce a flush before any entry changes."""
    if PENDING:
        mm.tlb_flush_pending += 1


def dec_tlb_flush_pending() -> None:
    """Take the announcement back."""
    if PENDING:
        mm.tlb_flush_pending -= 1


def try_to_unmap() -> None:
    """Clear the entry, flush later, free the page."""
    inc_tlb_flush_pending()
    spin_lock(mm.ptl)
    mm.pte_present = 0
    if FLUSH_LOCKED:
        flush_tlb()
    spin_unlock(mm.ptl)
    if LOWERED_EARLY:
        dec_tlb_flush_pending()
    if FREE_FIRST:
        page.freed = 1
        flush_tlb()
    else:
        flush_tlb()
        page.freed = 1
    if not LOWERED_EARLY:
        dec_tlb_flush_pending()


def madvise_dontneed() -> None:
    """zap_pte_range() or change_pte_range(): what is empty needs no flush, unless somebody else is at it."""
    inc_tlb_flush_pending()
    flush = False
    spin_lock(mm.ptl)
    if mm.pte_present:
        mm.pte_present = 0
        flush = True
    spin_unlock(mm.ptl)
    if PENDING and mm.tlb_flush_pending > 1:  # mm_tlb_flush_nested()
        flush = True
    if flush:
        flush_tlb()
    dec_tlb_flush_pending()
    assert_(not cpu.tlb, STALE)


def user() -> None:
    """A thread on the processor writes."""
    with atomic:
        if mm.pte_present:
            cpu.tlb = 1
        if cpu.tlb:
            assert_(not page.freed, AFTER_FREE)


RECLAIM, MADVISE = Task("reclaim", try_to_unmap), Task("madvise", madvise_dontneed)
USER = Task("user thread", user)

NOT_FREED = "no write to a freed page"
GONE = "no access to the old page after madvise returns"

RULE = Source("unhook, flush, free: comment in asm-generic/tlb.h")
RECLAIM_RACE = Source(
    "'reclaim races with mprotect, munmap': the flush that reclaim owes", "4.13, commit 3ea277194daa"
)
NESTED = Source("mm_tlb_flush_nested() and its comments in mm/mmu_gather.c", "commit 56236a59556c")
FREED = inferred(
    "'mm: fix MADV_[FREE|DONTNEED] TLB flush miss problem'", "4.13, 99baac21e458 (id from memory)"
)
BARRIERS = inferred("the ordering of tlb_flush_pending comes from the page table lock", "commit 0a2c40487f3e")
LOCKED = inferred("flushing under the page table lock", "3.15, commit 1cf35d47712d")

SCENARIO = Scenario(
    name="batched-tlb-flush",
    title="A TLB flush that is deferred and missed",
    summary=(
        "An entry is clear, its flush still to come, and somebody who sees the clear entry doesn't flush."
    ),
    tasks=(RECLAIM, MADVISE, USER),
    properties=(
        Property(NOT_FREED, Kind.ASSERTION, AFTER_FREE),
        Property(GONE, Kind.ASSERTION, STALE),
    ),
    terms=(
        "tlb_flush_pending",
        "mm_tlb_flush_pending",
        "mm_tlb_flush_nested",
        "tlb_gather_mmu",
        "tlb_finish_mmu",
        "flush_tlb_batched_pending",
        "try_to_unmap_flush",
        "change_pte_range",
        "stale TLB",
        "stale TLB entry",
        "batched TLB flush",
        "deferred TLB flush",
        "TTU_BATCH_FLUSH",
        "flush_tlb_mm_range",
    ),
    sources=(RULE, RECLAIM_RACE, NESTED, FREED, BARRIERS, LOCKED),
    notes=("not a matter of lock order: lockdep sees nothing",),
    options=(
        Option(
            "batch",
            "Batched flush without a marker",
            "The flush is deferred and nothing tells others that one is owed.",
            terms=(
                "without a marker",
                "batched flush",
                "deferred flush",
                "flush is deferred",
                "one is owed",
                "TTU_BATCH_FLUSH",
                "should_defer_flush",
                "flush miss",
            ),
            expected=fails(RECLAIM_RACE, GONE),
        ),
        Option(
            "free-first",
            "Page freed before the flush",
            "The page goes back to the allocator before the TLB entry is gone.",
            {"free_first": True},
            terms=(
                "freed before the flush",
                "free before flush",
                "freeing before flushing",
                "unhook, free, flush",
                "before the TLB entry is gone",
                "pages freed too early",
                "back to the allocator",
            ),
            expected=fails(RULE, NOT_FREED),
        ),
        Option(
            "nesting-count",
            "tlb_flush_pending, flush when nested",
            "A count is raised before entries change and lowered after the flush; who isn't alone "
            "flushes too.",
            {"pending": True},
            terms=(
                "tlb_flush_pending",
                "mm_tlb_flush_nested",
                "mm_tlb_flush_pending",
                "inc_tlb_flush_pending",
                "dec_tlb_flush_pending",
                "flush when nested",
                "lowered after the flush",
                "parallel unmap",
                "force flush",
            ),
            expected=passes(NESTED, GONE, NOT_FREED),
            mutations=(
                Mutation("no count", {"pending": False}),
                Mutation("freed before the flush", {"free_first": True}),
            ),
        ),
        Option(
            "lowered-early",
            "tlb_flush_pending cleared before the flush",
            "The count goes down too early: who looks in between believes that nobody owes a flush.",
            {"pending": True, "lowered_early": True},
            terms=(
                "cleared before the flush",
                "tlb_flush_pending cleared",
                "clear_tlb_flush_pending",
                "goes down too early",
                "cleared too early",
                "count lowered before",
                "decremented before the flush",
            ),
            expected=fails(BARRIERS, GONE),
        ),
        Option(
            "flush-locked",
            "Flush under the page table lock",
            "No batching across the unlock: the TLB is flushed before the ptl is released.",
            {"flush_locked": True},
            terms=(
                "under the page table lock",
                "flush under the page table lock",
                "flush under ptl",
                "before the ptl is released",
                "flush before dropping the ptl",
                "flush before pte_unmap_unlock",
                "tlb_flush_mmu_tlbonly",
                "flush before releasing the lock",
            ),
            expected=passes(LOCKED, GONE, NOT_FREED),
            mutations=(
                Mutation("after the lock is released", {"flush_locked": False}),
                Mutation(
                    "freed before the flush, outside the lock", {"flush_locked": False, "free_first": True}
                ),
            ),
        ),
    ),
)
