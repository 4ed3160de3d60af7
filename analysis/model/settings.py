"""Named constants of a model: bounds, which every verdict states, and switches, like CONFIG_X."""

from dataclasses import dataclass
from typing import Any, cast

from analysis.model.errors import ModelError


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """A named constant of a model: a bound (an integer) or a switch (a bool), set per program."""

    name: str
    default: int
    summary: str = ""

    def __bool__(self) -> bool:
        raise ModelError(
            f"setting {self.name!r} has no value here",
            hint="use it inside a model function or as an array size",
        )


Settings = dict[str, int]
"""Values of settings by name: those that were given, and the defaults of all others that a program uses."""


def bound(name: str, default: int, summary: str = "") -> int:
    """A size of the model, such as the number of pages; stated with every verdict."""
    return cast(int, Setting(name, default, summary))


def switch(name: str, default: bool = False, summary: str = "") -> bool:
    """A configuration switch, like CONFIG_X in the kernel: branches that it turns off are compiled away."""
    return cast(bool, Setting(name, default, summary))


TASKS = bound("tasks", 0, "number of tasks, known when the program is built")


def resolve(value: Any, settings: Settings) -> Any:
    """The value of a setting, or the value itself; a default that was used is noted."""
    return settings.setdefault(value.name, value.default) if isinstance(value, Setting) else value
