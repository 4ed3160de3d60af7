"""Semaphores: the reader-writer one, fair to writers or not, and the counting one."""

from typing import cast

from analysis.model.fields import Domain, Parts
from analysis.model.locks import (
    EXCLUSIVE,
    SHARED,
    Lock,
    LockDeclaration,
    forget,
    might_sleep,
    refuse_recursion,
)
from analysis.model.settings import Setting, Settings, resolve
from analysis.model.step import Blocked, Held, Kind, Step, Wait, current, primitive


class Rwsem(LockDeclaration):
    """Many readers or one writer. A fair one makes new readers wait behind a waiting writer."""

    kind = "rwsem"
    words = ()
    word = "writer"
    busy = ("writer", "readers")

    def __init__(self, fair: bool) -> None:
        self.fair = fair

    def parts(self, settings: Settings) -> Parts:
        """(part, domain, initial value) of every cell."""
        yield "writer", Domain(range(2)), 0
        # a task may hold it for reading twice; more readers than that is refused as an overflow
        yield "readers", Domain(range(2 * settings["tasks"] + 1)), 0
        if self.fair:
            yield "waiting", Domain(range(settings["tasks"] + 1)), 0


class Semaphore(LockDeclaration):
    """A counting semaphore; anybody may release it, so nobody holds it in the sense of lockdep."""

    kind = "semaphore"
    words = ()
    followed = False

    def __init__(self, count: int) -> None:
        self.count = count

    def parts(self, settings: Settings) -> Parts:
        """(part, domain, initial value) of every cell."""
        count = resolve(self.count, settings)
        yield None, Domain(range(max(count, settings["tasks"]) + 1)), count


def rwsem(*, fair: bool = True) -> Lock:
    """Declare a reader-writer semaphore; `fair=False` lets readers pass a waiting writer."""
    return cast(Lock, Rwsem(fair))


def semaphore(count: int | Setting = 1) -> Lock:
    """Declare a counting semaphore."""
    return cast(Lock, Semaphore(cast(int, count)))


@primitive
def down_read(lock: Lock) -> None:
    """Take a reader-writer semaphore for reading."""
    step = current()
    step.touch()
    might_sleep(f"down_read({lock})")
    step.depend(lock.lock_class, str(lock))
    step.checked.add(Kind.SELF_DEADLOCK)
    refuse_recursion(step, lock, SHARED)
    if not _read_if_free(step, lock):
        raise Blocked(Wait.LOCK, str(lock), lock)


@primitive
def down_read_trylock(lock: Lock) -> bool:
    """Take a reader-writer semaphore for reading if no writer has it or waits for it."""
    return _read_if_free(current(), lock)


def _read_if_free(step: Step, lock: Lock) -> bool:
    fair = cast(Rwsem, lock.declared).fair
    if step.read(lock.key("writer")) or (fair and step.read(lock.key("waiting"))):
        return False
    step.write(lock.key("readers"), step.read(lock.key("readers")) + 1)
    step.held.append(Held(lock, SHARED, lock.lock_class))
    return True


@primitive
def up_read(lock: Lock) -> None:
    """Release a reader-writer semaphore held for reading."""
    if forget(lock, SHARED):
        step = current()
        step.write(lock.key("readers"), step.read(lock.key("readers")) - 1)


def down_write(lock: Lock) -> None:
    """Take a reader-writer semaphore for writing; on a fair one, waiting is visible to new readers."""
    if not take_write_or_queue(lock):
        take_write_from_queue(lock)


@primitive
def take_write_or_queue(lock: Lock) -> bool:
    """Take it now, or join the queue of writers and say False; without a queue, wait here."""
    step = current()
    step.touch()
    might_sleep(f"down_write({lock})")
    step.depend(lock.lock_class, str(lock))
    step.checked.add(Kind.SELF_DEADLOCK)
    refuse_recursion(step, lock, EXCLUSIVE)
    if not _write_if_free(step, lock):
        if not cast(Rwsem, lock.declared).fair:
            raise Blocked(Wait.LOCK, str(lock), lock)
        step.write(lock.key("waiting"), step.read(lock.key("waiting")) + 1)
        return False
    return True


@primitive
def take_write_from_queue(lock: Lock) -> None:
    """Wait at the head of the queue of writers."""
    step = current()
    step.touch()
    if not _write_if_free(step, lock):
        raise Blocked(Wait.LOCK, str(lock), lock)
    step.write(lock.key("waiting"), step.read(lock.key("waiting")) - 1)


@primitive
def down_write_trylock(lock: Lock) -> bool:
    """Take a reader-writer semaphore for writing if nobody has it."""
    return _write_if_free(current(), lock)


def _write_if_free(step: Step, lock: Lock) -> bool:
    if step.read(lock.key("writer")) or step.read(lock.key("readers")):
        return False
    step.write(lock.key("writer"), 1)
    step.held.append(Held(lock, EXCLUSIVE, lock.lock_class))
    return True


@primitive
def up_write(lock: Lock) -> None:
    """Release a reader-writer semaphore held for writing."""
    forget(lock, EXCLUSIVE)
    current().write(lock.key("writer"), 0)


@primitive
def downgrade_write(lock: Lock) -> None:
    """Go from writing to reading without letting another writer in."""
    if forget(lock, EXCLUSIVE):
        step = current()
        step.write(lock.key("writer"), 0)
        step.write(lock.key("readers"), step.read(lock.key("readers")) + 1)
        step.held.append(Held(lock, SHARED, lock.lock_class))


@primitive
def down(lock: Lock) -> None:
    """Take one unit of a counting semaphore, sleeping for it."""
    step = current()
    step.touch()
    might_sleep(f"down({lock})")
    if not down_trylock(lock):
        raise Blocked(Wait.LOCK, str(lock), lock)


@primitive
def down_trylock(lock: Lock) -> bool:
    """Take one unit of a counting semaphore if there is one; True means taken, unlike the kernel's 0."""
    step = current()
    count = step.read(lock.key())
    if count:
        step.write(lock.key(), count - 1)
    return bool(count)


@primitive
def up(lock: Lock) -> None:
    """Give one unit back to a counting semaphore."""
    step = current()
    step.write(lock.key(), step.read(lock.key()) + 1)
