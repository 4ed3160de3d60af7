"""`moot show`: one thing in full, as plain values and as lines for a person."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from archive.amending import load_amended
from archive.database import Database
from archive.discussions import list_discussions, load_discussion
from archive.findings import Anchor, Findings
from archive.lookup import Found, UnknownNameError, look_up
from archive.mail import Message
from archive.mailreader import MailReader, defects
from ingest.derivation import resolve, settle
from moot.console import one_line, safe
from moot.exporting import message_row, status_of

Shown = tuple[dict[str, Any], list[str]]
_CONTEXT = 240  # characters shown before and after the words of a finding


def describe(database: Database, name: str) -> Shown:
    """What a name stands for; raises `UnknownNameError`, also where it is more than one thing."""
    settle(database)
    with database.reading() as connection:
        found = _only_one(connection, name)
    if found.discussion is not None:
        resolve(database, [found.discussion])
    with database.reading() as connection:
        found = _only_one(connection, name)
        if found.kind == "message":
            return _message(connection, found)
        if found.kind == "discussion":
            return _discussion(connection, found)
        return _finding(connection, found)


def raw_bytes(database: Database, name: str) -> bytes:
    """The bytes of a message as they came."""
    with database.reading() as connection:
        found = _only_one(connection, name)
        data = MailReader(connection).raw(found.id) if found.kind == "message" else None
    if data is None:
        raise UnknownNameError(f"{name!r}: there are no raw bytes of it (it is quoted, or no message)")
    return data


def _only_one(connection: Connection, name: str) -> Found:
    found = look_up(connection, name)
    if len(found) > 1:
        raise UnknownNameError(
            f"{name!r} finds {len(found)} messages; `moot search` lists them, name one by its id"
        )
    return found[0]


def _message(connection: Connection, found: Found) -> Shown:
    (message,) = MailReader(connection).by_id([found.id])
    wrong = defects(connection, [found.id])
    shown = message_row(message) | {
        "text": message.text,
        "blocks": [asdict(b) for b in message.blocks],
        "defects": [asdict(d) for d in wrong],
    }
    lines = [
        f"Message-ID: {safe(message.message_id)}",
        f"From: {safe(str(message.author))}",
        f"Date: {message.date.isoformat() if message.date else 'unknown'}",
        f"Subject: {safe(message.subject)}",
        f"Discussion: {message.discussion}",
        *(f"Defect: {d.kind}: {safe(d.detail)}" for d in wrong),
        "",
        safe(message.text),
    ]
    return shown, lines


def _discussion(connection: Connection, found: Found) -> Shown:
    discussion = load_discussion(connection, found.id)
    (summary,) = list_discussions(connection, [found.id])
    findings, _, _ = load_amended(connection, found.id)
    shown = {
        **asdict(summary),
        "status": status_of(findings),
        "messages": [message_row(m) for m in discussion.messages],
    }
    depth: dict[str | None, int] = {None: -1}
    lines = [f"{discussion.id}  {one_line(discussion.title)}", f"status: {shown['status']}"]
    lines += [f"one matter because: {safe(reason)}" for reason in summary.reasons]
    for message in discussion.messages:
        depth[message.message_id] = depth.get(message.parent, -1) + 1
        day = message.date.date().isoformat() if message.date else "no date   "
        mark = " (quoted only)" if message.origin == "quoted" else ""
        indent = "  " * min(depth[message.message_id], 12)
        author = one_line(str(message.author), 30)
        lines.append(f"{day}  {indent}{author}{mark}: {one_line(message.subject, 60)}")
        lines.append(f"            {indent}{safe(message.message_id)}")
    return shown, lines


def _finding(connection: Connection, found: Found) -> Shown:
    findings, tied, _ = load_amended(connection, found.discussion or "")
    record = _record(findings, found) if findings else None
    if record is None:
        raise UnknownNameError(f"{found.id}: its discussion was read anew; list it again")
    ties = [t for t in tied if found.id in (t.proposal, *t.why)]
    anchors = record.mentions if found.kind == "proposal" else (record.anchor,)
    messages = {m.message_id: m for m in MailReader(connection).by_id(a.message_id for a in anchors)}
    shown = {"kind": found.kind, "discussion": found.discussion, **asdict(record)}
    shown["ties"] = [asdict(t) for t in ties]
    lines = [f"{found.kind} {found.id} in {found.discussion}"]
    plain = ("anchor", "mentions", "id", "targets", "locks")
    lines += [
        f"{key}: {safe(str(value))}" for key, value in asdict(record).items() if key not in plain and value
    ]
    for anchor in anchors:
        lines += ["", *_in_context(anchor, messages.get(anchor.message_id))]
    lines += [f"tied to {t.scenario}/{t.option} ({t.confidence:.2f}): {safe(t.reason)}" for t in ties]
    return shown, lines


def _record(findings: Findings, found: Found) -> Any:
    records: dict[str, tuple[Any, ...]] = {
        "symptom": findings.symptoms,
        "proposal": findings.proposals,
        "argument": findings.arguments,
        "call_path": findings.call_paths,
    }
    return next((record for record in records[found.kind] if record.id == found.id), None)


def _in_context(anchor: Anchor, message: Message | None) -> list[str]:
    if message is None:
        return [f"“{safe(anchor.quote)}” in {safe(anchor.message_id)}, which is not in the archive"]
    before = message.text[max(0, anchor.start - _CONTEXT) : anchor.start]
    after = message.text[anchor.end : anchor.end + _CONTEXT]
    words = message.text[anchor.start : anchor.end]
    return [
        f"{safe(str(message.author))}, {safe(message.message_id)}:",
        *(f"  | {line}" for line in safe(f"{before}»{words}«{after}").split("\n")),
    ]
