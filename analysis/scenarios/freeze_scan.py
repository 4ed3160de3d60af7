"""Freezing a filesystem stops transactions, then waits for a background scan that waits for the thaw.

xfs_fs_freeze() cancels the worker that trims blocks beyond the end of files and waits for it. By then no
transaction may start: a scan on its way into one sleeps until the thaw. Freeze protection has two levels
here: for writers, and for transactions. One scan. Left out: the level of page faults, what a scan does.
"""

from analysis.model.language import (
    Struct,
    Task,
    atomic,
    bit,
    down_read,
    down_read_trylock,
    down_write,
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

PROTECT = switch("protect", summary="the scan takes freeze protection for writers, waiting for it")
TRY_PROTECT = switch("try_protect", summary="the scan tries freeze protection and gives up without it")
STOP_EARLY = switch("stop_early", summary="the scan is stopped before transactions are")


class SuperBlock(Struct):
    """struct super_block: freeze protection, taken shared by writers and by transactions."""

    s_writers = rwsem()
    s_transactions = rwsem()


class DelayedWork(Struct):
    """The work item of the scan."""

    running = bit()
    cancelled = bit()


sb, scan = SuperBlock("sb"), DelayedWork("scan")


def cancel_delayed_work_sync() -> None:
    """Let no scan start any more, and wait for one that runs."""
    scan.cancelled = 1
    until(not scan.running)


def freeze_and_thaw() -> None:
    """freeze_super(), and thaw_super() some time later."""
    down_write(sb.s_writers)
    if STOP_EARLY:
        cancel_delayed_work_sync()
    down_write(sb.s_transactions)
    if not STOP_EARLY:
        cancel_delayed_work_sync()
    up_write(sb.s_transactions)
    up_write(sb.s_writers)


def xfs_free_eofblocks() -> None:
    """A transaction."""
    down_read(sb.s_transactions)
    up_read(sb.s_transactions)


def xfs_blockgc_worker() -> None:
    """The scan."""
    started = False
    with atomic:
        if not scan.cancelled:
            scan.running = 1
            started = True
    if started:
        if TRY_PROTECT:
            if down_read_trylock(sb.s_writers):
                xfs_free_eofblocks()
                up_read(sb.s_writers)
        elif PROTECT:
            down_read(sb.s_writers)
            xfs_free_eofblocks()
            up_read(sb.s_writers)
        else:
            xfs_free_eofblocks()
        scan.running = 0


FREEZE, SCAN = Task("freeze", freeze_and_thaw), Task("scan", xfs_blockgc_worker)

DEADLOCK = "no deadlock"

TRY = Source("'xfs: acquire superblock freeze protection on eofblocks scans'", "5.7, commit 4b674b9ac852")
BLOCKING = inferred("why that protection is only tried", "5.7, commit 4b674b9ac852")
EARLY = Source("the background scans are stopped before the last freeze level", "5.15, commit 6f6490914d9b")

SCENARIO = Scenario(
    name="freeze-scan",
    title="Freeze waits for a background scan that waits for the thaw",
    summary="Transactions are stopped first, the scan that wants one is waited for afterwards.",
    tasks=(FREEZE, SCAN),
    properties=(Property(DEADLOCK, Kind.DEADLOCK),),
    terms=(
        "xfs_stop_block_reaping",
        "xfs_start_block_reaping",
        "xfs_eofblocks_worker",
        "xfs_blockgc_worker",
        "xfs_blockgc_stop",
        "sb_start_write_trylock",
        "xfs_fs_freeze",
        "eofblocks",
        "cowblocks",
        "freeze protection",
        "xfs_icache_free_eofblocks",
    ),
    sources=(TRY, EARLY),
    notes=("lockdep doesn't see that freeze waits for the scan unless the work item's own map is followed",),
    options=(
        Option(
            "none",
            "A scan without freeze protection",
            "The worker enters transactions unprotected; freeze cancels it after they were stopped.",
            terms=(
                "without freeze protection",
                "unprotected",
                "enters transactions unprotected",
                "no freeze protection",
                "SB_FREEZE_FS before the scan",
                "cancels it after",
            ),
            expected=fails(TRY, DEADLOCK),
        ),
        Option(
            "protect",
            "Blocking freeze protection in the scan",
            "The worker calls sb_start_write() and waits in it for the thaw, while freeze waits for "
            "the worker.",
            {"protect": True},
            terms=(
                "sb_start_write",
                "blocking freeze protection",
                "sb_start_write in the worker",
                "waits in it for the thaw",
                "__sb_start_write",
                "mnt_want_write_file",
            ),
            expected=fails(BLOCKING, DEADLOCK),
        ),
        Option(
            "try-protect",
            "Freeze protection by trylock",
            "sb_start_write_trylock(): a scan that doesn't get it gives up and is queued again later.",
            {"try_protect": True},
            terms=(
                "sb_start_write_trylock",
                "trylock",
                "protection by trylock",
                "gives up",
                "sb trylock",
                "acquire superblock freeze protection",
            ),
            expected=passes(TRY, DEADLOCK),
            mutations=(Mutation("unprotected", {"try_protect": False}),),
        ),
        Option(
            "stop-early",
            "Scans stopped before transactions",
            "xfs_blockgc_stop() from sync_fs, at an earlier freeze level, when transactions can "
            "still finish.",
            {"stop_early": True},
            terms=(
                "stopped before transactions",
                "earlier freeze level",
                "xfs_blockgc_stop from sync_fs",
                "xfs_fs_sync_fs",
                "sync_fs",
                "SB_FREEZE_PAGEFAULT",
                "stop earlier",
                "stop the background workers first",
            ),
            expected=passes(EARLY, DEADLOCK),
            mutations=(Mutation("stopped afterwards", {"stop_early": False}),),
        ),
    ),
)
