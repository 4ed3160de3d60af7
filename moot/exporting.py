"""`moot export`: discussions and what was found in them, for other programs (schema moot.export/1)."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC
from typing import Any

from archive.amending import load_amended
from archive.database import Database
from archive.discussions import load_discussion
from archive.findings import Anchor, Decision, Findings, Outcome, Tie, Verdict
from archive.mail import Discussion, Message, Origin
from archive.mailreader import MailReader, defects
from moot.answers import argument_row, path_row, tied_verdicts

Row = dict[str, Any]
_LISTS = (
    "discussions",
    "messages",
    "symptoms",
    "proposals",
    "arguments",
    "call_paths",
    "decisions",
    "ties",
    "verdicts",
    "defects",
)


def export_json(database: Database, discussions: Sequence[str]) -> Row:
    """The export as one object; quotes are exact runs of messages with white space folded."""
    body: dict[str, list[Row]] = {name: [] for name in _LISTS}
    for discussion_id in discussions:
        with database.reading() as connection:
            discussion = load_discussion(connection, discussion_id)
            found, ties, _ = load_amended(connection, discussion_id)
            wrong = defects(connection, [m.message_id for m in discussion.messages])
        body["discussions"].append(_discussion_row(discussion, found))
        body["messages"].extend(message_row(m) for m in discussion.messages)
        body["defects"].extend(asdict(d) for d in wrong)
        if found is not None:
            _add_findings(body, found)
        body["ties"].extend(_tie_row(t) for t in ties)
        body["verdicts"].extend(_verdict_row(t, v) for t, v in tied_verdicts(database, ties))
    return {"schema": "moot.export/1", **body}


def _add_findings(body: dict[str, list[Row]], found: Findings) -> None:
    where = {"discussion": found.discussion}
    body["symptoms"].extend({"id": s.id, **where, **_place(s.anchor)} for s in found.symptoms)
    for proposal in found.proposals:
        row = {"id": proposal.id, **where, "title": proposal.title, "kind": proposal.kind.value}
        row |= {"author": proposal.author, "outcome": proposal.outcome.value}
        body["proposals"].append(row | {"mentions": [_place(m) for m in proposal.mentions]})
    body["arguments"].extend(argument_row(a) for a in found.arguments)
    body["call_paths"].extend(path_row(found, n) for n in range(len(found.call_paths)))
    body["decisions"].extend(_decision_row(d, found.discussion) for d in found.decisions)


def message_row(message: Message) -> Row:
    """A message without its text."""
    return {
        "message_id": message.message_id,
        "discussion": message.discussion,
        "parent": message.parent,
        "author": str(message.author),
        "date": message.date.isoformat() if message.date else None,
        "subject": message.subject,
        "origin": message.origin.value,
        "lists": list(message.lists),
        "url": message.url,
    }


def status_of(found: Findings | None) -> str:
    """Where a discussion stands, in one word: not read, decided or open."""
    if found is None:
        return "not read"
    decided = found.decisions or any(p.outcome is Outcome.ADOPTED for p in found.proposals)
    return "decided" if decided else "open"


def _discussion_row(discussion: Discussion, found: Findings | None) -> Row:
    dates = [m.date.astimezone(UTC) for m in discussion.messages if m.date and m.origin is Origin.ARCHIVED]
    return {
        "id": discussion.id,
        "title": discussion.title,
        "threads": list(discussion.threads),
        "status": status_of(found),
        "started": min(dates).isoformat() if dates else None,
        "ended": max(dates).isoformat() if dates else None,
    }


def _place(anchor: Anchor) -> Row:
    return {"message_id": anchor.message_id, "quote": anchor.quote}


def _decision_row(decision: Decision, discussion: str) -> Row:
    return {"discussion": discussion, "proposal": decision.proposal, **_place(decision.anchor)}


def _tie_row(tie: Tie) -> Row:
    return asdict(tie) | {"why": list(tie.why)}


def _verdict_row(tie: Tie, verdict: Verdict) -> Row:
    row = asdict(verdict)
    row.pop("digest")
    return {"proposal": tie.proposal, **row}


def export_text(database: Database, discussions: Sequence[str], form: str) -> str:
    """The records as MADR or Argdown text, one after another."""
    from moot.pipeline import load_records
    from reports.argdown import render as as_argdown
    from reports.madr import render as as_madr

    render = {"madr": as_madr, "argdown": as_argdown}[form]
    return "\n".join(render(record) for record in load_records(database, discussions))


def export_mbox(database: Database, discussions: Sequence[str]) -> bytes:
    """The raw mails of discussions as one mbox (mboxrd, so that every body line comes back as it was)."""
    return b"".join(_mbox_entries(database, discussions))


def _mbox_entries(database: Database, discussions: Sequence[str]) -> Iterator[bytes]:
    with database.reading() as connection:
        reader = MailReader(connection)
        for discussion_id in discussions:
            for message in load_discussion(connection, discussion_id).messages:
                data = reader.raw(message.message_id)
                if data is not None:
                    yield mboxrd_entry(data)


def mboxrd_entry(data: bytes) -> bytes:
    """A mail as an mboxrd entry: a separator line, `From ` lines of any quoting escaped by one more `>`."""
    lines = data.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
    escaped = (b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in lines)
    return b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" + b"\n".join(escaped) + b"\n\n"
