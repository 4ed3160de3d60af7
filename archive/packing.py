"""How bodies lie in a row: raw mail under a trained zstd dictionary, text as a slice of it, blocks as JSON.

A text that is the body of the raw mail in some charset is not stored again: its place in the raw bytes and
the charset give it back. Only what took more decoding (base64, HTML, pages) has a body of its own.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import zstandard

from archive.mail import Address, Block, BlockKind, Match, QuoteSource

_LEVEL = 3
_DICTIONARY_BYTES = 112_640
_FEWEST_SAMPLES = 200
# Guards against a damaged row, not against mail: sizes of mail are bounded where it is read.
_LARGEST = 1 << 31


def train_dictionary(samples: Sequence[bytes]) -> bytes | None:
    """A dictionary for mail like the samples, or None where they are too few to learn from."""
    if len(samples) < _FEWEST_SAMPLES:
        return None
    try:
        return zstandard.train_dictionary(_DICTIONARY_BYTES, list(samples)).as_bytes()
    except zstandard.ZstdError:  # too alike or too short to learn from
        return None


class Compressor:
    """Compresses and restores bytes, with a dictionary where there is one."""

    def __init__(self, dictionary: bytes | None = None) -> None:
        if dictionary is None:
            self._pack = zstandard.ZstdCompressor(level=_LEVEL)
            self._unpack = zstandard.ZstdDecompressor()
        else:
            learned = zstandard.ZstdCompressionDict(dictionary)
            self._pack = zstandard.ZstdCompressor(level=_LEVEL, dict_data=learned)
            self._unpack = zstandard.ZstdDecompressor(dict_data=learned)

    def pack(self, data: bytes) -> bytes:
        """The bytes, compressed."""
        return self._pack.compress(data)

    def unpack(self, data: bytes) -> bytes:
        """The bytes that were packed."""
        return self._unpack.decompress(data, max_output_size=_LARGEST)


@dataclass(frozen=True, slots=True)
class Slice:
    """`text` is `raw[start:]` decoded as `charset`, each CRLF made a single line feed."""

    start: int
    charset: str

    def cut(self, raw: bytes) -> str:
        """The text that the slice stands for."""
        return raw[self.start :].decode(self.charset).replace("\r\n", "\n")


def find_slice(raw: bytes, text: str) -> Slice | None:
    """Where `text` stands in the raw bytes as it is, or None."""
    starts = [at + 2 for at in (raw.find(b"\n\n"),) if at >= 0]
    starts += [at + 4 for at in (raw.find(b"\r\n\r\n"),) if at >= 0]
    for start in starts:
        for charset in ("utf-8", "latin-1"):
            try:
                if Slice(start, charset).cut(raw) == text:
                    return Slice(start, charset)
            except UnicodeDecodeError:
                continue
    return None


def pack_blocks(blocks: Sequence[Block]) -> bytes:
    """Blocks as compact JSON: `[kind, start, end, depth]`, then the five fields of a quote's source."""
    kinds = list(BlockKind)
    rows: list[list[object]] = []
    for block in blocks:
        row: list[object] = [kinds.index(block.kind), block.start, block.end, block.depth]
        if block.source is not None:
            source = block.source
            row += [source.match.value, source.author, source.message_id, source.start, source.end]
        rows.append(row)
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def unpack_blocks(data: bytes) -> tuple[Block, ...]:
    """The blocks that were packed."""
    kinds = list(BlockKind)
    blocks = []
    for kind, start, end, depth, *source in json.loads(data):
        resolved = QuoteSource(Match(source[0]), *source[1:]) if source else None
        blocks.append(Block(kinds[kind], start, end, depth, resolved))
    return tuple(blocks)


def pack_addresses(to: Sequence[Address], cc: Sequence[Address]) -> str:
    """Recipients as JSON: two lists of `[name, email]`."""
    lists = [[[a.name, a.email] for a in addresses] for addresses in (to, cc)]
    return json.dumps(lists, ensure_ascii=False, separators=(",", ":"))


def unpack_addresses(data: str) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """The recipients that were packed: to, cc."""
    if not data:
        return (), ()
    to, cc = ([Address(*pair) for pair in addresses] for addresses in json.loads(data))
    return tuple(to), tuple(cc)
