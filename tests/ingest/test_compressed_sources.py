"""Compressed files: found by their first bytes, read within limits, their damage told."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from ingest.sources.compression import compression_of, decompress
from ingest.sources.opening import open_source
from ingest.sources.source import Limits, SourceError

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
MAIL = b"From ada@example.org Mon Jan  3 10:00:00 2011\nSubject: %d\nFrom: a@example.org\n\nHello.\n\n"


def unpack(data: bytes, name: str, limits: Limits | None = None, size: int = 1000) -> bytes:
    parts = (data[i : i + size] for i in range(0, len(data), size))
    return b"".join(decompress(iter(parts), name, "test", limits or Limits()))


@pytest.mark.parametrize("name", PACKERS)
def test_every_compression_is_known_by_its_bytes(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mails"  # no suffix that could tell
    path.write_bytes(PACKERS[name](b"".join(MAIL % n for n in range(100))))
    assert compression_of(path.read_bytes()) == name
    assert len(list(open_source(str(path)))) == 100


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_streams_one_after_the_other_are_one_file(name: str, size: int) -> None:
    pack = PACKERS[name]
    assert unpack(pack(b"one " * 99) + pack(b"two"), name, size=size) == b"one " * 99 + b"two"


@pytest.mark.parametrize("name", PACKERS)
def test_a_cut_file_gives_what_stands_before_the_cut(name: str) -> None:
    packed = PACKERS[name](bytes(range(256)) * 400)
    got = bytearray()
    with pytest.raises(SourceError, match="cut short"):
        for piece in decompress(iter([packed[:-20]]), name, "test", Limits()):
            got += piece
    assert (bytes(range(256)) * 400).startswith(bytes(got))


@pytest.mark.parametrize("name", PACKERS)
def test_damaged_bytes_are_told(name: str) -> None:
    packed = bytearray(PACKERS[name](b"".join(MAIL % n for n in range(3000))))
    for at in range(len(packed) // 2, len(packed) // 2 + 40):
        packed[at] ^= 0x5A
    with pytest.raises(SourceError):
        unpack(bytes(packed), name)


@pytest.mark.parametrize("name", PACKERS)
def test_a_bomb_is_stopped_by_its_ratio(name: str) -> None:
    bomb = PACKERS[name](bytes(1 << 24))
    limits = Limits(ratio=100, ratio_from=1 << 20)
    got = 0
    with pytest.raises(SourceError, match="100-fold"):
        for piece in decompress(iter([bomb]), name, "test", limits):
            got += len(piece)
    assert got < 1 << 24
    assert unpack(bomb, name, Limits(ratio=1e6)) == bytes(1 << 24)


def test_a_file_that_grows_too_large_is_stopped() -> None:
    with pytest.raises(SourceError, match="more than 5000 bytes"):
        unpack(gzip.compress(bytes(range(256)) * 100), "gzip", Limits(size=5000))


def test_padding_behind_gzip_is_no_damage() -> None:
    assert unpack(gzip.compress(b"one") + bytes(512), "gzip") == b"one"


@pytest.mark.parametrize("name", PACKERS)
def test_a_compressed_single_mail_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mail.eml"
    path.write_bytes(PACKERS[name](b"From: a@example.org\nSubject: x\n\nHello.\n"))
    source = open_source(str(path))
    assert source.kind == "eml"
    assert [m.data[-7:] for m in source] == [b"Hello.\n"]
