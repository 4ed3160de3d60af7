"""write() copies from user memory with page and inode locked, and the copy may fault.

The fault takes mmap_lock and then the lock of the page that the buffer is mapped from. If that is the page
being written, the writer waits for itself. And if ->mmap, which runs under mmap_lock, takes the inode lock,
writer and mmap wait for each other. The buffer is a mapping of the file's own page here. An evictor may
unmap it a few times. Left out: buffers of several segments, uptodate pages, what a short copy does to the
file.
"""

from analysis.model.language import (
    Struct,
    Task,
    bit,
    bit_lock,
    bound,
    clear_and_wake_up_bit,
    down_read,
    down_write,
    mutex,
    mutex_lock,
    mutex_unlock,
    rwsem,
    switch,
    up_read,
    up_write,
    wait_on_bit_lock,
)
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

EVICTIONS = bound("evictions", 2, "how often the buffer is unmapped")

PREFAULT = switch("prefault", summary="the buffer is touched before the page is locked")
ATOMIC_COPY = switch("atomic_copy", summary="the copy can't fault; what is short is tried again")
FAULT_IN_AFTER = switch("fault_in_after", summary="the buffer is faulted in after a short copy only")
INODE_LOCK_IN_MMAP = switch("inode_lock_in_mmap", summary="->mmap takes the inode lock")
LOWER_LOCK_IN_MMAP = switch("lower_lock_in_mmap", summary="->mmap takes a lock that ranks below mmap_lock")


class Inode(Struct):
    """struct inode, with the lock that ranks below mmap_lock."""

    i_mutex = mutex()
    invalidate_lock = rwsem()


class Page(Struct):
    """The page that is written to, and that the buffer is mapped from."""

    lock = bit_lock()


class Mm(Struct):
    """struct mm_struct: its lock, and whether the page table has the buffer."""

    mmap_lock = rwsem()
    buffer_mapped = bit(1)


inode, page, mm = Inode("inode"), Page("page"), Mm("mm")


def handle_mm_fault() -> None:
    """Map the buffer."""
    down_read(mm.mmap_lock)
    wait_on_bit_lock(page.lock)
    mm.buffer_mapped = 1
    clear_and_wake_up_bit(page.lock)
    up_read(mm.mmap_lock)


def fault_in_readable() -> None:
    """Touch the buffer."""
    if not mm.buffer_mapped:
        handle_mm_fault()


def copy_from_user() -> bool:
    """Copy; says whether all of it was copied."""
    if mm.buffer_mapped:
        return True
    if not ATOMIC_COPY:
        handle_mm_fault()
    return not ATOMIC_COPY


def generic_perform_write() -> None:
    """Write one page."""
    mutex_lock(inode.i_mutex)
    while True:
        if PREFAULT:
            fault_in_readable()
        wait_on_bit_lock(page.lock)
        copied = copy_from_user()
        clear_and_wake_up_bit(page.lock)
        if copied:
            break
        if FAULT_IN_AFTER:
            fault_in_readable()
    mutex_unlock(inode.i_mutex)


def do_mmap() -> None:
    """mmap() of the file."""
    down_write(mm.mmap_lock)
    if INODE_LOCK_IN_MMAP:
        mutex_lock(inode.i_mutex)
        mutex_unlock(inode.i_mutex)
    if LOWER_LOCK_IN_MMAP:
        down_read(inode.invalidate_lock)
        up_read(inode.invalidate_lock)
    up_write(mm.mmap_lock)


def try_to_unmap() -> None:
    """Reclaim takes the buffer out of the page table, page locked."""
    for _ in range(EVICTIONS):
        wait_on_bit_lock(page.lock)
        mm.buffer_mapped = 0
        clear_and_wake_up_bit(page.lock)


def try_to_unmap_for_ever() -> None:
    """Reclaim that never rests."""
    while True:
        try_to_unmap()


WRITE, MMAP = Task("write", generic_perform_write), Task("mmap", do_mmap)
RECLAIM = Task("reclaim", try_to_unmap)
BUSY_RECLAIM = Task("reclaim without rest", try_to_unmap_for_ever, daemon=True)

SELF_DEADLOCK = "no self-deadlock"
DEADLOCK = "no deadlock"
LOCK_ORDER = "lock order"
ENDS = "write ends"

WRITE_DEADLOCKS = inferred(
    "'mm: fix pagecache write deadlocks'", "2.6.24, commit 08291429cfa6 (id from memory)"
)
SEGMENTS = inferred("a second segment that was not touched before the copy", "2.6.18, commit 6527c2bdf1f8")
AFTERWARDS = inferred(
    "tried in 998ef75ddb57 and reverted by 00a3d660cbac, for what ext4 made of short copies", "4.3"
)
HUGETLB = Source("'hugetlbfs: avoid taking i_mutex from hugetlbfs_read()'", "commit a05b0855fd")
REPORT = Source("lockdep report, June 2023", "<20230604210821.GA1257572@mit.edu>")
RANKED = inferred(
    "two locks, one over and one under mmap_lock; linux-mm, June 2020",
    "<20200623094050.GA2005@dread.disaster.area>",
)
EVICTED = inferred("an evictor that wins every round")

SCENARIO = Scenario(
    name="write-fault",
    title="A fault while write() copies from user memory",
    summary=(
        "The copy faults with page and inode locked: the page lock again, or mmap_lock the wrong way round."
    ),
    tasks=(WRITE, MMAP, RECLAIM),
    properties=(
        Property(SELF_DEADLOCK, Kind.SELF_DEADLOCK),
        Property(DEADLOCK, Kind.DEADLOCK),
        Property(LOCK_ORDER, Kind.LOCK_ORDER),
        Property(ENDS, Kind.STARVATION, "write"),
    ),
    terms=(
        "generic_perform_write",
        "generic_file_buffered_write",
        "iov_iter_copy_from_user_atomic",
        "iov_iter_fault_in_readable",
        "fault_in_pages_readable",
        "fault_in_readable",
        "pagefault_disable",
        "hugetlbfs_read",
        "short copy",
        "generic_file_write",
    ),
    sources=(WRITE_DEADLOCKS, SEGMENTS, AFTERWARDS, HUGETLB, REPORT, RANKED),
    notes=("lockdep sees inode lock against mmap_lock, but not a page lock taken twice",),
    options=(
        Option(
            "none",
            "Copy with faults enabled under the page lock",
            "The buffer may be missing when the page is locked; the copy faults there and then.",
            terms=(
                "faults enabled",
                "copy with faults enabled",
                "fault under the page lock",
                "faulting with the page locked",
                "copies under the page lock",
                "recursive page lock",
            ),
            expected=fails(WRITE_DEADLOCKS, SELF_DEADLOCK),
        ),
        Option(
            "prefault",
            "Buffer touched before the copy",
            "fault_in_pages_readable() before the page is locked; it may be unmapped again in between.",
            {"prefault": True},
            terms=(
                "prefault",
                "touched before the copy",
                "fault_in_pages_readable before",
                "fault_in_pages_readable",
                "bring in the user page",
                "unmapped again in between",
            ),
            expected=fails(SEGMENTS, SELF_DEADLOCK),
        ),
        Option(
            "atomic-copy",
            "Faults disabled, short copies tried again",
            "pagefault_disable() around the copy; what is short is unlocked, touched again and retried.",
            {"prefault": True, "atomic_copy": True},
            terms=(
                "faults disabled",
                "pagefault_disable",
                "iov_iter_copy_from_user_atomic",
                "copy_page_from_iter_atomic",
                "inc_preempt_count",
                "__copy_from_user_inatomic",
                "short copies tried again",
                "short copy",
                "atomic copy",
                "atomic usercopies",
            ),
            expected=passes(WRITE_DEADLOCKS, SELF_DEADLOCK, DEADLOCK, ENDS),
            mutations=(
                Mutation("the copy may fault", {"atomic_copy": False}),
                Mutation("nobody brings the buffer in", {"prefault": False}),
            ),
            notes=("reclaim unmaps the buffer a bounded number of times",),
        ),
        Option(
            "atomic-copy-evicted",
            "Reclaim that wins every round against the retry",
            "No forward progress if the buffer is evicted each time between touching it and copying.",
            {"prefault": True, "atomic_copy": True},
            terms=(
                "reclaim that wins every round",
                "evicted each time",
                "no forward progress",
                "livelock in generic_perform_write",
                "evictor",
                "retry forever",
            ),
            expected=fails(EVICTED, ENDS),
            tasks=(WRITE, MMAP, BUSY_RECLAIM),
            notes=(
                "needs a scheduler that lets reclaim win each time, which no fairness of tasks rules out",
            ),
        ),
        Option(
            "fault-in-after",
            "Fault in only after a short copy",
            "The optimistic copy comes first; only when it was short is the buffer faulted in, page "
            "unlocked.",
            {"fault_in_after": True, "atomic_copy": True},
            terms=(
                "only after a short copy",
                "optimistic copy",
                "fault in after",
                "avoid the prefault",
                "move iov_iter_fault_in_readable to slow path",
                "remove the unnecessary prefault",
                "slow path",
            ),
            expected=passes(AFTERWARDS, SELF_DEADLOCK, DEADLOCK, ENDS),
            mutations=(
                Mutation("the copy may fault", {"atomic_copy": False}),
                Mutation("nobody brings the buffer in", {"fault_in_after": False}),
            ),
        ),
        Option(
            "inode-lock-in-mmap",
            "The inode lock taken by ->mmap",
            "Under mmap_lock the filesystem takes i_mutex, while write takes i_mutex first and "
            "faults inside.",
            {"prefault": True, "atomic_copy": True, "inode_lock_in_mmap": True},
            terms=(
                "inode lock taken by ->mmap",
                "i_mutex in mmap",
                "inode_lock in mmap",
                "i_rwsem under mmap_lock",
                "takes i_mutex",
                "i_mutex",
                "hugetlbfs_file_mmap",
                "inode_lock",
            ),
            expected=fails(HUGETLB, DEADLOCK) + fails(REPORT, LOCK_ORDER),
        ),
        Option(
            "lower-lock-in-mmap",
            "A separate lock below mmap_lock",
            "->mmap takes a lock of its own rank, such as MMAPLOCK or invalidate_lock; write never holds it "
            "across a fault.",
            {"prefault": True, "atomic_copy": True, "lower_lock_in_mmap": True},
            terms=(
                "separate lock",
                "lock below mmap_lock",
                "ranked under mmap_lock",
                "MMAPLOCK",
                "XFS_MMAPLOCK",
                "i_mmaplock",
                "i_mmap_sem",
                "invalidate_lock",
                "two locks",
            ),
            expected=passes(RANKED, DEADLOCK, LOCK_ORDER),
            mutations=(
                Mutation("the inode lock instead", {"lower_lock_in_mmap": False, "inode_lock_in_mmap": True}),
            ),
        ),
    ),
)
