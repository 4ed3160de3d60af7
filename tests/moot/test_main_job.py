"""The main job on the shipped discussion: from mail to a decision record, twice the same."""

import json
from pathlib import Path

import pytest


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_second_run_adds_nothing_and_renders_the_same_bytes(moot, example, tmp_path):
    first = moot("run", example, "-o", tmp_path / "one", "--format", "json")
    assert first.status == 0, first.err
    second = moot("run", example, "-o", tmp_path / "two", "--format", "json")
    a, b = json.loads(first.out), json.loads(second.out)
    assert (a["new"], b["new"], b["known"], b["analyzed"]) == (20, 0, 20, 0)
    assert a["discussions"] == b["discussions"]
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_the_shipped_threads_are_one_discussion(moot, example, tmp_path):
    ran = moot("run", example, "-o", tmp_path / "out", "--format", "json")
    assert len(json.loads(ran.out)["discussions"]) == 1


def test_the_record_of_the_example_holds_what_its_mails_hold(moot, example):
    moot("ingest", example)
    moot("analyze")
    moot("simulate")
    export = json.loads(moot("export").out)
    assert export["schema"] == "moot.export/1"
    assert len([m for m in export["messages"] if m["origin"] == "archived"]) == 20
    assert export["proposals"]
    assert {a["stance"] for a in export["arguments"]} == {"for", "against"}
    assert {v["result"] for v in export["verdicts"]} >= {"pass", "fail"}
    ids = {m["message_id"] for m in export["messages"]}
    for finding in export["symptoms"] + export["arguments"] + export["call_paths"] + export["decisions"]:
        assert finding["message_id"] in ids


def test_commands_agree_about_a_proposal(moot, example):
    moot("ingest", example)
    moot("analyze")
    rows = json.loads(moot("proposals", "--format", "json").out)["proposals"]
    busiest = max(rows, key=lambda row: row["for"] + row["against"])
    listed = json.loads(moot("arguments", busiest["id"], "--format", "json").out)["arguments"]
    shown = [a for a in listed if a["shown"]]
    assert len([a for a in shown if a["stance"] == "for"]) == busiest["for"]
    assert len([a for a in shown if a["stance"] == "against"]) == busiest["against"]
    text = moot("show", busiest["id"][:8]).out
    assert busiest["title"].split()[0] in text


def test_order_of_arrival_does_not_matter(moot, example, tmp_path):
    entries = example.read_bytes().split(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n")[1:]
    half = len(entries) // 2
    for name, part in (("late", entries[half:]), ("early", entries[:half])):
        path = tmp_path / f"{name}.mbox"
        path.write_bytes(b"".join(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" + e for e in part))
        moot("ingest", path)
    moot("analyze")
    in_parts = json.loads(moot("export").out)
    moot("--help")
    other = tmp_path / "whole.sqlite"
    moot("ingest", example, "--db", other)
    moot("analyze", "--db", other)
    whole = json.loads(moot("export", "--db", other).out)
    assert in_parts["discussions"] == whole["discussions"]
    assert in_parts["arguments"] == whole["arguments"]


def test_the_raw_mail_comes_back_byte_for_byte(moot, example):
    moot("ingest", example)
    exported = moot("export", "--format", "mbox").out
    wanted = example.read_text(encoding="utf-8").split("From mboxrd@z Thu Jan  1 00:00:00 1970\n")[1:]
    got = exported.split("From mboxrd@z Thu Jan  1 00:00:00 1970\n")[1:]
    assert sorted(e.rstrip("\n") for e in got) == sorted(e.rstrip("\n") for e in wanted)


@pytest.mark.parametrize("form", ["madr", "argdown"])
def test_the_record_is_also_text(moot, example, form):
    moot("ingest", example)
    moot("analyze")
    ran = moot("export", "--format", form)
    assert ran.status == 0
    assert "unmap_mapping_range" in ran.out
