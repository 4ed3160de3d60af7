"""Bytes of a file, of standard input or of a compressed file, in bounded pieces."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ingest.sources.compression import MAGIC_LENGTH, compression_of, decompress
from ingest.sources.source import Limits, SourceError

_PIECE = 1 << 18


class Tap:
    """A file's bytes in pieces, counted."""

    def __init__(self, file: BinaryIO, name: str, taken: int = 0) -> None:
        self.taken = taken
        self._file = file
        self._name = name

    def __iter__(self) -> Iterator[bytes]:
        try:
            while piece := self._file.read(_PIECE):
                self.taken += len(piece)
                yield piece
        except OSError as error:
            raise unreadable(self._name, error) from error

    def close(self) -> None:
        """Close the file, unless it is standard input."""
        if self._file is not sys.stdin.buffer:
            self._file.close()


class Stream:
    """Bytes that can be looked at before they are taken.

    Damage is reported by `read` alone, and only once every byte before it was handed out.
    """

    def __init__(self, pieces: Iterator[bytes], tap: Tap, size: int | None) -> None:
        self.size = size
        self._tap = tap
        self._pieces = pieces
        self._ready = [b""]
        self._length = 0
        self._error: SourceError | None = None
        self._ended = False

    @property
    def taken(self) -> int:
        """Bytes taken so far from the file below, compressed ones where it is compressed."""
        return self._tap.taken

    def peek(self, size: int) -> bytes:
        """Up to `size` bytes that the next `read` gives again."""
        self._fill(size)
        self._ready = [b"".join(self._ready)]
        return self._ready[0][:size]

    def take(self) -> bytes:
        """The next bytes, as many as are at hand, at the end none.

        Raises:
            SourceError: the bytes before the damage were all handed out.
        """
        self._fill(1)
        return self.read(self._length)

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, fewer only at the end, none after it.

        Raises:
            SourceError: the bytes before the damage were all handed out.
        """
        self._fill(size)
        if not self._length and self._error:
            raise self._error
        data = b"".join(self._ready) if len(self._ready) > 1 else self._ready[0]
        self._ready = [data[size:]]
        self._length = len(self._ready[0])
        return data[:size]

    def skip(self, size: int) -> None:
        """Pass over so many bytes, or all there are."""
        while size > 0 and (data := self.read(min(size, _PIECE))):
            size -= len(data)

    def close(self) -> None:
        """Let go of the file, however much of it was read."""
        self._tap.close()

    def _fill(self, size: int) -> None:
        while self._length < size and not self._ended:
            try:
                piece = next(self._pieces, b"")
            except SourceError as error:
                self._error, piece = error, b""
            self._ended = not piece
            if self._length:
                self._ready.append(piece)
            else:
                self._ready = [piece]
            self._length += len(piece)


def open_stream(path: Path | None, name: str, limits: Limits, start: int = 0) -> Stream:
    """The plain bytes from offset `start` on, decompressed where the file says so by its first bytes.

    `path` None is standard input.

    Raises:
        SourceError: the file can't be opened.
    """
    try:
        file: BinaryIO = sys.stdin.buffer if path is None else path.open("rb")
        size = None if path is None else path.stat().st_size
    except OSError as error:
        raise unreadable(name, error) from error
    tap = Tap(file, name)
    stream = Stream(iter(tap), tap, size)
    compression = compression_of(stream.peek(MAGIC_LENGTH))
    if compression:
        stream = Stream(decompress(_rest(stream), compression, name, limits), tap, size)
    elif start and path is not None and file.seekable():
        file.seek(start)
        tap.taken = start
        return Stream(iter(tap), tap, size)
    stream.skip(start)
    return stream


def unreadable(name: str, error: OSError) -> SourceError:
    """The error of the operating system as one that says what to do."""
    if isinstance(error, FileNotFoundError):
        return SourceError(name, "no such file or directory", "check the name")
    if isinstance(error, PermissionError):
        return SourceError(name, "permission denied", "make it readable for this user")
    return SourceError(name, error.strerror or str(error), "check the file and its disk")


def _rest(stream: Stream) -> Iterator[bytes]:
    while piece := stream.take():
        yield piece
