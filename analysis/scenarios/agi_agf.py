"""AGI and AGF buffers of XFS locked in both orders by create and rename.

A create locks the AGI of its allocation group (to allocate an inode), then the AGF (for a directory block).
A rename changes the directory, which may need the AGF, and moves inodes on or off the unlinked list, which
needs their AGI: the whiteout's, and that of a target which is replaced. A transaction keeps its buffers
until it commits. Two groups; directory blocks come from group 0. Left out: inode locks, what is in the
buffers, and that a transaction which wants one AGI twice locks it once.
"""

from analysis.model.language import Struct, Task, down, semaphore, switch, up
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

WHITEOUT_FIRST = switch("whiteout_first", summary="the whiteout leaves the unlinked list before any dirent")
TARGET_FIRST = switch("target_first", summary="the AGI of a replaced target is locked before any dirent")
AG_ORDER = switch("ag_order", summary="both AGIs are locked in the order of their groups")

NOBODY = -1


class Perag(Struct):
    """One allocation group: the buffer locks of its two headers."""

    agi = semaphore(1)
    agf = semaphore(1)


ag0, ag1 = Perag("ag0"), Perag("ag1")


def read_agi(agno: int) -> None:
    """xfs_read_agi(): lock the buffer and join it to the transaction."""
    if agno == 0:
        down(ag0.agi)
    if agno == 1:
        down(ag1.agi)


def release_agi(agno: int) -> None:
    """At commit."""
    if agno == 0:
        up(ag0.agi)
    if agno == 1:
        up(ag1.agi)


def xfs_create() -> None:
    """Allocate an inode in group 0 and enter it into the directory."""
    down(ag0.agi)
    down(ag0.agf)
    up(ag0.agf)
    up(ag0.agi)


def xfs_rename(whiteout: int, target: int) -> None:
    """Rename; the numbers say in which groups a whiteout and a replaced target are, if there are any."""
    early_whiteout = False
    early_target = False
    if WHITEOUT_FIRST:
        early_whiteout = True
    if TARGET_FIRST:
        early_target = True
    if AG_ORDER:
        if target < whiteout:
            read_agi(target)
            read_agi(whiteout)
        else:
            read_agi(whiteout)
            read_agi(target)
    else:
        if early_whiteout:
            read_agi(whiteout)
        if early_target:
            read_agi(target)
    down(ag0.agf)
    if not AG_ORDER:
        if not early_target:
            read_agi(target)
        if not early_whiteout:
            read_agi(whiteout)
    up(ag0.agf)
    release_agi(whiteout)
    release_agi(target)


CREATE = Task("create", xfs_create)
WHITEOUT = Task("rename with whiteout", xfs_rename, (0, NOBODY))
REPLACE = Task("rename over a target", xfs_rename, (NOBODY, 0))
BOTH = Task("rename in group 0 over group 1", xfs_rename, (0, 1))
CROSS = Task("rename in group 1 over group 0", xfs_rename, (1, 0))

DEADLOCK = "no deadlock"

FIRST = Source("'xfs: Fix deadlock between AGI and AGF with RENAME_WHITEOUT'", "5.4, commit bc56ad8c74b8")
SECOND = Source(
    "'Fix deadlock between AGI and AGF when target_ip exists', known by a Fixes tag", "commit 93597ae8"
)
THIRD = Source("'xfs: fix an ABBA deadlock in xfs_rename': AGIs in the order of their groups", "6da1b4b")

SCENARIO = Scenario(
    name="agi-agf",
    title="AGI and AGF locked in both orders",
    summary=(
        "Create locks AGI and then AGF, rename the AGF of a directory block and then the AGI of "
        "an unlinked inode."
    ),
    tasks=(CREATE, WHITEOUT),
    properties=(Property(DEADLOCK, Kind.DEADLOCK),),
    terms=(
        "AGI",
        "AGF",
        "xfs_rename",
        "xfs_read_agi",
        "xfs_iunlink",
        "xfs_iunlink_remove",
        "RENAME_WHITEOUT",
        "xfs_droplink",
        "AGI lock",
        "AGF lock",
    ),
    sources=(FIRST, SECOND, THIRD),
    notes=("buffer locks are semaphores: lockdep follows none of them",),
    options=(
        Option(
            "none",
            "Directory entry first, unlinked list afterwards",
            "Rename locks the AGF for the directory block and takes the AGI when it updates the "
            "unlinked list.",
            terms=(
                "directory entry first",
                "unlinked list afterwards",
                "AGF then AGI",
                "AGF before AGI",
                "AGI after AGF",
                "violates the lock order",
            ),
            expected=fails(FIRST, DEADLOCK),
        ),
        Option(
            "whiteout-first",
            "Whiteout off the unlinked list before the directory entry",
            "xfs_iunlink_remove() of the whiteout comes first, so that its AGI is locked before any AGF.",
            {"whiteout_first": True},
            terms=(
                "xfs_iunlink_remove",
                "whiteout off the unlinked list",
                "xfs_iunlink_remove of the whiteout",
                "wip",
                "before the directory entry",
                "whiteout's AGI",
            ),
            expected=passes(FIRST, DEADLOCK),
            mutations=(Mutation("unlinked list afterwards", {"whiteout_first": False}),),
        ),
        Option(
            "whiteout-first-target",
            "The whiteout first, with a target that exists",
            "The AGI of an existing target is still taken after the directory entry was replaced.",
            {"whiteout_first": True},
            terms=(
                "existing target",
                "target that exists",
                "target_ip exists",
                "when target_ip exists",
                "xfs_droplink",
                "AGI of an existing target",
            ),
            expected=fails(SECOND, DEADLOCK),
            tasks=(CREATE, REPLACE),
        ),
        Option(
            "agi-first",
            "All AGIs before the AGF",
            "The AGI of a target that is replaced is read in advance too, when its last link goes.",
            {"whiteout_first": True, "target_first": True},
            terms=(
                "all AGIs before the AGF",
                "read in advance",
                "xfs_read_agi",
                "read the agi buf",
                "lock the AGI of the target first",
                "i_nlink == 1",
                "last link",
            ),
            expected=passes(SECOND, DEADLOCK),
            tasks=(CREATE, REPLACE),
            mutations=(Mutation("the target as before", {"target_first": False}),),
        ),
        Option(
            "agi-first-two-groups",
            "All AGIs first, in two groups",
            "Whiteout and target in different groups: two renames lock two AGIs in opposite order.",
            {"whiteout_first": True, "target_first": True},
            terms=(
                "two AGIs",
                "different AGs",
                "different groups",
                "opposite order",
                "ABBA between two AGIs",
                "AGI of two allocation groups",
            ),
            expected=fails(THIRD, DEADLOCK),
            tasks=(CREATE, BOTH, CROSS),
        ),
        Option(
            "ag-order",
            "AGIs locked in the order of their groups",
            "Rename sorts the inodes and locks the AGIs in increasing AG number before anything else.",
            {"whiteout_first": True, "target_first": True, "ag_order": True},
            terms=(
                "order of their groups",
                "AG order",
                "increasing AG number",
                "increasing agno",
                "lock AGIs in order",
                "sorts the inodes",
                "xfs_sort_inodes",
                "xfs_iunlink in order",
            ),
            expected=passes(THIRD, DEADLOCK),
            tasks=(CREATE, BOTH, CROSS),
            mutations=(Mutation("whiteout before target, whatever the groups", {"ag_order": False}),),
        ),
    ),
)
