"""Reviewing: one key a candidate, undo, and nothing lost when the input ends."""

import io
import json

import pytest


@pytest.fixture
def answer(moot, example, monkeypatch):
    moot("ingest", example)
    moot("analyze")

    def run(keys: str):
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{key}\n" for key in keys)))
        return moot("review")

    return run


def amendments(moot):
    rows = json.loads(moot("amend", "list", "--format", "json").out)["amendments"]
    return [json.loads(row["amendment"]) for row in rows]


def test_keys_become_amendments_in_the_order_of_usefulness(moot, answer):
    before = json.loads(moot("export").out)["arguments"]
    wanted = sorted((a for a in before if not a["shown"]), key=lambda a: (-a["confidence"], a["id"]))
    ran = answer("cd2")
    assert ran.status == 0
    assert "3 judged" in ran.out
    made = amendments(moot)
    assert [m["action"] for m in made] == ["confirm", "dismiss", "retarget"]
    assert [m["subject"] for m in made] == [a["id"] for a in wanted[:3]]
    assert made[2]["object"] == wanted[2]["targets"][1]["proposal"]


def test_turning_the_stance_is_one_key(moot, answer):
    before = {a["id"]: a for a in json.loads(moot("export").out)["arguments"]}
    answer("t")
    (made,) = amendments(moot)
    assert {made["stance"], before[made["subject"]]["stance"]} == {"for", "against"}


def test_undo_takes_the_last_answer_back_and_asks_again(moot, answer):
    ran = answer("cudq")
    (made,) = amendments(moot)
    assert made["action"] == "dismiss"
    assert "1 judged" in ran.out
    assert ran.out.count("1 of ") == 2


def test_skipping_and_unknown_keys_change_nothing(moot, answer):
    assert "0 judged" in answer("sxu9q").out
    assert amendments(moot) == []


def test_what_was_judged_is_not_asked_again(moot, answer):
    first = answer("c").out
    assert "1 of " in first
    total = int(first.split("1 of ")[1].split(":")[0])
    assert f"1 of {total - 1}:" in answer("q").out


def test_without_candidates_it_says_so(moot, example):
    moot("ingest", example)
    assert "nothing to review" in moot("review").out
