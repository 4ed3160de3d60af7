"""Punching a hole drops the page cache and frees the block, while a fault or a read fills the cache from it.

The puncher drops what is cached, then frees the block, which another file may get. Whoever fills the cache
in between looks the block up while it is still there: afterwards the cache has a page of a block that
belongs to somebody else. Page locks don't help, for there is no page to lock. One page, one block. Left
out: writeback of such a page, extents, the size of the hole.
"""

from analysis.model.language import (
    Struct,
    Task,
    assert_,
    atomic,
    bit,
    bit_lock,
    choice,
    clear_and_wake_up_bit,
    down_read,
    down_write,
    rwsem,
    switch,
    until,
    up_read,
    up_write,
    wait_on_bit_lock,
)
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

I_RWSEM_READ = switch("i_rwsem_read", summary="read() takes i_rwsem")
I_RWSEM_FAULT = switch("i_rwsem_fault", summary="a fault takes i_rwsem")
FILL_LOCK = switch("fill_lock", summary="whoever fills the cache holds invalidate_lock shared")
READAHEAD_LOCK = switch("readahead_lock", True, summary="readahead does so too")
DROP_LOCK = switch("drop_lock", summary="dropping the cache holds invalidate_lock exclusive")
FREE_LOCK = switch("free_lock", summary="so does freeing the block, without letting go in between")
DROP_AGAIN = switch("drop_again", summary="the cache is dropped once more when the block is free")
DIO_ERROR = switch("dio_error", summary="a fault on a buffer of the file under direct I/O is an error")

STALE = "cached page of a block that the file no longer has"
FOREIGN = "data read from a block that the file no longer has"


class Inode(Struct):
    """struct inode: its locks, and whether its extent map has the block."""

    i_rwsem = rwsem()
    invalidate_lock = rwsem()
    mapped = bit(1)


class Mm(Struct):
    """struct mm_struct of whoever faults."""

    mmap_lock = rwsem()


class Page(Struct):
    """The page at the offset of the hole."""

    lock = bit_lock()
    cached = bit()
    from_block = bit()


class Block(Struct):
    """A disk block."""

    owner = choice("file", "nobody", "other file")


class Run(Struct):
    """Whether the hole is there."""

    punched = bit()


inode, mm, page, block, run = Inode("inode"), Mm("mm"), Page("page"), Block("block"), Run("run")


def finish() -> None:
    """At its end, everybody looks at what the cache has of a hole that is there."""
    assert_(not (run.punched and page.cached and page.from_block and not inode.mapped), STALE)


def fill_page(locked: bool) -> None:
    """Enter a locked page into the cache, look the block up, read it: a hole gives zeroes."""
    if locked:
        down_read(inode.invalidate_lock)
    wait_on_bit_lock(page.lock)
    if not page.cached:
        page.cached = 1
        mapped = inode.mapped
        if mapped:
            assert_(block.owner == "file", FOREIGN)
        page.from_block = mapped
    clear_and_wake_up_bit(page.lock)
    if locked:
        up_read(inode.invalidate_lock)


def filemap_fault() -> None:
    """A fault, or madvise(): holds mmap_lock."""
    down_read(mm.mmap_lock)
    if I_RWSEM_FAULT:
        down_read(inode.i_rwsem)
    fill_page(FILL_LOCK)
    if I_RWSEM_FAULT:
        up_read(inode.i_rwsem)
    up_read(mm.mmap_lock)
    finish()


def filemap_read() -> None:
    """read()."""
    if I_RWSEM_READ:
        down_read(inode.i_rwsem)
    fill_page(FILL_LOCK)
    if I_RWSEM_READ:
        up_read(inode.i_rwsem)
    finish()


def page_cache_readahead() -> None:
    """Readahead fills by a function of its own."""
    fill_page(FILL_LOCK and READAHEAD_LOCK)
    finish()


def truncate_pagecache_range() -> None:
    """Drop what is cached; a page that isn't there can't be locked."""
    if page.cached:
        wait_on_bit_lock(page.lock)
        with atomic:
            page.cached = 0
            page.from_block = 0
        clear_and_wake_up_bit(page.lock)


def punch_hole() -> None:
    """fallocate(FALLOC_FL_PUNCH_HOLE)."""
    down_write(inode.i_rwsem)
    if DROP_LOCK:
        down_write(inode.invalidate_lock)
    truncate_pagecache_range()
    if DROP_LOCK and not FREE_LOCK:
        up_write(inode.invalidate_lock)
    with atomic:
        inode.mapped = 0
        block.owner = "nobody"
    if DROP_AGAIN:
        truncate_pagecache_range()
    if DROP_LOCK and FREE_LOCK:
        up_write(inode.invalidate_lock)
    run.punched = 1
    up_write(inode.i_rwsem)
    finish()


def write_other_file() -> None:
    """Another file gets the block as soon as it is free."""
    with atomic:
        until(block.owner == "nobody")
        block.owner = "other file"


def direct_read() -> None:
    """Direct I/O keeps the cache from being filled; its buffer is a mapping of the same file."""
    down_write(inode.invalidate_lock)
    if not DIO_ERROR:
        fill_page(FILL_LOCK)
    up_write(inode.invalidate_lock)
    finish()


def write() -> None:
    """Copy from user memory, which may fault, with i_rwsem held."""
    down_write(inode.i_rwsem)
    down_read(mm.mmap_lock)
    up_read(mm.mmap_lock)
    up_write(inode.i_rwsem)


def mmap() -> None:
    """Map anything."""
    down_write(mm.mmap_lock)
    up_write(mm.mmap_lock)


PUNCH, OTHER = Task("punch hole", punch_hole), Task("other file", write_other_file)
FAULT, READ, READAHEAD = (
    Task("fault", filemap_fault),
    Task("read", filemap_read),
    Task("readahead", page_cache_readahead),
)
WRITE, MMAP, DIRECT = Task("write", write), Task("mmap", mmap), Task("direct read", direct_read)

NO_STALE = "no cached page of a freed block"
NO_FOREIGN = "no data of another file is read"
DEADLOCK = "no deadlock"
SELF_DEADLOCK = "no self-deadlock"
LOCK_ORDER = "lock order"

KARA = Source("the race and why page locks and i_rwsem don't do", "<20210413112859.32249-2-jack@suse.cz>")
WRITES = inferred("write() faults with i_rwsem held")
INVALIDATE = inferred(
    "mapping->invalidate_lock: fill shared, invalidate exclusive", "5.15, commit 730633f0b7f9"
)
LARGE_FOLIOS = Source("readahead of large folios filled without the lock", "5.19, commit 00fa15e0d564")
DIO = Source(
    "linux-fsdevel, June 2019: faults of direct I/O on its own file", "<20190613183625.GA28171@kmo-pixel>"
)

SCENARIO = Scenario(
    name="hole-punch",
    title="Hole punching against filling the page cache",
    summary="Between dropping the cache and freeing the block somebody fills the cache from that block.",
    tasks=(PUNCH, FAULT, OTHER),
    properties=(
        Property(NO_STALE, Kind.ASSERTION, STALE),
        Property(NO_FOREIGN, Kind.ASSERTION, FOREIGN),
        Property(DEADLOCK, Kind.DEADLOCK),
        Property(SELF_DEADLOCK, Kind.SELF_DEADLOCK),
        Property(LOCK_ORDER, Kind.LOCK_ORDER),
    ),
    terms=(
        "invalidate_lock",
        "filemap_invalidate_lock",
        "filemap_invalidate_lock_shared",
        "punch hole",
        "hole punching",
        "FALLOC_FL_PUNCH_HOLE",
        "truncate_pagecache_range",
        "i_mmap_rwsem",
        "i_mmap_sem",
        "XFS_MMAPLOCK",
        "pagecache_add_get",
        "pagecache_block_get",
        "stale data",
        "i_mapping_sem",
        "pagecache_add_lock",
    ),
    sources=(KARA, INVALIDATE, LARGE_FOLIOS, DIO),
    notes=(
        "the order is i_rwsem, mmap_lock, invalidate_lock, page lock",
        "lockdep sees the lock order, not the race",
    ),
    options=(
        Option(
            "page-lock",
            "Page locks alone",
            "Dropping locks each page that is cached; a page that isn't there can't be locked, and i_rwsem "
            "excludes writers only.",
            terms=(
                "page locks alone",
                "page lock is not enough",
                "locks each page",
                "excludes writers only",
                "nothing prevents page faults",
                "races with page fault",
                "no page to lock",
                "can't be locked",
                "rely on the page lock",
            ),
            expected=fails(KARA, NO_STALE, NO_FOREIGN),
        ),
        Option(
            "i-rwsem-read",
            "i_rwsem taken by read()",
            "As XFS does, read takes IOLOCK shared; faults and madvise don't come that way.",
            {"i_rwsem_read": True},
            terms=(
                "i_rwsem taken by read",
                "i_rwsem in read",
                "i_rwsem for reads",
                "XFS_IOLOCK_SHARED",
                "IOLOCK",
                "take i_rwsem in buffered reads",
                "inode_lock_shared in read",
            ),
            expected=fails(KARA, NO_STALE, NO_FOREIGN),
            tasks=(PUNCH, FAULT, READ, OTHER),
        ),
        Option(
            "i-rwsem-fault",
            "i_rwsem taken by the fault",
            "A fault takes i_rwsem under mmap_lock, while write takes mmap_lock under i_rwsem.",
            {"i_rwsem_fault": True},
            terms=(
                "i_rwsem taken by the fault",
                "i_rwsem in the fault",
                "i_rwsem under mmap_lock",
                "i_rwsem nests outside of mmap_sem",
                "i_rwsem in page fault",
                "lock inversion with mmap_sem",
            ),
            expected=fails(WRITES, DEADLOCK, LOCK_ORDER) + passes(WRITES, NO_STALE),
            tasks=(FAULT, WRITE, MMAP, PUNCH),
            mutations=(Mutation("without i_rwsem", {"i_rwsem_fault": False}),),
        ),
        Option(
            "invalidate-lock",
            "invalidate_lock over drop and free",
            "Fillers hold mapping->invalidate_lock shared, the puncher holds it exclusive over both steps.",
            {"fill_lock": True, "drop_lock": True, "free_lock": True},
            terms=(
                "invalidate_lock",
                "mapping->invalidate_lock",
                "filemap_invalidate_lock",
                "filemap_invalidate_lock_shared",
                "exclusive over both steps",
                "over drop and free",
                "i_mmap_sem",
                "i_mapping_sem",
                "XFS_MMAPLOCK",
            ),
            expected=passes(INVALIDATE, NO_STALE, NO_FOREIGN),
            mutations=(
                Mutation("fillers don't take it", {"fill_lock": False}),
                Mutation("the puncher doesn't", {"drop_lock": False}),
            ),
        ),
        Option(
            "drop-only",
            "invalidate_lock over the drop only",
            "The lock is released before the block is freed: the cache may be filled again in the gap.",
            {"fill_lock": True, "drop_lock": True},
            terms=(
                "over the drop only",
                "released before the block is freed",
                "drop the lock before freeing",
                "narrower critical section",
                "in the gap",
            ),
            expected=fails(INVALIDATE, NO_STALE, NO_FOREIGN),
        ),
        Option(
            "one-filler-without",
            "One filler without invalidate_lock",
            "Readahead of large folios creates pages by a path of its own and doesn't take the lock.",
            {"fill_lock": True, "drop_lock": True, "free_lock": True, "readahead_lock": False},
            terms=(
                "one filler without",
                "readahead",
                "page_cache_ra_order",
                "page_cache_ra_unbounded",
                "large folios",
                "large folio readahead",
                "force_page_cache_readahead",
            ),
            expected=fails(LARGE_FOLIOS, NO_STALE),
            tasks=(PUNCH, FAULT, READAHEAD, OTHER),
        ),
        Option(
            "drop-again",
            "Cache dropped again after the block is freed",
            "A second truncate_pagecache_range() cleans up; a read in the window still returns foreign data.",
            {"drop_again": True},
            terms=(
                "dropped again",
                "drop the page cache again",
                "second truncate_pagecache_range",
                "invalidate again after",
                "truncate the page cache twice",
                "in the window",
            ),
            expected=fails(INVALIDATE, NO_FOREIGN) + passes(INVALIDATE, NO_STALE),
            mutations=(Mutation("dropped once", {"drop_again": False}),),
            notes=(
                "the cache is clean afterwards only because a page is locked from before its block "
                "is looked up",
            ),
        ),
        Option(
            "dio-add-lock",
            "The lock held over direct I/O",
            "Direct I/O blocks pagecache adds while it runs; faulting its buffer in adds a page of "
            "that file.",
            {"fill_lock": True, "drop_lock": True, "free_lock": True},
            terms=(
                "direct I/O",
                "lock held over direct I/O",
                "pagecache_add_get",
                "pagecache_block_get",
                "pagecache_add_lock",
                "pagecache add lock",
                "get_user_pages recursion",
                "buffer mapped from the same file",
                "blocks pagecache adds",
            ),
            expected=fails(DIO, SELF_DEADLOCK),
            tasks=(PUNCH, DIRECT, OTHER),
        ),
        Option(
            "dio-error",
            "An error for faults on the file under direct I/O",
            "The task remembers whose adds it blocks; a fault on that mapping returns an error instead.",
            {"fill_lock": True, "drop_lock": True, "free_lock": True, "dio_error": True},
            terms=(
                "faults_disabled_mapping",
                "current->pagecache_lock",
                "fault on that mapping",
                "returns an error instead",
                "error for faults",
                "VM_FAULT_SIGBUS",
                "detect the recursion",
            ),
            expected=passes(DIO, SELF_DEADLOCK),
            tasks=(PUNCH, DIRECT, OTHER),
            mutations=(Mutation("the fault fills the cache", {"dio_error": False}),),
        ),
    ),
)
