"""Concurrent unmap_mapping_range() on one inode, as in Linux 2.6.37.

The routine drops i_mmap_lock whenever the scheduler wants the processor and starts its walk over the vmas
again afterwards. What it had done is remembered in the vma: either the caller's truncate_count (this vma
is finished) or an address to go on from. Nothing says *whose* address it is. One vma, one inode; pages
are zapped one by one.
"""

from analysis.model.language import (
    Struct,
    Task,
    any_of,
    array,
    assert_,
    bit,
    bit_lock,
    bound,
    clear_and_wake_up_bit,
    down_read,
    down_write,
    mutex,
    mutex_lock,
    mutex_unlock,
    need_resched,
    number,
    rwsem,
    spin_lock,
    spin_unlock,
    spinlock,
    switch,
    up_read,
    up_write,
    wait_on_bit_lock,
)
from analysis.model.properties import Property
from analysis.model.result import Verdict
from analysis.model.step import Kind
from analysis.scenarios.scenario import Expectation, Mutation, Option, Scenario, Source

PAGES = bound("pages", 3, "pages of the vma")

UNMAPPING_BIT = switch("unmapping_bit", summary="a bit of mapping->flags is the lock")
UNMAP_MUTEX = switch("unmap_mutex", summary="a mutex in struct address_space")
FUSE_I_ALLOC_SEM = switch("fuse_i_alloc_sem", summary="fuse takes i_alloc_sem before it invalidates")
FUSE_MUTEX = switch("fuse_mutex", summary="fuse takes a mutex of its own before it unmaps")
INVALIDATE_I_ALLOC_SEM = switch("invalidate_i_alloc_sem", summary="every invalidation takes i_alloc_sem")
I_MUTEX = switch("i_mutex", summary="every caller takes i_mutex")
FUSE_I_MUTEX = switch("fuse_i_mutex", summary="fuse takes i_mutex, d_revalidate never being called with it")
OWN_RESTART = switch("own_restart", summary="a restart address counts only for the caller who left it")
LOCK_BREAK = switch(
    "lock_break", True, summary="i_mmap_lock is dropped when the scheduler wants the processor"
)
PREEMPTIBLE = switch("preemptible", summary="i_mmap_lock is a mutex")

RESTART = 8  # marks from here on are addresses, smaller ones are truncate counts

STILL_MAPPED = "page still mapped after unmap_mapping_range()"


class AddressSpace(Struct):
    """struct address_space."""

    i_mmap_lock = spinlock()
    i_mmap_mutex = mutex()
    as_unmapping = bit_lock()
    unmap_mutex = mutex()
    truncate_count = number(RESTART - 1)


class Inode(Struct):
    """struct inode, with what fuse adds to it."""

    i_mutex = mutex()
    i_alloc_sem = rwsem()
    fuse_mutex = mutex()


class Vma(Struct):
    """struct vm_area_struct and the page table entries under it."""

    vm_truncate_count = number(2 * RESTART - 1)
    restarted_by = number(RESTART - 1)
    mapped: list[int] = array(PAGES, bit(1))


class Mm(Struct):
    """struct mm_struct of a process that maps the file."""

    mmap_sem = rwsem()


mapping = AddressSpace()
inode = Inode()
vma = Vma()
mm = Mm()


def lock_i_mmap() -> None:
    """spin_lock(&mapping->i_mmap_lock), a mutex in the preemptibility series."""
    if PREEMPTIBLE:
        mutex_lock(mapping.i_mmap_mutex)
    else:
        spin_lock(mapping.i_mmap_lock)


def unlock_i_mmap() -> None:
    """The other end."""
    if PREEMPTIBLE:
        mutex_unlock(mapping.i_mmap_mutex)
    else:
        spin_unlock(mapping.i_mmap_lock)


def unmap_mapping_range_vma(start: int, end: int, count: int) -> None:
    """Zap the pages of one vma; returns early, unlocked in between, if the scheduler asks for it."""
    restart = vma.vm_truncate_count
    mine = True
    if OWN_RESTART:
        mine = vma.restarted_by == count
    if restart >= RESTART and start < restart - RESTART and mine:
        start = restart - RESTART
        if start >= end:
            vma.vm_truncate_count = count
            return
    while start < end:
        vma.mapped[start] = 0
        start += 1
        need_break = False
        if LOCK_BREAK:
            need_break = need_resched()
        if start >= end:
            vma.vm_truncate_count = count
        else:
            vma.vm_truncate_count = RESTART + start
            if OWN_RESTART:
                vma.restarted_by = count
        if need_break:
            unlock_i_mmap()
            lock_i_mmap()
            return


def unmap_mapping_range(start: int, end: int) -> None:
    """Unmap the pages from `start` up to `end` from every vma, and check that they are."""
    if UNMAPPING_BIT:
        wait_on_bit_lock(mapping.as_unmapping)
    if UNMAP_MUTEX:
        mutex_lock(mapping.unmap_mutex)
    lock_i_mmap()
    mapping.truncate_count += 1
    count = mapping.truncate_count
    while vma.vm_truncate_count != count:
        unmap_mapping_range_vma(start, end, count)
    unlock_i_mmap()
    if UNMAP_MUTEX:
        mutex_unlock(mapping.unmap_mutex)
    if UNMAPPING_BIT:
        clear_and_wake_up_bit(mapping.as_unmapping)
    assert_(not any(vma.mapped[page] for page in range(start, end)), STILL_MAPPED)


def invalidate_inode_pages2_range(start: int, end: int) -> None:
    """Drop pages from the cache, unmapping them first."""
    if INVALIDATE_I_ALLOC_SEM:
        down_write(inode.i_alloc_sem)
    unmap_mapping_range(start, end)
    if INVALIDATE_I_ALLOC_SEM:
        up_write(inode.i_alloc_sem)


def fuse_invalidate(start: int, end: int) -> None:
    """Whatever fuse does around an invalidation."""
    if I_MUTEX or FUSE_I_MUTEX:
        mutex_lock(inode.i_mutex)
    if FUSE_I_ALLOC_SEM:
        down_write(inode.i_alloc_sem)
    if FUSE_MUTEX:
        mutex_lock(inode.fuse_mutex)
    invalidate_inode_pages2_range(start, end)
    if FUSE_MUTEX:
        mutex_unlock(inode.fuse_mutex)
    if FUSE_I_ALLOC_SEM:
        up_write(inode.i_alloc_sem)
    if I_MUTEX or FUSE_I_MUTEX:
        mutex_unlock(inode.i_mutex)


def fuse_reverse_inval_inode() -> None:
    """The daemon says that the file has changed: all but the first page goes."""
    fuse_invalidate(1, PAGES)


def fuse_do_setattr() -> None:
    """Truncation to nothing, with the locks that notify_change() and its callers take."""
    mutex_lock(inode.i_mutex)
    down_write(inode.i_alloc_sem)
    if FUSE_MUTEX:
        mutex_lock(inode.fuse_mutex)
    unmap_mapping_range(0, PAGES)
    if FUSE_MUTEX:
        mutex_unlock(inode.fuse_mutex)
    up_write(inode.i_alloc_sem)
    mutex_unlock(inode.i_mutex)


def generic_error_remove_page() -> None:
    """Memory failure takes one page away, whichever, from an inode of any filesystem, without i_mutex."""
    page = any_of(0, PAGES - 1)
    if I_MUTEX:
        mutex_lock(inode.i_mutex)
    unmap_mapping_range(page, page + 1)
    if I_MUTEX:
        mutex_unlock(inode.i_mutex)


def direct_write() -> None:
    """Writing past the cache invalidates what is in it, holding i_mutex."""
    mutex_lock(inode.i_mutex)
    invalidate_inode_pages2_range(0, 1)
    mutex_unlock(inode.i_mutex)


def d_revalidate() -> None:
    """Fuse looks the name up and refreshes the attributes in one go; stale contents are invalidated."""
    fuse_invalidate(1, PAGES)


def do_revalidate() -> None:
    """The VFS asks the filesystem whether a cached name still holds."""
    d_revalidate()


def __lookup_hash() -> None:
    do_revalidate()


def lookup_one_len() -> None:
    """Looks one name up; its callers hold i_mutex."""
    __lookup_hash()


def lookup_hash() -> None:
    """Looks the last component up; its callers hold i_mutex."""
    __lookup_hash()


def lookup() -> None:
    """Three ways to d_revalidate: two of them with i_mutex held, a plain path walk without."""
    way = any_of("lookup_one_len", "lookup_hash", "path walk")
    if way == "path walk" or FUSE_I_MUTEX:
        do_revalidate()
    else:
        mutex_lock(inode.i_mutex)
        if way == "lookup_one_len":
            lookup_one_len()
        else:
            lookup_hash()
        mutex_unlock(inode.i_mutex)


def direct_read() -> None:
    """Reading past the cache: i_alloc_sem for the file, then mmap_sem for the pages of the buffer."""
    down_read(inode.i_alloc_sem)
    down_read(mm.mmap_sem)
    up_read(mm.mmap_sem)
    up_read(inode.i_alloc_sem)


def fuse_direct_mmap() -> None:
    """The mmap of a file opened for direct I/O: invalidates with mmap_sem held."""
    down_write(mm.mmap_sem)
    fuse_invalidate(1, PAGES)
    up_write(mm.mmap_sem)


INVALIDATE = Task("fuse: invalidate big range", fuse_reverse_inval_inode)
TRUNCATE = Task("fuse: truncate", fuse_do_setattr)
MEMORY_FAILURE = Task("memory failure: remove one page", generic_error_remove_page)
DIRECT_WRITE = Task("direct write: invalidate", direct_write)
LOOKUP = Task("fuse: lookup revalidates", lookup)
DIRECT_READ = Task("direct read", direct_read)
DIRECT_MMAP = Task("fuse: direct mmap", fuse_direct_mmap)

UNMAPPED = "page unmapped on return"
LIVELOCK = "no livelock"
DEADLOCK = "no deadlock"
SELF_DEADLOCK = "no self-deadlock"
LOCK_ORDER = "lock order"

THREAD = Source("linux-mm, the unmap_mutex thread", "January and February 2011")
REPORT = Source(
    "the BUG report that opened the matter: BUG_ON(page_mapped(page)) at mm/truncate.c:475", "2.6.37"
)
MERGED = Source("merged for 2.6.38", "commit 2aa15890f3c1")
REMOVED = Source("the lock break goes away in 3.0", "commit 97a894136f29")


def _expect(source: Source, **verdicts: str) -> tuple[Expectation, ...]:
    names = {
        "unmapped": UNMAPPED,
        "livelock": LIVELOCK,
        "deadlock": DEADLOCK,
        "self_deadlock": SELF_DEADLOCK,
        "lock_order": LOCK_ORDER,
    }
    return tuple(Expectation(names[k], Verdict(v), source) for k, v in verdicts.items())


SCENARIO = Scenario(
    name="unmap-mapping-range",
    title="Concurrent unmap_mapping_range() on one inode",
    summary=(
        "Two callers share the restart address that a broken-off walk leaves in the vma: one believes work "
        "done that isn't, or both undo each other's marks and start over for ever."
    ),
    tasks=(INVALIDATE, TRUNCATE, MEMORY_FAILURE),
    properties=(
        Property(UNMAPPED, Kind.ASSERTION, STILL_MAPPED),
        Property(LIVELOCK, Kind.LIVELOCK),
        Property(DEADLOCK, Kind.DEADLOCK),
        Property(SELF_DEADLOCK, Kind.SELF_DEADLOCK),
        Property(LOCK_ORDER, Kind.LOCK_ORDER),
    ),
    terms=(
        "unmap_mapping_range",
        "vm_truncate_count",
        "truncate_count",
        "restart_addr",
        "i_mmap_lock",
        "invalidate_inode_pages2",
        "invalidate_inode_pages2_range",
        "page_mapped",
        "truncate.c:475",
    ),
    sources=(REPORT, THREAD, MERGED, REMOVED),
    options=(
        Option(
            "none",
            "No serialisation",
            "As it stands in 2.6.37: callers share i_mmap_lock and the marks in the vma, nothing else.",
            terms=(
                "do nothing",
                "as it stands",
                "as is",
                "current code",
                "no serialisation",
                "no serialization",
            ),
            expected=_expect(REPORT, unmapped="fail", livelock="fail"),
        ),
        Option(
            "bit-lock",
            "A bit lock in mapping->flags",
            "wait_on_bit_lock() on a flag of the mapping around the whole routine: no growth of any struct.",
            {"unmapping_bit": True},
            terms=(
                "AS_UNMAPPING",
                "wait_on_bit",
                "wait_on_bit_lock",
                "bit lock",
                "mapping->flags",
                "open-coded lock",
            ),
            expected=_expect(THREAD, unmapped="pass", livelock="pass"),
            mutations=(Mutation("without the bit", {"unmapping_bit": False}),),
        ),
        Option(
            "unmap-mutex",
            "A mutex in struct address_space",
            "unmap_mutex around the whole routine: general, and every inode grows by it.",
            {"unmap_mutex": True},
            terms=("unmap_mutex", "new mutex", "mutex in address_space", "bloat"),
            expected=_expect(MERGED, unmapped="pass", livelock="pass"),
            mutations=(Mutation("without the mutex", {"unmap_mutex": False}),),
        ),
        Option(
            "fuse-i-alloc-sem",
            "i_alloc_sem taken by fuse",
            "fuse excludes its invalidations and truncation by i_alloc_sem; other callers are left out, and "
            "direct I/O takes mmap_sem inside it while fuse's mmap path comes with mmap_sem held.",
            {"fuse_i_alloc_sem": True},
            terms=("i_alloc_sem", "down_write i_alloc_sem", "i_alloc_sem in fuse"),
            expected=_expect(THREAD, unmapped="fail", livelock="fail", deadlock="fail", lock_order="fail"),
            tasks=(MEMORY_FAILURE, DIRECT_READ, DIRECT_MMAP),
        ),
        Option(
            "invalidate-i-alloc-sem",
            "i_alloc_sem inside invalidate_inode_pages2_range()",
            "Every invalidation takes i_alloc_sem itself: the same inversion with direct I/O.",
            {"invalidate_i_alloc_sem": True},
            terms=("i_alloc_sem inside invalidate_inode_pages2_range", "holding and dropping i_alloc_sem"),
            expected=_expect(THREAD, deadlock="fail", lock_order="fail"),
            tasks=(DIRECT_WRITE, DIRECT_READ, DIRECT_MMAP),
        ),
        Option(
            "fuse-mutex",
            "A mutex of fuse's own",
            "fuse excludes its own callers from one another; everybody else is left out.",
            {"fuse_mutex": True},
            terms=(
                "private mutex",
                "mutex of fuse",
                "mutex of its own",
                "mutex in fuse",
                "fi->unmap_mutex",
                "fuse_inode",
                "fix fuse only",
                "fix it in fuse",
            ),
            expected=_expect(THREAD, unmapped="fail", livelock="fail"),
        ),
        Option(
            "i-mutex",
            "i_mutex at every caller",
            "Every caller takes i_mutex; d_revalidate does so too, and is reached with and without it held.",
            {"i_mutex": True},
            terms=(
                "i_mutex",
                "i_mutex coverage",
                "take i_mutex in invalidate_inode_pages2",
                "lookup_one_len",
            ),
            expected=_expect(THREAD, self_deadlock="fail", deadlock="fail"),
            tasks=(LOOKUP, TRUNCATE, MEMORY_FAILURE),
            notes=(
                "the model has one inode, as the discussion has: the directory whose i_mutex a lookup holds "
                "and the file that is invalidated are two instances of one lock class to lockdep",
            ),
        ),
        Option(
            "revalidate-callers",
            "d_revalidate never called with i_mutex",
            "With its callers changed so, fuse can take i_mutex itself; callers that hold none are left out.",
            {"fuse_i_mutex": True},
            terms=(
                "d_revalidate",
                "call sites",
                "callers of d_revalidate",
                "always called",
                "never called with i_mutex",
                "called without i_mutex",
            ),
            expected=_expect(THREAD, self_deadlock="pass", unmapped="fail", livelock="fail"),
            tasks=(LOOKUP, TRUNCATE, MEMORY_FAILURE),
            notes=(
                "says what would hold after such a change, not how lookup_one_len() could do without i_mutex",
            ),
            mutations=(
                Mutation("i_mutex held by lookups as before", {"fuse_i_mutex": False, "i_mutex": True}),
            ),
        ),
        Option(
            "own-restart",
            "Restart made safe inside unmap_mapping_range()",
            "A restart address counts only for the caller who left it; any other starts over.",
            {"own_restart": True},
            terms=(
                "restart_addr",
                "patch to unmap_mapping_range",
                "deadly embrace",
                "yielding to the other",
                "start over",
            ),
            expected=_expect(THREAD, unmapped="pass", livelock="fail"),
            mutations=(Mutation("any restart address counts", {"own_restart": False}),),
        ),
        Option(
            "no-lock-break",
            "Lock break removed by preemptible mmu_gather",
            "i_mmap_lock becomes a mutex and is never dropped in the middle.",
            {"preemptible": True, "lock_break": False},
            terms=(
                "preemptibility",
                "preemptible mmu_gather",
                "lock break",
                "lock breaking",
                "i_mmap_lock becomes a mutex",
                "i_mmap_mutex",
            ),
            expected=_expect(REMOVED, unmapped="pass", livelock="pass"),
            mutations=(Mutation("the lock is dropped as before", {"lock_break": True}),),
        ),
        Option(
            "keep-spinlock",
            "Lock break removed, spinlock kept",
            "i_mmap_lock stays a spinlock and is held for the whole walk.",
            {"lock_break": False},
            terms=(
                "just remove the lock break",
                "stop dropping i_mmap_lock",
                "lock break removed, spinlock kept",
                "keep the spinlock",
                "stays a spinlock",
                "remove that lock dropping",
                "latency",
            ),
            expected=_expect(REMOVED, unmapped="pass", livelock="pass"),
            mutations=(Mutation("the lock is dropped as before", {"lock_break": True}),),
            notes=("how long the lock is held is not modelled",),
        ),
    ),
)
