"""A person's corrections through the command line: kept apart, carried as text, and holding."""

import json

import pytest


@pytest.fixture
def read(moot, example):
    """The example, read; a function that gives its export."""
    moot("ingest", example)
    assert moot("analyze").status == 0

    def export():
        return json.loads(moot("export").out)

    return export


def first_candidate(export):
    return next(a for a in export["arguments"] if not a["shown"] and len(a["targets"]) > 1)


def test_confirming_puts_an_argument_into_the_record(moot, read):
    candidate = first_candidate(read())
    assert moot("amend", "confirm", candidate["id"]).status == 0
    sure = next(a for a in read()["arguments"] if a["id"] == candidate["id"])
    assert (sure["shown"], sure["reader"]) == (True, "person")


def test_corrections_hold_after_reading_everything_again(moot, read):
    candidate = first_candidate(read())
    other = candidate["targets"][1]["proposal"]
    assert moot("amend", "retarget", candidate["id"], other, "--stance", "for").status == 0
    assert moot("analyze", "--again").status == 0
    moved = next(a for a in read()["arguments"] if a["id"] == candidate["id"])
    assert (moved["proposal"], moved["stance"]) == (other, "for")


def test_merged_proposals_are_listed_once(moot, read):
    one, two = [p["id"] for p in read()["proposals"]][:2]
    assert moot("amend", "merge", one, two).status == 0
    assert one not in {p["id"] for p in read()["proposals"]}
    assert moot("arguments", one).status == 1


def test_words_become_a_proposal_and_an_argument(moot, read):
    message = read()["messages"][2]["message_id"]
    text = json.loads(moot("show", f"<{message}>", "--format", "json").out)
    own = next(b for b in text["blocks"] if b["kind"] == "own" and b["end"] - b["start"] > 80)
    words = " ".join(text["text"][own["start"] : own["end"]].split()[:6])
    assert moot("amend", "add-proposal", message, words, "--title", "by hand").status == 0
    added = next(p for p in read()["proposals"] if p["title"] == "by hand")
    assert added["mentions"][0]["quote"] == words
    assert moot("amend", "add-argument", "against", added["id"], message, words).status == 0
    assert any(a["proposal"] == added["id"] and a["shown"] for a in read()["arguments"])
    assert "by hand" in moot("show", added["id"]).out


def test_quoted_words_are_credited_to_who_wrote_them(moot, read):
    export = read()
    for row in export["messages"]:
        shown = json.loads(moot("show", f"<{row['message_id']}>", "--format", "json").out)
        for block in shown["blocks"]:
            line = shown["text"][block["start"] : block["end"]].split("\n")[0].lstrip("> ")
            if block["kind"] == "quote" and len(line) > 40:
                ran = moot("amend", "add-proposal", row["message_id"], line)
                assert ran.status == 1
                assert "quoted" in ran.err
                return
    pytest.fail("the example quotes nothing")


def test_amendments_travel_as_text(moot, read, tmp_path):
    candidate = first_candidate(read())
    moot("amend", "confirm", candidate["id"])
    before = read()
    file = tmp_path / "amendments.txt"
    assert moot("amend", "export", "-o", file).status == 0
    assert moot("amend", "undo", 1).status == 0
    assert read() != before
    imported = json.loads(moot("amend", "import", file, "--format", "json").out)
    assert (imported["new"], imported["known"]) == (1, 0)
    assert read() == before
    again = json.loads(moot("amend", "import", file, "--format", "json").out)
    assert (again["new"], again["known"]) == (0, 1)


def test_a_broken_line_imports_nothing(moot, read, tmp_path):
    candidate = first_candidate(read())
    file = tmp_path / "amendments.txt"
    good = json.dumps({"action": "confirm", "subject": candidate["id"]})
    file.write_text(f"# ours\n{candidate['id']} {good}\nd1 nonsense\n")
    ran = moot("amend", "import", file)
    assert ran.status == 1
    assert "line 3" in ran.err
    assert json.loads(moot("amend", "list", "--format", "json").out)["amendments"] == []


def test_an_amendment_that_no_longer_applies_is_listed_with_its_reason(moot, read, tmp_path):
    discussion = read()["discussions"][0]["id"]
    file = tmp_path / "amendments.txt"
    file.write_text(discussion + ' {"action": "dismiss", "subject": "a000000000000", "quote": "gone"}\n')
    assert moot("amend", "import", file).status == 0
    (row,) = json.loads(moot("amend", "list", "--format", "json").out)["amendments"]
    assert "a000000000000" in row["conflict"]


def test_a_tie_said_by_hand_brings_its_verdicts(moot, read):
    proposal = next(p["id"] for p in read()["proposals"])
    assert moot("amend", "tie", proposal, "unmap-mapping-range/none").status == 0
    assert moot("simulate").status == 0
    verdicts = [v for v in read()["verdicts"] if v["proposal"] == proposal]
    assert {v["option"] for v in verdicts} == {"none"}
    assert "fail" in {v["result"] for v in verdicts}
    assert moot("amend", "tie", proposal, "unmap-mapping-range/magic").status == 1


def test_unknown_ids_and_stances_are_refused(moot, read):
    assert moot("amend", "confirm", "a0000").status == 1
    assert moot("amend", "confirm", first_candidate(read())["id"], "--stance", "maybe").status == 2
