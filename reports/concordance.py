"""Where the words of a record stand: citations, numbered options, and the findings of each message."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from archive.findings import Anchor, Argument, CallPath, Proposal, Stance, Symptom
from archive.mail import Message, Origin
from reports import dates
from reports.anchors import finding_anchor, message_anchor, place_anchor
from reports.record import Record


@dataclass(frozen=True, slots=True)
class Cite:
    """Who said something, when, and where: `href` is the message, `place` the very words in it."""

    author: str
    day: str
    iso: str
    href: str | None
    place: str | None
    quoted: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """Words and who said them."""

    text: str
    cite: Cite


@dataclass(frozen=True, slots=True)
class OptionRef:
    """An option as other parts of the page name it."""

    number: int
    title: str
    href: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Words `text[start:end]` of a message that a finding quotes; `tone` is the kind of finding."""

    start: int
    end: int
    tone: str
    label: str
    href: str
    place: str


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_Identified)


def _first_of_each(findings: Iterable[T]) -> dict[str, T]:
    """Findings by id; where an id stands twice the first one counts, so that ids on a page stay unique."""
    kept: dict[str, T] = {}
    for finding in findings:
        kept.setdefault(finding.id, finding)
    return kept


class Concordance:
    """Answers, for one record, who said what where, and what was found in a given message."""

    def __init__(self, record: Record) -> None:
        findings = record.findings
        self.record = record
        self.messages: dict[str, Message] = {}
        for message in record.discussion.messages:
            self.messages.setdefault(message.message_id, message)
        self.symptoms: dict[str, Symptom] = _first_of_each(findings.symptoms)
        self.proposals: dict[str, Proposal] = _first_of_each(findings.proposals)
        self.arguments: dict[str, Argument] = _first_of_each(findings.arguments)
        self._order = {mid: position for position, mid in enumerate(self.messages)}
        self.call_paths: dict[str, CallPath] = _first_of_each(
            sorted(findings.call_paths, key=lambda p: (*self.place(p.anchor), p.id))
        )
        self._path_numbers = {path: number for number, path in enumerate(self.call_paths, 1)}
        self._options = {
            proposal.id: OptionRef(number, proposal.title, "#" + finding_anchor(proposal.id))
            for number, proposal in enumerate(self.proposals.values(), 1)
        }
        self._marks: dict[str, list[Mark]] = defaultdict(list)
        self._places: set[str] = set()
        self._mark_everything()

    def option(self, proposal: str | None) -> OptionRef | None:
        """The numbered option of that id, or None."""
        return self._options.get(proposal) if proposal is not None else None

    def path_number(self, path: str) -> int:
        """The number of a call path, in the order of the mail."""
        return self._path_numbers[path]

    def marks(self, message_id: str) -> Sequence[Mark]:
        """The findings in a message, by place."""
        return sorted(self._marks.get(message_id, ()), key=lambda m: (m.start, -m.end, m.place))

    def place(self, anchor: Anchor) -> tuple[int, int]:
        """Sort key of words: the position of their message, then the offset; words out of sight come last."""
        return self._order.get(anchor.message_id, len(self._order)), anchor.start

    def quote(self, anchor: Anchor, finding: str, number: int = 0, author: str = "") -> Quote:
        """The words of an anchor with their citation; `author` stands in where the message isn't at hand."""
        return Quote(anchor.quote, self.cite(anchor, finding, number, author))

    def cite(self, anchor: Anchor, finding: str, number: int = 0, author: str = "") -> Cite:
        """The citation of an anchor."""
        message = self.messages.get(anchor.message_id)
        if message is None:
            return Cite(author or "a message that is not here", dates.UNDATED, "", None, None, quoted=False)
        place = place_anchor(finding, number)
        return Cite(
            author=str(message.author) or author or "unknown",
            day=dates.day(message.date),
            iso=dates.iso(message.date),
            href="#" + message_anchor(message.message_id),
            place="#" + place if place in self._places else None,
            quoted=message.origin is Origin.QUOTED,
        )

    def _mark_everything(self) -> None:
        for symptom in self.symptoms.values():
            self._mark(symptom.anchor, symptom.id, "symptom", "symptom")
        for proposal in self.proposals.values():
            label = f"option {self._options[proposal.id].number}"
            for number, mention in enumerate(proposal.mentions):
                self._mark(mention, proposal.id, "option", label, number)
        for argument in self.arguments.values():
            against = argument.stance is Stance.AGAINST
            option = self.option(argument.proposal)
            label = ("against" if against else "for") + (f" {option.number}" if option else "")
            tone = "against" if against else "for"
            if not argument.shown:
                label, tone = label + "?", "candidate"
            self._mark(argument.anchor, argument.id, tone, label)
        for path in self.call_paths.values():
            self._mark(path.anchor, path.id, "path", f"path {self.path_number(path.id)}")
        for position, decision in enumerate(self.record.findings.decisions):
            self._mark(decision.anchor, decision_id(position), "decision", "decision")

    def _mark(self, anchor: Anchor, finding: str, tone: str, label: str, number: int = 0) -> None:
        message = self.messages.get(anchor.message_id)
        if message is None or not 0 <= anchor.start < anchor.end <= len(message.text):
            return
        place = place_anchor(finding, number)
        self._places.add(place)
        href = "#" + finding_anchor(finding)
        self._marks[anchor.message_id].append(Mark(anchor.start, anchor.end, tone, label, href, place))


def decision_id(position: int) -> str:
    """Decisions have no id of their own; their position in the findings stands for one."""
    return f"decision-{position}"
