"""Waiting for a bit, with a second bit that says whether anybody waits: the lost wake-up.

The waiter stands in the queue, sets the waiters flag, announces its sleep, tests the bit and sleeps. The
waker clears the bit, looks at the flag and wakes. Either half in the wrong order loses the wake-up. Memory
is sequentially consistent here; the missing barrier is modelled by what it allows, the waker's load of the
flag overtaking its store of the bit. One page, one waiter. Left out: hashed queues and the collisions in
them.
"""

from analysis.model.language import (
    Struct,
    Task,
    atomic,
    bit,
    finish_wait,
    prepare_to_wait,
    schedule,
    switch,
    wait_queue,
    wake_up,
)
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

TEST_FIRST = switch("test_first", summary="the waiter tests the bit before it announces its sleep")
TIMEOUT = switch("timeout", summary="the sleep ends by itself after a while")
FLAG = switch("flag", True, summary="the waker wakes only if the waiters flag is set")
BARRIER = switch("barrier", True, summary="the waker's store of the bit is visible before it loads the flag")
ONE_WORD = switch("one_word", summary="one atomic operation clears the bit and fetches the flag")


class Page(Struct):
    """struct page: the bit waited for, PG_waiters, the queue that its address hashes to."""

    locked = bit(1)
    waiters = bit()
    queue = wait_queue()


page = Page("page")


def wait_on_page_bit() -> None:
    """Sleep until the bit is clear."""
    while page.locked:
        if not TEST_FIRST:
            # standing in the queue, asleep as far as wakers are concerned: only now is the test worth it
            prepare_to_wait(page.queue)
            page.waiters = 1
            if page.locked:
                sleep()
        else:
            page.waiters = 1
            prepare_to_wait(page.queue)
            sleep()
        finish_wait(page.queue)


def sleep() -> None:
    """io_schedule() or io_schedule_timeout()."""
    if not TIMEOUT:
        schedule()


def unlock_page() -> None:
    """Clear the bit and wake whoever waits for it."""
    waiters = True
    if ONE_WORD:
        with atomic:
            waiters = bool(page.waiters)
            page.locked = 0
    elif BARRIER:
        page.locked = 0
        if FLAG:
            waiters = bool(page.waiters)
    else:
        waiters = bool(page.waiters)
        page.locked = 0
    if waiters:
        wake_up(page.queue)


WAITER, WAKER = Task("waiter", wait_on_page_bit), Task("waker", unlock_page)

WOKEN = "no missed wake-up"

F2FS = inferred(
    "f2fs adds a timeout for the gap between test and sleep; whether its order was wrong is not known",
    "4.6, commit 0ff21646f2a5",
)
WAITERS = Source("PG_waiters, comment in unlock_page(): both bits in one word", "4.10, commit 62906027091f")
BARRIERS = inferred("the classic rule: clear, full barrier, test")

SCENARIO = Scenario(
    name="bit-wakeup",
    title="A lost wake-up on a page bit",
    summary="The waker sees no waiter while the waiter still sees the bit: nobody ends its sleep.",
    tasks=(WAITER, WAKER),
    properties=(Property(WOKEN, Kind.MISSED_WAKEUP),),
    terms=(
        "wait_on_page_bit",
        "wake_up_page",
        "PG_waiters",
        "PageWaiters",
        "waitqueue_active",
        "wait_on_bit",
        "wake_up_bit",
        "lost wakeup",
        "missed wakeup",
        "smp_mb__after_clear_bit",
        "lost wake-up",
        "wait_on_page_locked",
    ),
    sources=(F2FS, WAITERS),
    notes=("a lost wake-up is no matter of locks: lockdep sees nothing of it",),
    options=(
        Option(
            "test-first",
            "Test before the sleep is announced",
            "The waiter tests the bit, then calls prepare_to_wait(): a wake-up in between is lost.",
            {"test_first": True},
            terms=(
                "test before the sleep",
                "tests the bit",
                "prepare_to_wait after the test",
                "between test and sleep",
                "between the check and the sleep",
                "gap between",
            ),
            expected=fails(F2FS, WOKEN),
        ),
        Option(
            "timeout",
            "A timeout on the sleep",
            "io_schedule_timeout() instead of a plain sleep: the waiter wakes by itself and looks again.",
            {"test_first": True, "timeout": True},
            terms=(
                "timeout",
                "io_schedule_timeout",
                "schedule_timeout",
                "congestion_wait",
                "wakes by itself",
                "DEFAULT_IO_TIMEOUT",
            ),
            expected=passes(F2FS, WOKEN),
            mutations=(Mutation("no timeout", {"timeout": False}),),
            notes=("this is polling: how long the waiter sleeps for nothing is not modelled",),
        ),
        Option(
            "no-barrier",
            "Flag tested without a barrier",
            "The waker's waitqueue_active() test may be ordered before its clear_bit().",
            {"barrier": False},
            terms=(
                "without a barrier",
                "no barrier",
                "missing barrier",
                "missing memory barrier",
                "waitqueue_active",
                "store buffer",
                "reordered",
                "ordered before",
            ),
            expected=fails(BARRIERS, WOKEN),
            notes=("the reordering is written down as two statements exchanged",),
        ),
        Option(
            "barrier",
            "A full barrier between clear and test",
            "clear_bit(), smp_mb__after_atomic(), then the test of the waiters flag.",
            terms=(
                "full barrier",
                "smp_mb",
                "smp_mb__after_atomic",
                "smp_mb__after_clear_bit",
                "smp_mb between",
                "add a barrier",
                "memory barrier",
            ),
            expected=passes(BARRIERS, WOKEN),
            mutations=(
                Mutation("without the barrier", {"barrier": False}),
                Mutation("the waiter tests first", {"test_first": True}),
            ),
        ),
        Option(
            "one-word",
            "Both bits in one word",
            "One atomic operation clears the lock bit and tells whether PG_waiters is set, as "
            "clear_bit_unlock_is_negative_byte() does.",
            {"one_word": True, "barrier": False},
            terms=(
                "one word",
                "both bits in one word",
                "same word",
                "one atomic operation",
                "clear_bit_unlock_is_negative_byte",
                "xor_unlock_is_negative_byte",
                "PG_waiters bit",
                "negative byte",
            ),
            expected=passes(WAITERS, WOKEN),
            mutations=(Mutation("two operations", {"one_word": False}),),
        ),
        Option(
            "always-wake",
            "Wake unconditionally, without a waiters flag",
            "The waker always calls wake_up(), whose queue lock orders it against the waiter.",
            {"flag": False},
            terms=(
                "unconditionally",
                "always calls wake_up",
                "unconditional wakeup",
                "without a waiters flag",
                "drop the waitqueue_active test",
                "__wake_up_bit always",
            ),
            expected=passes(BARRIERS, WOKEN),
            mutations=(Mutation("the waiter tests first", {"test_first": True}),),
        ),
    ),
)
