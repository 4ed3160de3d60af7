"""A killed waiter swallows an exclusive wake-up, as in lock_page_killable() of Linux 2.6.28 and 4.12.

Unlocking a page wakes one waiter and takes it out of the queue. If that one has been killed and leaves
without the page, nobody wakes the next: it sleeps beside an unlocked page. One page, one waiter that can be
killed and, behind it in the queue, one that can't, optionally a passer-by who only tries. Left out: waiters
that don't want the lock, the waiters flag.
"""

from analysis.model.language import (
    Struct,
    Task,
    atomic,
    bit,
    finish_wait,
    prepare_to_wait,
    schedule,
    set_current_state,
    switch,
    wait_queue,
    wake_up,
    wake_up_one,
)
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

BIT_FIRST = switch("bit_first", summary="a woken waiter tries the bit before it looks for a signal")
FORWARD = switch("forward", summary="who leaves without the page passes the wake-up on")
HAND_OVER = switch(
    "hand_over", summary="the waker gives the bit to the waiter that it takes out of the queue"
)


class Page(Struct):
    """struct page: its lock bit."""

    locked = bit(1)


class Waiter(Struct):
    """A wait queue entry and its task: in the queue, given the bit, killed."""

    queued = bit()
    given = bit()
    killed = bit()
    sleep = wait_queue()


page, first, second = Page("page"), Waiter("first"), Waiter("second")


def wake_up_page() -> None:
    """Wake one waiter and take it out of the queue. A task that runs, for a signal maybe, isn't woken."""
    with atomic:  # under the lock of the queue
        if first.queued and wake_up_one(first.sleep):
            first.queued = 0
        elif second.queued and wake_up_one(second.sleep):
            second.queued = 0


def hand_over_page() -> None:
    """Give the bit to the head of the queue, running or not; clear it if there is none."""
    with atomic:  # under the lock of the queue
        if first.queued:
            first.queued = 0
            first.given = 1
            wake_up(first.sleep)
        elif second.queued:
            second.queued = 0
            second.given = 1
            wake_up(second.sleep)
        else:
            page.locked = 0


def unlock_page() -> None:
    """Let somebody else have the page."""
    if HAND_OVER:
        hand_over_page()
    else:
        page.locked = 0
        wake_up_page()


def sleep(me: Waiter, killable: bool) -> None:
    """io_schedule(): a killable sleep doesn't begin with a signal pending."""
    if killable and me.killed:
        set_current_state(False)
    else:
        schedule()


def try_to_lock() -> bool:
    """Whether test_and_set_bit_lock() finds the bit clear."""
    with atomic:
        taken = not page.locked
        page.locked = 1
    return taken


def wait_for_bit(me: Waiter, killable: bool) -> bool:
    """wait_on_page_bit_common(): woken waiters compete for the bit; says whether this one has it."""
    taken = False
    while True:
        with atomic:  # under the lock of the queue
            me.queued = 1
            prepare_to_wait(me.sleep)
        if page.locked:
            sleep(me, killable)
            if not BIT_FIRST and killable and me.killed:
                break
        taken = try_to_lock()
        if taken:
            break
        if BIT_FIRST and killable and me.killed:
            break
    leave(me)
    return taken


def wait_to_be_given(me: Waiter, killable: bool) -> bool:
    """The same where the waker hands over: take the bit if it is clear, else wait to be given it."""
    taken = False
    with atomic:  # under the lock of the queue
        if page.locked:
            me.queued = 1
        else:
            page.locked = 1
            taken = True
    while not taken:
        prepare_to_wait(me.sleep)
        if me.given:
            break
        if killable and me.killed:
            break
        sleep(me, killable)
    with atomic:
        me.queued = 0
        finish_wait(me.sleep)
        given = bool(me.given)
    return taken or given


def __lock_page(me: Waiter, killable: bool) -> bool:
    """Lock the page, or say False if killed."""
    if HAND_OVER:
        return wait_to_be_given(me, killable)
    return wait_for_bit(me, killable)


def leave(me: Waiter) -> None:
    """finish_wait(), or abort_exclusive_wait() if a wake-up was meant for one that leaves."""
    with atomic:
        woken = not me.queued
        me.queued = 0
        finish_wait(me.sleep)
    if FORWARD and woken and me.killed:
        wake_up_page()


def lock_page_killable() -> None:
    """Lock the page unless killed."""
    locked = __lock_page(first, True)
    if locked:
        unlock_page()


def lock_page() -> None:
    """Lock the page, whatever happens."""
    locked = __lock_page(second, False)
    if locked:
        unlock_page()


def trylock_page() -> None:
    """Somebody who takes the page if it is unlocked, and never waits for it."""
    locked = try_to_lock()
    if locked:
        unlock_page()


def kill() -> None:
    """A fatal signal for the killable waiter."""
    with atomic:
        first.killed = 1
        wake_up(first.sleep)


OWNER = Task("owner", unlock_page)
KILLABLE, OTHER = Task("killable waiter", lock_page_killable), Task("other waiter", lock_page)
SIGNAL, PASSER_BY = Task("signal", kill), Task("passer-by", trylock_page)

WOKEN = "nobody sleeps beside an unlocked page"

LEAVING = Source(
    "'Avoid page waitqueue race leaving possible page locker waiting'", "4.13, commit a8b169afbf06"
)
ABORT = Source("abort_exclusive_wait() passes the wake-up on", "2.6.29, commit 777c6c5f1f6e")
HANDED = Source("the waker hands the page lock over to the waiter", "5.9, commit 2a9127fcf229")

REWRITE = inferred(
    "found by exploration; the log of the rewrite speaks of a missed wake-up (from memory)",
    "5.9, commit 2a9127fcf229",
)

SCENARIO = Scenario(
    name="exclusive-wakeup",
    title="A killed waiter swallows an exclusive wake-up",
    summary="The only waiter that was woken leaves on a signal, and the next one sleeps for ever.",
    tasks=(OWNER, KILLABLE, OTHER, SIGNAL),
    properties=(Property(WOKEN, Kind.MISSED_WAKEUP),),
    terms=(
        "lock_page_killable",
        "__lock_page_killable",
        "wait_on_page_bit_common",
        "prepare_to_wait_exclusive",
        "abort_exclusive_wait",
        "WQ_FLAG_EXCLUSIVE",
        "signal_pending_state",
        "fatal_signal_pending",
        "exclusive wakeup",
        "exclusive waiter",
        "__wait_on_bit_lock",
    ),
    sources=(LEAVING, ABORT, HANDED),
    notes=("page locks and wait queues are outside lockdep",),
    options=(
        Option(
            "signal-first",
            "Signal tested before the bit",
            "A woken waiter looks for a fatal signal first and leaves without trying the bit.",
            terms=(
                "signal tested before the bit",
                "signal first",
                "looks for a fatal signal first",
                "return -EINTR",
                "leaves without trying",
                "swallows the wakeup",
                "check signal_pending_state first",
            ),
            expected=fails(LEAVING, WOKEN),
        ),
        Option(
            "bit-first",
            "Bit tested before the signal",
            "A woken waiter tries test_and_set_bit_lock() first, and only then lets a signal interrupt it.",
            {"bit_first": True},
            terms=(
                "bit tested before the signal",
                "test_and_set_bit_lock",
                "try the bit first",
                "tries test_and_set_bit_lock",
                "move the signal check",
                "signal check after",
            ),
            expected=passes(LEAVING, WOKEN),
            mutations=(Mutation("the signal first", {"bit_first": False}),),
        ),
        Option(
            "bit-first-passer-by",
            "Bit tested before the signal, with a passer-by who takes the page",
            "A waiter that finds the bit clear doesn't sleep but still counts as asleep; a trylock_page() in "
            "between makes it lose the bit, and the wake-up that it then gets is lost to its signal.",
            {"bit_first": True},
            terms=(
                "passer-by",
                "trylock_page in between",
                "trylock_page() in between",
                "still counts as asleep",
                "missed wakeups",
                "lost to its signal",
                "re-queueing at the end",
                "TASK_KILLABLE without sleeping",
            ),
            expected=fails(REWRITE, WOKEN),
            tasks=(OWNER, KILLABLE, OTHER, SIGNAL, PASSER_BY),
            notes=("found by exploration: with three who want the page the order of the tests is enough",),
        ),
        Option(
            "forward",
            "The wake-up passed on by who leaves",
            "abort_exclusive_wait() wakes the next waiter if a wake-up had been consumed by the one "
            "that dies.",
            {"forward": True},
            terms=(
                "abort_exclusive_wait",
                "passed on",
                "pass the wakeup on",
                "wakes the next waiter",
                "wake up the next waiter",
                "consumed",
                "forward the wakeup",
            ),
            expected=passes(ABORT, WOKEN),
            tasks=(OWNER, KILLABLE, OTHER, SIGNAL, PASSER_BY),
            mutations=(Mutation("nothing passed on", {"forward": False}),),
        ),
        Option(
            "hand-over",
            "The bit handed over by the waker",
            "The waker takes a waiter out of the queue and gives it the lock: WQ_FLAG_DONE, no trying again.",
            {"hand_over": True},
            terms=(
                "handed over",
                "hand over the lock",
                "hand the lock over",
                "lock handoff",
                "WQ_FLAG_DONE",
                "WQ_FLAG_CUSTOM",
                "WQ_FLAG_WOKEN",
                "gives it the lock",
                "transfer the lock to the waiter",
                "wake_page_function",
            ),
            expected=passes(HANDED, WOKEN),
            tasks=(OWNER, KILLABLE, OTHER, SIGNAL, PASSER_BY),
            mutations=(Mutation("the bit is free for anybody", {"hand_over": False}),),
        ),
    ),
)
