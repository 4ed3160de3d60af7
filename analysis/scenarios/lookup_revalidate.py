"""d_revalidate waits for a daemon that needs the directory's i_mutex, as in autofs4 of Linux 2.6.22.

A process makes a directory under an automount point: lookup asks the daemon to mount it, drops i_mutex and
waits. Because lookup has already hashed the dentry, a second process finds it and comes to d_revalidate,
which waits for the same daemon, this time with i_mutex held; the daemon's own mkdir needs it. A plain path
walk comes to d_revalidate without i_mutex, so d_revalidate can't know whether to drop it.
One directory, one name. Left out: expiry, the walk that follows the mount, failing daemons.
"""

from analysis.model.language import (
    TASKS,
    Struct,
    Task,
    bit,
    is_locked,
    mutex,
    mutex_lock,
    mutex_unlock,
    number,
    switch,
    until,
)
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

UNLOCK_IF_LOCKED = switch("unlock_if_locked", summary="d_revalidate drops i_mutex whenever it is locked")
UNHASHED = switch("unhashed", summary="lookup leaves the dentry unhashed until the directory is created")
D_MANAGE = switch("d_manage", summary="waiting is done by the walk, before anybody takes i_mutex")


class Directory(Struct):
    """struct inode of the automount point."""

    i_mutex = mutex()


class Dentry(Struct):
    """struct dentry of the name: whether a lookup by hash finds it, whether the daemon is at work on it."""

    hashed = bit()
    pending = bit()


class Run(Struct):
    """How many of those who ask are done; the daemon ends after the last."""

    over = number(TASKS)


directory, dentry, run = Directory("dir"), Dentry("dentry"), Run("run")


def try_to_fill_dentry() -> None:
    """Wait for the daemon."""
    until(not dentry.pending)


def autofs4_lookup() -> None:
    """The name isn't known. The caller holds i_mutex, which is dropped while the daemon works."""
    if not UNHASHED:
        dentry.hashed = 1
    if not D_MANAGE:
        dentry.pending = 1
        mutex_unlock(directory.i_mutex)
        try_to_fill_dentry()
        mutex_lock(directory.i_mutex)


def autofs4_revalidate() -> None:
    """The name is known; is it still good?"""
    if UNLOCK_IF_LOCKED and dentry.pending and is_locked(directory.i_mutex):
        mutex_unlock(directory.i_mutex)
        try_to_fill_dentry()
        mutex_lock(directory.i_mutex)
    elif not D_MANAGE:
        try_to_fill_dentry()


def __lookup_hash() -> None:
    """The last component, with i_mutex held."""
    if dentry.hashed:
        autofs4_revalidate()
    else:
        autofs4_lookup()


def sys_mkdir() -> None:
    """Make a directory of that name."""
    mutex_lock(directory.i_mutex)
    __lookup_hash()
    mutex_unlock(directory.i_mutex)
    run.over += 1


def do_lookup() -> None:
    """A path walk: no lock for a name that is known, i_mutex for one that isn't."""
    if D_MANAGE:
        dentry.pending = 1
        try_to_fill_dentry()
    elif dentry.hashed:
        autofs4_revalidate()
    else:
        mutex_lock(directory.i_mutex)
        if not dentry.hashed:
            autofs4_lookup()
            mutex_unlock(directory.i_mutex)
        else:
            # somebody was faster: real_lookup() revalidates after it has dropped the lock
            mutex_unlock(directory.i_mutex)
            autofs4_revalidate()
    run.over += 1


def automount() -> None:
    """The daemon: makes the directory that somebody waits for, then says so."""
    while run.over < TASKS - 1:
        until(dentry.pending or run.over == TASKS - 1)
        mutex_lock(directory.i_mutex)
        dentry.hashed = 1
        mutex_unlock(directory.i_mutex)
        dentry.pending = 0


FIRST, SECOND = Task("mkdir", sys_mkdir), Task("other mkdir", sys_mkdir)
WALK = Task("path walk", do_lookup)
DAEMON = Task("automount daemon", automount)

DEADLOCK = "no deadlock"
OWNER = "a mutex is released by its owner"

CREATE = Source("'autofs4: deadlock during create'", "2.6.23, commit 1864f7bd5835")
WALKER = inferred("autofs list: d_revalidate is reached with and without the mutex", "msg07942")
MANAGE = inferred("d_manage() and d_automount() wait outside the mutex (from memory)")

SCENARIO = Scenario(
    name="lookup-revalidate",
    title="d_revalidate waits for a daemon that needs the directory",
    summary=(
        "One lookup has dropped i_mutex to wait for the daemon, the next one waits for it with i_mutex held."
    ),
    tasks=(FIRST, SECOND, WALK, DAEMON),
    properties=(Property(DEADLOCK, Kind.DEADLOCK), Property(OWNER, Kind.UNBALANCED)),
    terms=(
        "autofs4",
        "autofs",
        "autofs4_revalidate",
        "autofs4_lookup",
        "try_to_fill_dentry",
        "autofs4_wait",
        "real_lookup",
        "automount daemon",
    ),
    sources=(CREATE, WALKER),
    notes=("lockdep sees a mutex taken twice, but not that a task waits for the daemon",),
    options=(
        Option(
            "none",
            "d_revalidate waits with the directory locked",
            "Whoever comes to d_revalidate waits for the daemon and keeps i_mutex held if it had it.",
            terms=(
                "waits with the directory locked",
                "keeps i_mutex held",
                "waiting with i_mutex held",
                "wait in d_revalidate",
                "callback to the daemon with the mutex held",
            ),
            expected=fails(CREATE, DEADLOCK),
        ),
        Option(
            "unlock-if-locked",
            "d_revalidate unlocks i_mutex whenever it is locked",
            "mutex_is_locked() decides: a path walk that holds nothing drops the lock of somebody else.",
            {"unlock_if_locked": True},
            terms=(
                "mutex_is_locked",
                "unlocks i_mutex",
                "unlock i_mutex in d_revalidate",
                "drop i_mutex in d_revalidate",
                "whenever it is locked",
                "drops the lock of somebody else",
                "not the owner of the mutex",
            ),
            expected=fails(WALKER, OWNER),
        ),
        Option(
            "unhashed",
            "Dentry left unhashed until it is created",
            "The second process goes through lookup too, which is known to own i_mutex and may drop it.",
            {"unhashed": True},
            terms=(
                "left unhashed",
                "unhashed",
                "d_rehash",
                "d_add",
                "hash the dentry",
                "not hash the dentry until create",
                "goes through lookup",
                "rehash_list",
                "autofs4_lookup_unhashed",
                "autofs4_lookup_active",
            ),
            expected=passes(CREATE, DEADLOCK),
            mutations=(Mutation("hashed by lookup as before", {"unhashed": False}),),
        ),
        Option(
            "d-manage",
            "Waiting moved to d_manage and d_automount",
            "The walk waits for the daemon by d_manage before anybody takes the lock; d_revalidate "
            "never waits.",
            {"d_manage": True},
            terms=(
                "d_manage",
                "d_automount",
                "DCACHE_NEED_AUTOMOUNT",
                "DCACHE_MANAGE_TRANSIT",
                "follow_managed",
                "before anybody takes the lock",
                "waiting outside i_mutex",
            ),
            expected=passes(MANAGE, DEADLOCK),
            mutations=(Mutation("waiting as before", {"d_manage": False}),),
        ),
    ),
)
