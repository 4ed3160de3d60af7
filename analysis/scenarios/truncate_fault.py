"""A fault maps a page while truncation or invalidation takes it out of the cache.

The fault finds the page, then sets the page table entry. The other side unmaps the range, where nothing is
mapped yet, and takes the page out of the cache: the process keeps a page that the file no longer knows.
Truncation lowers i_size first, so that a later fault ends in SIGBUS; invalidation works inside i_size.
One page, one entry. Left out: copies of private mappings, filling a page beyond the new end, reading a
missing page in (a fault that finds none has nothing more to do here).
"""

from analysis.model.language import (
    TASKS,
    Struct,
    Task,
    assert_,
    atomic,
    bit,
    bit_lock,
    clear_and_wake_up_bit,
    number,
    spin_lock,
    spin_unlock,
    spinlock,
    switch,
    wait_on_bit_lock,
)
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

TRUNCATE_COUNT = switch(
    "truncate_count", summary="the fault samples truncate_count and compares under the lock"
)
FAULT_PAGE_LOCK = switch("fault_page_lock", summary="the fault holds the page lock until the entry is set")
UNMAP_LOCKED = switch("unmap_locked", summary="removal unmaps once more, under the page lock")
UNMAP_AFTER = switch("unmap_after", summary="removal unmaps once more, after the page has left the cache")

OUTSIDE = "page mapped that is not in the cache"
STAYS = "page stays mapped that is not in the cache"


class Inode(Struct):
    """struct inode: its size in pages."""

    i_size = number(1, 1)


class AddressSpace(Struct):
    """struct address_space: one slot of the page tree, and the count that unmapping raises."""

    truncate_count = number(7)
    slot = bit(1)


class Page(Struct):
    """struct page: the page lock, and whether page->mapping still is this file."""

    lock = bit_lock()
    mapping = bit(1)


class PageTable(Struct):
    """One page table entry under its lock."""

    ptl = spinlock()
    present = bit()


class Run(Struct):
    """How many of the tasks are over."""

    over = number(TASKS)


inode, mapping, page, table, run = Inode("inode"), AddressSpace("mapping"), Page("page"), PageTable(), Run()


def finish() -> None:
    """Whoever is last looks at what is left."""
    with atomic:
        run.over += 1
        if run.over == TASKS:
            assert_(mapping.slot or not table.present, STAYS)


def do_no_page() -> None:
    """A fault: look the page up, lock it or not, set the entry."""
    while True:
        sequence = 0
        if TRUNCATE_COUNT:
            sequence = mapping.truncate_count
        if not inode.i_size:
            break  # SIGBUS
        if not mapping.slot:
            break
        if FAULT_PAGE_LOCK:
            wait_on_bit_lock(page.lock)
            if not page.mapping:
                clear_and_wake_up_bit(page.lock)
                break
        spin_lock(table.ptl)
        if TRUNCATE_COUNT and sequence != mapping.truncate_count:
            spin_unlock(table.ptl)
            continue
        with atomic:
            table.present = 1
            assert_(mapping.slot, OUTSIDE)
        spin_unlock(table.ptl)
        if FAULT_PAGE_LOCK:
            clear_and_wake_up_bit(page.lock)
        break
    finish()


def unmap_mapping_range() -> None:
    """Raise the count, then clear the entry."""
    mapping.truncate_count += 1
    spin_lock(table.ptl)
    table.present = 0
    spin_unlock(table.ptl)


def remove_from_page_cache() -> None:
    """truncate_complete_page() or invalidate_complete_page2(), under the page lock."""
    wait_on_bit_lock(page.lock)
    if UNMAP_LOCKED and table.present:
        unmap_mapping_range()
    with atomic:
        page.mapping = 0
        mapping.slot = 0
        assert_(not table.present, OUTSIDE)
    clear_and_wake_up_bit(page.lock)


def vmtruncate() -> None:
    """Lower i_size, unmap what is beyond it, remove it from the cache."""
    inode.i_size = 0
    unmap_mapping_range()
    remove_from_page_cache()
    if UNMAP_AFTER:
        unmap_mapping_range()
    finish()


def invalidate_inode_pages2_range() -> None:
    """The same inside i_size."""
    unmap_mapping_range()
    remove_from_page_cache()
    if UNMAP_AFTER:
        unmap_mapping_range()
    finish()


FAULT = Task("fault", do_no_page)
TRUNCATE = Task("truncate", vmtruncate)
INVALIDATE = Task("invalidate", invalidate_inode_pages2_range)

NEVER_OUTSIDE = "no page mapped outside the cache"
NONE_STAYS = "no page stays mapped outside the cache"

COUNT = Source("barrier comments in do_no_page() up to 2.6.22: i_size falls before the count rises")
LINEAR = Source(
    "log of 'mm: fix fault vs invalidate race for linear mappings', read in a mirror",
    "2.6.23, commit d00806b18315 (id from memory)",
)
MKWRITE = inferred(
    "'mm: close page_mkwrite races' documents faults that return a locked page", "b827e496c893"
)
HUGH = Source(
    "the argument for unmapping under the page lock, linux-mm, September 2020",
    "<alpine.LSU.2.11.2009161853220.2087@eggly.anvils>",
)
PLAIN = inferred("what the barrier comments in do_no_page() guard against")
LATE = inferred("the second unmapping of truncate_pagecache()")

SCENARIO = Scenario(
    name="truncate-fault",
    title="Truncation or invalidation against a fault",
    summary="A fault that has found its page maps it after the page was unmapped and removed from the cache.",
    tasks=(FAULT, INVALIDATE),
    properties=(
        Property(NEVER_OUTSIDE, Kind.ASSERTION, OUTSIDE),
        Property(NONE_STAYS, Kind.ASSERTION, STAYS),
    ),
    terms=(
        "do_no_page",
        "truncate_inode_pages",
        "fault vs invalidate",
        "fault vs truncate",
        "VM_FAULT_LOCKED",
        "page->mapping",
        "filemap_map_pages",
        "invalidate_complete_page2",
        "mapped page outside the cache",
        "fault against truncation",
        "->map_pages",
    ),
    sources=(COUNT, LINEAR, MKWRITE, HUGH),
    notes=("page locks are not followed by lockdep, and there is no lock order in the race itself",),
    options=(
        Option(
            "none",
            "A fault without recheck",
            "The entry is set without any recheck whether the page is still in the cache.",
            terms=("without recheck", "without any recheck", "no recheck", "unserialized fault", "->nopage"),
            expected=fails(PLAIN, NEVER_OUTSIDE, NONE_STAYS),
        ),
        Option(
            "truncate-count",
            "truncate_count sampled and compared, against truncation",
            "The fault samples truncate_count before the lookup and retries if it has moved; "
            "truncation lowers "
            "i_size first.",
            {"truncate_count": True},
            terms=(
                "against truncation",
                "truncate_count",
                "samples truncate_count",
                "i_size first",
                "lowers i_size",
                "i_size_write before unmap_mapping_range",
                "smp_rmb",
            ),
            expected=passes(COUNT, NEVER_OUTSIDE, NONE_STAYS),
            tasks=(FAULT, TRUNCATE),
            mutations=(Mutation("the count is not compared", {"truncate_count": False}),),
        ),
        Option(
            "truncate-count-invalidation",
            "truncate_count against invalidation inside i_size",
            "The fault may sample the count after it was raised and still find the page: i_size says "
            "nothing.",
            {"truncate_count": True},
            terms=(
                "truncate_count",
                "against invalidation",
                "invalidation inside i_size",
                "invalidate inside i_size",
                "does not change i_size",
                "i_size says nothing",
            ),
            expected=fails(LINEAR, NEVER_OUTSIDE, NONE_STAYS),
        ),
        Option(
            "page-lock",
            "Page lock in the fault, one unmapping",
            "The fault checks page->mapping under the page lock and keeps it until the entry is set; "
            "the other "
            "side unmaps once, before it takes that lock.",
            {"fault_page_lock": True},
            terms=(
                "page lock in the fault",
                "recheck page->mapping",
                "checks page->mapping",
                "VM_FAULT_LOCKED",
                "return a locked page",
                "lock_page in the fault",
                "unmaps once",
            ),
            expected=fails(MKWRITE, NEVER_OUTSIDE, NONE_STAYS),
        ),
        Option(
            "page-lock-unmap",
            "Page lock in the fault, unmapped again under it",
            "As before, and removal unmaps again under the page lock what a fault has mapped since.",
            {"fault_page_lock": True, "unmap_locked": True},
            terms=(
                "unmapped again under it",
                "unmaps again under the page lock",
                "unmap under the page lock",
                "page_mapped under the page lock",
                "if (page_mapped(page))",
                "unmap_mapping_page",
                "unmap_mapping_folio",
                "truncate_cleanup_page",
                "truncate_cleanup_folio",
            ),
            expected=passes(HUGH, NEVER_OUTSIDE, NONE_STAYS),
            mutations=(
                Mutation("unmapped only before the lock is taken", {"unmap_locked": False}),
                Mutation("the fault doesn't lock the page", {"fault_page_lock": False}),
            ),
        ),
        Option(
            "late-unmap",
            "A second unmapping after removal",
            "The range is unmapped a second time when the page has left the cache; until then it is mapped.",
            {"fault_page_lock": True, "unmap_after": True},
            terms=(
                "second unmapping",
                "unmapped a second time",
                "unmap_mapping_range is called twice",
                "second unmap_mapping_range",
                "unmap after truncate_inode_pages",
                "after removal",
            ),
            expected=fails(LATE, NEVER_OUTSIDE) + passes(LATE, NONE_STAYS),
            mutations=(Mutation("unmapped once", {"unmap_after": False}),),
        ),
    ),
)
