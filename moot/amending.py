"""Amendments from what a person names: ids looked up, words found in their message, the rest checked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from archive.amending import amend, load_amended
from archive.amendments import (
    Action,
    Amendment,
    AmendmentError,
    Conflict,
    from_line,
    load_amendments,
    save_amendment,
    to_line,
)
from archive.database import Database
from archive.findings import Anchor
from archive.findingstore import load_findings
from archive.identity import fold
from archive.lookup import Found, UnknownNameError, look_up
from archive.mail import BlockKind, Message
from archive.mailreader import MailReader


@dataclass(frozen=True, slots=True)
class Made:
    """An amendment that was stored, where, and whether it is new."""

    discussion: str
    amendment: Amendment
    new: bool


def dismiss(database: Database, names: Sequence[str]) -> list[Made]:
    """Say that findings are none."""
    return [_store(database, name, Amendment(Action.DISMISS)) for name in names]


def confirm(database: Database, names: Sequence[str], stance: str = "") -> list[Made]:
    """Say that arguments are right as they were found, but for the stance where one is given."""
    return [_store(database, name, Amendment(Action.CONFIRM, stance=stance), "argument") for name in names]


def retarget(database: Database, name: str, proposal: str, stance: str = "") -> Made:
    """Say which proposal an argument speaks of."""
    with database.reading() as connection:
        target = _one(connection, proposal, "proposal").id
    return _store(database, name, Amendment(Action.RETARGET, object=target, stance=stance), "argument")


def merge(database: Database, name: str, into: str) -> Made:
    """Say that a proposal is the same as another."""
    with database.reading() as connection:
        kept = _one(connection, into, "proposal").id
    return _store(database, name, Amendment(Action.MERGE, object=kept), "proposal")


def split(database: Database, name: str, words: str, title: str = "") -> Made:
    """Say that one place of a proposal speaks of another one."""
    with database.reading() as connection:
        whole = _one(connection, name, "proposal")
        found, _, _ = load_amended(connection, whole.discussion or "")
    mentions = [m for p in (found.proposals if found else ()) if p.id == whole.id for m in p.mentions]
    chosen = [m for m in mentions if fold(words) in m.quote]
    if len(chosen) != 1:
        raise AmendmentError(f"{len(chosen)} places of {whole.id} hold {words!r}; give words of exactly one")
    at = chosen[0]
    made = Amendment(
        Action.SPLIT,
        title=title or at.quote,
        message_id=at.message_id,
        start=at.start,
        end=at.end,
        quote=at.quote,
    )
    return _store(database, name, made, "proposal")


def add_argument(database: Database, stance: str, proposal: str, message: str, words: str) -> Made:
    """Add an argument that nobody found."""
    with database.reading() as connection:
        target = _one(connection, proposal, "proposal")
        found = _one(connection, message, "message")
        made = _anchored(connection, found, words, Amendment(Action.ARGUE, object=target.id, stance=stance))
    return _keep(database, target.discussion or "", made)


def add_proposal(database: Database, message: str, words: str, title: str = "") -> Made:
    """Add a proposal that nobody found."""
    with database.reading() as connection:
        found = _one(connection, message, "message")
        made = _anchored(connection, found, words, Amendment(Action.PROPOSE, title=title))
    return _keep(database, found.discussion or "", made)


def tie(database: Database, proposal: str, option: str) -> Made:
    """Say which option (`scenario/option`) of a scenario a proposal is."""
    from moot.models import find_option

    find_option(option)
    return _store(database, proposal, Amendment(Action.TIE, object=option), "proposal")


def untie(database: Database, proposal: str, scenario: str) -> Made:
    """Say that a proposal is no option of a scenario."""
    return _store(database, proposal, Amendment(Action.UNTIE, object=scenario), "proposal")


def list_conflicts(database: Database, discussions: Sequence[str]) -> list[tuple[str, Conflict]]:
    """The amendments that no longer apply, with their discussions."""
    with database.reading() as connection:
        return [(d, c) for d in discussions for c in load_amended(connection, d)[2]]


def export_lines(database: Database, discussions: Sequence[str]) -> list[str]:
    """The amendments as lines of text: the discussion, a blank, the amendment as JSON."""
    wanted = set(discussions)
    with database.reading() as connection:
        return [f"{d} {to_line(made)}" for _, d, made in load_amendments(connection) if d in wanted]


def import_lines(database: Database, lines: Sequence[str]) -> tuple[int, int]:
    """Store the amendments of lines; returns how many are new and how many were known.

    All or nothing: raises `AmendmentError` naming the line that is none.
    """
    parsed = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        discussion, _, record = line.strip().partition(" ")
        try:
            parsed.append((discussion, from_line(record)))
        except AmendmentError as error:
            raise AmendmentError(f"line {number}: {error}") from error
    with database.writing() as connection:
        new = sum(save_amendment(connection, discussion, made) for discussion, made in parsed)
    return new, len(parsed) - new


def find_words(message: Message, words: str) -> tuple[int, int]:
    """Where words stand in what a message's author wrote; raises `AmendmentError`."""
    pattern = re.compile(r"\s+".join(map(re.escape, words.split())))
    quoted = ""
    for found in pattern.finditer(message.text) if words.split() else ():
        block = next((b for b in message.blocks if b.start <= found.start() < b.end), None)
        if block is None or block.kind is not BlockKind.QUOTE:
            return found.span()
        quoted = block.source.author if block.source else "somebody else"
    if quoted:
        raise AmendmentError(f"these words are quoted there; {quoted} wrote them: name that message")
    raise AmendmentError(f"{message.message_id} doesn't say {words!r}; give words as they stand there")


def _anchored(connection: Connection, found: Found, words: str, made: Amendment) -> Amendment:
    (message,) = MailReader(connection).by_id([found.id])
    start, end = find_words(message, words)
    return replace(
        made,
        author=str(message.author),
        message_id=message.message_id,
        start=start,
        end=end,
        quote=fold(message.text[start:end]),
    )


def _store(database: Database, name: str, made: Amendment, kind: str = "") -> Made:
    """Store an amendment of a finding that is there, with the words that it stands on."""
    with database.reading() as connection:
        subject = _one(connection, name, kind)
        made = replace(made, subject=subject.id)
        anchor = None if made.message_id else _anchor_of(connection, subject)
    if anchor is not None:
        made = replace(
            made, message_id=anchor.message_id, start=anchor.start, end=anchor.end, quote=anchor.quote
        )
    return _keep(database, subject.discussion or "", made)


def _keep(database: Database, discussion: str, made: Amendment) -> Made:
    with database.writing() as connection:
        found, _, _ = load_amended(connection, discussion)
        if found is not None:
            _, conflicts = amend(found, [made])
            if conflicts:
                raise AmendmentError(conflicts[0].reason)
        return Made(discussion, made, save_amendment(connection, discussion, made))


def _anchor_of(connection: Connection, subject: Found) -> Anchor | None:
    """The words of a finding, as the machine found it."""
    found = load_findings(connection, subject.discussion or "")
    if found is None:
        return None
    places = {s.id: s.anchor for s in found.symptoms}
    places |= {a.id: a.anchor for a in found.arguments}
    places |= {c.id: c.anchor for c in found.call_paths}
    places |= {p.id: p.mentions[0] for p in found.proposals if p.mentions}
    return places.get(subject.id)


def _one(connection: Connection, name: str, kind: str) -> Found:
    matches = [f for f in look_up(connection, name) if not kind or f.kind == kind]
    if len(matches) != 1:
        what = kind or "finding"
        raise UnknownNameError(f"{name!r} is not the id of one {what}; `moot proposals` lists them")
    return matches[0]
