"""Reclaim waits for a page under writeback that stands in a bio which the reclaiming task hasn't submitted.

A filesystem marks page after page as under writeback and collects them in one bio. For the next one it
needs memory; reclaim finds a page under writeback and waits for the I/O. It is one of its own. One page in
the bio. Left out: how much of memory is under writeback before reclaim waits at all, memory cgroups.
"""

from analysis.model.language import Struct, Task, bit, switch, until
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

WAIT_FS_ONLY = switch("wait_fs_only", summary="reclaim waits only if the caller lets it enter the filesystem")
SUBMIT_FIRST = switch("submit_first", summary="the bio is submitted before memory is asked for")


class Page(Struct):
    """The page in the bio."""

    writeback = bit()


class Bio(Struct):
    """The I/O that is being put together."""

    submitted = bit()


page, bio = Page("page"), Bio("bio")


def shrink_page_list(may_enter_fs: bool) -> None:
    """Reclaim meets the page."""
    if WAIT_FS_ONLY:
        if page.writeback and may_enter_fs:
            until(not page.writeback)
    else:
        if page.writeback:
            until(not page.writeback)


def ext4_writepages() -> None:
    """Put one page into the bio, allocate with GFP_NOFS for the next, submit."""
    page.writeback = 1
    if SUBMIT_FIRST:
        bio.submitted = 1
    shrink_page_list(False)
    if not SUBMIT_FIRST:
        bio.submitted = 1


def page_fault() -> None:
    """Somebody else allocates with GFP_KERNEL."""
    shrink_page_list(True)


def disk() -> None:
    """The I/O is done some time after it was submitted."""
    until(bio.submitted)
    page.writeback = 0


WRITEPAGES, FAULT, DISK = (
    Task("writepages", ext4_writepages),
    Task("page fault", page_fault),
    Task("disk", disk),
)

DEADLOCK = "no deadlock"

NOFS = Source(
    "'mm, vmscan: Do not wait for page writeback for GFP_NOFS allocations'", "4.2, commit ecf5fc6e9654"
)
FIRST = inferred("a bio submitted before the allocation")

SCENARIO = Scenario(
    name="reclaim-writeback",
    title="Reclaim waits for its own task's writeback",
    summary="The page that reclaim waits for is in a bio that its own task has yet to submit.",
    tasks=(WRITEPAGES, FAULT, DISK),
    properties=(Property(DEADLOCK, Kind.DEADLOCK),),
    terms=(
        "shrink_page_list",
        "shrink_folio_list",
        "ext4_writepages",
        "ext4_bio_write_page",
        "ext4_io_submit",
        "io_submit",
        "may_enter_fs",
        "PageReclaim",
        "unsubmitted bio",
        "mpage_prepare_extent_to_map",
        "wait for its own writeback",
        "PF_MEMALLOC writeback",
    ),
    sources=(NOFS,),
    notes=("PG_writeback has no owner, so lockdep can't follow it",),
    options=(
        Option(
            "wait-any",
            "Reclaim waits whatever the gfp flags are",
            "wait_on_page_writeback() in shrink_page_list() for GFP_NOFS too.",
            terms=(
                "whatever the gfp flags",
                "GFP_NOFS too",
                "waits in memcg reclaim",
                "wait_on_page_writeback in shrink_page_list",
                "waiting for __GFP_IO",
                "ignores __GFP_FS",
            ),
            expected=fails(NOFS, DEADLOCK),
        ),
        Option(
            "wait-fs-only",
            "Reclaim waits only with __GFP_FS",
            "may_enter_fs decides: a GFP_NOFS caller may own the writeback and doesn't wait for it.",
            {"wait_fs_only": True},
            terms=(
                "may_enter_fs",
                "only with __GFP_FS",
                "do not wait for page writeback for GFP_NOFS",
                "check for __GFP_FS",
                "__GFP_FS check",
                "require __GFP_FS",
                "GFP_NOFS caller may own",
            ),
            expected=passes(NOFS, DEADLOCK),
            mutations=(Mutation("waits always", {"wait_fs_only": False}),),
        ),
        Option(
            "submit-first",
            "The bio submitted before allocating",
            "The filesystem calls ext4_io_submit() before each allocation, so that its own I/O is on "
            "its way.",
            {"submit_first": True},
            terms=(
                "submitted before allocating",
                "submit first",
                "submit the bio before",
                "submit the bio before the allocation",
                "ext4_io_submit before",
                "flush the bio",
                "on its way",
                "submit early",
            ),
            expected=passes(FIRST, DEADLOCK),
            mutations=(Mutation("submitted afterwards", {"submit_first": False}),),
        ),
    ),
)
