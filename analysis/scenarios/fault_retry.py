"""A fault sleeps on a page lock with mmap_lock held, and everybody queues up behind the next writer.

The page is being read from disk. Instead of sleeping with mmap_lock held the fault may drop it, wait, and
be tried again: once, or as often as it takes. With FAULT_FLAG_RETRY_NOWAIT it asks for a retry without
having dropped the lock, which the caller has to know. One page that is locked again and again for I/O, one
fault. Left out: what a retry does to the vma, userfaultfd.
"""

from analysis.model.language import (
    Struct,
    Task,
    assert_,
    bit,
    bit_lock,
    clear_and_wake_up_bit,
    down_read,
    down_write,
    is_locked,
    rwsem,
    switch,
    test_and_set_bit_lock,
    until,
    up_read,
    up_write,
    wait_on_bit_lock,
)
from analysis.model.liveness import Strength
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

ALLOW_RETRY = switch("allow_retry", summary="the fault may drop mmap_lock, wait and ask for a retry")
UNLIMITED = switch("unlimited", summary="as often as it takes")
SIGNAL_ENDS = switch("signal_ends", summary="a fatal signal ends the retries")
NOWAIT = switch("nowait", summary="the fault asks for a retry without dropping mmap_lock")
CALLER_KNOWS = switch("caller_knows", True, summary="the caller drops the lock itself in that case")

ASLEEP = "fault sleeps on a page lock with mmap_lock held"


class Mm(Struct):
    """struct mm_struct."""

    mmap_lock = rwsem()


class Page(Struct):
    """The page that is faulted in: its lock is held while it is read."""

    lock = bit_lock()


class Signal(Struct):
    """Whether the faulting task was killed."""

    fatal = bit()


mm, page, signal = Mm("mm"), Page("page"), Signal("signal")


def lock_page_or_retry(may_retry: bool) -> bool:
    """__lock_page_or_retry(): True with the page locked; False when the fault is to be tried again."""
    if not test_and_set_bit_lock(page.lock):
        return True
    if NOWAIT:
        return False
    assert_(may_retry or not is_locked(page.lock), ASLEEP)
    if may_retry:
        up_read(mm.mmap_lock)
        until(not is_locked(page.lock))
        return False
    wait_on_bit_lock(page.lock)
    return True


def do_user_addr_fault() -> None:
    """Fault one page in."""
    may_retry = False
    if ALLOW_RETRY:
        may_retry = True
    while True:
        down_read(mm.mmap_lock)
        locked = lock_page_or_retry(may_retry)
        if locked:
            clear_and_wake_up_bit(page.lock)
            up_read(mm.mmap_lock)
            break
        if NOWAIT:
            if CALLER_KNOWS:
                up_read(mm.mmap_lock)
            break
        if SIGNAL_ENDS and signal.fatal:
            break
        if not UNLIMITED:
            may_retry = False


def read_page() -> None:
    """I/O locks the page again and again: it is read, dropped, read once more."""
    while True:
        wait_on_bit_lock(page.lock)
        clear_and_wake_up_bit(page.lock)


def sys_mmap() -> None:
    """A writer."""
    down_write(mm.mmap_lock)
    up_write(mm.mmap_lock)


def kill() -> None:
    """A fatal signal."""
    signal.fatal = 1


FAULT, MMAP = Task("fault", do_user_addr_fault), Task("mmap", sys_mmap)
READ, KILL = Task("page read", read_page, daemon=True), Task("signal", kill)

AWAKE = "no sleep on a page lock with mmap_lock held"
ENDS = "the fault ends"
BALANCED = "mmap_lock is released by the end of the fault"

RETRY = Source(
    "FAULT_FLAG_ALLOW_RETRY: drop mmap_sem, wait for the page, retry", "2.6.37, commit d065bd810b6d"
)
ONCE = inferred("a single retry, then a wait under the lock", "2.6.37, commit d065bd810b6d")
MANY = inferred("retries without limit need a check for fatal signals", "5.7, commit 4426e945df58")
NOT_DROPPED = Source("comment of __lock_page_or_retry(): with RETRY_NOWAIT the lock is still held")
UNAWARE = inferred("a caller that doesn't know that comment")

SCENARIO = Scenario(
    name="fault-retry",
    title="A fault that sleeps on a page with mmap_lock held, or retries",
    summary=(
        "Waiting for I/O under mmap_lock stalls the process; dropping the lock means that the "
        "fault starts over."
    ),
    tasks=(FAULT, MMAP, READ, KILL),
    properties=(
        Property(AWAKE, Kind.ASSERTION, ASLEEP),
        # losing the race for the page lock again and again is another matter
        Property(ENDS, Kind.STARVATION, "fault", accept=(Strength.WEAK,)),
        Property(BALANCED, Kind.RETURN_HOLDING),
    ),
    terms=(
        "FAULT_FLAG_ALLOW_RETRY",
        "FAULT_FLAG_RETRY_NOWAIT",
        "VM_FAULT_RETRY",
        "FAULT_FLAG_TRIED",
        "lock_page_or_retry",
        "__lock_page_or_retry",
        "folio_lock_or_retry",
        "fault_signal_pending",
        "FOLL_NOWAIT",
    ),
    sources=(RETRY, MANY, NOT_DROPPED),
    notes=("lockdep doesn't see that the page lock is waited for under mmap_lock",),
    options=(
        Option(
            "sleep",
            "Sleep on the page with mmap_lock held",
            "The fault calls lock_page() under mmap_sem; a writer queues and everybody waits for the I/O.",
            terms=(
                "sleep on the page",
                "lock_page() under mmap_sem",
                "mmap_sem held during I/O",
                "mmap_lock held across I/O",
                "everybody waits for the I/O",
                "disk access under mmap_sem",
            ),
            expected=fails(RETRY, AWAKE),
        ),
        Option(
            "retry-once",
            "Drop mmap_lock and retry once",
            "VM_FAULT_RETRY the first time, FAULT_FLAG_TRIED from then on: the second time it sleeps.",
            {"allow_retry": True},
            terms=(
                "retry once",
                "retried once",
                "VM_FAULT_RETRY the first time",
                "FAULT_FLAG_TRIED",
                "clear FAULT_FLAG_ALLOW_RETRY",
                "only one retry",
                "second time it sleeps",
            ),
            expected=passes(ONCE, ENDS) + fails(ONCE, AWAKE),
            mutations=(Mutation("retries without limit", {"unlimited": True}),),
        ),
        Option(
            "retry-always",
            "Retry as often as it takes",
            "The fault may return VM_FAULT_RETRY any number of times; an unlucky task never gets through.",
            {"allow_retry": True, "unlimited": True},
            terms=(
                "as often as it takes",
                "any number of times",
                "allow VM_FAULT_RETRY for multiple times",
                "retry multiple times",
                "unlimited retries",
                "never gets through",
                "retry more than once",
            ),
            expected=fails(MANY, ENDS) + passes(MANY, AWAKE),
            mutations=(Mutation("retry not allowed", {"allow_retry": False}),),
        ),
        Option(
            "retry-signal",
            "Unlimited retries that a fatal signal ends",
            "fault_signal_pending() is looked at before every retry, so that the task can be killed.",
            {"allow_retry": True, "unlimited": True, "signal_ends": True},
            terms=(
                "fatal signal",
                "fault_signal_pending",
                "fatal_signal_pending",
                "can be killed",
                "signal ends",
                "killable",
                "check for fatal signals",
            ),
            expected=passes(MANY, ENDS, AWAKE),
            mutations=(
                Mutation("signals ignored", {"signal_ends": False}),
                Mutation("retry not allowed", {"allow_retry": False}),
            ),
        ),
        Option(
            "nowait",
            "Retry without waiting, the caller keeps the lock",
            "FAULT_FLAG_RETRY_NOWAIT: VM_FAULT_RETRY comes with mmap_lock still held, and the caller "
            "drops it.",
            {"nowait": True},
            terms=(
                "FAULT_FLAG_RETRY_NOWAIT",
                "FOLL_NOWAIT",
                "without waiting",
                "mmap_lock still held",
                "mmap_sem still held",
                "caller keeps the lock",
                "asynchronous page fault",
            ),
            expected=passes(NOT_DROPPED, BALANCED),
            mutations=(Mutation("the caller doesn't know", {"caller_knows": False}),),
        ),
        Option(
            "nowait-unaware",
            "A caller that takes every retry for a dropped lock",
            "The caller believes that VM_FAULT_RETRY always means mmap_lock was released.",
            {"nowait": True, "caller_knows": False},
            terms=(
                "takes every retry for a dropped lock",
                "always means mmap_lock was released",
                "assumes mmap_sem was dropped",
                "assumes mmap_lock was released",
                "lock imbalance",
                "unlock imbalance",
                "leaks mmap_lock",
                "*locked = 0",
            ),
            expected=fails(UNAWARE, BALANCED),
        ),
    ),
)
