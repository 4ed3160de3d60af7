"""A fault under mmap_sem held for reading, with a writer queued in between: the futex deadlock of 2005.

futex_wait() holds mmap_sem for reading and reads user memory; a fault takes mmap_sem for reading once more.
On a rwsem that is fair to writers the second reader waits for a writer that has queued meanwhile, and that
one waits for the first reader, which is the same task. One mm. Left out: what the futex does, robust lists.
"""

from analysis.model.language import (
    Struct,
    Task,
    bit,
    down_read,
    down_read_trylock,
    down_write,
    rwsem,
    switch,
    up_read,
    up_write,
)
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

UNFAIR = switch("unfair", summary="readers pass a waiting writer")
TRYLOCK_FAULT = switch("trylock_fault", summary="the fault tries mmap_sem in a loop")
INATOMIC = switch("inatomic", summary="user memory is read without faulting; on failure the lock is dropped")


class Mm(Struct):
    """struct mm_struct with both kinds of semaphore, and whether the futex's page is in the page table."""

    mmap_sem = rwsem()
    unfair_sem = rwsem(fair=False)
    present = bit()


mm = Mm("mm")


def lock_mm() -> None:
    """down_read(&mm->mmap_sem)."""
    if UNFAIR:
        down_read(mm.unfair_sem)
    else:
        down_read(mm.mmap_sem)


def unlock_mm() -> None:
    """up_read(&mm->mmap_sem)."""
    if UNFAIR:
        up_read(mm.unfair_sem)
    else:
        up_read(mm.mmap_sem)


def do_page_fault() -> None:
    """Bring the page in."""
    if TRYLOCK_FAULT:
        while not down_read_trylock(mm.mmap_sem):
            pass
    else:
        lock_mm()
    mm.present = 1
    unlock_mm()


def futex_wait() -> None:
    """Read the futex word with mmap_sem held."""
    lock_mm()
    if INATOMIC:
        while not mm.present:
            unlock_mm()
            do_page_fault()
            lock_mm()
    else:
        if not mm.present:
            do_page_fault()
    unlock_mm()


def futex_wait_again_and_again() -> None:
    """A task that does nothing else."""
    while True:
        futex_wait()


def sys_mmap() -> None:
    """Change the address space."""
    if UNFAIR:
        down_write(mm.unfair_sem)
        up_write(mm.unfair_sem)
    else:
        down_write(mm.mmap_sem)
        up_write(mm.mmap_sem)


FUTEX, MMAP = Task("futex_wait", futex_wait), Task("mmap", sys_mmap)
BUSY = Task("busy futex_wait", futex_wait_again_and_again, daemon=True)
BUSY2 = Task("other busy futex_wait", futex_wait_again_and_again, daemon=True)

DEADLOCK = "no deadlock"
WRITER_ENDS = "mmap gets its turn"
LOCK_ORDER = "lock order"

FUTEXES = Source("'[PATCH/RFC] Futex mmap_sem deadlock'", "lkml.org/lkml/2005/2/23/34")
ADOPTED = Source("the patch that the thread ended with", "lkml.org/lkml/2005/2/23/34")
STARVED = inferred(
    "readers that overlap keep writers out; later handled by hand-off", "commits 4f23dbc1e657, 2f06f702925b"
)

SCENARIO = Scenario(
    name="reader-recursion",
    title="mmap_sem taken for reading twice, with a writer in between",
    summary="A reader faults and asks for the lock again, behind a writer that waits for the reader.",
    tasks=(FUTEX, MMAP),
    properties=(
        Property(DEADLOCK, Kind.DEADLOCK),
        Property(LOCK_ORDER, Kind.LOCK_ORDER),
        Property(WRITER_ENDS, Kind.STARVATION, "mmap"),
    ),
    terms=(
        "futex_wait",
        "get_futex_value_locked",
        "recursive read",
        "queued writer",
        "futex",
        "down_read twice",
        "writer starvation",
    ),
    sources=(FUTEXES, STARVED),
    notes=("lockdep reports the second down_read as recursion",),
    options=(
        Option(
            "fair",
            "Fault with mmap_sem held, rwsem fair to writers",
            "get_user() under down_read(): the fault queues behind the writer that waits for us.",
            terms=(
                "fair to writers",
                "fault with mmap_sem held",
                "get_user under down_read",
                "get_user under mmap_sem",
                "queues behind the writer",
                "nested down_read",
            ),
            expected=fails(FUTEXES, DEADLOCK),
        ),
        Option(
            "unfair",
            "Readers that pass waiting writers",
            "An unfair rwsem gives no deadlock; readers that overlap may starve the writer for ever.",
            {"unfair": True},
            terms=(
                "unfair",
                "unfair rwsem",
                "pass waiting writers",
                "readers pass writers",
                "starve the writer",
                "writer starvation",
                "down_read_nested",
                "recursive readers",
            ),
            expected=passes(STARVED, DEADLOCK) + fails(STARVED, WRITER_ENDS),
            tasks=(BUSY, BUSY2, MMAP),
            mutations=(Mutation("fair to writers", {"unfair": False}),),
        ),
        Option(
            "trylock-fault",
            "A trylock loop in the fault",
            "do_page_fault() tries down_read_trylock() until it works, which it can't while the "
            "writer waits.",
            {"trylock_fault": True},
            terms=(
                "trylock loop",
                "down_read_trylock",
                "trylock in the fault",
                "spin on down_read_trylock",
                "until it works",
            ),
            expected=fails(FUTEXES, WRITER_ENDS),
        ),
        Option(
            "inatomic",
            "Non-faulting access, then drop and retry",
            "The word is read with faults off; on failure mmap_sem is dropped, the page faulted in, and all "
            "starts over.",
            {"inatomic": True},
            terms=(
                "non-faulting",
                "non-faulting access",
                "inc_preempt_count",
                "get_user_inatomic",
                "__copy_from_user_inatomic",
                "get_futex_value_locked",
                "faults off",
                "drop and retry",
                "pagefault_disable",
            ),
            expected=passes(ADOPTED, DEADLOCK, LOCK_ORDER),
            mutations=(Mutation("a fault with the lock held", {"inatomic": False}),),
        ),
    ),
)
