"""One pass over an mbox in constant memory: where each mail begins and ends."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ingest.sources.separators import REACH, claimed_end, first_line, following, separator_end
from ingest.sources.source import Limits, SourceError
from ingest.sources.streams import Stream

# A mail that is longer is given out in parts.
_PART = 1 << 21
# Rare in header and text alike, and found faster than `bytes.find` does.
_FROM = re.compile(rb"From ")


class Slice(NamedTuple):
    """One mail of an mbox: its separator line at `start`, its bytes at `begin`, the next separator at `end`.

    Offsets count bytes of the plain file. `escaped` says that `>From ` may stand in it. `lost` is how many
    bytes behind `data` were left out because the mail is longer than the limit.
    """

    start: int
    begin: int
    end: int
    data: bytes
    escaped: bool = False
    lost: int = 0


def split(
    stream: Stream,
    offset: int = 0,
    *,
    lengths: bool = False,
    commits: bool = False,
    limit: int = Limits().mail,
) -> Iterator[Slice]:
    """The mails of an mbox whose byte `offset` the stream stands at.

    A separator is an envelope line behind a blank line with a header field behind it. `lengths` believes
    a Content-Length that leads to a separator; `commits` accepts the separators of git format-patch.
    What stands before the first separator is a slice too, unless it is blank.

    Raises:
        SourceError: the stream is damaged; the last slice ends where the damage begins.
    """
    scanner = _Scanner(stream, offset, lengths, commits, limit)
    start, begin = scanner.open()
    parts: list[bytes] = []
    kept = lost = 0
    for piece, separator in scanner.pieces():
        room = limit - kept
        parts.append(piece[:room] if len(piece) > room else piece)
        kept += len(parts[-1])
        lost += len(piece) - len(parts[-1])
        if separator is None:
            continue
        end, following_begin = separator
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        if not lost:
            data = _without_blank_line(data)
        if data and not data.isspace():
            yield Slice(start, begin, end, data, scanner.escaped, lost)
        start, begin = end, following_begin
        parts, kept, lost = [], 0, 0
        scanner.escaped = False
    if scanner.damage:
        raise scanner.damage


def _without_blank_line(data: bytes) -> bytes:
    """The mail without the blank line that the mbox put behind it."""
    if data.endswith(b"\r\n\r\n"):
        return data[:-2]
    return data[:-1] if data.endswith(b"\n\n") else data


class _Scanner:
    """The bytes between separators, in pieces where they are many."""

    def __init__(self, stream: Stream, offset: int, lengths: bool, commits: bool, limit: int) -> None:
        self.damage: SourceError | None = None
        self.escaped = False  # whether `>From ` was seen since this was last taken back
        self._stream = stream
        self._lengths = lengths
        self._commits = commits
        self._limit = limit
        self._buffer = b""
        self._offset = offset  # of buffer[0] in the file
        self._at = 0  # what stands before it in the buffer was given out
        self._ended = False

    def open(self) -> tuple[int, int]:
        """Offsets of the first separator and of the bytes behind it; the same twice where there is none."""
        while len(self._buffer) < REACH and not self._ended:
            self._refill()
        start = first_line(self._buffer)
        self._at = separator_end(self._buffer, start, self._commits) or start
        return self._offset + start, self._offset + self._at

    def pieces(self) -> Iterator[tuple[bytes, tuple[int, int] | None]]:
        """Bytes of the mail at hand; with its last piece the offsets of the next separator and its end."""
        found = self._first()
        while True:
            if isinstance(found, tuple):
                start, begin = found
                piece = self._buffer[self._at : start]
                self._at = begin
                yield piece, (self._offset + start, self._offset + begin)
                found = self._first()
            elif self._ended:
                end = self._offset + len(self._buffer)
                yield self._buffer[self._at :], (end, end)
                return
            else:
                if found - self._at > _PART:
                    yield self._buffer[self._at : found], None
                    self._at = found
                scan = found - self._at
                self._refill()
                found = self._find(scan)

    def _first(self) -> tuple[int, int] | int:
        """As `_find`, for a mail of which nothing was looked at yet."""
        if self._lengths:
            known = self._by_length()
            if known is not None:
                return known
        return self._find(self._at)

    def _find(self, scan: int) -> tuple[int, int] | int:
        """The next separator and its end, or from where to look again with more bytes at hand."""
        buffer = self._buffer
        while word := _FROM.search(buffer, scan):
            line = word.start()
            scan = line + 1
            before = buffer[line - 3 : line]
            if before.endswith(b">"):
                self.escaped = True
            elif before.endswith((b"\n\n", b"\n\r\n")):
                if line + REACH > len(buffer) and not self._ended:
                    return max(line - 3, self._at)
                begin = separator_end(buffer, line, self._commits)
                if begin:
                    return line, begin
        return max(len(buffer) - 8, self._at)

    def _by_length(self) -> tuple[int, int] | int | None:
        """The separator or the end of the file where Content-Length leads to; None if nowhere."""
        end = claimed_end(self._buffer, self._at)
        while end + REACH > len(self._buffer) and not self._ended and end - self._at < self._limit:
            self._refill()
            end = claimed_end(self._buffer, self._at)
        at = following(self._buffer, end) if end else -1
        if at < 0:
            return None
        begin = separator_end(self._buffer, at, commits=True)
        return (at, begin) if begin else len(self._buffer)

    def _refill(self) -> None:
        try:
            chunk = self._stream.take()
        except SourceError as error:
            chunk, self.damage = b"", error
        self._ended = not chunk
        self._buffer = self._buffer[self._at :] + chunk
        self._offset += self._at
        self._at = 0
