"""What a user names: a Message-ID, an address of a mail, an id or its prefix, or a search query."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from sqlalchemy import Connection, func, select

from archive.amendments import Action, load_amendments
from archive.identity import finding_id
from archive.schema import argument, call_path, discussion, message, proposal, symptom, thread
from archive.schema import name as name_table
from archive.search import search

_ID = re.compile(r"[dspac][0-9a-f]{1,12}")
_FINDINGS = {"s": symptom, "p": proposal, "a": argument, "c": call_path}


class UnknownNameError(LookupError):
    """What was named is not in the archive, or names several things; the text says which."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that a name stands for; `discussion` is where it belongs."""

    kind: str
    id: str
    discussion: str | None


def look_up(connection: Connection, what: str) -> list[Found]:
    """What a name stands for; several messages only for a search query. Raises `UnknownNameError`."""
    name = what.strip()
    wanted = message_id_of(name)
    if wanted is not None:
        row = connection.execute(
            select(name_table.c.text, func.coalesce(message.c.quoted_in, thread.c.discussion).label("home"))
            .join(message, message.c.name == name_table.c.id)
            .outerjoin(thread, thread.c.id == name_table.c.thread)
            .where(name_table.c.text == wanted)
        ).one_or_none()
        if row is None:
            raise UnknownNameError(f"no message {wanted} in the archive; `moot search` finds what is there")
        return [Found("message", row.text, row.home)]
    if _ID.fullmatch(name):
        matches = _by_prefix(connection, name)
        if len(matches) > 1:
            some = ", ".join(sorted(f.id for f in matches)[:5])
            raise UnknownNameError(f"{name} is the beginning of several ids: {some}; give more of it")
        if matches:
            return matches
    hits = search(connection, name)
    if not hits:
        raise UnknownNameError(f"nothing in the archive is called {name!r} or holds these words")
    return [Found("message", hit.message_id, hit.discussion) for hit in hits]


def look_up_discussions(connection: Connection, what: Sequence[str]) -> list[str]:
    """The ids of the discussions that the names belong to, oldest first; all of them for no name."""
    known = list(connection.scalars(select(discussion.c.id).order_by(discussion.c.started, discussion.c.id)))
    if not what:
        return known
    wanted = {found.discussion for name in what for found in look_up(connection, name)}
    return [discussion_id for discussion_id in known if discussion_id in wanted]


def message_id_of(name: str) -> str | None:
    """The bare Message-ID that a name spells, in `<>`, after `mid:` or `id:`, or in an address; or None."""
    if name.startswith("<") and name.endswith(">"):
        return name[1:-1]
    if name.startswith(("mid:", "id:")):
        return name.partition(":")[2].strip("<>")
    if name.startswith(("http://", "https://")):
        parts = urlsplit(name).path.split("/")
        return next((unquote(part) for part in parts if "@" in part or "%40" in part), None)
    if "@" in name and not re.search(r"\s|^\w{1,5}:", name):
        return name
    return None


def _by_prefix(connection: Connection, prefix: str) -> list[Found]:
    if prefix[0] == "d":
        ids = connection.scalars(select(discussion.c.id).where(discussion.c.id.startswith(prefix)).limit(6))
        return [Found("discussion", found, found) for found in ids]
    table = _FINDINGS[prefix[0]]
    rows = connection.execute(
        select(table.c.id, table.c.discussion).where(table.c.id.startswith(prefix)).limit(6)
    )
    return [Found(table.name, row.id, row.discussion) for row in rows] or _added(connection, prefix)


def _added(connection: Connection, prefix: str) -> list[Found]:
    """Proposals and arguments that a person added, which no reading put into the tables."""
    letters = {Action.ARGUE: "a", Action.PROPOSE: "p", Action.SPLIT: "p"}
    found = []
    for _, where, made in load_amendments(connection):
        letter = letters.get(made.action)
        if letter is not None:
            name = finding_id(letter, made.message_id, made.start, made.end)
            if name.startswith(prefix):
                found.append(Found(_FINDINGS[letter].name, name, where))
    return found
