"""Waiting that is no lock: conditions, wait queues, completions, choices of the environment."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from analysis.model.fields import (
    CellKey,
    Declaration,
    Domain,
    Parts,
    Struct,
    bit,
    per_task,
)
from analysis.model.locks import might_sleep
from analysis.model.settings import Settings, resolve
from analysis.model.step import Blocked, Halt, Kind, Wait, current, primitive, uses

T = TypeVar("T")


class atomic_block:  # noqa: N801
    """The type of `atomic`; the compiler knows it, Python never enters it."""

    def __enter__(self) -> None: ...

    def __exit__(self, *exc: object) -> None: ...


atomic = atomic_block()
"""`with atomic:` makes the statements below it one step. If one of them has to wait, none has happened."""


@primitive
def any_of(*options: T) -> T:
    """One of the options, whichever: the environment decides, and every choice is explored."""
    return current().choose(options)


@primitive
def need_resched() -> bool:
    """Whether the scheduler wants the processor back: any time, or never."""
    return current().choose((False, True))


@primitive
def until(condition: object) -> None:
    """Wait, without any lock, until the condition holds; how the waiter is woken is left out."""
    current().touch()
    if not condition:
        raise Blocked(Wait.CONDITION, "a condition")


@primitive
def assert_(condition: object, message: str = "") -> None:
    """Report a violated condition and go on, like WARN_ON()."""
    step = current()
    step.checked.add(message)
    if not condition:
        step.report(Kind.ASSERTION, message)


@primitive
def BUG_ON(condition: object, message: str = "") -> None:  # noqa: N802
    """Report a condition that must not hold, and stop the task there."""
    assert_(not condition, message)
    if condition:
        raise Halt


@primitive
def progress() -> None:
    """Mark that something useful was done: a run that passes here again and again is no livelock."""
    current().progress = True


class Scheduler(Struct):
    """Which tasks are in a sleeping state; a wake-up makes them run."""

    asleep: list[int] = per_task(bit())


scheduler = Scheduler("task")


class WaitQueue(Declaration):
    """A wait queue: which tasks stand in it."""

    by_task = 1

    def parts(self, settings: Settings) -> Parts:
        """(part, domain, initial value) of every cell."""
        return ((k, Domain(range(2)), 0) for k in range(settings["tasks"]))

    def structs(self) -> Iterator[Struct]:
        """The scheduler, whose sleepers stand in it."""
        return iter((scheduler,))

    def __get__(self, owner: Struct | None, kind: type | None = None) -> Any:
        return self if owner is None else Queue(owner, self.name)


@dataclass(frozen=True, slots=True)
class Queue:
    """A wait queue of one struct instance."""

    struct: Struct
    member: str

    def key(self, task: int) -> CellKey:
        """The cell that says whether a task stands in the queue."""
        return CellKey(self.struct, self.member, task)

    def waiters(self) -> list[int]:
        """The tasks in it, by number."""
        step = current()
        return [k for k in range(step.tasks) if step.read(self.key(k))]


def wait_queue() -> Queue:
    """Declare a wait queue."""
    return cast(Queue, WaitQueue())


@primitive
@uses(scheduler)
def set_current_state(sleeping: bool) -> None:
    """Announce that the next `schedule()` is a sleep, or that it isn't."""
    scheduler.asleep[current().task] = sleeping


@primitive
def add_wait_queue(queue: Queue) -> None:
    """Stand in the queue, still running."""
    step = current()
    step.write(queue.key(step.task), 1)


@primitive
@uses(scheduler)
def prepare_to_wait(queue: Queue) -> None:
    """Stand in the queue and announce the sleep, in one step under the queue's lock as the kernel does it."""
    add_wait_queue(queue)
    set_current_state(True)


@primitive
@uses(scheduler)
def schedule() -> None:
    """Sleep until woken, if a sleep was announced; else go on."""
    step = current()
    step.touch()
    might_sleep("schedule()")
    step.checked.add(Kind.MISSED_WAKEUP)
    if scheduler.asleep[step.task]:
        raise Blocked(Wait.SLEEP, "schedule()")


@primitive
@uses(scheduler)
def finish_wait(queue: Queue) -> None:
    """Leave the queue and run."""
    step = current()
    step.write(queue.key(step.task), 0)
    scheduler.asleep[step.task] = 0


@primitive
@uses(scheduler)
def wake_up(queue: Queue) -> None:
    """Wake everybody in the queue; a task that has not yet announced its sleep is not affected."""
    for task in queue.waiters():
        scheduler.asleep[task] = 0


@primitive
@uses(scheduler)
def wake_up_one(queue: Queue) -> bool:
    """Wake one of the sleepers, whichever, and take it out of the queue; says whether there was one."""
    sleepers = [k for k in queue.waiters() if scheduler.asleep[k]]
    if not sleepers:
        return False
    task = current().choose(sleepers)
    scheduler.asleep[task] = 0
    current().write(queue.key(task), 0)
    return True


class Completion(Declaration):
    """A counter of things done that nobody has waited for yet."""

    def __init__(self, most: int) -> None:
        self.most = most

    def parts(self, settings: Settings) -> Parts:
        """(part, domain, initial value) of every cell."""
        # one code more than the most: complete_all() opens it for good
        yield None, Domain(range(resolve(self.most, settings) + 2)), 0

    def __get__(self, owner: Struct | None, kind: type | None = None) -> Any:
        return self if owner is None else Done(CellKey(owner, self.name), self)


@dataclass(frozen=True, slots=True)
class Done:
    """A completion of one struct instance."""

    key: CellKey
    declared: Completion

    @property
    def open(self) -> int:
        """The count that stands for `complete_all()`."""
        return cast(int, resolve(self.declared.most, current().settings)) + 1


def completion(most: int = 1) -> Done:
    """Declare a completion that is signalled at most `most` times ahead of its waiters."""
    return cast(Done, Completion(most))


@primitive
def complete(done: Done) -> None:
    """Let one waiter go."""
    step = current()
    count = step.read(done.key)
    if count != done.open:
        step.write(done.key, count + 1)


@primitive
def complete_all(done: Done) -> None:
    """Let every waiter go, now and later."""
    current().write(done.key, done.open)


@primitive
def wait_for_completion(done: Done) -> None:
    """Sleep until it is signalled."""
    step = current()
    step.touch()
    might_sleep("wait_for_completion()")
    step.checked.add(Kind.MISSED_WAKEUP)
    count = step.read(done.key)
    if not count:
        raise Blocked(Wait.SLEEP, step.name(done.key))
    if count != done.open:
        step.write(done.key, count - 1)
