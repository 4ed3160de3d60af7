"""Records of what was found in a discussion, and of what the models said about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Stance(StrEnum):
    """Which way an argument counts."""

    FOR = "for"
    AGAINST = "against"


class Outcome(StrEnum):
    """What became of a proposal, as far as the mail says."""

    ADOPTED = "adopted"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    OPEN = "open"


class Kind(StrEnum):
    """What sort of thing a proposal is."""

    PATCH = "patch"
    DESIGN = "design"
    WORKAROUND = "workaround"
    REVERT = "revert"
    NO_CHANGE = "no-change"


class Fate(StrEnum):
    """What became of an objection; `none` for arguments in favour."""

    ANSWERED = "answered"
    CONCEDED = "conceded"
    UNANSWERED = "unanswered"
    NONE = "none"


class Reader(StrEnum):
    """Who found an argument."""

    EMBEDDED = "embedded"
    MODEL = "model"
    PERSON = "person"


class Result(StrEnum):
    """What a model says of one property of one option."""

    PASS = "pass"  # noqa: S105  (a verdict, not a password)
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_MODELLED = "not modelled"


class Mutant(StrEnum):
    """Whether the model was shown able to fail: the outcome with the option's protection taken out."""

    FAILS = "fails"
    PASSES = "passes"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Anchor:
    """The exact words `text[start:end]` of a message; `quote` is that run with white space folded."""

    message_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Symptom:
    """A statement that something goes wrong today."""

    id: str
    anchor: Anchor
    why: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An option that the discussion weighs; `mentions` are its places, the first one first."""

    id: str
    title: str
    kind: Kind
    author: str
    mentions: tuple[Anchor, ...]
    outcome: Outcome = Outcome.OPEN
    why: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A proposal that an argument may speak of; confidence between 0 and 1."""

    proposal: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Argument:
    """A claim for or against one proposal; `targets` best first, `proposal` the best one or None.

    `shown` says that it is sure enough to stand in the record. `answers` is the id of another argument.
    """

    id: str
    proposal: str | None
    stance: Stance
    author: str
    anchor: Anchor
    confidence: float
    shown: bool
    targets: tuple[Target, ...] = ()
    criterion: str = "other"
    answers: str | None = None
    fate: Fate = Fate.NONE
    reader: Reader = Reader.EMBEDDED
    why: str = ""


@dataclass(frozen=True, slots=True)
class HeldLock:
    """A lock that the text says is held or taken on a path; `held_at` names the function, if any is named."""

    lock: str
    held_at: str | None = None


@dataclass(frozen=True, slots=True)
class CallPath:
    """Functions that call one another, outermost first, names bare."""

    id: str
    anchor: Anchor
    chain: tuple[str, ...]
    locks: tuple[HeldLock, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The place that settles, or records the merge of, one proposal."""

    proposal: str
    anchor: Anchor
    why: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """All that one version of the reader found in one discussion.

    `digest` identifies the text that was read, so that unchanged discussions are not read again.
    """

    discussion: str
    reader_version: str
    digest: str
    symptoms: tuple[Symptom, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    arguments: tuple[Argument, ...] = ()
    call_paths: tuple[CallPath, ...] = ()
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class Tie:
    """A proposal of a record matched to an option of a scenario; `why` holds finding ids, `reason` words."""

    proposal: str
    scenario: str
    option: str
    confidence: float
    origin: str = "read"
    why: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step of a counterexample: which task, at which source line, what it says, which fields changed."""

    task: str
    line: int
    text: str
    changes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What exploring one option of a scenario said of one property.

    `bounds` states the sizes explored; `trace` is the shortest counterexample, and for a lasso
    `cycle_start` is the index of the step from which it repeats. `reason` names why a result is not a pass.
    `notes` qualify the result; `details` say how it was put to the test: mutants, lines never reached.
    `digest` identifies the source of the scenario, so that an unchanged one is not explored again.
    """

    scenario: str
    option: str
    property: str
    result: Result
    bounds: Mapping[str, int]
    states: int
    transitions: int
    depth: int
    seconds: float
    granularity: str
    fairness: str
    memory_model: str
    mutant: Mutant = Mutant.NONE
    reason: str = ""
    trace: tuple[TraceStep, ...] = ()
    cycle_start: int | None = None
    notes: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    digest: str = ""
