"""A record as Markdown in the form of MADR 4 (Markdown Architectural Decision Records)."""

import json
import re
from collections.abc import Iterable, Iterator

from archive.findings import Outcome
from reports.concordance import Cite, Quote
from reports.record import Record
from reports.text import is_web_address, neutralise
from reports.views.options import ArgumentView, OptionView
from reports.views.pages import DiscussionPage, page_of
from reports.views.verdicts import VerdictView

_STATUS = {Outcome.ADOPTED: "accepted", Outcome.REJECTED: "rejected", Outcome.SUPERSEDED: "superseded"}
_SPECIAL = re.compile(r"[\\`*_\[\]<&~$#]")
# Marks that mean something only at the start of a line: lists, headings, rules, tables of contents.
_AT_START = re.compile(r"^(\d{1,9})([.)])(?=\s|$)|^([-+=>])")
_NOTHING_SURE = "No argument is sure enough to stand here by itself."


def render(record: Record) -> str:
    """The record as one Markdown document that ends in a line feed; the same record gives the same text."""
    page = page_of(record)
    return "\n".join(_lines(record, page)).rstrip("\n") + "\n"


def _lines(record: Record, page: DiscussionPage) -> Iterator[str]:
    yield from _front_matter(record, page)
    yield f"# {_text(page.entry.title)}"
    yield ""
    yield "## Context and Problem Statement"
    yield ""
    counted = f"{page.entry.messages} message{'' if page.entry.messages == 1 else 's'}"
    yield f"From {counted} of {_text(page.entry.span)}, read by a program; every quote names its message."
    yield ""
    if not page.symptoms:
        yield "No statement of something that goes wrong was found in this mail."
        yield ""
    for symptom in (*page.symptoms, *page.more_symptoms):
        yield from _block_quote(symptom.quote)
    if page.options:
        yield "## Considered Options"
        yield ""
        yield from (f"* {_text(option.ref.title)}" for option in page.options)
        yield ""
    yield "## Decision Outcome"
    yield ""
    yield from _outcome(page)
    if page.options:
        yield "## Pros and Cons of the Options"
        yield ""
        for option in page.options:
            yield from _option(option)
    yield from _more(record, page)


def _front_matter(record: Record, page: DiscussionPage) -> Iterator[str]:
    dated = sorted(m.date.date().isoformat() for m in record.discussion.messages if m.date)
    yield "---"
    yield f"status: {_yaml(_status(page))}"
    if dated:
        yield f"date: {dated[-1]}"
    yield f"decision-makers: [{', '.join(_yaml(d.quote.cite.author) for d in page.decisions)}]"
    people = (*page.participants, *page.more_participants)
    yield f"consulted: [{', '.join(_yaml(person.name) for person in people)}]"
    yield f"informed: [{', '.join(map(_yaml, page.lists))}]"
    yield "---"
    yield ""


def _status(page: DiscussionPage) -> str:
    """What MADR calls the state of the decision: accepted once one is recorded or adopted, else proposed."""
    if page.decisions or page.adopted:
        return "accepted"
    states = {_STATUS.get(Outcome(option.outcome), "proposed") for option in page.options}
    return "rejected" if states == {"rejected"} else "proposed"


def _outcome(page: DiscussionPage) -> Iterator[str]:
    for decision in page.decisions:
        if decision.option:
            yield f'Chosen option: "{_text(decision.option.title)}", because of these words:'
        else:
            yield "Decided, in these words:"
        yield ""
        yield from _block_quote(decision.quote)
    if not page.decisions:
        yield "No decision in this mail."
        yield ""
        for option in page.adopted:
            yield f'Option "{_text(option.ref.title)}" is marked as adopted.'
            yield ""


def _option(option: OptionView) -> Iterator[str]:
    yield f"### {_text(option.ref.title)}"
    yield ""
    yield f"{_text(option.kind)} by {_text(option.author)}; outcome: {_text(option.outcome)}."
    yield ""
    if option.mentions:
        yield from _block_quote(option.mentions[0])
    points = [*(("Good", a) for a in option.pros), *(("Bad", a) for a in option.cons)]
    for word, argument in points:
        yield f"* {word}, because {_argument(argument)}"
    if points:
        yield ""
    else:
        yield _NOTHING_SURE if option.candidates else "No argument for or against it was found in this mail."
        yield ""
    if option.candidates:
        yield f"Left out as unconfirmed: {len(option.candidates)}."
        yield ""
    verdicts = [v for tie in option.ties for v in tie.model.verdicts]
    for verdict in verdicts:
        yield f"* {_verdict(verdict)}"
    if not verdicts:
        yield "Not modelled."
    yield ""


def _argument(argument: ArgumentView) -> str:
    fate = f" ({argument.fate})" if argument.fate else ""
    answers = f", in answer to {_text(argument.answers.author)}" if argument.answers else ""
    return f"“{_text(argument.quote.text)}”{fate} — {_cited(argument.quote.cite)}{answers}"


def _verdict(verdict: VerdictView) -> str:
    reason = f": {_text(verdict.reason)}" if verdict.reason else ""
    limits = f" ({_text(verdict.limits)})" if verdict.limits else ""
    return f"Model: **{verdict.chip.result}** {_text(verdict.chip.property)}{limits}{reason}"


def _more(record: Record, page: DiscussionPage) -> Iterator[str]:
    yield "## More Information"
    yield ""
    loose = page.loose.shown
    if loose:
        yield "Arguments of which it isn't known what option they speak of:"
        yield ""
        yield from (f"* {argument.stance}: {_argument(argument)}" for argument in loose)
        yield ""
    for scenario in page.scenarios:
        yield f"Modelled as: {_text(scenario.title)}. {_text(scenario.summary)}".rstrip()
        yield ""
    yield "The messages:"
    yield ""
    for message in record.discussion.messages:
        address = message.url if message.url and is_web_address(message.url) else None
        name = f"{_text(str(message.author) or 'unknown')}, {_text(message.subject or '(no subject)')}"
        yield f"* {name}: " + (f"<{address}>" if address else _text(message.message_id))


def _block_quote(quote: Quote) -> Iterable[str]:
    return (f"> {_text(quote.text)}", ">", f"> — {_cited(quote.cite)}", "")


def _cited(cite: Cite) -> str:
    flag = ", survives only as a quote" if cite.quoted else ""
    return f"{_text(cite.author)}, {cite.day}{flag}"


def _text(text: str) -> str:
    """Words on one line in which nothing means anything to Markdown or HTML; `a_b` needs no escape."""
    line = " ".join(neutralise(text).split())
    escaped = _SPECIAL.sub(lambda found: _escaped(line, found), line)
    return _AT_START.sub(lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", escaped)


def _escaped(line: str, found: re.Match[str]) -> str:
    at, sign = found.start(), found[0]
    inside_word = 0 < at < len(line) - 1 and line[at - 1].isalnum() and line[at + 1].isalnum()
    return sign if sign == "_" and inside_word else f"\\{sign}"


def _yaml(text: str) -> str:
    """A YAML double-quoted scalar; JSON strings are such."""
    return json.dumps(" ".join(neutralise(text).split()), ensure_ascii=False)
