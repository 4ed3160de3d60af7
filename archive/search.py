"""Full-text search over what the archive holds.

Columns of the index follow public-inbox's prefixes: `own` is `nq:`, `quoted` is `q:`, `files` is `dfn:`,
`functions` is `dfhh:`; `b:` is own and quoted together.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from archive.mail import BlockKind, Message
from archive.schema import FULL_TEXT_COLUMNS

_FILE = re.compile(r"^(?:\+\+\+|---) (?:[ab]/)?([^\s]{1,300})", re.MULTILINE)
_FUNCTION = re.compile(r"^@@ [^@\n]{1,80}@@ ([^\n]{1,200})", re.MULTILINE)
_TERM = re.compile(r'(?:(\w+):)?("[^"]*"|\S+)')

PREFIXES = {
    "s": "subject",
    "f": "sender",
    "tc": "recipients",
    "b": "own quoted",
    "nq": "own",
    "q": "quoted",
    "dfn": "files",
    "dfhh": "functions",
    "dfb": "patch",
}


class QueryError(ValueError):
    """The query can't be read; the text says what and where."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that fulfils a query."""

    message_id: str
    subject: str
    author: str
    date: int | None
    discussion: str | None


def index_messages(connection: Connection, rows: Iterable[tuple[int, Message]]) -> None:
    """Put messages, each with the id of its row, into the index."""
    names = ", ".join(FULL_TEXT_COLUMNS)
    values = ", ".join(f":{name}" for name in FULL_TEXT_COLUMNS)
    statement = text(f"INSERT INTO message_text(rowid, {names}) VALUES (:rowid, {values})")  # noqa: S608
    parameters = [{"rowid": row_id, **_columns(mail)} for row_id, mail in rows]
    if parameters:
        connection.execute(statement, parameters)


def _columns(mail: Message) -> dict[str, str]:
    parts: dict[str, list[str]] = {"own": [], "quoted": [], "patch": []}
    for block in mail.blocks:
        column = {BlockKind.QUOTE: "quoted", BlockKind.DIFF: "patch"}.get(block.kind, "own")
        parts[column].append(mail.text_of(block))
    patch = "".join(parts["patch"])
    return {
        "subject": _clean(mail.subject),
        "sender": _clean(f"{mail.author.name} {mail.author.email}"),
        "recipients": _clean(" ".join(f"{a.name} {a.email}" for a in mail.to + mail.cc)),
        "own": _clean("".join(parts["own"])),
        "quoted": _clean("".join(parts["quoted"])),
        "files": _clean(" ".join(dict.fromkeys(_FILE.findall(patch)))),
        "functions": _clean(" ".join(dict.fromkeys(_FUNCTION.findall(patch)))),
        "patch": _clean(patch),
    }


def _clean(words: str) -> str:
    return words if words.isascii() else words.encode("utf-8", "replace").decode("utf-8")


def match_expression(query: str) -> str:
    """A query as an FTS5 expression. Words are AND-ed; raises `QueryError` on an unknown prefix."""
    terms = []
    for prefix, word in _terms(query):
        quoted = '"' + word.replace('"', '""') + '"'
        if prefix:
            terms.append(f"{{{PREFIXES[prefix]}}} : {quoted}")
        else:
            terms.append(quoted)
    return " AND ".join(terms)


def _terms(query: str) -> Iterator[tuple[str, str]]:
    if query.count('"') % 2:
        raise QueryError(f'{query}: a quotation mark is left open; close it or write it without "')
    for found in _TERM.finditer(query):
        prefix, word = found.group(1) or "", found.group(2).strip('"')
        if prefix and prefix not in PREFIXES:
            known = ", ".join(f"{p}:" for p in PREFIXES)
            raise QueryError(
                f"{prefix}: is no prefix that can be searched; there are {known} (or quote the word)"
            )
        if word:
            yield prefix, word


def search(connection: Connection, query: str, *, limit: int = 200, offset: int = 0) -> list[Hit]:
    """Messages that hold all words of the query, newest first; raises `QueryError`."""
    expression = match_expression(query)
    if not expression:
        raise QueryError("an empty query finds nothing; give a word, a phrase or a prefix such as s: or f:")
    statement = text(
        "SELECT m.message_id, m.subject, m.author_name, m.author_email, m.date, m.discussion "
        "FROM message_text t JOIN message m ON m.id = t.rowid WHERE message_text MATCH :expression "
        "ORDER BY m.date DESC, m.id DESC LIMIT :limit OFFSET :offset"
    )
    try:
        rows = connection.execute(
            statement, {"expression": expression, "limit": limit, "offset": offset}
        ).all()
    except OperationalError as error:
        raise QueryError(f"{query}: {error.orig}") from error
    return [Hit(r.message_id, r.subject, r.author_name or r.author_email, r.date, r.discussion) for r in rows]
