"""What a report is made of: one discussion, what was found in it, and what the models said."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from archive.findings import Findings, Tie, Verdict
from archive.mail import Discussion


@dataclass(frozen=True, slots=True)
class ScenarioFacts:
    """What a reader needs to know of a scenario: `options` maps the name of an option to its title."""

    title: str
    summary: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that one decision record shows; `scenarios` is keyed by the name that ties and verdicts use.

    Nothing here has to be complete: a tie without verdicts, a verdict without facts, a finding in a message
    that isn't at hand, all are shown as far as they go.
    """

    discussion: Discussion
    findings: Findings
    ties: tuple[Tie, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    scenarios: Mapping[str, ScenarioFacts] = field(default_factory=dict)
