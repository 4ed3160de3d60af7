"""A mailbox file, read once and gone on with where it ended."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from archive.mail import Defect, RawMail
from ingest.sources.separators import first_line, holds_commits, kind_of, separator_end, unescape
from ingest.sources.source import Limits, Source, SourceError
from ingest.sources.splitting import Slice, split
from ingest.sources.streams import Stream, open_stream

# What is looked at to tell the kinds apart.
HEAD = 1 << 20

_POSITION = re.compile(r"(\d{1,18}) (\d{1,18}) (\d{1,18}) (\d{1,18}) ([0-9a-f]{16})")


class MboxSource(Source):
    """The mails of one mbox, compressed or not.

    `head` is how it begins. `path` is None for standard input, which is read from `stream`.
    """

    def __init__(
        self,
        name: str,
        path: Path | None,
        head: bytes,
        limits: Limits,
        kind: str | None = None,
        stream: Stream | None = None,
    ) -> None:
        super().__init__(name, kind or kind_of(head))
        self.size = path.stat().st_size if path else None
        self._path = path
        self._stream = stream
        self._limits = limits
        self._commits = holds_commits(head)
        self._last: Slice | None = None
        self._kept: str | None = None

    @property
    def position(self) -> str | None:
        """Where the last mail stands and what it was, so that a replaced or grown file is noticed."""
        if self._path is None or self._last is None:
            return self._kept
        mail = self._last
        return f"{mail.start} {mail.begin} {len(mail.data)} {mail.end} {_digest(mail.data)}"

    def mails(self, after: str | None = None) -> Iterator[RawMail]:
        """As `Source.mails`; the position is a place in the plain file."""
        self._last, self._kept = None, None
        stream, offset = self._resume(after)
        slices = split(
            stream,
            offset,
            lengths=self.kind == "mboxcl2",
            commits=self._commits,
            limit=self._limits.mail,
        )
        try:
            for mail in slices:
                self._last = mail
                self.done = stream.taken
                if mail.lost:
                    self._note("mail cut", f"longer than {self._limits.mail} bytes: {mail.lost} left out")
                data = unescape(mail.data, self.kind) if mail.escaped else mail.data
                yield RawMail(data, self.name, mail.begin)
        except SourceError:
            if self._last:
                self._note("mail cut", "the file is damaged behind it, so that its end may be missing")
            raise
        finally:
            self.done = stream.taken
            stream.close()

    def _note(self, kind: str, detail: str) -> None:
        offset = self._last.begin if self._last else None
        self.defects.append(Defect(self.name, kind, detail, offset))

    def _resume(self, after: str | None) -> tuple[Stream, int]:
        """A stream to read on from, and its offset."""
        place = _POSITION.fullmatch(after or "")
        if not place or self._path is None:
            return self._open(0), 0
        start, begin, length, end = (int(place[n]) for n in range(1, 5))
        stream = self._open(start)
        stream.skip(begin - start)
        if _digest(stream.read(length)) != place[5]:
            stream.close()
            return self._open(0), 0
        stream.skip(end - begin - length)
        rest = stream.peek(HEAD)
        if not rest or separator_end(rest, first_line(rest), self._commits):
            self._kept = after
            return stream, end
        # The mail that was last has grown: it was still being written.
        stream.close()
        return self._open(start), start

    def _open(self, start: int) -> Stream:
        if self._stream is not None:
            return self._stream
        return open_stream(self._path, self.name, self._limits, start)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
