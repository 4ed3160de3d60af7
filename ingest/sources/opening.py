"""From what a user names to a source of mail, by looking at it."""

from pathlib import Path

from ingest.sources.detection import form_of
from ingest.sources.folder import FolderSource, is_maildir
from ingest.sources.mbox import HEAD, MboxSource
from ingest.sources.public_inbox import PublicInboxSource, repositories_of
from ingest.sources.separators import KINDS
from ingest.sources.single import SingleSource
from ingest.sources.source import Limits, NoMailError, Source, SourceError
from ingest.sources.streams import Stream, open_stream, unreadable

_MBOXES = ("mbox", *KINDS)
_SINGLES = {"eml": "mail", "page": "page"}
_DIRECTORIES = ("maildir", "folder", "public-inbox")
FORMATS = (*_MBOXES, *_SINGLES, *_DIRECTORIES)


def open_source(name: str, *, format: str | None = None, limits: Limits | None = None) -> Source:
    """The source of mail that `name` is: a file, a directory, or `-` for standard input.

    `format` overrides the guess; it is one of `FORMATS`.

    Raises:
        SourceError: there is no such thing, it can't be read, or it holds no mail.
    """
    limits = limits or Limits()
    if format is not None and format not in FORMATS:
        raise SourceError(name, f"unknown format {format!r}", f"use one of {', '.join(FORMATS)}")
    path = None if name == "-" else Path(name)
    if path is None:
        return open_file("-", None, limits, format)
    try:
        path.stat()
        if path.is_dir():
            return _open_directory(name, path, limits, format)
    except OSError as error:
        raise unreadable(name, error) from error
    except ValueError as error:
        raise SourceError(ascii(name), str(error), "check the name") from error
    if format in _DIRECTORIES:
        raise SourceError(name, f"is a file, not a {format}", "name the directory")
    return open_file(name, path, limits, format)


def open_file(name: str, path: Path | None, limits: Limits, format: str | None = None) -> Source:
    """One file, or standard input where `path` is None.

    Raises:
        SourceError: it can't be read, is empty, or holds no mail.
    """
    stream = open_stream(path, name, limits)
    if path is not None and not path.is_file():
        path = None  # a pipe can be read once
    try:
        head = stream.peek(HEAD)
        if not head:
            stream.read(1)  # raises what stands in the way of the first byte
            raise NoMailError(name, "is empty", "name a file with mail")
        form = _SINGLES.get(format or "") or ("mbox" if format else form_of(head))
        if form is None:
            raise NoMailError(
                name, "is no mail: no header, no mbox separator, no quotes", "--format overrides"
            )
    except SourceError:
        stream.close()
        raise
    kept: Stream | None = stream
    if path is not None:
        stream.close()
        kept = None
    if form == "mbox":
        return MboxSource(name, path, head, limits, format if format in KINDS else None, kept)
    return SingleSource(name, path, form, limits, kept)


def _open_directory(name: str, path: Path, limits: Limits, format: str | None) -> Source:
    if format in _MBOXES or format in _SINGLES:
        raise SourceError(name, f"is a directory, not {format}", "name the file")
    repositories = repositories_of(path) if format in (None, "public-inbox") else []
    if repositories:
        return PublicInboxSource(name, repositories, limits)
    if format == "public-inbox":
        raise SourceError(
            name, "is no public-inbox", "name the directory that holds git/0.git, or a git repository"
        )
    if format == "maildir" and not is_maildir(path):
        raise SourceError(
            name, "is no Maildir: cur and new are missing", "name the directory that holds them"
        )
    return FolderSource(name, path, limits, open_file)
