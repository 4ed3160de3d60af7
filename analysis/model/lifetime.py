"""How long an object lives: reference counts, objects that can be freed, RCU."""

from dataclasses import dataclass
from typing import Any, cast

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
from analysis.model.step import Blocked, Kind, Wait, current, primitive, uses


class Refcount(Declaration):
    """A reference count; at zero it is dead, and nobody may take it up again."""

    def __init__(self, initial: int, most: int | None) -> None:
        self.initial, self.most = initial, most

    def parts(self, settings: Settings) -> Parts:
        """(part, domain, initial value) of every cell."""
        initial = resolve(self.initial, settings)
        most = initial + settings["tasks"] if self.most is None else resolve(self.most, settings)
        yield None, Domain(range(most + 1)), initial

    def __get__(self, owner: Struct | None, kind: type | None = None) -> Any:
        return self if owner is None else Reference(CellKey(owner, self.name))


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference count of one struct instance."""

    key: CellKey

    @property
    def count(self) -> int:
        """How many references there are."""
        return cast(int, current().read(self.key))

    def set(self, value: int) -> None:
        """Let there be so many references."""
        current().write(self.key, value)


def refcount(initial: int = 1, most: int | None = None) -> Reference:
    """Declare a reference count; without `most`, every task may hold one more than the initial ones."""
    return cast(Reference, Refcount(initial, most))


@primitive
def refcount_inc(reference: Reference) -> None:
    """Take a reference; taking one when the last is gone is reported."""
    step = current()
    step.checked.add(Kind.USE_AFTER_PUT)
    if not reference.count:
        step.report(Kind.USE_AFTER_PUT, f"{step.name(reference.key)} is raised from zero")
    reference.set(reference.count + 1)


@primitive
def refcount_inc_not_zero(reference: Reference) -> bool:
    """Take a reference unless the last one is gone."""
    if not reference.count:
        return False
    reference.set(reference.count + 1)
    return True


@primitive
def refcount_dec_and_test(reference: Reference) -> bool:
    """Drop a reference; True says that it was the last one."""
    step = current()
    step.checked.add(Kind.USE_AFTER_PUT)
    if not reference.count:
        step.report(Kind.USE_AFTER_PUT, f"{step.name(reference.key)} is dropped below zero")
        return False
    reference.set(reference.count - 1)
    return not reference.count


@primitive
def refcount_freeze(reference: Reference, expected: int) -> bool:
    """Set the count to zero if it is the expected one, like page_ref_freeze()."""
    if reference.count != expected:
        return False
    reference.set(0)
    return True


class Mortal(Struct):
    """A struct whose memory can be freed; any use of it afterwards is reported."""

    freed: int = bit()


@primitive
def kfree(target: Mortal) -> None:
    """Free a struct; freeing twice is a use after free."""
    use(target, "freed again")
    target.freed = 1


@primitive
def use(target: Mortal, how: str = "used") -> None:
    """Say that a struct is dereferenced here; reported when it has been freed."""
    step = current()
    step.checked.add(Kind.USE_AFTER_PUT)
    if target.freed:
        step.report(Kind.USE_AFTER_PUT, f"{step.name(CellKey(target, 'freed')).rsplit('.', 1)[0]} is {how}")


class Rcu(Struct):
    """Who is inside a read section, and which of them each grace period still waits for."""

    reading: list[int] = per_task(bit())
    awaits: dict[tuple[int, int], int] = per_task(bit(), 2)


rcu = Rcu("rcu")


@primitive
@uses(rcu)
def rcu_read_lock() -> None:
    """Enter an RCU read section; they nest."""
    step = current()
    step.touch()
    step.rcu += 1
    rcu.reading[step.task] = 1


@primitive
@uses(rcu)
def rcu_read_unlock() -> None:
    """Leave an RCU read section; leaving the outermost one lets grace periods that wait for it go on."""
    step = current()
    step.touch()
    if not step.rcu:
        step.report(Kind.UNBALANCED, "rcu_read_unlock() outside a read section")
        return
    step.rcu -= 1
    if not step.rcu:
        rcu.reading[step.task] = 0
        for waiter in range(step.tasks):
            rcu.awaits[waiter, step.task] = 0


def synchronize_rcu() -> None:
    """Wait until every read section that has begun is over."""
    start_grace_period()
    end_grace_period()


@primitive
@uses(rcu)
def start_grace_period() -> None:
    """Note who is inside a read section now."""
    step = current()
    step.touch()
    might_sleep("synchronize_rcu()")
    for reader in range(step.tasks):
        rcu.awaits[step.task, reader] = rcu.reading[reader]


@primitive
@uses(rcu)
def end_grace_period() -> None:
    """Wait until all of them have left."""
    step = current()
    waiting = [reader for reader in range(step.tasks) if rcu.awaits[step.task, reader]]
    if waiting:
        raise Blocked(Wait.CONDITION, "a grace period")
