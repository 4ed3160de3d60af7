"""Work items that wait for one another fill a workqueue, as the cgroup destruction queue did.

A workqueue runs at most max_active items. Items wait for cgroup_mutex; its holder waits for one more item,
which stands behind them in the same queue. Items are tasks here and slots a semaphore. Left out: pools, CPU
affinity, rescuers.
"""

from analysis.model.language import (
    Struct,
    Task,
    bit,
    bound,
    down,
    mutex,
    mutex_lock,
    mutex_unlock,
    semaphore,
    switch,
    until,
    up,
)
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

MAX_ACTIVE = bound("max_active", 1, "items that the queue runs at once")

OWN_QUEUE = switch("own_queue", summary="the item that others wait for has a queue of its own")
DROP_MUTEX = switch("drop_mutex", summary="cgroup_mutex is dropped before waiting for the item")


class Workqueue(Struct):
    """struct workqueue_struct: free slots."""

    slots = semaphore(MAX_ACTIVE)


class Work(Struct):
    """struct work_struct of the item that somebody waits for."""

    queued = bit()
    done = bit()


class Cgroup(Struct):
    """What the items work on."""

    cgroup_mutex = mutex()


shared_wq, own_wq = Workqueue("cgroup_wq"), Workqueue("own_wq")
offline, cgroup = Work("offline"), Cgroup("cgroup")


def css_free_work() -> None:
    """An item that needs the mutex."""
    down(shared_wq.slots)
    mutex_lock(cgroup.cgroup_mutex)
    mutex_unlock(cgroup.cgroup_mutex)
    up(shared_wq.slots)


def css_offline_work() -> None:
    """The item that somebody waits for."""
    until(offline.queued)
    if OWN_QUEUE:
        down(own_wq.slots)
        offline.done = 1
        up(own_wq.slots)
    else:
        down(shared_wq.slots)
        offline.done = 1
        up(shared_wq.slots)


def cgroup_rmdir() -> None:
    """Queue an item with the mutex held and wait for it."""
    mutex_lock(cgroup.cgroup_mutex)
    offline.queued = 1
    if DROP_MUTEX:
        mutex_unlock(cgroup.cgroup_mutex)
    until(offline.done)
    if not DROP_MUTEX:
        mutex_unlock(cgroup.cgroup_mutex)


def cgroup_destroy_root() -> None:
    """An item that waits, running, for an item behind it."""
    offline.queued = 1
    down(shared_wq.slots)
    until(offline.done)
    up(shared_wq.slots)


RMDIR = Task("rmdir", cgroup_rmdir)
FREE, FREE2 = Task("css free item", css_free_work), Task("other css free item", css_free_work)
OFFLINE = Task("css offline item", css_offline_work)
DESTROY = Task("root destruction item", cgroup_destroy_root)

DEADLOCK = "no deadlock"

OWN = inferred("a queue of its own for destruction", "3.13, commit e5fca243abae")
SPLIT = Source("'cgroup: split cgroup_destroy_wq into 3 workqueues'", "2025, commit 79f919a89c9d")
DEFER = Source("'cpuset: Defer flushing of the cpuset_migrate_mm_wq to task_work'", "commit 3514309e0322")
BOUND = inferred("the bound only moves")

SCENARIO = Scenario(
    name="workqueue-saturation",
    title="A workqueue full of items that wait for one behind them",
    summary="All slots of a queue wait, directly or by a mutex, for an item that finds no slot.",
    tasks=(RMDIR, FREE, OFFLINE),
    properties=(Property(DEADLOCK, Kind.DEADLOCK),),
    terms=(
        "max_active",
        "cgroup_destroy_wq",
        "cgroup_mutex",
        "css_free_work_fn",
        "css_killed_work_fn",
        "cgroup_destroy_root",
        "cpuset_migrate_mm_wq",
        "workqueue saturation",
        "cgroup_offline_wq",
        "destroy_wq",
    ),
    sources=(OWN, SPLIT, DEFER),
    notes=(
        "lockdep follows flush_work(), but not the slots of a queue: saturation isn't seen (from memory)",
    ),
    options=(
        Option(
            "shared",
            "One shared queue",
            "Items that block and the item waited for share the slots of system_wq or cgroup_destroy_wq.",
            terms=(
                "one shared queue",
                "shared queue",
                "system_wq",
                "same workqueue",
                "share the slots",
                "max_active saturated",
                "workqueue is saturated",
            ),
            expected=fails(OWN, DEADLOCK),
        ),
        Option(
            "more-slots",
            "One slot more than items that block",
            "max_active is raised so that the item waited for always finds a slot.",
            {"max_active": 2},
            terms=(
                "one slot more",
                "max_active is raised",
                "raise max_active",
                "increase max_active",
                "bump max_active",
                "WQ_DFL_ACTIVE",
                "larger max_active",
            ),
            expected=passes(BOUND, DEADLOCK),
            mutations=(Mutation("one slot", {"max_active": 1}),),
        ),
        Option(
            "more-slots-more-items",
            "More slots, and as many items that block",
            "The bound only shifts: with enough cgroups dying at once all slots are taken again.",
            {"max_active": 2},
            terms=(
                "as many items",
                "bound only shifts",
                "only makes it less likely",
                "enough cgroups",
                "many cgroups dying",
                "all slots are taken again",
                "papers over",
            ),
            expected=fails(BOUND, DEADLOCK),
            tasks=(RMDIR, FREE, FREE2, OFFLINE),
        ),
        Option(
            "own-queue",
            "A queue for each stage",
            "Destruction gets a dedicated workqueue, so that what is waited for never stands behind "
            "who waits.",
            {"own_queue": True},
            terms=(
                "queue for each stage",
                "dedicated workqueue",
                "separate workqueue",
                "use a dedicated workqueue",
                "split cgroup_destroy_wq",
                "split cgroup_destroy_wq into 3 workqueues",
                "cgroup_offline_wq",
                "cgroup_release_wq",
                "cgroup_free_wq",
                "own workqueue",
            ),
            expected=passes(OWN, DEADLOCK),
            tasks=(RMDIR, FREE, FREE2, OFFLINE),
            mutations=(Mutation("shared", {"own_queue": False}),),
        ),
        Option(
            "drop-mutex",
            "The mutex dropped before waiting",
            "cgroup_mutex is released first and the flush deferred, for example to task_work.",
            {"drop_mutex": True},
            terms=(
                "mutex dropped before waiting",
                "flush outside the mutex",
                "drop cgroup_mutex before",
                "task_work",
                "defer flushing",
                "flush deferred",
                "post_attach",
                "cpuset_post_attach",
            ),
            expected=passes(DEFER, DEADLOCK),
            mutations=(Mutation("held while waiting", {"drop_mutex": False}),),
        ),
        Option(
            "wait-inside",
            "An item that waits for an item behind it",
            "Root destruction runs on the queue with max_active 1 and waits for the offline of a "
            "css; no mutex.",
            terms=(
                "item that waits for an item",
                "root destruction",
                "waits for the offline",
                "cgroup_lock_and_drain_offline",
                "drain_offline",
                "max_active 1",
                "max_active=1",
                "queued behind it",
            ),
            expected=fails(SPLIT, DEADLOCK),
            tasks=(DESTROY, OFFLINE),
        ),
        Option(
            "wait-inside-split",
            "Root destruction and css offline on queues of their own",
            "The offline item runs on cgroup_offline_wq, the destruction that waits for it elsewhere.",
            {"own_queue": True},
            terms=(
                "queues of their own",
                "cgroup_offline_wq",
                "three workqueues",
                "3 workqueues",
                "css offline on",
                "offline item runs on",
            ),
            expected=passes(SPLIT, DEADLOCK),
            tasks=(DESTROY, OFFLINE),
            mutations=(Mutation("one queue", {"own_queue": False}),),
        ),
    ),
)
