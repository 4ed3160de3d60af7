"""A public-inbox is read from git as a stream, and gone on with from its last commit."""

import subprocess
from pathlib import Path

import pytest

from ingest.sources.opening import open_source
from ingest.sources.source import Limits, SourceError

Change = tuple[str, bytes | None]  # a path, and its content or None where it is deleted


def mail(name: str, size: int = 0) -> bytes:
    return f"From: ada@example.org\nMessage-ID: <{name}@example.org>\n\n{name}\n".encode() + b"x" * size


def git(*arguments: str, data: bytes = b"") -> str:
    done = subprocess.run(["git", *arguments], input=data, capture_output=True, check=True)
    return done.stdout.decode()


def make_repository(path: Path, commits: list[list[Change]], keep: bool = False) -> Path:
    """A bare repository whose commits make these changes, the tree of the one before being cleared for v2."""
    if not path.exists():
        git("init", "--bare", "-q", "-b", "master", str(path))
    stream = b""
    for number, changes in enumerate(commits):
        stream += b"commit refs/heads/master\ncommitter Ada <ada@example.org> %d +0000\ndata 0\n" % number
        if number == 0 and keep:
            stream += b"from refs/heads/master^0\n"
        for name, content in changes:
            if content is None:
                stream += f"D {name}\n".encode()
            else:
                stream += f"M 100644 inline {name}\ndata {len(content)}\n".encode() + content + b"\n"
    git(f"--git-dir={path}", "fast-import", "--quiet", "--force", data=stream)
    return path


def make_v2(top: Path, epochs: list[list[str]]) -> Path:
    for number, names in enumerate(epochs):
        commits: list[list[Change]] = [[("m", mail(name))] for name in names]
        (top / "git").mkdir(parents=True, exist_ok=True)
        make_repository(top / "git" / f"{number}.git", commits)
    return top


def names(source: object) -> list[str]:
    return [m.data.split(b"\n")[3].decode() for m in source]  # type: ignore[attr-defined]


def test_all_epochs_of_version_2_are_read_oldest_first(tmp_path: Path) -> None:
    top = make_v2(tmp_path / "list", [["a", "b", "c"], ["d"], [], ["e", "f"]])
    (top / "git/10.git").mkdir()  # no repository
    source = open_source(str(top))
    assert source.kind == "public-inbox"
    mails = list(source)
    assert names(mails) == list("abcdef")
    assert {m.source.rpartition("/")[2] for m in mails} == {"0.git", "1.git", "3.git"}
    assert (source.size, source.done) == (6, 6)


def test_version_1_is_read_by_its_paths(tmp_path: Path) -> None:
    commits: list[list[Change]] = [[(f"{n:02x}/{n:038x}", mail(f"m{n}"))] for n in range(5)]
    commits.append([("README", b"no mail")])
    commits.append([("ff/" + "0" * 38, mail("two")), ("fe/" + "0" * 38, mail("one"))])
    source = open_source(str(make_repository(tmp_path / "list.git", commits)))
    assert sorted(names(source)) == ["m0", "m1", "m2", "m3", "m4", "one", "two"]


def test_reading_goes_on_after_every_mail(tmp_path: Path) -> None:
    top = make_v2(tmp_path / "list", [["a", "b", "c"], ["d", "e"]])
    source = open_source(str(top))
    read = []
    for name in (n for m in source for n in names([m])):
        read.append(name)
        rest = names(open_source(str(top)).mails(source.position))
        assert read + rest == list("abcde")


def test_only_new_commits_are_read_again(tmp_path: Path) -> None:
    top = make_v2(tmp_path / "list", [["a", "b"]])
    source = open_source(str(top))
    list(source)
    again = open_source(str(top))
    assert names(again.mails(source.position)) == []
    make_repository(top / "git/0.git", [[("m", mail("c"))]], keep=True)
    make_repository(top / "git/1.git", [[("m", mail("d"))]])
    grown = open_source(str(top))
    assert names(grown.mails(again.position)) == ["c", "d"]
    assert names(open_source(str(top)).mails(grown.position)) == []


def test_rewritten_history_is_read_anew(tmp_path: Path) -> None:
    top = make_v2(tmp_path / "list", [["a", "b"]])
    source = open_source(str(top))
    list(source)
    make_repository(top / "git/0.git", [[("m", mail("b"))], [("m", mail("c"))]])
    assert names(open_source(str(top)).mails(source.position)) == ["b", "c"]
    assert names(open_source(str(top)).mails("no position")) == ["b", "c"]


def test_mails_that_were_taken_back_are_passed_over(tmp_path: Path) -> None:
    second: list[list[Change]] = [
        [("m", mail("a"))],
        [("m", mail("spam"))],
        [("m", mail("b"))],
        [("m", None), ("d", mail("spam"))],
        [("d", None), ("m", mail("c"))],
    ]
    assert names(open_source(str(make_repository(tmp_path / "v2.git", second)))) == ["a", "b", "c"]
    path = "ab/" + "1" * 38
    first: list[list[Change]] = [[(path, mail("spam"))], [("cd/" + "2" * 38, mail("a"))], [(path, None)]]
    assert names(open_source(str(make_repository(tmp_path / "v1.git", first)))) == ["a"]


def test_more_mails_than_are_asked_for_at_once_keep_their_order(tmp_path: Path) -> None:
    wanted = [f"m{n}" for n in range(300)]
    path = make_repository(tmp_path / "0.git", [[("m", mail(name, 3000))] for name in wanted])
    assert names(open_source(str(path))) == wanted


def test_an_enormous_blob_is_cut_and_told(tmp_path: Path) -> None:
    commits: list[list[Change]] = [[("m", mail(n, size))] for n, size in (("a", 0), ("b", 9000), ("c", 0))]
    source = open_source(str(make_repository(tmp_path / "0.git", commits)), limits=Limits(mail=5000))
    assert [len(m.data) for m in source] == [len(mail("a")), 5000, len(mail("c"))]
    assert [d.kind for d in source.defects] == ["mail cut"]


def test_a_damaged_repository_is_told(tmp_path: Path) -> None:
    path = make_repository(tmp_path / "0.git", [[("m", mail("a"))]])
    for pack in (path / "objects/pack").glob("*"):
        pack.chmod(0o644)
        pack.write_bytes(b"no pack")
    for blob in (p for p in (path / "objects").glob("??/*")):
        blob.chmod(0o644)
        blob.write_bytes(b"no object")
    with pytest.raises(SourceError, match=str(path)):
        list(open_source(str(path)))


def test_an_empty_repository_and_a_missing_git_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_repository(tmp_path / "0.git", [])
    with pytest.raises(SourceError, match="no commits"):
        list(open_source(str(path)))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match="git isn't installed"):
        list(open_source(str(path)))
