"""Compressed bytes become plain ones, piece by piece, within limits; what stands before damage is kept."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator

import zstandard

from ingest.sources.source import Limits, SourceError

_MAGIC = {b"\x1f\x8b\x08": "gzip", b"\xfd7zXZ\0": "xz", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd"}
MAGIC_LENGTH = max(map(len, _MAGIC))
_STEP = 1 << 20
# A zstd block of 4 bytes may stand for 128 KiB and its decoder can't bound its output: so many bytes at
# once keep that under 16 MiB.
_ZSTD_STEP = 512
# xz -9 needs 65 MiB; a file that asks for more than this was made to hurt.
_XZ_MEMORY = 1 << 28
_DAMAGE = (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError, zstandard.ZstdError)


def compression_of(head: bytes) -> str:
    """`gzip`, `xz`, `bzip2` or `zstd` by the first bytes of a file, else nothing."""
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")


def decompress(pieces: Iterator[bytes], compression: str, name: str, limits: Limits) -> Iterator[bytes]:
    """The plain bytes of a compressed file that may hold several streams one after the other.

    Raises:
        SourceError: cut short, damaged, or beyond the limits; all bytes before that were yielded.
    """
    taken = given = 0

    def counted() -> Iterator[bytes]:
        nonlocal taken
        for piece in pieces:
            taken += len(piece)
            yield piece

    try:
        for plain in _members(counted(), compression):
            given += len(plain)
            yield plain
            if given > limits.ratio_from and given > taken * limits.ratio:
                raise SourceError(
                    name,
                    f"expands more than {limits.ratio:g}-fold, like a decompression bomb",
                    "if it is meant to, raise the ratio limit",
                )
            if given > limits.size:
                raise SourceError(name, f"expands to more than {limits.size} bytes", "raise the size limit")
    except _DAMAGE as error:
        what = "is cut short" if isinstance(error, EOFError) else f"is damaged ({error})"
        raise SourceError(
            name,
            f"the {compression} stream {what} after {given} plain bytes",
            "the mail before that was read; get the file again for the rest",
        ) from error


def _members(pieces: Iterator[bytes], compression: str) -> Iterator[bytes]:
    """Plain bytes of all streams; EOFError when the last one is cut."""
    decoder = None
    for piece in pieces:
        rest = piece
        while rest:
            if decoder is None:
                # Tape blocks are padded with NUL; anything else behind the last stream is not mail.
                rest = rest.lstrip(b"\0")
                if not rest:
                    break
                decoder = _DECODERS[compression]()
            yield from decoder.feed(rest)
            rest = decoder.rest
            if decoder.ended:
                decoder = None
    if decoder is not None:
        raise EOFError


class _Gzip:
    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(31)
        self.rest = b""
        self.ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Plain bytes in bounded pieces; afterwards `rest` is what follows the end of the stream."""
        plain = self._decoder.decompress(data, _STEP)
        while plain:
            yield plain
            plain = self._decoder.decompress(self._decoder.unconsumed_tail, _STEP)
        self.ended, self.rest = self._decoder.eof, self._decoder.unused_data


class _Bounded:
    """What the decoders of bz2 and lzma have in common."""

    def __init__(self, decoder: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._decoder = decoder
        self.rest = b""
        self.ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """As of `_Gzip`."""
        plain = self._decoder.decompress(data, _STEP)
        while True:
            if plain:
                yield plain
            if self._decoder.eof or self._decoder.needs_input:
                break
            plain = self._decoder.decompress(b"", _STEP)
        self.ended, self.rest = self._decoder.eof, self._decoder.unused_data


class _Zstd:
    def __init__(self) -> None:
        self._decoder = zstandard.ZstdDecompressor().decompressobj()
        self.rest = b""
        self.ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """As of `_Gzip`."""
        for at in range(0, len(data), _ZSTD_STEP):
            plain = self._decoder.decompress(data[at : at + _ZSTD_STEP])
            if plain:
                yield plain
            if self._decoder.eof:
                self.ended = True
                self.rest = self._decoder.unused_data + data[at + _ZSTD_STEP :]
                return
        self.rest = b""


_DECODERS: dict[str, Callable[[], _Gzip | _Bounded | _Zstd]] = {
    "gzip": _Gzip,
    "bzip2": lambda: _Bounded(bz2.BZ2Decompressor()),
    "xz": lambda: _Bounded(lzma.LZMADecompressor(memlimit=_XZ_MEMORY)),
    "zstd": _Zstd,
}
