"""How bodies lie in a row: raw mail under a trained zstd dictionary, text as a slice of it, blocks packed.

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
_NAMES = tuple(BlockKind)
_KINDS = {kind: number for number, kind in enumerate(_NAMES)}
_SOURCED = 8
_SEPARATORS = str.maketrans("\t\n\f", "   ")


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
    """Blocks as numbers of seven bits a byte: how many, then kind, depth and length of each.

    They lie gapless from 0, so that lengths are enough. The kinds of quotes with a source are 8 higher; their
    sources follow as JSON, five fields each.
    """
    packed = bytearray()
    _pack_number(packed, len(blocks))
    sources: list[list[object]] = []
    for block in blocks:
        kind = _KINDS[block.kind]
        source = block.source
        if source is not None:
            kind += _SOURCED
            sources.append([source.match.value, source.author, source.message_id, source.start, source.end])
        for number in (kind, block.depth, block.end - block.start):
            _pack_number(packed, number)
    if sources:
        packed += json.dumps(sources, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return bytes(packed)


def unpack_blocks(data: bytes) -> tuple[Block, ...]:
    """The blocks that were packed."""
    numbers, rest = _unpack_numbers(data)
    sources = iter(json.loads(rest)) if rest else iter(())
    blocks = []
    start = 0
    for at in range(0, len(numbers), 3):
        kind, depth, length = numbers[at : at + 3]
        resolved = None
        if kind >= _SOURCED:
            match, *place = next(sources)
            resolved = QuoteSource(Match(match), *place)
        blocks.append(Block(_NAMES[kind % _SOURCED], start, start + length, depth, resolved))
        start += length
    return tuple(blocks)


def _pack_number(into: bytearray, number: int) -> None:
    while number > 127:
        into.append(number & 127 | 128)
        number >>= 7
    into.append(number)


def _unpack_numbers(data: bytes) -> tuple[list[int], bytes]:
    """Three numbers for each block that the first number counts, and the bytes behind them."""
    numbers: list[int] = []
    wanted, number, shift = 1, 0, 0
    for at, byte in enumerate(data, start=1):
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(number)
            number = shift = 0
            if len(numbers) == 1:
                wanted = 1 + 3 * numbers[0]
            if len(numbers) == wanted:
                return numbers[1:], data[at:]
    return [], b""


def pack_addresses(to: Sequence[Address], cc: Sequence[Address]) -> str:
    """Recipients as lines `name TAB address`, those of `to` before a form feed, those of `cc` behind it."""
    if not to and not cc:
        return ""
    return "\f".join("\n".join([f"{_flat(a.name)}\t{_flat(a.email)}" for a in part]) for part in (to, cc))


def unpack_addresses(data: str) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """The recipients that were packed: to, cc."""
    to, _, cc = data.partition("\f")
    return _addresses(to), _addresses(cc)


def _addresses(lines: str) -> tuple[Address, ...]:
    return tuple(Address(*line.split("\t", 1)) for line in lines.split("\n")) if lines else ()


def _flat(text: str) -> str:
    return text if text.isprintable() else text.translate(_SEPARATORS)
