"""The OOM killer waits for a victim that waits for a lock of the task which needs the memory.

A task holds a lock and loops in the allocator. The victim was chosen for its memory; to exit it needs that
lock. Nobody else is killed as long as a victim is about to exit. One page is wanted; the victim has one,
and a second candidate has another. Processes also end by themselves once the memory was found. Left out:
selection, memory cgroups, reserves that run dry, exit order of threads.
"""

from analysis.model.language import (
    Mortal,
    Struct,
    Task,
    any_of,
    atomic,
    bit,
    bound,
    down_read_trylock,
    down_write,
    kfree,
    mutex,
    mutex_lock,
    mutex_unlock,
    number,
    rwsem,
    switch,
    until,
    up_read,
    up_write,
    use,
)
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

TRIES = bound("tries", 2, "attempts of the reaper at mmap_lock")

RESERVES = switch("reserves", summary="the victim may use memory reserves")
HOLDS_MMAP = switch("holds_mmap", summary="the allocating task holds the victim's mmap_lock for writing")
SKIP = switch("skip", summary="after its tries the reaper marks the victim, and another one is killed")
MAY_FAIL = switch("may_fail", summary="the allocation returns NULL instead of waiting for the victim")
EXIT_EXCLUDES = switch("exit_excludes", True, summary="exit_mmap() and the reaper exclude one another")


class Resource(Struct):
    """A lock of the kernel that both tasks want."""

    lock = mutex()


class Zone(Struct):
    """Free pages, and reserves for victims."""

    free = number(4)
    reserves = number(1, 1)


class Mm(Struct):
    """The victim's address space: its lock, its page, MMF_OOM_SKIP."""

    mmap_lock = rwsem()
    resident = bit(1)
    skip = bit()


class PageTables(Mortal):
    """The victim's page tables."""


class Oom(Struct):
    """Who has been killed, and whether the memory was found."""

    over = bit()
    victim = bit()
    second_victim = bit()


resource, zone, mm, tables, oom = Resource("res"), Zone("zone"), Mm("mm"), PageTables("tables"), Oom("oom")


def free_memory_of_victim() -> None:
    """Give the victim's page back, once."""
    with atomic:
        if mm.resident:
            mm.resident = 0
            zone.free += 1


def out_of_memory() -> None:
    """Kill somebody, unless a victim is still expected to exit."""
    if not oom.victim:
        oom.victim = 1
    elif mm.skip:
        oom.second_victim = 1


def alloc_page() -> bool:
    """Loop until there is memory."""
    while True:
        taken = False
        with atomic:
            if zone.free:
                zone.free -= 1
                taken = True
        if taken:
            return True
        out_of_memory()
        if MAY_FAIL:
            return False
        until(zone.free or (mm.skip and not oom.second_victim))


def allocate_under_lock() -> None:
    """Need a page, with a lock held that the victim needs or without."""
    locked = any_of(True, False)
    if HOLDS_MMAP:
        down_write(mm.mmap_lock)
    if locked:
        mutex_lock(resource.lock)
    alloc_page()
    if locked:
        mutex_unlock(resource.lock)
    if HOLDS_MMAP:
        up_write(mm.mmap_lock)
    oom.over = 1


def do_exit() -> None:
    """The victim: has to come out of a call that needs the lock, then frees its memory."""
    until(oom.victim or oom.over)
    if RESERVES:
        zone.reserves -= 1
    mutex_lock(resource.lock)
    mutex_unlock(resource.lock)
    if EXIT_EXCLUDES:
        down_write(mm.mmap_lock)
        mm.skip = 1
        kfree(tables)
        up_write(mm.mmap_lock)
    else:
        kfree(tables)
    free_memory_of_victim()


def second_exit() -> None:
    """Another candidate, which needs no lock to exit."""
    until(oom.second_victim or oom.over)
    if oom.second_victim:
        zone.free += 1


def oom_reap_task() -> None:
    """Unmap what the victim has, without its help."""
    until(oom.victim or oom.over)
    for _ in range(TRIES):
        if down_read_trylock(mm.mmap_lock):
            if not EXIT_EXCLUDES or not mm.skip:
                use(tables, "walked by the reaper")
                free_memory_of_victim()
            up_read(mm.mmap_lock)
            break
    if SKIP:
        mm.skip = 1


ALLOCATE = Task("allocating task", allocate_under_lock)
VICTIM = Task("victim", do_exit)
SECOND = Task("second candidate", second_exit, daemon=True)
REAP = Task("reaper", oom_reap_task)

DEADLOCK = "no deadlock"
ALIVE = "no page tables used after they were freed"

REAPER_LOG = Source("'mm, oom: introduce oom reaper'", "4.6, commit aac453635549")
NEXT = inferred(
    "the next victim may be chosen after reaping; the number of tries is from memory",
    "4.6, commit 36324a990cf5",
)
EXCLUSION = Source("the reaper beside exit_mmap()", "4.14, commits 212925802454, af5679fbc669")
PLAIN = inferred("one victim at a time, and everybody waits for it")

SCENARIO = Scenario(
    name="oom-victim",
    title="The OOM victim is stuck on a lock of the allocating task",
    summary="Who needs memory waits for the victim's exit, and the victim for a lock of who needs memory.",
    tasks=(ALLOCATE, VICTIM, SECOND),
    properties=(Property(DEADLOCK, Kind.DEADLOCK), Property(ALIVE, Kind.USE_AFTER_PUT)),
    terms=(
        "oom_reaper",
        "oom_reap_task",
        "__oom_reap_task",
        "TIF_MEMDIE",
        "MMF_OOM_SKIP",
        "oom victim",
        "exit_mmap",
        "mark_oom_victim",
        "OOM livelock",
        "stuck victim",
        "OOM deadlock",
    ),
    sources=(REAPER_LOG, NEXT, EXCLUSION),
    notes=("lockdep knows no edge from an allocation to the victim that it waits for",),
    options=(
        Option(
            "wait",
            "Waiting for one victim",
            "One victim at a time; the allocator loops until it has exited.",
            terms=(
                "waiting for one victim",
                "one victim at a time",
                "wait for the victim to exit",
                "loops until it has exited",
                "loop in the allocator",
                "too small to fail",
            ),
            expected=fails(PLAIN, DEADLOCK),
        ),
        Option(
            "reserves",
            "Memory reserves for the victim",
            "TIF_MEMDIE gives the victim access to reserves; but it waits for a lock, not for memory.",
            {"reserves": True},
            terms=(
                "memory reserves",
                "TIF_MEMDIE",
                "access to memory reserves",
                "access to reserves",
                "ALLOC_NO_WATERMARKS",
                "ALLOC_OOM",
                "waits for a lock, not for memory",
            ),
            expected=fails(PLAIN, DEADLOCK),
        ),
        Option(
            "reaper",
            "The OOM reaper",
            "A kernel thread, oom_reaper, unmaps the victim's anonymous memory under mmap_lock tried "
            "for reading.",
            terms=(
                "reaper",
                "oom_reaper",
                "oom_reap_task",
                "__oom_reap_task",
                "__oom_reap_task_mm",
                "anonymous memory",
                "reap the victim",
                "wake_oom_reaper",
            ),
            expected=passes(REAPER_LOG, DEADLOCK) + passes(EXCLUSION, ALIVE),
            tasks=(ALLOCATE, VICTIM, SECOND, REAP),
            mutations=(
                Mutation("the task holds mmap_lock", {"holds_mmap": True}),
                Mutation("no exclusion with exit_mmap()", {"exit_excludes": False}),
            ),
        ),
        Option(
            "reaper-mmap-held",
            "A reaper that can't get mmap_lock",
            "The allocating task holds mmap_lock for write: the reaper's trylock fails and it gives up.",
            {"holds_mmap": True},
            terms=(
                "can't get mmap_lock",
                "mmap_sem held for write",
                "holds mmap_lock for write",
                "trylock fails",
                "unable to reap",
                "oom_reaper gives up",
                "MAX_OOM_REAP_RETRIES",
            ),
            expected=fails(NEXT, DEADLOCK),
            tasks=(ALLOCATE, VICTIM, SECOND, REAP),
        ),
        Option(
            "skip",
            "A victim that can't be reaped is skipped",
            "After a bounded number of tries the mm gets MMF_OOM_SKIP and another victim is selected.",
            {"holds_mmap": True, "skip": True},
            terms=(
                "MMF_OOM_SKIP",
                "MMF_OOM_REAPED",
                "skipped",
                "another victim",
                "next victim",
                "select the next victim",
                "hide the mm from the oom killer",
                "bounded number of tries",
                "give up and kill another",
            ),
            expected=passes(NEXT, DEADLOCK),
            tasks=(ALLOCATE, VICTIM, SECOND, REAP),
            mutations=(Mutation("nobody else is chosen", {"skip": False}),),
        ),
        Option(
            "may-fail",
            "Let the allocation fail",
            "The allocator returns NULL to a caller that may fail, which then drops its lock.",
            {"may_fail": True},
            terms=(
                "allocation fail",
                "allow the allocation to fail",
                "returns NULL",
                "__GFP_RETRY_MAYFAIL",
                "__GFP_NORETRY",
                "fail the allocation",
                "-ENOMEM",
                "small allocations fail",
            ),
            expected=passes(PLAIN, DEADLOCK),
            mutations=(Mutation("it loops", {"may_fail": False}),),
            notes=("no way out for __GFP_NOFAIL",),
        ),
        Option(
            "reaper-unguarded",
            "The reaper beside exit_mmap() without exclusion",
            "The victim tears its page tables down while the reaper still walks them.",
            {"exit_excludes": False},
            terms=(
                "reaper beside exit_mmap",
                "races with exit_mmap",
                "exit_mmap",
                "walks them",
                "page tables down",
                "use after free in the reaper",
                "exit_mmap vs oom reaper",
                "unmap_page_range on freed page tables",
            ),
            expected=fails(EXCLUSION, ALIVE),
            tasks=(ALLOCATE, VICTIM, SECOND, REAP),
        ),
    ),
)
