"""What sources say of options, written so that a catalogue file reads as a table."""

from analysis.model.result import Verdict
from analysis.scenarios.scenario import Expectation, Source


def passes(source: Source, *properties: str) -> tuple[Expectation, ...]:
    """The source says, or lets one infer, that these properties hold."""
    return tuple(Expectation(name, Verdict.PASS, source) for name in properties)


def fails(source: Source, *properties: str) -> tuple[Expectation, ...]:
    """The source says, or lets one infer, that these properties are violated."""
    return tuple(Expectation(name, Verdict.FAIL, source) for name in properties)


def inferred(text: str, reference: str = "") -> Source:
    """A source for the mechanism; what it means for a property was concluded for this catalogue."""
    return Source(f"{text}; the verdict is inferred, the source doesn't state it", reference)
