"""A walk over the waiters that never ends: bookmarks in the page wait queue, Linux 4.14 to 5.9.

A waker that walks a long queue drops its lock after some entries and leaves a bookmark. A woken task that
finds the page under writeback again goes back to the tail, behind the bookmark, and is met once more. One
page whose writeback ends and starts over, a batch of one entry. Left out: interrupts, the hash of queues.
"""

from analysis.model.language import (
    Struct,
    Task,
    array,
    assert_,
    atomic,
    bit,
    bit_lock,
    clear_and_wake_up_bit,
    switch,
    until,
    wait_on_bit_lock,
)
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

BOOKMARK = switch("bookmark", True, summary="the walk drops the lock of the queue after every entry")
WAIT_LOOPS = switch("wait_loops", True, summary="a woken waiter looks again and waits again")

WAITERS = 2
UNDER_WRITEBACK = "page under writeback after wait_on_page_writeback()"


class Page(Struct):
    """struct page, and who stands in its wait queue; whoever comes goes to the tail."""

    lock = bit_lock()
    writeback = bit(1)
    queued: list[int] = array(WAITERS, bit())


page = Page("page")


def wake_up_page_bit() -> None:
    """Wake all waiters, in one go or entry by entry."""
    if BOOKMARK:
        while True:
            # the bookmark stands before everybody who has come since, so whoever is queued is still ahead
            with atomic:
                found = any(page.queued)
                if page.queued[0]:
                    page.queued[0] = 0
                elif page.queued[1]:
                    page.queued[1] = 0
            if not found:
                break
    else:
        with atomic:
            page.queued[0] = 0
            page.queued[1] = 0


def end_page_writeback() -> None:
    """The I/O is done."""
    page.writeback = 0
    wake_up_page_bit()


def redirty_and_write() -> None:
    """Somebody writes the page out again and again."""
    while True:
        wait_on_bit_lock(page.lock)
        until(not page.writeback)
        page.writeback = 1
        clear_and_wake_up_bit(page.lock)
        end_page_writeback()


def wait_on_page_writeback(me: int) -> None:
    """Stand in the queue while the bit is set."""
    while True:
        with atomic:
            waits = bool(page.writeback)
            page.queued[me] = waits
        if not waits:
            break
        until(not page.queued[me])
        if not WAIT_LOOPS:
            break


def filemap_fdatawait(me: int) -> None:
    """Wait for what is under writeback now."""
    wait_on_page_writeback(me)


def write_cache_pages(me: int) -> None:
    """Write the page, whose lock keeps others from starting writeback."""
    wait_on_bit_lock(page.lock)
    wait_on_page_writeback(me)
    assert_(not page.writeback, UNDER_WRITEBACK)
    clear_and_wake_up_bit(page.lock)


WALK = Task("end of writeback", end_page_writeback)
WRITER = Task("writer", redirty_and_write, daemon=True)
SYNC, SYNC2 = Task("sync", filemap_fdatawait, (0,)), Task("other sync", filemap_fdatawait, (1,))
FLUSHER = Task("flusher", write_cache_pages, (1,))

ENDS = "the walk over the waiters ends"
CLEAN = "no writeback after waiting for it"

BOOKMARKS = Source("bookmarks in the page wait queue", "4.14, commit 11a19c7b099f")
TORVALDS = inferred(
    "linux-mm: what became of the bookmarks",
    "<CAHk-=wgPTWoXCa=JembExs8Y7fw7YUi9XR0zn1xaxWLSXBN_vg@mail.gmail.com>",
)
UNDER_ONE_HOLD = Source(
    "a test of 28 hours without bookmarks",
    "<CAHk-=wj7mRYuictrQjT+sacgj9_GrmRetE1KLTiz-nOk-H4DPQ@mail.gmail.com>",
)
STALE = Source("a stale wake-up met BUG_ON(PageWriteback), hence the loop", "5.11, commit c2407cf7d22d")
CYCLE = inferred("woken tasks go back to the tail of a queue that is walked with a bookmark")

SCENARIO = Scenario(
    name="wakeup-walk",
    title="A walk over page waiters that never ends",
    summary="Woken waiters queue again behind the bookmark of the waker, who meets them once more.",
    tasks=(WALK, WRITER, SYNC, FLUSHER),
    properties=(
        Property(ENDS, Kind.STARVATION, "end of writeback"),
        Property(CLEAN, Kind.ASSERTION, UNDER_WRITEBACK),
    ),
    terms=(
        "wake_up_page_bit",
        "wait_on_page_writeback",
        "end_page_writeback",
        "WQ_FLAG_BOOKMARK",
        "WAITQUEUE_WALK_BREAK_CNT",
        "__wake_up_locked_key_bookmark",
        "bookmark",
        "folio_wait_writeback",
        "folio_wake_bit",
    ),
    sources=(BOOKMARKS, TORVALDS, UNDER_ONE_HOLD, STALE),
    notes=("nothing here is a lock that lockdep follows",),
    options=(
        Option(
            "bookmark",
            "Bookmark in the walk, waiters that loop",
            "The waker drops the queue's lock at its bookmark; wait_on_page_writeback() is a while loop.",
            terms=(
                "bookmark",
                "WQ_FLAG_BOOKMARK",
                "break up the wakeup",
                "WAITQUEUE_WALK_BREAK_CNT",
                "drops the queue's lock",
                "batch of wakeups",
                "long wait list",
            ),
            expected=fails(CYCLE, ENDS),
            tasks=(WALK, WRITER, SYNC, SYNC2),
        ),
        Option(
            "one-hold",
            "The whole walk under one hold of the lock",
            "No bookmark-like break: all waiters are woken in a single lock hold, however long that is.",
            {"bookmark": False},
            terms=(
                "one hold",
                "single lock hold",
                "whole walk under one hold",
                "remove the bookmarks",
                "get rid of the bookmark",
                "without bookmarks",
                "latency of the walk",
                "hard lockup",
            ),
            expected=passes(UNDER_ONE_HOLD, ENDS),
            tasks=(WALK, WRITER, SYNC, SYNC2),
            mutations=(Mutation("with a bookmark", {"bookmark": True}),),
            notes=("how long interrupts are off is not modelled",),
        ),
        Option(
            "wait-once",
            "A waiter that waits only once",
            "wait_on_page_writeback() returns after one wake-up, whatever the bit says by then.",
            {"wait_loops": False},
            terms=(
                "waits only once",
                "wait once",
                "returns after one wake-up",
                "stale wakeup",
                "not looping",
                "BUG_ON(PageWriteback(page))",
                "BUG_ON in write_cache_pages",
            ),
            expected=passes(TORVALDS, ENDS) + fails(STALE, CLEAN),
            mutations=(Mutation("it loops", {"wait_loops": True}),),
        ),
        Option(
            "wait-loops",
            "A waiter that loops, woken in one go",
            "wait_on_page_writeback() as a while loop; a stale wake-up makes it look again and wait again.",
            {"bookmark": False},
            terms=(
                "while loop",
                "a waiter that loops",
                "while (PageWriteback(page))",
                "make wait_on_page_writeback() wait for multiple pending writebacks",
                "multiple pending writebacks",
                "look again",
                "loop in wait_on_page_writeback",
            ),
            expected=passes(STALE, CLEAN),
            mutations=(Mutation("it waits once", {"wait_loops": False}),),
        ),
    ),
)
