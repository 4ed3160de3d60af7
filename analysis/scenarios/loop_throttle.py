"""A loop device or a local NFS server is throttled for dirty pages that only it can clean.

Writers are held back while there are too many dirty pages. A worker that cleans the pages of an upper
device by dirtying pages of a lower one is held back as well: then nobody cleans anything. A page counts
until the one below it is clean, as an NFS page does until it is committed. The limit is two pages, the
bonus of a privileged worker one. Optionally two such devices stand on one another. Left out: rates,
bandwidth, background writeback, timeouts such as congestion_wait().
"""

from analysis.model.language import Struct, Task, array, atomic, bit, bound, number, switch, until
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario, Source

LIMIT = bound("limit", 2, "dirty pages before writers are held back")
WRITES = bound("writes", 3, "pages that the application writes")

BONUS = switch("bonus", summary="a worker may go one page over the limit")
LOCAL = switch("local", summary="a worker is held back by the dirty pages of its own target only")


class Devices(Struct):
    """Dirty pages of the upper device, the one below it, and so on."""

    dirty: list[int] = array(3, number(4))


class Run(Struct):
    """Whether all has been written and cleaned."""

    over = bit()


devices, run = Devices("dev"), Run("run")


def balance_dirty_pages(device: int, worker: bool) -> None:
    """Dirty a page of a device as soon as that is allowed."""
    with atomic:
        if LOCAL and worker:
            until(devices.dirty[device] < LIMIT)
        elif BONUS and worker:
            until(sum(devices.dirty) < LIMIT + 1)
        else:
            until(sum(devices.dirty) < LIMIT)
        devices.dirty[device] += 1


def application() -> None:
    """Write to the upper device, then sync."""
    for _ in range(WRITES):
        balance_dirty_pages(0, False)
    until(not any(devices.dirty))
    run.over = 1


def loop_thread(upper: int) -> None:
    """Clean pages of one device by writing them to the next."""
    while True:
        until(devices.dirty[upper] or run.over)
        if run.over:
            break
        balance_dirty_pages(upper + 1, True)
        until(not devices.dirty[upper + 1])  # COMMIT
        devices.dirty[upper] -= 1


def disk(device: int) -> None:
    """Clean pages of the lowest device."""
    while True:
        with atomic:
            until(devices.dirty[device] or run.over)
            if devices.dirty[device]:
                devices.dirty[device] -= 1
        if run.over:
            break


WRITER = Task("application", application)
LOOP, LOOP2 = Task("loop thread", loop_thread, (0,)), Task("lower loop thread", loop_thread, (1,))
DISK, DISK2 = Task("disk", disk, (1,)), Task("lowest disk", disk, (2,))

DEADLOCK = "no deadlock"

EQUAL = inferred("a throttled worker that others depend on; PF_LESS_THROTTLE was made for it")
LOCALLY = Source("PF_LOCAL_THROTTLE: only the own device counts", "5.8, commit a37b0715ddf3")
BONUS_LOG = inferred("the bonus of 25 % and how it is used up", "5.8, log of commit a37b0715ddf3")

SCENARIO = Scenario(
    name="loop-throttle",
    title="A loop device throttled for dirty pages that it has to clean",
    summary="The thread that would clean the upper device is held back because the upper device is dirty.",
    tasks=(WRITER, LOOP, DISK),
    properties=(Property(DEADLOCK, Kind.DEADLOCK),),
    terms=(
        "balance_dirty_pages",
        "PF_LESS_THROTTLE",
        "PF_LOCAL_THROTTLE",
        "current_may_throttle",
        "loopback NFS",
        "dirty throttling",
        "global dirty limit",
        "domain_dirty_limits",
        "dirty_ratio",
        "loopback mount",
        "private dirty limit",
    ),
    sources=(LOCALLY,),
    notes=(
        "throttling is no lock: lockdep sees nothing",
        "if an upper page stopped counting as soon as the lower one is dirty, a stack would not use "
        "the bonus up",
    ),
    options=(
        Option(
            "equal",
            "The worker throttled like everybody",
            "The loop thread waits in balance_dirty_pages() for the same limit as the writers it serves.",
            terms=(
                "throttled like everybody",
                "same limit",
                "same dirty limit",
                "loop thread waits in balance_dirty_pages",
                "throttled equally",
                "no special treatment",
            ),
            expected=fails(EQUAL, DEADLOCK),
        ),
        Option(
            "bonus",
            "A bonus on the limit",
            "PF_LESS_THROTTLE lets the worker exceed the global limit by 25%.",
            {"bonus": True},
            terms=(
                "bonus",
                "PF_LESS_THROTTLE",
                "25%",
                "exceed the limit",
                "extra 25%",
                "slightly higher limit",
                "less throttling",
            ),
            expected=passes(BONUS_LOG, DEADLOCK),
            mutations=(Mutation("no bonus", {"bonus": False}),),
        ),
        Option(
            "bonus-stacked",
            "A bonus, with two devices stacked",
            "The higher worker of a stack uses the extra pages up and the lower one is stuck.",
            {"bonus": True},
            terms=(
                "two devices stacked",
                "stacked",
                "nested loop devices",
                "loop on loop",
                "uses the extra pages up",
                "used up",
                "exhausts the bonus",
            ),
            expected=fails(BONUS_LOG, DEADLOCK),
            tasks=(WRITER, LOOP, LOOP2, DISK2),
        ),
        Option(
            "local",
            "Throttled by its own target only",
            "PF_LOCAL_THROTTLE: the worker is held back only by dirty pages of the device that it writes to.",
            {"local": True},
            terms=(
                "own target only",
                "PF_LOCAL_THROTTLE",
                "local throttle",
                "per-bdi limit",
                "per-device limit",
                "only by dirty pages of the device",
                "BDI_CAP_STRICTLIMIT",
                "own bdi",
            ),
            expected=passes(LOCALLY, DEADLOCK),
            tasks=(WRITER, LOOP, LOOP2, DISK2),
            mutations=(Mutation("throttled like everybody", {"local": False}),),
        ),
    ),
)
