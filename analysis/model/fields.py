"""Shared state: structs of bits, bounded integers, choices, pointers and arrays, declared like a C struct.

A declaration is a descriptor. Read or written from a running step, it goes through that step's recorder,
which is how the engine learns what a step depends on; touched from anywhere else it is an error.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, cast

from analysis.model.errors import FieldOverflowError, ModelError
from analysis.model.settings import TASKS, Setting, Settings, resolve
from analysis.model.step import current

S = TypeVar("S", bound="Struct")
MOST_BITS = 62
"""The widest field: its code has to fit a word of a packed state, and Python has to count its values."""

Sizes = int | Setting | tuple[int | Setting, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """The values that one cell can hold, in the order of their codes 0, 1, 2 ..."""

    values: Sequence[Any]

    @property
    def width(self) -> int:
        """Bits that a code takes."""
        return max(1, (len(self.values) - 1).bit_length())

    def encode(self, value: Any, name: str) -> int:
        """The code of a value; raises FieldOverflowError where the declared width has no room for it."""
        if isinstance(value, bool):
            value = int(value)
        try:
            return self.values.index(value)
        except ValueError:
            allowed = (
                f"{self.values[0]}..{self.values[-1]}"
                if isinstance(self.values, range)
                else ", ".join(map(str, self.values))
            )
            raise FieldOverflowError(
                f"{name} = {value!r} doesn't fit its declaration ({allowed})", hint="widen the field"
            ) from None


@dataclass(frozen=True, slots=True)
class CellKey:
    """Where a cell lives: which struct, which member, which part of it (array index or lock word)."""

    struct: "Struct"
    member: str
    part: int | str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of shared state. `words` says in a trace what its codes mean, where the values don't."""

    key: CellKey
    name: str
    domain: Domain
    initial: int
    words: tuple[str, ...] = ()

    def shown(self, code: int) -> str:
        """A value as a trace prints it."""
        value = self.words[code] if self.words else self.domain.values[code]
        return value.struct_name if isinstance(value, Struct) and value.struct_name else str(value)


Parts = Iterator[tuple[int | str | None, Domain, Any]]
"""(part, domain, initial value) of the cells of a member."""


class Declaration:
    """A member of a struct. Subclasses say which cells it is made of."""

    name = "?"
    words: ClassVar[tuple[str, ...]] = ()
    by_task = 0
    """By how many numbers of tasks the cells are indexed, by the library: those move with equal tasks."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def parts(self, settings: Settings) -> Parts:
        """(part, domain, initial value) of every cell."""
        raise NotImplementedError

    def structs(self) -> "Iterator[Struct]":
        """Structs that this member can refer to."""
        return iter(())


class Scalar(Declaration):
    """A member of one cell."""

    def __init__(self, values: Sequence[Any], initial: Any) -> None:
        self.values = values
        self.initial = initial

    def domain(self, settings: Settings) -> Domain:
        """The values this member can take."""
        return Domain(self.values)

    def parts(self, settings: Settings) -> Parts:
        """(part, domain, initial value) of every cell."""
        yield None, self.domain(settings), resolve(self.initial, settings)

    def structs(self) -> "Iterator[Struct]":
        """Structs that it can refer to."""
        return (v for v in self.values if isinstance(v, Struct))

    def __get__(self, owner: "Struct | None", kind: type | None = None) -> Any:
        return self if owner is None else current().read(CellKey(owner, self.name))

    def __set__(self, owner: "Struct", value: Any) -> None:
        current().write(CellKey(owner, self.name), value)


class Number(Scalar):
    """An integer between two bounds, both of which may be settings."""

    def __init__(self, low: Any, high: Any, initial: Any) -> None:
        super().__init__((), initial)
        self.low, self.high = low, high

    def domain(self, settings: Settings) -> Domain:
        """The integers between the bounds."""
        low, high = resolve(self.low, settings), resolve(self.high, settings)
        if high - low >= 1 << MOST_BITS:
            raise ModelError(f"{self.name} takes more than {MOST_BITS} bits", hint="model fewer values")
        return Domain(range(low, high + 1))


def bit(initial: int = 0) -> int:
    """One bit."""
    return cast(int, Scalar(range(2), initial))


def number(high: int, initial: int = 0, low: int = 0) -> int:
    """An integer from `low` to `high`, both included; a write outside is an error, never a wrap."""
    return cast(int, Number(low, high, initial))


def choice(*values: str, initial: str | None = None) -> str:
    """One of a few words, such as the state of a page; the first one unless `initial` says otherwise."""
    return cast(str, Scalar(values, values[0] if initial is None else initial))


def pointer(*targets: "S", initial: "S | None" = None) -> "S | None":
    """A pointer to one of some structs, or None."""
    return cast("S | None", Scalar((None, *targets), initial))


class Array(Declaration):
    """Cells of one kind, indexed by one or more integers; out of range is an error, as it should be in C."""

    def __init__(self, sizes: Any, element: Scalar) -> None:
        self.sizes = sizes if isinstance(sizes, tuple) else (sizes,)
        self.element = element

    def shape(self, settings: Settings) -> tuple[int, ...]:
        """The resolved sizes."""
        return tuple(resolve(s, settings) for s in self.sizes)

    def parts(self, settings: Settings) -> Parts:
        """(part, domain, initial value) of every cell."""
        count = 1
        for size in self.shape(settings):
            count *= size
        domain, initial = self.element.domain(settings), resolve(self.element.initial, settings)
        return ((k, domain, initial) for k in range(count))

    def structs(self) -> "Iterator[Struct]":
        """Structs that it can refer to."""
        return self.element.structs()

    def __get__(self, owner: "Struct | None", kind: type | None = None) -> Any:
        return self if owner is None else ArrayView(owner, self)


class ArrayView:
    """An array of one struct while a step runs."""

    __slots__ = ("_array", "_shape", "_struct")

    def __init__(self, struct: "Struct", array: Array) -> None:
        self._struct, self._array = struct, array
        self._shape = array.shape(current().settings)

    def _key(self, index: int | tuple[int, ...]) -> CellKey:
        indices = index if isinstance(index, tuple) else (index,)
        if len(indices) != len(self._shape):
            raise ModelError(f"{self._array.name} takes {len(self._shape)} indices")
        flat = 0
        for i, size in zip(indices, self._shape, strict=True):
            if not 0 <= i < size:
                raise ModelError(f"{self._array.name}[{i}] is out of range", hint=f"it has {size} elements")
            flat = flat * size + i
        return CellKey(self._struct, self._array.name, flat)

    def __len__(self) -> int:
        return self._shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, index: int | tuple[int, ...]) -> Any:
        return current().read(self._key(index))

    def __setitem__(self, index: int | tuple[int, ...], value: Any) -> None:
        current().write(self._key(index), value)


def array(size: Sizes, element: int | str) -> Any:
    """So many cells declared like `element`: `array(PAGES, bit(1))`; several sizes give a matrix."""
    return Array(size, cast(Scalar, element))


def per_task(element: int | str, dimensions: int = 1) -> Any:
    """Cells that primitives index by the number of the running task, or by those of two tasks."""
    declared = Array((TASKS,) * dimensions, cast(Scalar, element))
    declared.by_task = dimensions
    return declared


class Struct:
    """Base of shared structs: `class Inode(Struct): size = number(3)`. Instances compare by identity.

    Keyword arguments set plain constant attributes of an instance, which steps may read but not write.
    """

    def __init__(self, name: str = "", **constants: Any) -> None:
        self.struct_name = name
        for key, value in constants.items():
            if key in declarations(type(self)):
                raise ModelError(
                    f"{type(self).__name__}.{key} is shared state", hint="give it an initial value"
                )
            object.__setattr__(self, key, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "struct_name" and name not in declarations(type(self)):
            raise ModelError(f"{type(self).__name__} has no member {name!r}", hint="declare it in the struct")
        object.__setattr__(self, name, value)


def declarations(kind: type) -> dict[str, Declaration]:
    """The declared members of a struct type, base classes first."""
    return {
        name: value
        for base in reversed(kind.__mro__)
        for name, value in vars(base).items()
        if isinstance(value, Declaration)
    }


class Family(Sequence[S]):
    """A fixed number of structs of one type, such as the vmas of a mapping; the number may be a setting."""

    def __init__(self, kind: type[S], size: Any) -> None:
        self.kind, self.size = kind, size
        self._members: list[S] = []

    def resized(self, settings: Settings) -> "list[S]":
        """The members under these settings."""
        size: int = resolve(self.size, settings)
        while len(self._members) < size:
            self._members.append(self.kind())
        return self._members[:size]

    def _now(self) -> "list[S]":
        return self.resized(current().settings)

    def __len__(self) -> int:
        return len(self._now())

    def __iter__(self) -> Iterator[S]:
        return iter(self._now())

    def __getitem__(self, index: Any) -> Any:
        members = self._now()
        if not (isinstance(index, int) and 0 <= index < len(members)):
            raise ModelError(f"index {index!r} is out of range", hint=f"there are {len(members)}")
        return members[index]


def family(kind: type[S], size: int) -> Sequence[S]:
    """Declare several structs of one type, such as all vmas of a mapping."""
    return Family(kind, size)


def cells_of(struct: Struct, name: str, settings: Settings) -> Iterator[Cell]:
    """Every cell of a struct, named as a trace prints it, for example `vma.mapped[2]`."""
    for member, declared in declarations(type(struct)).items():
        for part, domain, initial in declared.parts(settings):
            label = f"{name}.{member}"
            if isinstance(part, int):
                label += f"[{part}]"
            elif part:
                label += f".{part}"
            words = declared.words if len(declared.words) == len(domain.values) else ()
            yield Cell(CellKey(struct, member, part), label, domain, domain.encode(initial, label), words)
