"""Bad input gives one clear line, the right status, and an archive that is as it was."""

import gzip
import json

import pytest


@pytest.fixture
def bad(tmp_path):
    """A bad source for each name."""
    junk = tmp_path / "junk.bin"
    junk.write_bytes(bytes(range(256)) * 64)
    prose = tmp_path / "prose.txt"
    prose.write_text("Dear diary, today nothing happened. It rained, and then it stopped.\n" * 9)
    empty = tmp_path / "empty.mbox"
    empty.touch()
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "notes.txt").write_text("nothing here is mail\n")
    return {
        "no mail": junk,
        "prose": prose,
        "empty": empty,
        "folder": folder,
        "missing": tmp_path / "nowhere.mbox",
    }


@pytest.mark.parametrize("kind", ["no mail", "prose", "empty", "folder", "missing"])
@pytest.mark.parametrize("command", ["ingest", "run"])
def test_a_bad_source_is_one_line_and_status_1(moot, bad, tmp_path, kind, command):
    more = ["-o", tmp_path / "out"] if command == "run" else []
    ran = moot(command, bad[kind], *more)
    assert ran.status == 1
    assert len(ran.err.splitlines()) == 1
    assert ran.err.startswith("moot: ")
    assert bad[kind].name in ran.err


def test_a_truncated_gzip_keeps_the_mails_before_the_damage(moot, example, tmp_path):
    whole = gzip.compress(example.read_bytes())
    cut = tmp_path / "cut.mbox.gz"
    cut.write_bytes(whole[: len(whole) * 2 // 3])
    ran = moot("ingest", cut, "--format", "json")
    assert ran.status == 1
    assert len(ran.err.splitlines()) == 1
    report = json.loads(ran.out)
    assert 0 < report["new"] < 20
    assert report["read"] == report["new"] + report["known"] + report["set_aside"]
    assert "gzip" in ran.err or "truncated" in ran.err or "ends" in ran.err


def test_a_bad_source_does_not_stop_the_good_ones(moot, example, bad):
    ran = moot("ingest", bad["missing"], example, "--format", "json")
    assert ran.status == 1
    assert json.loads(ran.out)["new"] == 20


def test_the_archive_is_unharmed_by_bad_sources(moot, example, bad):
    moot("ingest", example)
    before = moot("export").out
    for source in bad.values():
        assert moot("ingest", source).status == 1
    assert moot("export").out == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "no-such-thing@example.org"], "no message"),
        (["arguments", "p0123"], "p0123"),
        (["export", "d000000000000"], "d000000000000"),
    ],
)
def test_an_unknown_name_is_said_and_status_1(moot, example, arguments, words):
    moot("ingest", example)
    ran = moot(*arguments)
    assert (ran.status, len(ran.err.splitlines())) == (1, 1)
    assert words in ran.err


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["ingest"], ["search", "colour:red"], ["export", "--format", "x"]]
)
def test_wrong_usage_is_status_2(moot, example, arguments):
    moot("ingest", example)
    assert moot(*arguments).status == 2


def test_without_an_archive_commands_say_how_to_make_one(moot):
    ran = moot("proposals")
    assert ran.status == 1
    assert "moot ingest" in ran.err


def test_strict_says_by_its_status_that_something_was_off(moot, tmp_path):
    odd = tmp_path / "odd.eml"
    odd.write_bytes(b"From: a@example.org\nDate: never\nSubject: odd\n\nbody\n")
    assert moot("ingest", odd).status == 0
    odd.write_bytes(b"From: a@example.org\nDate: never ever\nSubject: odd\n\nbody\n")
    assert moot("ingest", "--strict", odd).status == 3
