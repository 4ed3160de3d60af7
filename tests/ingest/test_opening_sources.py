"""What a user names is found to be what it is, or told in one line why it can't be read."""

import gzip
import io
import os
import sys
from pathlib import Path

import pytest

from ingest.sources.opening import FORMATS, open_source
from ingest.sources.source import Limits, SourceError

MAIL = b"From: Ada Example <ada@example.org>\nMessage-ID: <%s@example.org>\nSubject: x\n\nHello.\n"
MBOX = b"From ada@example.org Mon Jan  3 10:00:00 2011\n" + MAIL + b"\n"
PAGE = (
    b"On Mon, Jan 3, 2011 at 10:00 AM, Bo Sample <bo@xxxxxxxxxxx> wrote: > The lock is taken in "
    b"foo_revalidate(). > > Why? It isn't, as far as I can see. Ada"
)


def fill(top: Path, *names: str) -> Path:
    for name in names:
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(MAIL % path.name.encode())
    return top


def bodies(name: object, **more: object) -> list[str]:
    return [m.source for m in open_source(str(name), **more)]  # type: ignore[arg-type]


def test_a_mail_is_a_mail_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "mail.txt"
    path.write_bytes(MAIL % b"1")
    source = open_source(str(path))
    assert source.kind == "eml"
    assert [(m.data, m.form, m.offset) for m in source] == [(MAIL % b"1", "mail", 0)]


def test_a_saved_page_is_a_page(tmp_path: Path) -> None:
    path = tmp_path / "000.txt"
    path.write_bytes(PAGE)
    source = open_source(str(path))
    assert source.kind == "page"
    assert [m.form for m in source] == ["page"]


def test_a_folder_is_read_to_its_depths_in_the_order_of_names(tmp_path: Path) -> None:
    fill(tmp_path, "b.eml", "a/2.eml", "a/1", ".hidden/3.eml", ".index")
    (tmp_path / "c.mbox").write_bytes(MBOX % b"4" + MBOX % b"5")
    (tmp_path / "d.txt").write_bytes(PAGE)
    source = open_source(str(tmp_path))
    assert source.kind == "folder"
    names = [Path(m.source).relative_to(tmp_path).as_posix() for m in source]
    assert names == ["a/1", "a/2.eml", "b.eml", "c.mbox", "c.mbox", "d.txt"]


def test_a_maildir_is_read_with_its_folders_and_without_what_is_not_delivered(tmp_path: Path) -> None:
    for part in ("cur", "new", "tmp", ".Sent/cur", ".Sent/new", ".Sent/tmp"):
        (tmp_path / part).mkdir(parents=True)
    fill(tmp_path, "cur/1:2,S", "new/2", "tmp/3", ".Sent/cur/4:2,S", "dovecot.index")
    (tmp_path / "cur/5:2,").write_bytes(b"no header, but delivered as mail")
    source = open_source(str(tmp_path))
    assert source.kind == "maildir"
    names = [Path(m.source).relative_to(tmp_path).as_posix() for m in source]
    assert names == [".Sent/cur/4:2,S", "cur/1:2,S", "cur/5:2,", "new/2"]


def test_what_is_no_mail_in_a_folder_is_told_and_passed_over(tmp_path: Path) -> None:
    fill(tmp_path, "1.eml")
    (tmp_path / "README").write_bytes(b"A note about these files, with nothing that only mail has.\n")
    (tmp_path / "empty").write_bytes(b"")
    source = open_source(str(tmp_path))
    assert len(list(source)) == 1
    assert sorted((d.kind, Path(d.source).name) for d in source.defects) == [
        ("no mail", "README"),
        ("no mail", "empty"),
    ]


def test_a_name_that_is_no_text_is_shown_escaped(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.eml")).write_bytes(MAIL % b"1")
    assert bodies(tmp_path) == [f"{tmp_path}/caf\\xe9.eml"]


def test_a_git_repository_in_a_folder_is_told_and_not_searched(tmp_path: Path) -> None:
    fill(tmp_path, "1.eml", "list.git/HEAD", "list.git/objects/1", "list.git/refs/1")
    source = open_source(str(tmp_path))
    assert len(list(source)) == 1
    assert [d.kind for d in source.defects] == ["not read"]


def test_a_folder_is_gone_on_with_after_every_mail(tmp_path: Path) -> None:
    fill(tmp_path, *(f"{n}.eml" for n in range(5)))
    (tmp_path / "3.mbox").write_bytes(b"".join(MBOX % b"%d" % n for n in range(5)))
    whole = [(m.source, m.offset) for m in open_source(str(tmp_path))]
    for stop in range(1, len(whole) + 1):
        source = open_source(str(tmp_path))
        mails = iter(source)
        read = [next(mails) for _ in range(stop)]
        rest = open_source(str(tmp_path)).mails(source.position)
        seen = {(m.source, m.offset) for m in read} | {(m.source, m.offset) for m in rest}
        assert seen == set(whole)


def test_a_folder_read_again_gives_only_what_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.sources.folder._TICK", 0)
    fill(tmp_path, "1.eml", "5.eml")
    (tmp_path / "3.mbox").write_bytes(MBOX % b"a")
    first = open_source(str(tmp_path))
    assert len(list(first)) == 3
    unchanged = open_source(str(tmp_path))
    assert list(unchanged.mails(first.position)) == []
    fill(tmp_path, "0.eml", "9.eml")
    with (tmp_path / "3.mbox").open("ab") as file:
        file.write(MBOX % b"b")
    second = open_source(str(tmp_path))
    new = [(Path(m.source).name, m.offset) for m in second.mails(unchanged.position)]
    assert new == [("0.eml", 0), ("3.mbox", len(MBOX % b"a") + MBOX.index(b"\n") + 1), ("9.eml", 0)]
    assert list(open_source(str(tmp_path)).mails(second.position)) == []


def test_damage_in_one_file_is_told_when_the_others_were_read(tmp_path: Path) -> None:
    fill(tmp_path, "1.eml", "3.eml")
    (tmp_path / "2.mbox.gz").write_bytes(gzip.compress(MBOX % b"a" * 50)[:-30])
    read = []
    with pytest.raises(SourceError, match=r"2\.mbox\.gz: .*cut short"):
        for mail in open_source(str(tmp_path)):
            read.append(Path(mail.source).name)
    assert read[0] == "1.eml"
    assert read[-1] == "3.eml"


def test_a_link_to_the_folder_above_is_not_followed_for_ever(tmp_path: Path) -> None:
    fill(tmp_path, "1.eml")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert len(bodies(tmp_path)) == 1


def test_standard_input_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Input:
        buffer = io.BytesIO(MBOX % b"1" + MBOX % b"2")

    monkeypatch.setattr(sys, "stdin", Input())
    source = open_source("-")
    assert source.kind == "mboxo"
    assert [m.source for m in source] == ["-", "-"]
    assert source.position is None


def test_a_pipe_named_as_a_file_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = os.fork()
    if not writer:
        path.write_bytes(gzip.compress(MBOX % b"1" + MBOX % b"2"))
        os._exit(0)
    assert len(bodies(path)) == 2
    os.waitpid(writer, 0)


def test_the_format_may_be_given(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"words that could be anything\n")
    assert open_source(str(path), format="eml").kind == "eml"
    assert open_source(str(path), format="page").kind == "page"
    assert open_source(str(path), format="mboxrd").kind == "mboxrd"
    assert open_source(str(fill(tmp_path / "d", "1.eml")), format="folder").kind == "folder"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"A text about locks that nobody sent to anybody.\n" * 20, "is no mail"),
        (b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 20, "is no mail"),
        (b"Package: moot\nVersion: 1\n\nA control file has fields too.\n", "is no mail"),
        (gzip.compress(b""), "is empty"),
        (b"\x1f\x8b\x08\x00\x00\x00", "cut short"),
    ],
)
def test_a_file_without_mail_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=told) as error:
        list(open_source(str(path)))
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_other_faults_are_told(tmp_path: Path) -> None:
    fill(tmp_path, "1.eml")
    (tmp_path / "none").mkdir()
    (tmp_path / "prose").mkdir()
    (tmp_path / "prose/file").write_text("No mail here.\n")
    for name, more, told in (
        (tmp_path / "missing", {}, "no such file"),
        ("a\0b", {}, "null"),
        (tmp_path / "1.eml", {"format": "pst"}, "unknown format"),
        (tmp_path / "1.eml", {"format": "maildir"}, "is a file"),
        (tmp_path, {"format": "mbox"}, "is a directory"),
        (tmp_path, {"format": "maildir"}, "no Maildir"),
        (tmp_path, {"format": "public-inbox"}, "no public-inbox"),
        (tmp_path / "none", {}, "holds no mail"),
        (tmp_path / "prose", {}, "holds no mail"),
    ):
        with pytest.raises(SourceError, match=told):
            bodies(name, **more)
    assert "public-inbox" in FORMATS


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, mode: str = "r") -> None:
        raise PermissionError(13, "Permission denied", str(path))

    path = fill(tmp_path, "1.eml") / "1.eml"
    monkeypatch.setattr(Path, "open", refuse)  # root may read everything, so that no mode would do
    with pytest.raises(SourceError, match="permission denied"):
        bodies(path)


def test_a_mail_beyond_the_limit_is_cut_and_told(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(MAIL % b"1" + b"x" * 5000)
    source = open_source(str(path), limits=Limits(mail=2000))
    assert [len(m.data) for m in source] == [2000]
    assert [d.kind for d in source.defects] == ["mail cut"]


def test_an_unchanged_single_mail_is_not_read_again(tmp_path: Path) -> None:
    path = fill(tmp_path, "1.eml") / "1.eml"
    source = open_source(str(path))
    assert len(list(source)) == 1
    assert list(open_source(str(path)).mails(source.position)) == []
    path.write_bytes(MAIL % b"other")
    assert len(list(open_source(str(path)).mails(source.position))) == 1
