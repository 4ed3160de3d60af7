"""An mbox is split where its mails begin, and nowhere else."""

import gzip
import random
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.opening import open_source
from ingest.sources.separators import kind_of, separator_end
from ingest.sources.source import Limits, SourceError
from ingest.sources.splitting import split
from ingest.sources.streams import Stream, Tap

DATE = "Mon Jan  3 10:00:00 2011"


def mail(number: int, body: str = "Hello.\n") -> str:
    return (
        f"From: Ada Example <ada@example.org>\nMessage-ID: <{number}@example.org>\n"
        f"Subject: mail {number}\nDate: Mon, 03 Jan 2011 10:00:0{number % 10} +0000\n\n{body}"
    )


def write_mbox(path: Path, bodies: list[str], who: str = "ada@example.org", end: str = "\n") -> Path:
    text = "".join(f"From {who} {DATE}\n{mail(n, body)}\n" for n, body in enumerate(bodies))
    path.write_bytes(text.replace("\n", end).encode())
    return path


def pieces(data: bytes, size: int) -> Stream:
    tap = Tap(None, "test")  # type: ignore[arg-type]
    return Stream(iter([data[i : i + size] for i in range(0, len(data), size)]), tap, None)


def test_a_body_line_that_begins_with_from_does_not_split(tmp_path: Path) -> None:
    bodies = [
        "One.\n\nFrom here on the lock is held.\n",
        "Two.\n\nFrom ada@example.org with regards\n\nmore\n",
        "Three.\nFrom ada@example.org Mon Jan  3 10:00:00 2011\nno blank line before\n",
        f"Four.\n\nFrom ada@example.org {DATE}\nbehind it no field stands\n",
    ]
    mails = list(open_source(str(write_mbox(tmp_path / "a.mbox", bodies))))
    assert [m.data.partition(b"\n\n")[2].decode() for m in mails] == bodies


def test_a_commit_in_a_body_splits_only_the_mbox_of_git_format_patch(tmp_path: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    inline = (
        f"See:\n\nFrom {commit} Mon Sep 17 00:00:00 2001\nFrom: Bo Sample <bo@example.org>\nSubject: x\n\nb\n"
    )
    assert len(list(open_source(str(write_mbox(tmp_path / "a.mbox", [inline, "Two.\n"]))))) == 2
    assert len(list(open_source(str(write_mbox(tmp_path / "b.mbox", ["One.\n", "Two.\n"], commit))))) == 2


@pytest.mark.parametrize(
    "line",
    [
        "From mboxrd@z Thu Jan  1 00:00:00 1970\n",
        "From ada@example.org Thu Jan  1 00:00:00 1970\r\n",
        "From ada at example.org  Thu Jan  1 00:00:00 1970\n",
        "From - Thu Jan  1 00:00:00 1970\n",
        "From 1234@xxx Thu Jan 01 00:00:00 +0000 1970\n",
        "From ada@example.org Thu Jan  1 00:00:00 CET 1970\n",
        "From ada@example.org Thu Jan  1 00:00 1970 +0100\n",
        "From ada@example.org Thu, 1 Jan 1970 00:00:00 +0000\n",
        'From "ada example"@example.org Thu Jan  1 00:00:00 1970\n',
        "From MAILER-DAEMON Thu Jan  1 00:00:00 1970 remote from here\n",
    ],
)
def test_envelope_lines_of_all_writers_are_known(line: str) -> None:
    assert separator_end(f"{line}Subject: x\n".encode(), 0) == len(line)


def test_mboxrd_and_mboxo_are_told_apart_and_their_escapes_undone(tmp_path: Path) -> None:
    body = ">From me\n>>From him\n> quoted\n"
    signed = open_source(str(write_mbox(tmp_path / "a.mbox", [body], "mboxrd@z")))
    assert signed.kind == "mboxrd"
    assert next(iter(signed)).data.endswith(b"From me\n>From him\n> quoted\n")
    plain = open_source(str(write_mbox(tmp_path / "b.mbox", [">From me\n>> deep\n>>From him\n>> deep\n"])))
    assert plain.kind == "mboxo"
    assert next(iter(plain)).data.endswith(b"\nFrom me\n>> deep\n>>From him\n>> deep\n")
    assert kind_of(f"From a@example.org {DATE}\nSubject: x\n\nword\n>>From him\nword\n".encode()) == "mboxrd"


def test_a_length_that_leads_to_a_separator_makes_an_mboxcl2(tmp_path: Path) -> None:
    body = f"One.\n\nFrom eve@example.org {DATE}\nSubject: not a mail\n\nstill one\n>From stays\n"
    text = ""
    for number in range(3):
        header, _, content = mail(number, body).partition("\n\n")
        text += f"From ada@example.org {DATE}\n{header}\nContent-Length: {len(content)}\n\n{content}\n"
    path = tmp_path / "a.mbox"
    path.write_text(text)
    source = open_source(str(path))
    mails = list(source)
    assert source.kind == "mboxcl2"
    assert [m.data.partition(b"\n\n")[2].decode() for m in mails] == [body] * 3


def test_a_wrong_length_is_not_believed(tmp_path: Path) -> None:
    text = "".join(
        f"From ada@example.org {DATE}\n" + mail(n).replace("\n\n", "\nContent-Length: 3\n\n", 1) + "\n"
        for n in range(3)
    )
    path = tmp_path / "a.mbox"
    path.write_text(text)
    assert len(list(open_source(str(path), format="mboxcl2"))) == 3


def test_line_ends_of_windows_are_kept_and_split(tmp_path: Path) -> None:
    mails = list(open_source(str(write_mbox(tmp_path / "a.mbox", ["One.\n", "Two.\n"], end="\r\n"))))
    assert [m.data[-8:] for m in mails] == [b"\r\nOne.\r\n", b"\r\nTwo.\r\n"]


def test_offsets_point_at_the_mails(tmp_path: Path) -> None:
    path = write_mbox(tmp_path / "a.mbox", ["One.\n", "Two.\n", "Three.\n"])
    data = path.read_bytes()
    for found in open_source(str(path)):
        assert data[found.offset : found.offset + len(found.data)] == found.data


@given(st.integers(1, 5000), st.integers(0, 2**32))
def test_the_size_of_pieces_changes_nothing(size: int, seed: int) -> None:
    shuffler = random.Random(seed)
    lines = ["word", "", "From here", f"From a@example.org {DATE}", "Subject: x", ">From there", "x" * 3000]
    bodies = ["\n".join(shuffler.choices(lines, k=12)) + "\n" for _ in range(4)]
    text = "".join(f"From ada@example.org {DATE}\n{mail(n, body)}\n" for n, body in enumerate(bodies))
    whole = list(split(pieces(text.encode(), len(text))))
    assert list(split(pieces(text.encode(), size))) == whole
    assert b"".join(text.encode()[s.start : s.end] for s in whole) == text.encode()


def test_an_enormous_mail_is_cut_and_told_and_the_next_one_is_whole(tmp_path: Path) -> None:
    path = write_mbox(tmp_path / "a.mbox", ["x" * 70 + "\n", ("y" * 99 + "\n") * 60_000, "Three.\n"])
    source = open_source(str(path), limits=Limits(mail=100_000))
    sizes = [len(m.data) for m in source]
    assert sizes[1] == 100_000
    assert sizes[2] < 300
    assert [d.kind for d in source.defects] == ["mail cut"]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = write_mbox(tmp_path / "a.mbox", [("y" * 79 + "\n") * 100] * 4000)
    tracemalloc.start()
    count = sum(1 for _ in open_source(str(path)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 4000
    assert peak < 6 << 20 < path.stat().st_size


def test_what_stands_before_the_first_separator_is_not_lost(tmp_path: Path) -> None:
    path = write_mbox(tmp_path / "a.mbox", ["One.\n", "Two.\n"])
    path.write_bytes(b"the end of a mail whose front was cut off\n\n" + path.read_bytes())
    mails = list(open_source(str(path)))
    assert [m.data[:8] for m in mails] == [b"the end ", b"From: Ad", b"From: Ad"]


def test_reading_goes_on_after_every_mail(tmp_path: Path) -> None:
    path = write_mbox(tmp_path / "a.mbox", [f"{n}\n" for n in range(9)])
    for compressed in (False, True):
        if compressed:
            path = tmp_path / "a.mbox.gz"
            path.write_bytes(gzip.compress((tmp_path / "a.mbox").read_bytes()))
        whole = [m.data for m in open_source(str(path))]
        source = open_source(str(path))
        for count, _ in enumerate(source, 1):
            rest = open_source(str(path)).mails(source.position)
            assert [m.data for m in rest] == whole[count:]


def test_a_grown_mbox_is_read_from_where_it_ended(tmp_path: Path) -> None:
    path = write_mbox(tmp_path / "a.mbox", ["One.\n", "Two.\n"])
    source = open_source(str(path))
    assert len(list(source)) == 2
    with path.open("a") as file:
        file.write(f"From bo@example.org {DATE}\n" + mail(7, "Three.\n") + "\n")
    grown = open_source(str(path))
    assert [m.data[-7:] for m in grown.mails(source.position)] == [b"Three.\n"]
    again = open_source(str(path))
    assert list(again.mails(grown.position)) == []
    assert again.position == grown.position


def test_a_mail_that_was_still_being_written_is_read_again(tmp_path: Path) -> None:
    path = write_mbox(tmp_path / "a.mbox", ["One.\n", "Two, whose end"])
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    source = open_source(str(path))
    list(source)
    path.write_bytes(whole)
    assert [m.data[-15:] for m in open_source(str(path)).mails(source.position)] == [b"Two, whose end\n"]


def test_a_replaced_mbox_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = write_mbox(tmp_path / "a.mbox", ["One.\n", "Two.\n"])
    source = open_source(str(path))
    list(source)
    write_mbox(path, ["Another.\n", "And more.\n"])
    assert len(list(open_source(str(path)).mails(source.position))) == 2
    assert len(list(open_source(str(path)).mails("no position at all"))) == 2


def test_a_damaged_end_comes_after_every_good_mail(tmp_path: Path) -> None:
    plain = write_mbox(tmp_path / "a.mbox", [random.Random(n).randbytes(900).hex() + "\n" for n in range(50)])
    path = tmp_path / "a.mbox.gz"
    packed = gzip.compress(plain.read_bytes())
    path.write_bytes(packed[: len(packed) // 2])
    source = open_source(str(path))
    mails = []
    with pytest.raises(SourceError, match="cut short") as told:
        for found in source:
            mails.append(found)
    assert 15 < len(mails) < 35
    good = [m.data for m in open_source(str(plain))]
    assert [m.data for m in mails[:-1]] == good[: len(mails) - 1]
    assert str(path) in str(told.value)
    assert [d.kind for d in source.defects] == ["mail cut"]
    path.write_bytes(packed)
    assert len(list(open_source(str(path)).mails(source.position))) == 50 - len(mails) + 1
