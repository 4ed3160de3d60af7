"""Direct reclaim comes back into the filesystem that allocates with its lock held.

A transaction holds a lock and needs a page. There is none, so the allocator reclaims: page cache, and, if
the caller allows it, the filesystem's own objects, which takes that lock. Filesystems forbid it by a flag
at the call (GFP_NOFS) or for a stretch of the task (memalloc_nofs_save). One page is wanted, one page of
clean cache can be had by anybody, the other memory lies behind the lock. Left out: I/O and the NOIO level,
kswapd, OOM.
"""

from analysis.model.language import (
    Struct,
    Task,
    atomic,
    bit,
    bound,
    mutex,
    mutex_lock,
    mutex_trylock,
    mutex_unlock,
    number,
    switch,
    until,
)
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

CLEAN = bound("clean", 1, "pages of clean page cache, which need no lock")

GFP_NOFS = switch("gfp_nofs", summary="the filesystem passes GFP_NOFS where it allocates")
CALLEE = switch("callee", summary="the allocation is made by a callee with flags of its own, as in vmalloc()")
NOFS_SCOPE = switch("nofs_scope", summary="memalloc_nofs_save() around the transaction")
WORKER = switch("worker", summary="a worker allocates on behalf of the transaction, which waits for it")
WORKER_SCOPE = switch("worker_scope", summary="the worker enters the scope too")
FLUSH_WORKER = switch("flush_worker", summary="the shrinker waits for the worker, which holds objects back")
TRYLOCK = switch("trylock", summary="the shrinker only tries the lock")
OTHER_INODE = switch("other_inode", summary="reclaim locks other, unreferenced inodes of the same class")


class Inode(Struct):
    """An inode of the filesystem with its lock."""

    ilock = mutex()


class Zone(Struct):
    """Memory: free pages, and what can be made free without and with the lock."""

    free = number(4)
    clean = number(2, CLEAN)
    objects = number(2, 2)


class Work(Struct):
    """A work item that the transaction queues and waits for."""

    queued = bit()
    done = bit()


inode, unreferenced, zone, work = Inode("inode"), Inode("unreferenced"), Zone("zone"), Work("work")


def shrink_slab() -> None:
    """The filesystem's shrinker: free an object, which takes the lock."""
    victim = inode
    if OTHER_INODE:
        victim = unreferenced
    if FLUSH_WORKER:
        until(work.done or not work.queued)
    if TRYLOCK:
        if not mutex_trylock(victim.ilock):
            return
    else:
        mutex_lock(victim.ilock)
    with atomic:
        if zone.objects:
            zone.objects -= 1
            zone.free += 1
    mutex_unlock(victim.ilock)


def shrink_page_cache() -> None:
    """Clean pages go without a lock."""
    with atomic:
        if zone.clean:
            zone.clean -= 1
            zone.free += 1


def alloc_pages(may_enter_fs: bool) -> None:
    """Take a page, reclaiming until there is one."""
    while True:
        taken = False
        with atomic:
            if zone.free:
                zone.free -= 1
                taken = True
        if taken:
            break
        if may_enter_fs:
            shrink_slab()
        shrink_page_cache()


def allocate(scope: bool, nofs: bool) -> None:
    """What the flags at the call and the task's scope come to together."""
    if CALLEE:
        nofs = False
    alloc_pages(not nofs and not scope)


def transaction() -> None:
    """Change an inode, which needs memory."""
    scope = False
    if NOFS_SCOPE:
        scope = True
    nofs = False
    if GFP_NOFS:
        nofs = True
    if FLUSH_WORKER:
        work.queued = 1  # inodes are left to the worker
    mutex_lock(inode.ilock)
    if WORKER:
        work.queued = 1
        until(work.done)
    else:
        allocate(scope, nofs)
    mutex_unlock(inode.ilock)


def worker() -> None:
    """Allocates for the transaction; a scope belongs to the task that entered it."""
    scope = False
    if WORKER_SCOPE:
        scope = True
    until(work.queued)
    allocate(scope, False)
    work.done = 1


def page_fault() -> None:
    """Somebody without any lock allocates, and may reclaim everywhere; the page is clean page cache then."""
    alloc_pages(True)
    zone.clean += 1


TRANSACTION, WORK = Task("transaction", transaction), Task("worker", worker)
FAULT = Task("page fault", page_fault)

SELF_DEADLOCK = "no self-deadlock"
DEADLOCK = "no deadlock"
LOCK_ORDER = "lock order"
MEMORY = "the transaction gets its memory"

LOGFS = inferred("logfs allocated with GFP_KERNEL under its lock", "2.6.37, commit eabb26cacdec")
VMALLOC = Source(
    "claim on linux-fsdevel: functions that vmalloc() calls allocate with flags of their own",
    "<20191227080523.31808-4-naoto.kobayashi4c@gmail.com>",
)
SCOPE = inferred("the scope API, memalloc_nofs_save()", "4.12, commit 7dea19f9ee63")
PER_TASK = inferred("the scope is a flag of the task that enters it")
SHRINKER = inferred(
    "linux-mm, September 2021: reclaim that may not enter the filesystem waits for another context",
    "<20210914060519.GJ2361455@dread.disaster.area>",
)
INODEGC = Source("'xfs: Fix deadlock on xfs_inodegc_worker'", "6.2, commit 4da112513c01")
INODEGC_FIX = inferred(
    "how that deadlock was fixed isn't known here; a scope would do", "6.2, commit 4da112513c01"
)
WHACKAMOLE = inferred(
    "'xfs: more lockdep whackamole': reclaim locks unreferenced inodes only (reason from memory)", "6dcde60"
)

SCENARIO = Scenario(
    name="reclaim-recursion",
    title="Reclaim recurses into the filesystem that allocates",
    summary="Under its own lock a filesystem allocates memory, and reclaim wants that lock to free some.",
    tasks=(TRANSACTION, FAULT),
    properties=(
        Property(SELF_DEADLOCK, Kind.SELF_DEADLOCK),
        Property(DEADLOCK, Kind.DEADLOCK),
        Property(LOCK_ORDER, Kind.LOCK_ORDER),
        Property(MEMORY, Kind.STARVATION, "transaction"),
    ),
    terms=(
        "GFP_NOFS",
        "__GFP_FS",
        "PF_MEMALLOC_NOFS",
        "memalloc_nofs_save",
        "memalloc_nofs_restore",
        "memalloc_noio_save",
        "super_cache_scan",
        "fs_reclaim",
        "reclaim recursion",
        "PF_MEMALLOC_NOIO",
    ),
    sources=(LOGFS, VMALLOC, SCOPE, SHRINKER, WHACKAMOLE),
    notes=(
        "lockdep sees this through its fs_reclaim pseudo lock at every allocation; the model has no such "
        "lock, so its lock order is that of paths on which reclaim really ran",
    ),
    options=(
        Option(
            "gfp-kernel",
            "GFP_KERNEL under the filesystem's lock",
            "The transaction allocates with GFP_KERNEL: reclaim may enter the filesystem.",
            terms=(
                "GFP_KERNEL",
                "allocates with GFP_KERNEL",
                "GFP_KERNEL under the lock",
                "enter the filesystem",
                "__GFP_FS set",
                "recurse into the filesystem",
            ),
            expected=fails(LOGFS, SELF_DEADLOCK),
        ),
        Option(
            "gfp-nofs",
            "GFP_NOFS at the call site",
            "The allocation under the lock is made with GFP_NOFS.",
            {"gfp_nofs": True},
            terms=(
                "GFP_NOFS",
                "NOFS at the call site",
                "use GFP_NOFS",
                "KM_NOFS",
                "GFP_NOFS instead of GFP_KERNEL",
            ),
            expected=passes(LOGFS, SELF_DEADLOCK, DEADLOCK),
            notes=(
                "needs memory that isn't behind the lock: with no clean page cache the transaction starves",
            ),
            mutations=(Mutation("GFP_KERNEL", {"gfp_nofs": False}),),
        ),
        Option(
            "gfp-nofs-callee",
            "GFP_NOFS passed to vmalloc",
            "The flags are given, but what vmalloc() calls allocates page tables with flags of its own.",
            {"gfp_nofs": True, "callee": True},
            terms=(
                "vmalloc",
                "__vmalloc",
                "kvmalloc",
                "page tables",
                "pte_alloc_one_kernel",
                "flags of its own",
                "hard coded GFP_KERNEL",
                "hardcoded GFP_KERNEL",
                "vmalloc doesn't support GFP_NOFS",
            ),
            expected=fails(VMALLOC, SELF_DEADLOCK),
        ),
        Option(
            "nofs-scope",
            "memalloc_nofs_save() around the transaction",
            "The whole task is in a NOFS scope while it holds the lock, whatever flags callees use.",
            {"nofs_scope": True, "callee": True},
            terms=(
                "memalloc_nofs_save",
                "memalloc_nofs_restore",
                "PF_MEMALLOC_NOFS",
                "NOFS scope",
                "scope API",
                "nofs context",
                "current_gfp_context",
            ),
            expected=passes(SCOPE, SELF_DEADLOCK, DEADLOCK),
            mutations=(Mutation("without the scope", {"nofs_scope": False}),),
        ),
        Option(
            "scope-not-inherited",
            "The scope of a task whose worker allocates",
            "A workqueue worker allocates on behalf of the transaction; the scope isn't inherited by it.",
            {"nofs_scope": True, "worker": True},
            terms=(
                "workqueue",
                "kworker",
                "isn't inherited",
                "not inherited",
                "worker allocates",
                "scope in the worker",
                "different context",
                "waits for the worker",
                "queue_work",
                "allocation stack switch",
                "xfs_bmapi_allocate_worker",
            ),
            expected=fails(PER_TASK, DEADLOCK),
            tasks=(TRANSACTION, WORK),
        ),
        Option(
            "worker-scope",
            "A scope entered by the worker itself",
            "The worker thread enters its own NOFS scope before it allocates for others.",
            {"nofs_scope": True, "worker": True, "worker_scope": True},
            terms=(
                "entered by the worker",
                "enters its own NOFS scope",
                "set PF_MEMALLOC_NOFS in the worker",
                "set PF_MEMALLOC_NOIO for the worker thread",
                "memalloc_nofs_save in the worker",
                "args->kswapd",
            ),
            expected=passes(PER_TASK, DEADLOCK),
            tasks=(TRANSACTION, WORK),
            mutations=(Mutation("the worker has none", {"worker_scope": False}),),
        ),
        Option(
            "flush-worker",
            "A shrinker that flushes the worker which allocates",
            "Reclaim flushes a background worker to get at its objects; that worker itself went into "
            "reclaim.",
            {"gfp_nofs": True, "flush_worker": True, "clean": 2},
            terms=(
                "flushes the worker",
                "xfs_inodegc_worker",
                "xfs_inodegc_queue_all",
                "xfs_inodegc_shrinker_scan",
                "reclaim flushes",
                "flush from reclaim",
                "waits for itself",
            ),
            expected=fails(INODEGC, DEADLOCK),
            tasks=(TRANSACTION, WORK),
        ),
        Option(
            "flush-worker-scope",
            "The flushed worker in a NOFS scope",
            "The background worker allocates without entering the shrinker that flushes it.",
            {"gfp_nofs": True, "flush_worker": True, "worker_scope": True, "clean": 2},
            terms=(
                "flushed worker",
                "without entering the shrinker",
                "xfs_inodegc_worker in a nofs scope",
                "memalloc_nofs_save in xfs_inodegc_worker",
            ),
            expected=passes(INODEGC_FIX, DEADLOCK),
            tasks=(TRANSACTION, WORK),
            mutations=(Mutation("no scope", {"worker_scope": False}),),
        ),
        Option(
            "trylock",
            "A shrinker that only tries the lock",
            "The shrinker uses trylock and skips what it can't lock; the page cache has something to give.",
            {"trylock": True},
            terms=(
                "trylock in the shrinker",
                "mutex_trylock",
                "uses trylock",
                "trylock",
                "skips what it can't lock",
                "dm_bufio_trylock",
                "down_read_trylock",
            ),
            expected=passes(SHRINKER, SELF_DEADLOCK, DEADLOCK, MEMORY),
            mutations=(
                Mutation("it waits for the lock", {"trylock": False}),
                Mutation("all memory behind the lock", {"clean": 0}),
            ),
        ),
        Option(
            "trylock-all-behind",
            "A shrinker that skips, with all memory behind it",
            "There is no deadlock, but no forward progress either: reclaim skips everything and loops.",
            {"trylock": True, "clean": 0},
            terms=(
                "forward progress",
                "no forward progress",
                "all memory behind the lock",
                "skips everything",
                "loops in the allocator",
                "spinning in reclaim",
                "unable to make progress",
                "guarantee progress",
            ),
            expected=fails(SHRINKER, MEMORY),
            tasks=(TRANSACTION,),
        ),
        Option(
            "unreferenced",
            "GFP_KERNEL where reclaim locks unreferenced inodes only",
            "Reclaim takes the same lock class of other inodes: lockdep complains, no two tasks ever meet.",
            {"other_inode": True},
            terms=(
                "false positive",
                "lockdep false positive",
                "unreferenced",
                "unreferenced inodes",
                "lockdep complains",
                "lockdep whackamole",
                "lockdep annotation",
                "same lock class",
                "GFP_NOLOCKDEP",
                "__GFP_NOLOCKDEP",
            ),
            expected=passes(WHACKAMOLE, SELF_DEADLOCK, DEADLOCK) + fails(WHACKAMOLE, LOCK_ORDER),
            mutations=(Mutation("reclaim locks the same inode", {"other_inode": False}),),
        ),
    ),
)
