"""The inode LRU walk evicts one inode and needs another that it has marked itself.

The walker marks an unused inode as being freed and puts it aside for disposal after the walk. It goes on to
an inode with cached pages, pins it and strips them. Meanwhile that one is unlinked, so that dropping the
pin evicts it, and the filesystem's eviction looks up the first inode (an extended attribute's) and waits
until its freeing is over: for the walker, which is itself. Two inodes. Left out: dentries, writeback,
quota.
"""

from analysis.model.language import (
    Mortal,
    Struct,
    Task,
    any_of,
    atomic,
    bit,
    kfree,
    number,
    switch,
    until,
    use,
)
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

FLAG_PIN = switch("flag_pin", summary="the walker pins by a flag instead of a reference")
EVICT_WAITS = switch("evict_waits", summary="eviction waits until the flag is gone")
PUT_LATE = switch("put_late", summary="the walker drops its pin after disposal")


class Inode(Mortal):
    """struct inode: references, links, I_FREEING and the flag that pins."""

    i_count = number(2)
    i_nlink = bit(1)
    freeing = bit()
    isolating = bit()


class ExtendedAttribute(Struct):
    """The inode of an extended attribute, unused: all that matters is whether it is being freed."""

    freeing = bit()


reg, ea = Inode("reg"), ExtendedAttribute("ea")


def iget_ea() -> None:
    """find_inode() waits for an inode that is being freed, then reads it anew."""
    until(not ea.freeing)


def evict() -> None:
    """Throw the inode away; an attribute inode, if it has one, has to be looked up for that."""
    if EVICT_WAITS:
        until(not reg.isolating)
    if any_of(True, False):
        iget_ea()
    kfree(reg)


def iput() -> None:
    """Drop a reference; the last one of an unlinked inode evicts it."""
    last = False
    with atomic:
        reg.i_count -= 1
        if not reg.i_count and not reg.i_nlink:
            reg.freeing = 1
            last = True
    if last:
        evict()


def strip_page_cache() -> None:
    """invalidate_mapping_pages()."""
    use(reg, "stripped of its page cache")


def isolate_reg() -> bool:
    """Pin the inode unless somebody uses it; under the locks of the list and of the inode."""
    with atomic:
        unused = not reg.i_count and not reg.freeing
        if unused:
            if FLAG_PIN:
                reg.isolating = 1
            else:
                reg.i_count += 1
    return unused


def prune_icache_sb() -> None:
    """Walk the list: ea first, then reg; dispose of ea when the walk is over."""
    ea.freeing = 1
    pinned = isolate_reg()
    if pinned:
        strip_page_cache()
        if FLAG_PIN:
            reg.isolating = 0
        elif not PUT_LATE:
            iput()
    ea.freeing = 0  # dispose_list()
    if PUT_LATE and pinned:
        iput()


def do_unlinkat() -> None:
    """Look the inode up, remove its last link, let it go."""
    with atomic:
        until(not reg.freeing)
        reg.i_count += 1
    reg.i_nlink = 0
    iput()


PRUNE, UNLINK = Task("inode shrinker", prune_icache_sb), Task("unlink", do_unlinkat)

DEADLOCK = "no deadlock"
ALIVE = "no inode used after it was freed"

LOG = Source("'vfs: Don't evict inode under the inode lru traversing context'", "6.11, commit 2a0629834cd8")
CODE = Source("I_LRU_ISOLATING in fs/inode.c: eviction waits for it", "6.11")
FLAG = inferred("what I_LRU_ISOLATING would be without its waiter")
LATE = inferred("a put after dispose_list()")

SCENARIO = Scenario(
    name="inode-lru",
    title="Eviction under the inode LRU walk",
    summary=(
        "The shrinker drops the last reference of one inode while it keeps another in the state I_FREEING."
    ),
    tasks=(PRUNE, UNLINK),
    properties=(Property(DEADLOCK, Kind.DEADLOCK), Property(ALIVE, Kind.USE_AFTER_PUT)),
    terms=(
        "prune_icache_sb",
        "inode_lru_isolate",
        "I_FREEING",
        "I_LRU_ISOLATING",
        "dispose_list",
        "ext4_evict_inode",
        "ubifs_evict_inode",
        "find_inode_fast",
        "__wait_on_freeing_inode",
        "wait_on_freeing_inode",
        "inode lru",
    ),
    sources=(LOG, CODE),
    notes=("lockdep knows nothing of I_FREEING and who waits for it",),
    options=(
        Option(
            "iget",
            "Pin by __iget and iput in the walk",
            "inode_lru_isolate() takes a reference and drops it in the walk, which may be the last one.",
            terms=(
                "__iget",
                "__iget and iput",
                "iput in the walk",
                "iput in inode_lru_isolate",
                "drops it in the walk",
                "last reference in the shrinker",
                "evict from the lru walk",
            ),
            expected=fails(LOG, DEADLOCK),
        ),
        Option(
            "flag-pin",
            "I_LRU_ISOLATING, which eviction waits for",
            "A flag pins the inode instead of a reference; evict() calls inode_wait_for_lru_isolating().",
            {"flag_pin": True, "evict_waits": True},
            terms=(
                "which eviction waits for",
                "I_LRU_ISOLATING",
                "inode_pin_lru_isolating",
                "inode_unpin_lru_isolating",
                "inode_wait_for_lru_isolating",
                "pins the inode instead of a reference",
            ),
            expected=passes(CODE, DEADLOCK, ALIVE),
            mutations=(
                Mutation("a reference", {"flag_pin": False}),
                Mutation("nobody waits for the flag", {"evict_waits": False}),
            ),
        ),
        Option(
            "flag-only",
            "A flag that nobody waits for",
            "The walker sets a flag without a reference and nothing makes evict() wait: freed under "
            "the pruner.",
            {"flag_pin": True},
            terms=(
                "flag that nobody waits for",
                "without a reference",
                "nothing makes evict() wait",
                "use after free in inode_lru_isolate",
                "freed under the pruner",
                "flag alone",
            ),
            expected=fails(FLAG, ALIVE),
            notes=(
                "an inode with an attribute that the walker has marked is safe by accident: its "
                "eviction waits "
                "for the walk; the race needs one without",
            ),
        ),
        Option(
            "put-late",
            "The put deferred until after disposal",
            "References taken in the walk are dropped after dispose_list(), when nothing is "
            "I_FREEING any more.",
            {"put_late": True},
            terms=(
                "deferred",
                "deferred until after disposal",
                "put deferred",
                "after dispose_list",
                "defer the iput",
                "delayed iput",
                "iput after dispose_list",
            ),
            expected=passes(LATE, DEADLOCK),
            mutations=(Mutation("dropped in the walk", {"put_late": False}),),
        ),
    ),
)
