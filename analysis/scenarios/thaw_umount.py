"""Thawing needs s_umount, which somebody holds who waits for the thaw.

drop_caches walks the superblocks with s_umount held shared and evicts an inode; that needs a transaction,
which waits until the filesystem is thawed. thaw_super() wants s_umount exclusively. XFS defers the work of
eviction to a queue: then nobody waits with s_umount held, but a lookup of a queued inode spins until the
queue runs, which is after the thaw. One inode, one freeze. Freeze levels carry no lock here, as their
lockdep annotation is dropped while the filesystem is frozen. Left out: nested freezes, real unmounting.
"""

from analysis.model.language import (
    Struct,
    Task,
    assert_,
    atomic,
    bit,
    down_read,
    down_write,
    mutex,
    mutex_lock,
    mutex_trylock,
    mutex_unlock,
    number,
    rwsem,
    switch,
    until,
    up_read,
    up_write,
)
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

DEFERRED = switch("deferred", summary="eviction queues the inode for inactivation")
SYNC_GC = switch("sync_gc", summary="freeze empties the queue, trying each inode's lock until it works")
GC_ONCE = switch("gc_once", summary="freeze empties the queue once, as far as it can")
REUSE = switch("reuse", summary="a lookup takes a queued inode back")
THAW_LOCK = switch("thaw_lock", summary="thaw has a lock of its own instead of s_umount")

SPINS = "lookup of a queued inode on a frozen filesystem"


class SuperBlock(Struct):
    """struct super_block: s_umount, what is frozen, who is inside a transaction."""

    s_umount = rwsem()
    freeze_lock = mutex()
    faults_frozen = bit()
    frozen = bit()
    transactions = number(3)


class Inode(Struct):
    """An unused inode: its I/O lock, and whether its inactivation is queued."""

    iolock = mutex()
    queued = bit()


sb, inode = SuperBlock("sb"), Inode("inode")


def xfs_trans_alloc() -> None:
    """Begin a transaction, once the filesystem isn't frozen."""
    with atomic:
        until(not sb.frozen)
        sb.transactions += 1


def xfs_trans_commit() -> None:
    """End it."""
    sb.transactions -= 1


def drop_caches() -> None:
    """Evict the inode with s_umount held shared."""
    down_read(sb.s_umount)
    if DEFERRED:
        inode.queued = 1
    else:
        xfs_trans_alloc()
        xfs_trans_commit()
    up_read(sb.s_umount)


def xfs_inodegc_worker() -> None:
    """Inactivate what is queued."""
    while True:
        until(inode.queued)
        xfs_trans_alloc()
        inode.queued = 0
        xfs_trans_commit()


def freeze_super() -> None:
    """Stop faults, then transactions."""
    down_write(sb.s_umount)
    sb.faults_frozen = 1
    if SYNC_GC:
        while not mutex_trylock(inode.iolock):
            pass
        inode.queued = 0
        mutex_unlock(inode.iolock)
    if GC_ONCE:
        inode.queued = 0
    sb.frozen = 1
    until(not sb.transactions)
    up_write(sb.s_umount)


def thaw_super() -> None:
    """Let everybody go on."""
    if THAW_LOCK:
        mutex_lock(sb.freeze_lock)
    else:
        down_write(sb.s_umount)
    with atomic:
        sb.frozen = 0
        sb.faults_frozen = 0
    if THAW_LOCK:
        mutex_unlock(sb.freeze_lock)
    else:
        up_write(sb.s_umount)


def freeze_and_thaw() -> None:
    """What an administrator does around a snapshot."""
    freeze_super()
    thaw_super()


def xfs_iget() -> None:
    """Look the inode up."""
    while True:
        with atomic:
            waits = bool(inode.queued)
            if REUSE:
                inode.queued = 0
                waits = False
            assert_(not (waits and sb.frozen), SPINS)
        if not waits:
            break


def read() -> None:
    """Read into a mapping of a frozen file: the fault waits with the inode's I/O lock held."""
    mutex_lock(inode.iolock)
    until(not sb.faults_frozen)
    mutex_unlock(inode.iolock)


ADMIN, DROP, LOOKUP = (
    Task("freeze and thaw", freeze_and_thaw),
    Task("drop_caches", drop_caches),
    Task("lookup", xfs_iget),
)
WORKER = Task("inactivation worker", xfs_inodegc_worker, daemon=True)
READER = Task("read", read)

DEADLOCK = "no deadlock"
NO_SPIN = "lookup ends while frozen"
ENDS = "freeze and thaw end"

F2FS = Source("drop_caches against thaw: f2fs, and the XFS thread", "5.18, commit ba900534f807")
FOSTER = Source(
    "the proposal for XFS, January 2024: lookups of queued inodes wait for the thaw",
    "<20240119193645.354214-1-bfoster@redhat.com>",
)
LOOPS = Source("why gc in the freeze can loop for ever", "<ZbLyxHSkE5eCCRRZ@dread.disaster.area>")
OWN = inferred("thaw without s_umount, proposed in the thread", "<Za3fwLKtjC+B8aZa@dread.disaster.area>")
AGAIN = inferred("reuse of queued inodes, proposed in the thread", "<Za3fwLKtjC+B8aZa@dread.disaster.area>")

SCENARIO = Scenario(
    name="thaw-umount",
    title="Thaw needs s_umount, held by who waits for the thaw",
    summary="drop_caches evicts an inode of a frozen filesystem with s_umount held; thaw can't get it.",
    tasks=(ADMIN, DROP, LOOKUP, WORKER),
    properties=(
        Property(DEADLOCK, Kind.DEADLOCK),
        Property(NO_SPIN, Kind.ASSERTION, SPINS),
        Property(ENDS, Kind.STARVATION, "freeze and thaw"),
    ),
    terms=(
        "thaw_super",
        "s_umount",
        "iterate_supers",
        "xfs_inodegc_flush",
        "xfs_inodegc_worker",
        "inodegc",
        "inactivation",
        "NEED_INACTIVE",
        "XFS_NEED_INACTIVE",
        "xfs_iget",
        "blockgc",
        "sb_start_intwrite",
        "xfs_inodegc_stop",
        "deferred inactivation",
    ),
    sources=(F2FS, FOSTER, LOOPS),
    notes=("a lookup that spins is no lock to lockdep",),
    options=(
        Option(
            "none",
            "Eviction in a transaction under s_umount",
            "drop_caches holds s_umount shared while eviction waits in sb_start_intwrite() for the thaw.",
            terms=(
                "eviction in a transaction",
                "sb_start_intwrite",
                "evict under s_umount",
                "drop_caches holds s_umount",
                "drop_caches blocks on a frozen",
                "thaw deadlocks on s_umount",
            ),
            expected=fails(F2FS, DEADLOCK),
        ),
        Option(
            "deferred",
            "Inactivation deferred to a worker",
            "Eviction queues the inode for background inactivation; a lookup of it spins until the thaw.",
            {"deferred": True},
            terms=(
                "deferred",
                "inactivation deferred",
                "deferred inode inactivation",
                "background inactivation",
                "inodegc queue",
                "queues the inode",
                "lookup spins",
                "spins until the thaw",
            ),
            expected=passes(FOSTER, DEADLOCK) + fails(FOSTER, NO_SPIN),
            mutations=(Mutation("in a transaction at once", {"deferred": False}),),
        ),
        Option(
            "sync-gc",
            "Synchronous gc in the freeze",
            "Freeze runs a full blockgc scan and repeats it until every inode could be locked.",
            {"deferred": True, "sync_gc": True},
            terms=(
                "synchronous",
                "synchronous gc",
                "synchronous scan",
                "XFS_ICWALK_FLAG_SYNC",
                "blockgc scan in the freeze",
                "full blockgc scan",
                "repeats it until",
                "livelock with page faults",
            ),
            expected=fails(LOOPS, ENDS),
            tasks=(ADMIN, DROP, WORKER, READER),
        ),
        Option(
            "gc-once",
            "Best-effort gc before the freeze",
            "The queue is flushed once, non-blocking; inodes that are queued later still meet a "
            "frozen filesystem.",
            {"deferred": True, "gc_once": True},
            terms=(
                "best-effort",
                "best effort",
                "flushed once",
                "xfs_inodegc_flush before freeze",
                "non-blocking scan",
                "reduce the window",
                "reduce the number of queued inodes",
                "queued later",
            ),
            expected=fails(FOSTER, NO_SPIN),
        ),
        Option(
            "thaw-lock",
            "Thaw without s_umount",
            "Freeze and thaw are serialised by a lock of their own; thaw_super() leaves s_umount alone.",
            {"thaw_lock": True},
            terms=(
                "thaw without s_umount",
                "lock of their own",
                "remove s_umount from thaw",
                "s_umount from thaw_super",
                "separate freeze lock",
                "thaw_super leaves s_umount alone",
                "s_freeze_lock",
                "freeze_lock",
            ),
            expected=passes(OWN, DEADLOCK),
            mutations=(Mutation("with s_umount", {"thaw_lock": False}),),
        ),
        Option(
            "reuse",
            "Queued inode taken back by a lookup",
            "xfs_iget() reuses an inode whose inactivation hasn't run, instead of waiting for the worker.",
            {"deferred": True, "reuse": True},
            terms=(
                "taken back",
                "reuses an inode",
                "reuse the inode",
                "recycle",
                "resurrect",
                "xfs_iget_recycle",
                "cancel the inactivation",
                "reactivate",
                "instead of waiting for the worker",
            ),
            expected=passes(AGAIN, DEADLOCK, NO_SPIN),
            mutations=(
                Mutation("a lookup waits", {"reuse": False}),
                Mutation("no queue", {"deferred": False}),
            ),
        ),
    ),
)
