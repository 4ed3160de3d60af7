"""A record as Argdown: options as statements, arguments that support or attack them, answers below."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from archive.findings import Argument, Stance
from reports.concordance import Concordance
from reports.record import Record
from reports.text import neutralise

# Argdown 1: `\x` is x for any x. Every sign that opens a title, a tag, a mention, data, a range, a comment,
# a shortcode or front matter is escaped wherever it stands; relations only open at the start of a line.
_SPECIAL = re.compile(r"[\\\[\]<>{}@#*_/:=]")
_BRACKETS = re.compile(r"[\[\]<>{}]")
_TITLE_LIMIT = 80


def render(record: Record) -> str:
    """The record as one Argdown document that ends in a line feed; only arguments that are shown stand in it.

    An answer is written out below its own option and named below the argument that it answers: `+` where it
    says the same of the same option, `-` where it doesn't.
    """
    concordance = Concordance(record)
    return "\n".join(_lines(concordance)).rstrip("\n") + "\n"


def _lines(concordance: Concordance) -> Iterator[str]:
    title = " ".join(neutralise(concordance.record.discussion.title).split()) or "(no subject)"
    yield "==="
    # Three equals signs would end the front matter even within quotes.
    yield "title: " + json.dumps(title, ensure_ascii=False).replace("=", "\\u003d")
    yield "==="
    yield ""
    yield f"# {_text(title)}"
    yield ""
    shown = sorted(
        (a for a in concordance.arguments.values() if a.shown),
        key=lambda a: (*concordance.place(a.anchor), a.id),
    )
    answers: dict[str, list[Argument]] = defaultdict(list)
    for argument in shown:
        if argument.answers is not None and argument.answers != argument.id:
            answers[argument.answers].append(argument)
    for proposal in concordance.proposals.values():
        option = concordance.option(proposal.id)
        number = option.number if option else 0
        yield f"[{number} {_title(proposal.title)}]: {_text(proposal.title) or 'untitled'}"
        for argument in shown:
            if argument.proposal == proposal.id:
                yield f"  {'+' if argument.stance is Stance.FOR else '-'} {_words(argument, concordance)}"
                yield from _answers(argument, answers, "    ")
        yield ""
    loose = [argument for argument in shown if concordance.option(argument.proposal) is None]
    if loose:
        yield "# Not tied to an option"
        yield ""
    for argument in loose:
        yield _words(argument, concordance)
        yield from _answers(argument, answers, "  ")
        yield ""


def _answers(argument: Argument, answers: Mapping[str, Sequence[Argument]], indent: str) -> Iterator[str]:
    """References to the arguments that answer one; each is written out where its own option stands."""
    for answer in answers.get(argument.id, ()):
        agrees = (answer.stance, answer.proposal) == (argument.stance, argument.proposal)
        yield f"{indent}{'+' if agrees else '-'} <{_title(answer.id)}>"


def _words(argument: Argument, concordance: Concordance) -> str:
    cite = concordance.cite(argument.anchor, argument.id, author=argument.author)
    fate = f", {argument.fate}" if argument.fate != "none" else ""
    return f"<{_title(argument.id)}>: {_text(argument.anchor.quote)} ({_text(cite.author)}, {cite.day}{fate})"


def _title(text: str) -> str:
    """Words for use between brackets, where nothing can be escaped."""
    return " ".join(_BRACKETS.sub(" ", neutralise(text)).split())[:_TITLE_LIMIT].strip() or "untitled"


def _text(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", " ".join(neutralise(text).split()))
