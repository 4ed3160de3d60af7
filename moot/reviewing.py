"""Walking a person through the candidates of a discussion, the most useful first."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from archive.amending import load_amended
from archive.amendments import Action, Amendment, load_amendments, remove_amendment, save_amendment
from archive.database import Database
from archive.findings import Argument, Findings
from archive.mail import Message
from archive.mailreader import MailReader

_CHOICES = 5  # proposals offered for one argument
_AROUND = 300  # characters of context on either side


@dataclass(frozen=True, slots=True)
class Question:
    """A candidate to be judged: the argument, its words in context, and the proposals it may speak of."""

    discussion: str
    argument: Argument
    before: str
    words: str
    after: str
    choices: tuple[tuple[str, str, float], ...]


@dataclass(slots=True)
class Review:
    """The questions of some discussions, and the answers given so far, so that they can be taken back."""

    database: Database
    questions: list[Question]
    position: int = 0
    answered: list[tuple[int, int | None]] = field(default_factory=list)

    @property
    def current(self) -> Question | None:
        """What is asked now; None at the end."""
        return self.questions[self.position] if self.position < len(self.questions) else None

    def confirm(self, stance: str = "") -> None:
        """It is right as found, or with the other stance."""
        self._answer(Action.CONFIRM, "", stance)

    def retarget(self, choice: int, stance: str = "") -> bool:
        """It speaks of that choice, counted from 0; False where there is no such choice."""
        question = self.questions[self.position]
        if not 0 <= choice < len(question.choices):
            return False
        self._answer(Action.RETARGET, question.choices[choice][0], stance)
        return True

    def dismiss(self) -> None:
        """It is no argument."""
        self._answer(Action.DISMISS)

    def skip(self) -> None:
        """Leave it as it is."""
        self.answered.append((self.position, None))
        self.position += 1

    def undo(self) -> bool:
        """Back to the question before, its answer taken back; False at the beginning."""
        if not self.answered:
            return False
        self.position, number = self.answered.pop()
        if number is not None:
            with self.database.writing() as connection:
                remove_amendment(connection, number)
        return True

    def _answer(self, action: Action, object_: str = "", stance: str = "") -> None:
        question = self.questions[self.position]
        at = question.argument.anchor
        made = Amendment(
            action,
            question.argument.id,
            object_,
            stance=stance,
            message_id=at.message_id,
            start=at.start,
            end=at.end,
            quote=at.quote,
        )
        with self.database.writing() as connection:
            new = save_amendment(connection, question.discussion, made)
            number = load_amendments(connection, question.discussion)[-1][0] if new else None
        self.answered.append((self.position, number))
        self.position += 1


def start_review(database: Database, discussions: Sequence[str]) -> Review:
    """The candidates of discussions as questions: those nearest to being shown first."""
    questions: list[Question] = []
    for discussion in discussions:
        with database.reading() as connection:
            found, _, _ = load_amended(connection, discussion)
            if found is None:
                continue
            candidates = [a for a in found.arguments if not a.shown]
            reader = MailReader(connection)
            messages = {m.message_id: m for m in reader.by_id(a.anchor.message_id for a in candidates)}
        questions += [
            _question(found, argument, messages[argument.anchor.message_id])
            for argument in candidates
            if argument.anchor.message_id in messages
        ]
    return Review(database, sorted(questions, key=lambda q: (-q.argument.confidence, q.argument.id)))


def _question(found: Findings, argument: Argument, message: Message) -> Question:
    at = argument.anchor
    titles = {p.id: p.title for p in found.proposals}
    ranked = {t.proposal: t.confidence for t in argument.targets if t.proposal in titles}
    choices = [(name, titles[name], sure) for name, sure in ranked.items()]
    return Question(
        found.discussion,
        argument,
        message.text[max(0, at.start - _AROUND) : at.start],
        message.text[at.start : at.end],
        message.text[at.end : at.end + _AROUND],
        tuple(choices[:_CHOICES]),
    )
