"""The kernel's locks: what each one excludes, whether its holder may sleep, and whether lockdep follows it.

Every lock is declared as a member of a struct. A lock that lockdep follows belongs to a class, the same
for that member of every struct of the type, as in the kernel.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, cast

from analysis.model.fields import CellKey, Declaration, Domain, Parts, Struct
from analysis.model.settings import Settings
from analysis.model.step import Blocked, Held, Kind, Step, Wait, current, primitive

EXCLUSIVE = "exclusive"
SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock of one struct instance, as model functions pass it around."""

    struct: Struct
    declared: "LockDeclaration"

    def key(self, part: str | None = None) -> CellKey:
        """The cell that holds (part of) its state."""
        return CellKey(self.struct, self.declared.name, part)

    @property
    def lock_class(self) -> str:
        """The name that lockdep would use."""
        return f"{type(self.struct).__name__}.{self.declared.name}"

    @property
    def followed(self) -> bool:
        """Whether lockdep follows locks of this type."""
        return self.declared.followed

    @property
    def spins(self) -> bool:
        """Whether holding it forbids sleeping."""
        return self.declared.spins

    def __str__(self) -> str:
        return current().name(self.key(self.declared.word)).removesuffix(f".{self.declared.word}")


class LockDeclaration(Declaration):
    """A member that is a lock of one bit."""

    word: ClassVar[str | None] = None
    words: ClassVar[tuple[str, ...]] = ("free", "taken")
    kind: ClassVar[str] = "lock"
    followed: ClassVar[bool] = True
    spins: ClassVar[bool] = False
    busy: ClassVar[tuple[str | None, ...]] = (None,)

    def parts(self, settings: Settings) -> Parts:
        """(part, domain, initial value) of every cell."""
        yield self.word, Domain(range(2)), 0

    def __get__(self, owner: Struct | None, kind: type | None = None) -> Any:
        return self if owner is None else Lock(owner, self)


class SpinLock(LockDeclaration):
    """Held without sleeping."""

    kind = "spinlock"
    spins = True


class Mutex(LockDeclaration):
    """Slept for; released by its taker."""

    kind = "mutex"


class BitLock(LockDeclaration):
    """One bit of a flags word and the shared wait queue; lockdep knows nothing of it."""

    kind = "bit lock"
    followed = False


def spinlock() -> Lock:
    """Declare a spinlock."""
    return cast(Lock, SpinLock())


def mutex() -> Lock:
    """Declare a mutex."""
    return cast(Lock, Mutex())


def bit_lock() -> Lock:
    """Declare a bit used as a lock with `wait_on_bit_lock()`; nothing of it is visible to lockdep."""
    return cast(Lock, BitLock())


@primitive
def might_sleep(what: str = "might_sleep()") -> None:
    """Report a sleep while a spinlock is held or inside an RCU read section."""
    step = current()
    step.checked.add(Kind.SLEEP_IN_ATOMIC)
    spinning = [str(h.lock) for h in step.held if h.lock.spins]
    if spinning or step.rcu:
        inside = "holding " + ", ".join(spinning) if spinning else "inside an RCU read section"
        step.report(Kind.SLEEP_IN_ATOMIC, f"{what} {inside}")


def _class_of(lock: Lock, subclass: int) -> str:
    return lock.lock_class + (f"/{subclass}" if subclass else "")


def refuse_recursion(step: Step, lock: Lock, mode: str) -> None:
    """A task that waits for what it holds itself waits for ever."""
    for held in step.held:
        if held.lock == lock and EXCLUSIVE in (held.mode, mode):
            step.report(Kind.SELF_DEADLOCK, f"{lock} is already held by the task that asks for it")
            raise Blocked(Wait.LOCK, str(lock), lock)


def _take(lock: Lock, function: str, subclass: int = 0) -> None:
    """Wait for a lock of one bit and take it."""
    step = current()
    step.touch()
    if not lock.spins:
        might_sleep(f"{function}({lock})")
    lock_class = _class_of(lock, subclass)
    if lock.followed:
        step.depend(lock_class, str(lock))
    step.checked.add(Kind.SELF_DEADLOCK)
    refuse_recursion(step, lock, EXCLUSIVE)
    if step.read(lock.key()):
        raise Blocked(Wait.LOCK, str(lock), lock)
    step.write(lock.key(), 1)
    step.held.append(Held(lock, EXCLUSIVE, lock_class))


def _try(lock: Lock) -> bool:
    """Take a lock of one bit if it is free; a try can't deadlock, so lockdep adds no edge."""
    step = current()
    if step.read(lock.key()):
        return False
    step.write(lock.key(), 1)
    step.held.append(Held(lock, EXCLUSIVE, lock.lock_class))
    return True


def forget(lock: Lock, mode: str) -> bool:
    """Strike a lock from the task's book; says whether it was there."""
    step = current()
    step.touch()
    for k in reversed(range(len(step.held))):
        if step.held[k].lock == lock and step.held[k].mode == mode:
            del step.held[k]
            return True
    step.report(Kind.UNBALANCED, f"{lock} is released by a task that doesn't hold it")
    return False


def _release(lock: Lock) -> None:
    forget(lock, EXCLUSIVE)
    current().write(lock.key(), 0)


@primitive
def is_locked(lock: Lock) -> bool:
    """Whether anybody holds the lock right now."""
    step = current()
    return any(step.read(lock.key(part)) for part in lock.declared.busy)


@primitive
def spin_lock(lock: Lock) -> None:
    """Take a spinlock."""
    _take(lock, "spin_lock")


@primitive
def spin_trylock(lock: Lock) -> bool:
    """Take a spinlock if it is free."""
    return _try(lock)


@primitive
def spin_unlock(lock: Lock) -> None:
    """Release a spinlock."""
    _release(lock)


@primitive
def mutex_lock(lock: Lock) -> None:
    """Take a mutex, sleeping for it."""
    _take(lock, "mutex_lock")


@primitive
def mutex_lock_nested(lock: Lock, subclass: int) -> None:
    """Take a mutex whose class is already held, telling lockdep the order by a subclass."""
    _take(lock, "mutex_lock_nested", subclass)


@primitive
def mutex_trylock(lock: Lock) -> bool:
    """Take a mutex if it is free."""
    return _try(lock)


@primitive
def mutex_unlock(lock: Lock) -> None:
    """Release a mutex."""
    _release(lock)


@primitive
def wait_on_bit_lock(lock: Lock) -> None:
    """Take a bit lock, sleeping on its wait queue while the bit is set."""
    _take(lock, "wait_on_bit_lock")


@primitive
def test_and_set_bit_lock(lock: Lock) -> bool:
    """Set the bit; says whether it had been set already, as the kernel's function does."""
    return not _try(lock)


@primitive
def clear_and_wake_up_bit(lock: Lock) -> None:
    """Release a bit lock and wake whoever sleeps on it."""
    _release(lock)
