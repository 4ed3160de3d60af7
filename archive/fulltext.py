"""What of a message goes into which column of the full-text index.

Columns follow public-inbox's prefixes: `own` is `nq:`, `quoted` is `q:`, `files` is `dfn:`, `functions` is
`dfhh:`, `before` and `after` are `dfpre:` and `dfpost:`, `removed`, `added` and `context` are `dfa:`, `dfb:`
and `dfctx:`. Every word of a text is in one of them.
"""

import re
from collections.abc import Sequence

from sqlalchemy import Connection

from archive.mail import BlockKind, Message
from archive.schema import FULL_TEXT_COLUMNS

FullText = tuple[str, ...]
"""The texts of one message in the order of `FULL_TEXT_COLUMNS`."""

_BLOBS = re.compile(r"index ([0-9a-f]{7,64})\.\.([0-9a-f]{7,64})")
_INSERT = "INSERT INTO message_text(rowid, {}) VALUES (?{})".format(  # noqa: S608
    ", ".join(FULL_TEXT_COLUMNS), ", ?" * len(FULL_TEXT_COLUMNS)
)


def full_text(mail: Message) -> FullText:
    """The words of a message by column."""
    text = mail.text
    own: list[str] = []
    quoted: list[str] = []
    patches: list[str] = []
    for block in mail.blocks:
        into = quoted if block.kind is BlockKind.QUOTE else patches if block.kind is BlockKind.DIFF else own
        into.append(text[block.start : block.end])
    return (
        _clean(mail.subject),
        _clean(f"{mail.author.name} {mail.author.email}"),
        _clean(" ".join([f"{a.name} {a.email}" for a in mail.to])),
        _clean(" ".join([f"{a.name} {a.email}" for a in mail.cc])),
        _clean("".join(own)),
        _clean("".join(quoted)),
        *(_split_patch(_clean("".join(patches))) if patches else ("",) * 7),
    )


def _split_patch(text: str) -> FullText:
    """Files, functions, blobs before and after, lines removed and added, and everything else."""
    files: dict[str, None] = {}
    functions: dict[str, None] = {}
    before: list[str] = []
    after: list[str] = []
    removed: list[str] = []
    added: list[str] = []
    context: list[str] = []
    for line in text.split("\n"):
        first = line[:1]
        if first == "+":
            if line.startswith("+++ "):
                files[_file(line)] = None
            else:
                added.append(line)
        elif first == "-":
            if line.startswith("--- "):
                files[_file(line)] = None
            else:
                removed.append(line)
        elif first == "@" and line.startswith("@@ "):
            functions[line.rpartition("@@")[2]] = None
        elif first == "i" and (blobs := _BLOBS.match(line)):
            before.append(blobs[1])
            after.append(blobs[2])
        else:
            context.append(line)
    words = (files, functions, before, after, removed, added, context)
    return tuple("\n".join(lines) for lines in words)


def _file(line: str) -> str:
    """The file that a `+++` or `---` line names, without the `a/` or `b/` of git."""
    name = line[4:]
    return name[2:] if name.startswith(("a/", "b/")) else name


def _clean(words: str) -> str:
    return words if words.isascii() else words.encode("utf-8", "replace").decode("utf-8")


def index_messages(connection: Connection, rows: Sequence[tuple[int, FullText]]) -> None:
    """Put messages, each by the id of its row, into the index; ids must rise."""
    if rows:
        connection.exec_driver_sql(_INSERT, [(row_id, *texts) for row_id, texts in rows])
