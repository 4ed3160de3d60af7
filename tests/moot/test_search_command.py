"""`moot search` as a user types it."""

import json

import pytest


@pytest.fixture
def ingested(moot, example):
    moot("ingest", example)
    return moot


def test_messages_are_listed_newest_first_and_in_pages(ingested):
    found = json.loads(ingested("search", "unmap_mapping_range", "--format", "json").out)["messages"]
    dates = [m["date"] for m in found]
    assert len(dates) > 3
    assert dates == sorted(dates, reverse=True)
    second = ingested("search", "unmap_mapping_range", "-n", 1, "--offset", 1, "--format", "jsonl")
    assert json.loads(second.out)["message_id"] == found[1]["message_id"]


def test_threads_are_listed_with_their_size(ingested):
    found = json.loads(ingested("search", "-t", "unmap_mapping_range", "--format", "json").out)["threads"]
    assert found
    assert all(t["messages"] >= 1 and t["root"] for t in found)
    assert len({t["root"] for t in found}) == len(found)
    assert found[0]["subject"][:20] in ingested("search", "-t", "unmap_mapping_range").out


def test_relevance_can_be_asked_for(ingested):
    by_date = json.loads(ingested("search", "mutex", "--format", "json").out)["messages"]
    ranked = json.loads(ingested("search", "mutex", "--sort", "relevance", "--format", "json").out)[
        "messages"
    ]
    assert {m["message_id"] for m in by_date} == {m["message_id"] for m in ranked}
    assert by_date != ranked


@pytest.mark.parametrize("query", ["sbuject:x", '"open', "(a", "d:soon", "", "***"])
def test_a_query_that_can_not_be_read_is_wrong_usage(ingested, query):
    ran = ingested("search", query)
    assert ran.status == 2
    assert ran.err.startswith("moot: ")
    assert "fts5" not in ran.err
    assert "Traceback" not in ran.err
