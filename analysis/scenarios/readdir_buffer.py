"""Concurrent readdir of one XFS directory: a buffer lock held while the inode lock is asked for again.

readdir maps the next block under the inode lock (shared) and keeps the buffer of the block that it is in.
One reader has the buffer and wants the inode lock; another has the inode lock and wants that buffer. With
readers alone nothing happens, but a writer in the queue keeps the first reader out. One directory block
that matters. Left out: readahead, what is in the buffers.
"""

from analysis.model.language import (
    Struct,
    Task,
    down,
    down_read,
    down_write,
    rwsem,
    semaphore,
    switch,
    up,
    up_read,
    up_write,
)
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

RELEASE_FIRST = switch("release_first", summary="the buffer is released before the next block is mapped")
MAP_ALL = switch("map_all", summary="the inode lock is held over the whole of readdir")


class Inode(Struct):
    """The directory's inode lock."""

    ilock = rwsem()


class Buffer(Struct):
    """A directory block in the buffer cache."""

    lock = semaphore(1)


directory, block = Inode("dir"), Buffer("block")


def xfs_readdir() -> None:
    """Read the first block; then map the second, which needs the inode lock again."""
    if MAP_ALL:
        down_read(directory.ilock)
        down(block.lock)
        up(block.lock)
        up_read(directory.ilock)
    else:
        down_read(directory.ilock)
        down(block.lock)
        up_read(directory.ilock)
        if RELEASE_FIRST:
            up(block.lock)
        down_read(directory.ilock)
        if not RELEASE_FIRST:
            up(block.lock)
        up_read(directory.ilock)


def xfs_create() -> None:
    """Somebody who changes the directory."""
    down_write(directory.ilock)
    up_write(directory.ilock)


ONE, OTHER, CREATE = (
    Task("readdir", xfs_readdir),
    Task("other readdir", xfs_readdir),
    Task("create", xfs_create),
)

DEADLOCK = "no deadlock"

HANGS = Source("'xfs: concurrent readdir hangs on data buffer locks'", "4.7, commit 9f5418010940")
WHOLE = inferred("the inode lock held throughout")

SCENARIO = Scenario(
    name="readdir-buffer",
    title="readdir holds a buffer while it asks for the inode lock",
    summary="Two readers and a queued writer: buffer and inode lock are taken in both orders.",
    tasks=(ONE, OTHER, CREATE),
    properties=(Property(DEADLOCK, Kind.DEADLOCK),),
    terms=(
        "xfs_readdir",
        "xfs_dir2_leaf_getdents",
        "xfs_dir2_leaf_readbuf",
        "xfs_dir2_block_getdents",
        "concurrent readdir",
        "directory buffer",
        "readdir deadlock",
        "getdents",
    ),
    sources=(HANGS,),
    notes=("buffer locks are semaphores: lockdep follows none of them",),
    options=(
        Option(
            "hold",
            "Buffer kept while the next block is mapped",
            "The current buffer stays locked when the inode lock is taken to map the next block.",
            terms=(
                "buffer kept",
                "stays locked",
                "holding the buffer",
                "buffer stays locked",
                "holds a buffer lock",
                "while the next block is mapped",
                "hang on data buffer locks",
            ),
            expected=fails(HANGS, DEADLOCK),
        ),
        Option(
            "release-first",
            "Buffer released before the next block is mapped",
            "xfs_trans_brelse() comes first, so that no buffer is locked when the inode lock is asked for.",
            {"release_first": True},
            terms=(
                "buffer released before",
                "xfs_trans_brelse",
                "release the buffer first",
                "release the current buffer",
                "trim the buffer",
                "no buffer is locked",
                "drop the buffer before",
            ),
            expected=passes(HANGS, DEADLOCK),
            mutations=(Mutation("kept", {"release_first": False}),),
        ),
        Option(
            "map-all",
            "The inode lock held over all of readdir",
            "One down_read of the ilock for the whole getdents: no second request, but long hold times.",
            {"map_all": True},
            terms=(
                "over all of readdir",
                "whole getdents",
                "hold the ilock over",
                "ilock across readdir",
                "hold ILOCK for the entire readdir",
                "no second request",
                "long hold times",
            ),
            expected=passes(WHOLE, DEADLOCK),
            mutations=(Mutation("taken for each block", {"map_all": False}),),
            notes=(
                "filldir faults under the lock then, which is the trouble of write-fault; not modelled here",
            ),
        ),
    ),
)
