"""migrate_pages() locks one folio after another and keeps them, while somebody locks two the other way round.

Batching lets migration flush the TLB once for many folios; it holds all their locks until then. There is no
order between folio locks of different files. Somebody holds the second folio and wants the first: a
filesystem that writes two, or the loop worker that writes one and needs the other. Two folios.
Left out: waiting for writeback instead of the lock, which has the same shape; the migration itself.
"""

from analysis.model.language import (
    Struct,
    Task,
    bit_lock,
    clear_and_wake_up_bit,
    switch,
    test_and_set_bit_lock,
    wait_on_bit_lock,
)
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

TRYLOCK = switch("trylock", summary="in a batch folios are only tried; what is left is done one by one")
SPLIT = switch("split", summary="a large folio is split first, which takes its lock")
SPLIT_TRYLOCK = switch("split_trylock", summary="so far as that lock can be had at once")
ONE_BY_ONE = switch("one_by_one", summary="no batch: a folio is unlocked before the next is locked")


class Folio(Struct):
    """struct folio: its lock."""

    lock = bit_lock()


first, second = Folio("first"), Folio("second")


def try_split_folio(folio: Folio) -> None:
    """Split a large folio while others of the batch are locked."""
    if SPLIT_TRYLOCK:
        if not test_and_set_bit_lock(folio.lock):
            clear_and_wake_up_bit(folio.lock)
    else:
        wait_on_bit_lock(folio.lock)
        clear_and_wake_up_bit(folio.lock)


def lock_in_batch(folio: Folio) -> bool:
    """migrate_folio_unmap(): whether the folio is locked and belongs to the batch now."""
    if TRYLOCK:
        return not test_and_set_bit_lock(folio.lock)
    wait_on_bit_lock(folio.lock)
    return True


def migrate_one(folio: Folio) -> None:
    """Wait for one folio with no other locked, move it."""
    wait_on_bit_lock(folio.lock)
    clear_and_wake_up_bit(folio.lock)


def migrate_pages_batch() -> None:
    """Lock both, move both."""
    has_first = lock_in_batch(first)
    if SPLIT:
        try_split_folio(second)
    has_second = lock_in_batch(second)
    if has_second:
        clear_and_wake_up_bit(second.lock)
    if has_first:
        clear_and_wake_up_bit(first.lock)
    if not has_first:
        migrate_one(first)
    if not has_second:
        migrate_one(second)


def migrate_pages() -> None:
    """Move both folios."""
    if ONE_BY_ONE:
        migrate_one(first)
        migrate_one(second)
    else:
        migrate_pages_batch()


def writepages() -> None:
    """A filesystem that has the second folio locked and goes on to the first."""
    wait_on_bit_lock(second.lock)
    wait_on_bit_lock(first.lock)
    clear_and_wake_up_bit(first.lock)
    clear_and_wake_up_bit(second.lock)


MIGRATE, WRITE = Task("migration", migrate_pages), Task("writeback", writepages)

DEADLOCK = "no deadlock"

TRY = inferred(
    "'migrate_pages: try migrate in batch asynchronously firstly'", "6.3, commits fb3592c41a44, 2ef7dbb26990"
)
LARGE = Source("deadlock on large folios, which are split with a blocking lock", "6.11, commit 2e6506e1c4ee")

SCENARIO = Scenario(
    name="batched-migration",
    title="Batched migration holds folio locks while it waits for more",
    summary="Migration keeps the lock of one folio and waits for another whose holder wants the first.",
    tasks=(MIGRATE, WRITE),
    properties=(Property(DEADLOCK, Kind.DEADLOCK),),
    terms=(
        "migrate_pages",
        "migrate_pages_batch",
        "migrate_folio_unmap",
        "migrate_pages_sync",
        "MIGRATE_SYNC",
        "MIGRATE_ASYNC",
        "folio_lock",
        "folio_trylock",
        "try_split_folio",
        "batch migration",
        "NR_MAX_BATCHED_MIGRATION",
    ),
    sources=(TRY, LARGE),
    notes=("folio locks are not followed by lockdep",),
    options=(
        Option(
            "sync-batch",
            "A synchronous batch",
            "MIGRATE_SYNC waits for each folio's lock with the folios before it locked.",
            terms=(
                "synchronous batch",
                "MIGRATE_SYNC waits",
                "sync mode batch",
                "batching in synchronous mode",
                "folios before it locked",
                "holding other folio locks",
            ),
            expected=fails(TRY, DEADLOCK),
        ),
        Option(
            "trylock",
            "Batch by trylock, leftovers one by one",
            "The batch is MIGRATE_ASYNC with folio_trylock(); folios that failed are retried singly, "
            "synchronously.",
            {"trylock": True},
            terms=(
                "folio_trylock",
                "by trylock",
                "leftovers one by one",
                "MIGRATE_ASYNC",
                "asynchronously firstly",
                "in batch asynchronously",
                "retried singly",
                "migrate_pages_sync",
                "fall back to one by one",
            ),
            expected=passes(TRY, DEADLOCK),
            mutations=(Mutation("waits for each", {"trylock": False}),),
        ),
        Option(
            "blocking-split",
            "Trylock, but a blocking lock to split",
            "try_split_folio() takes folio_lock() of a large folio while others of the batch are locked.",
            {"trylock": True, "split": True},
            terms=(
                "try_split_folio",
                "blocking lock to split",
                "folio_lock in try_split_folio",
                "large folio",
                "blocking split",
                "split_folio_to_list",
                "deadlock on large folios",
            ),
            expected=fails(LARGE, DEADLOCK),
        ),
        Option(
            "trylock-split",
            "Trylock to split, too",
            "A large folio whose lock isn't free is left unsplit: try_split_folio() depends on the mode.",
            {"trylock": True, "split": True, "split_trylock": True},
            terms=(
                "trylock to split",
                "trylock in try_split_folio",
                "left unsplit",
                "try_split_folio depends on the mode",
                "folio_trylock for MIGRATE_ASYNC in split",
                "pass the mode to try_split_folio",
            ),
            expected=passes(LARGE, DEADLOCK),
            mutations=(Mutation("a blocking lock", {"split_trylock": False}),),
        ),
        Option(
            "one-by-one",
            "No batch: one folio at a time",
            "Every folio is unlocked before the next one is locked; a TLB flush for each.",
            {"one_by_one": True},
            terms=(
                "one folio at a time",
                "no batch",
                "unlocked before the next",
                "batch size 1",
                "batch of one",
                "disable batching",
                "one page at a time",
                "TLB flush for each",
            ),
            expected=passes(TRY, DEADLOCK),
            mutations=(Mutation("in a batch", {"one_by_one": False}),),
        ),
    ),
)
