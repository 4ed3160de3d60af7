"""A reader under a sequence counter starts over whenever a writer has been there: a walk that never ends.

The dcache walk samples rename_lock's sequence, walks, and repeats if it has moved; renames may keep it busy
for ever. The classic answer is to take the lock for the second pass. A path of two components, one reader,
one writer that never stops. The counter is reduced to what one reader learns from it, "odd" and "moved
since", so that it can't wrap around. Left out: RCU, d_lock, what a rename does.
"""

from analysis.model.language import (
    Struct,
    Task,
    array,
    assert_,
    atomic,
    bit,
    spin_lock,
    spin_unlock,
    spinlock,
    switch,
    until,
)
from analysis.model.liveness import Strength
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

RECHECK = switch("recheck", True, summary="the sequence is compared after the walk")
LOCK_SECOND = switch("lock_second", summary="the second pass holds the lock")
RETRY_LOCKED = switch("retry_locked", summary="the locked pass compares the sequence as well and retries")
GIVE_UP_ODD = switch("give_up_odd", summary="a reader that meets a writer takes the lock at once")

TORN = "path put together from before and after a rename"


class Dcache(Struct):
    """rename_lock and its sequence as one reader sees it, and the two components of a path."""

    rename_lock = spinlock()
    odd = bit()
    moved = bit()
    name: list[int] = array(2, bit())


dcache = Dcache("dcache")


def rename() -> None:
    """Rename both components, again and again."""
    while True:
        spin_lock(dcache.rename_lock)
        with atomic:
            dcache.odd = 1
            dcache.moved = 1
        dcache.name[0] = 1 - dcache.name[0]
        dcache.name[1] = 1 - dcache.name[1]
        dcache.odd = 0
        spin_unlock(dcache.rename_lock)


def read_seqbegin() -> bool:
    """Sample the sequence; says whether it was even."""
    with atomic:
        if not GIVE_UP_ODD:
            until(not dcache.odd)
        even = not dcache.odd
        dcache.moved = 0
    return even


def d_walk() -> None:
    """Read the path."""
    locked = False
    while True:
        if locked:
            spin_lock(dcache.rename_lock)
        else:
            even = read_seqbegin()
            if not even:
                locked = True
                continue
        start = dcache.name[0]
        end = dcache.name[1]
        if locked:
            if RETRY_LOCKED and dcache.moved:
                continue
            spin_unlock(dcache.rename_lock)
            break
        if not RECHECK:
            break
        if not dcache.moved:
            break
        if LOCK_SECOND:
            locked = True
    assert_(start == end, TORN)


WALK, RENAME = Task("walk", d_walk), Task("renames", rename, daemon=True)

ENDS = "the walk ends"
WHOLE = "no path torn by a rename"
SELF_DEADLOCK = "no self-deadlock"

LOCKED = Source("the second pass of the dcache walks takes rename_lock", "2.6.38, commit 58db63d08679")
RELOCK = inferred("the locked pass must not retry", "commit 8110e16d42d5")
GIVE_UP = inferred("speculation that gives up on an odd count", "commits 03a001b156d2, 5e31275cc997 (6.4)")
RULE = inferred("what the sequence is there for")

SCENARIO = Scenario(
    name="sequence-retry",
    title="A reader that retries for ever under a sequence counter",
    summary="Every pass of the walk is disturbed by a writer and has to be repeated.",
    tasks=(WALK, RENAME),
    properties=(
        # a reader may lose the race for an unfair spinlock again and again; that is another matter
        Property(ENDS, Kind.STARVATION, "walk", accept=(Strength.WEAK,)),
        Property(WHOLE, Kind.ASSERTION, TORN),
        Property(SELF_DEADLOCK, Kind.SELF_DEADLOCK),
    ),
    terms=(
        "rename_lock",
        "read_seqbegin",
        "read_seqretry",
        "read_seqbegin_or_lock",
        "need_seqretry",
        "d_walk",
        "have_submounts",
        "select_parent",
        "__d_path",
        "seqlock",
        "mmap_lock_speculate_try_begin",
        "vm_lock_seq",
        "mm_lock_seq",
        "lock_vma_under_rcu",
    ),
    sources=(LOCKED, RELOCK, GIVE_UP),
    notes=(
        "lockdep sees the lock taken twice, not the retries",
        "starvation on the spinlock itself, which only weak fairness allows, counts as a pass",
    ),
    options=(
        Option(
            "retry",
            "Unbounded retry",
            "The walk is repeated without limit while read_seqretry() says so.",
            terms=(
                "unbounded retry",
                "retry forever",
                "repeated without limit",
                "read_seqretry loop",
                "unbounded retries",
                "livelock against renames",
                "starved by renames",
            ),
            expected=fails(RULE, ENDS) + passes(RULE, WHOLE),
            mutations=(Mutation("the sequence isn't compared", {"recheck": False}),),
        ),
        Option(
            "lock-second",
            "Second pass under the lock",
            "A walk that was disturbed once takes rename_lock for writing on its second pass.",
            {"lock_second": True},
            terms=(
                "second pass",
                "second pass under the lock",
                "read_seqbegin_or_lock",
                "need_seqretry",
                "write_seqlock(&rename_lock)",
                "locked = 1",
                "takes rename_lock for writing",
                "fall back to the lock",
            ),
            expected=passes(LOCKED, ENDS, WHOLE),
            mutations=(
                Mutation("another pass without the lock", {"lock_second": False}),
                Mutation("the sequence isn't compared", {"recheck": False}),
            ),
        ),
        Option(
            "retry-locked",
            "A locked pass that retries",
            "Under the lock the stale sequence is compared again, and the retry branch locks a second time.",
            {"lock_second": True, "retry_locked": True},
            terms=(
                "locked pass that retries",
                "stale sequence",
                "retry branch",
                "locks a second time",
                "rename_retry",
                "goto rename_retry",
                "relocks",
                "recursive rename_lock",
            ),
            expected=fails(RELOCK, SELF_DEADLOCK),
        ),
        Option(
            "give-up-odd",
            "The lock at once when a writer is met",
            "Speculation gives up on an odd count, or on a count that has moved, and takes the lock.",
            {"lock_second": True, "give_up_odd": True},
            terms=(
                "speculation",
                "gives up",
                "odd count",
                "give up on odd",
                "mmap_lock_speculate_try_begin",
                "mmap_lock_speculate_retry",
                "raw_seqcount_try_begin",
                "speculative",
                "fall back to mmap_lock",
            ),
            expected=passes(GIVE_UP, ENDS, WHOLE),
            mutations=(
                Mutation("another pass instead", {"lock_second": False}),
                Mutation("the sequence isn't compared", {"recheck": False}),
            ),
        ),
    ),
)
