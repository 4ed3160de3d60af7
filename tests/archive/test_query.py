"""Queries are read as lei reads them, and what can't be read is said clearly."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.dates import DateError, read_range
from archive.matching import condition, match_expression
from archive.query import (
    Both,
    Dated,
    Either,
    Listed,
    Named,
    QueryError,
    Without,
    Words,
    read_query,
)

NOW = datetime(2011, 3, 15, 12, tzinfo=UTC).timestamp()


def read(text):
    return read_query(text, NOW)


def test_neighbours_and_the_word_and_mean_the_same():
    assert read("mutex lock") == read("mutex AND lock") == Both((Words("mutex"), Words("lock")))


def test_and_binds_closer_than_or_and_parentheses_closest():
    assert read("a b OR c") == Either((Both((Words("a"), Words("b"))), Words("c")))
    assert read("a (b OR c)") == Both((Words("a"), Either((Words("b"), Words("c")))))


@pytest.mark.parametrize("text", ["a -b", "a NOT b", "a AND NOT b", "a -(b)"])
def test_there_are_several_ways_to_leave_something_out(text):
    assert read(text) == Both((Words("a"), Without(Words("b"))))


def test_prefixes_choose_columns_also_for_a_group():
    assert read("s:stall") == Words("stall", ("subject",))
    assert read('nq:"two words"').words == "two words"
    assert read("subject:(a OR b)") == Either((Words("a", ("subject",)), Words("b", ("subject",))))
    assert read("unmap*") == Words("unmap", open=True)


def test_marks_within_a_word_belong_to_it():
    assert read("page-fault") == Words("page-fault")
    assert read("unmap_mapping_range()") == Words("unmap_mapping_range()")
    assert read("mm/memory.c:120") == Words("mm/memory.c:120")


def test_ids_lists_and_dates_are_no_words():
    assert read("mid:20110120.GA1@example.org") == Named("20110120.GA1@example.org")
    assert read("m:<a@example.org>") == Named("a@example.org")
    assert read("l:Linux-MM.example.org") == Listed("linux-mm.example.org")
    assert isinstance(read("d:2011-01.."), Dated)


def test_a_blob_id_is_found_by_more_or_less_of_it():
    found = read("dfpre:1234567890")
    assert Words("1234567890", ("before",), open=True) in found.parts
    assert Words("1234567", ("before",)) in found.parts


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty query"),
        ('"open', "quotation mark is left open"),
        ("(a", "a ) is missing"),
        ("a)", "no ( for the )"),
        ("a OR", "a word is missing"),
        ("AND", "a word is missing"),
        ("sbuject:x", "is no prefix that can be searched"),
        ("s:", "has nothing to look for"),
        ("n:notes.txt", "attached files are not kept"),
        ("!!!", "there is no word in it"),
        ("d:yesterweek", "no date"),
        ("d:2011-02-31", "no such date"),
        ("d:2011..2010", "ends before it begins"),
        ("d:..", "without an end"),
        ("dfpre:xyz", "no blob id"),
        ("s:(d:2011)", "words and phrases only"),
        ("(" * 60 + "a" + ")" * 60, "nested deeper"),
        ("a " * 3000, "longer than"),
    ],
)
def test_what_is_wrong_with_a_query_is_said(text, says):
    with pytest.raises(QueryError) as raised:
        read(text)
    assert says in str(raised.value)
    assert "fts5" not in str(raised.value).lower()


def day(year, month=1, day=1, hour=0):
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("2011", day(2011), day(2012)),
        ("2011-12", day(2011, 12), day(2012)),
        ("20110120", day(2011, 1, 20), day(2011, 1, 21)),
        ("2011-01..", day(2011), None),
        ("..2011-01-20", None, day(2011, 1, 21)),
        ("2011-01-20..2011-02", day(2011, 1, 20), day(2011, 3)),
        ("last.month..", day(2011, 2, 13, 12), None),
        ("3.days.ago..yesterday", day(2011, 3, 12, 12), day(2011, 3, 15)),
        ("today", day(2011, 3, 15), day(2011, 3, 16)),
    ],
)
def test_dates_are_read_as_people_type_them(text, first, end):
    assert read_range(text, NOW) == (first, end)


@given(st.text(max_size=40))
@settings(max_examples=300)
def test_any_text_is_a_range_or_an_error(text):
    try:
        first, end = read_range(text, NOW)
    except DateError:
        return
    assert first is None or end is None or first < end


PIECES = st.one_of(
    st.sampled_from(
        ["AND", "OR", "NOT", "(", ")", "-", "+", '"', "s:", "d:2011..", "l:x", "mid:a@b", "a*", " "]
    ),
    st.text(max_size=8),
)


@given(st.lists(PIECES, max_size=12).map("".join))
@settings(max_examples=1000)
def test_any_text_is_a_query_or_an_error(text):
    try:
        query = read(text)
    except QueryError as error:
        assert str(error)
        return
    made = condition(query)
    assert made.match or made.sql


def test_only_words_become_a_match_expression():
    assert match_expression(read("a -b")) == '(("a") NOT ("b"))'
    assert match_expression(read("NOT a")) is None
    assert match_expression(read("a d:2011")) is None
    assert condition(read("a d:2011 -b")).match == '(("a") NOT ("b"))'
