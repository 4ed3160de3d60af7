"""Records of the catalogue: a mechanism, the options weighed for it, what each source says should happen."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.model.program import Task
from analysis.model.properties import Property
from analysis.model.result import Verdict


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact comes from: a commit, a mail, a file of the kernel."""

    text: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What somebody said that an option does to a property. A test compares it with what exploration says."""

    property: str
    verdict: Verdict
    source: Source


@dataclass(frozen=True, slots=True)
class Mutation:
    """An option with its protection taken out; where the option passes, this one should fail."""

    summary: str
    settings: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Option:
    """One way to deal with the problem: switches of the one model.

    `terms` are the words and identifiers by which a mail would speak of it. `tasks` replaces the tasks of the
    scenario where the option's trouble shows on other paths.
    """

    name: str
    title: str
    summary: str
    settings: Mapping[str, int] = field(default_factory=dict)
    terms: tuple[str, ...] = ()
    expected: tuple[Expectation, ...] = ()
    mutations: tuple[Mutation, ...] = ()
    notes: tuple[str, ...] = ()
    tasks: tuple[Task, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A kernel mechanism: tasks, properties and options. `terms` are words of mails about it."""

    name: str
    title: str
    summary: str
    tasks: tuple[Task, ...]
    properties: tuple[Property, ...]
    options: tuple[Option, ...]
    terms: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    notes: tuple[str, ...] = ()

    def option(self, name: str) -> Option:
        """The option of that name; raises KeyError."""
        for option in self.options:
            if option.name == name:
                return option
        raise KeyError(name)

    @property
    def file(self) -> str:
        """The file in which the model stands."""
        return self.tasks[0].function.__code__.co_filename
