"""Discussions are stored, grow, and are read in an order that a person can follow."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from archive.discussions import (
    common_title,
    in_reading_order,
    list_discussions,
    load_discussion,
    save_discussion,
)
from archive.findings import Findings
from archive.findingstore import load_findings, save_findings
from archive.mail import Discussion, Origin
from archive.mailwriter import MailWriter


def day(n):
    return datetime(2011, 1, n, tzinfo=UTC)


def deposit(database, *mails):
    with database.writing() as connection:
        writer = MailWriter(connection)
        writer.add(mails, writer.source_id("test", "mbox"))


def test_a_discussion_comes_back_with_quoted_messages_and_parents(database, make_mail):
    mail = make_mail("a@example.org", date=day(3), parent="q@moot.invalid")
    quoted = make_mail("q@moot.invalid", "before\n", origin=Origin.QUOTED, date=day(2)).message
    deposit(database, mail)
    made = Discussion("d1", "Stall", ("q@moot.invalid",), (quoted, mail.message))
    with database.writing() as connection:
        save_discussion(connection, made, ["one thread"])
    with database.reading() as connection:
        loaded = load_discussion(connection, "d1")
        (summary,) = list_discussions(connection)
    assert [(m.message_id, m.parent, m.discussion) for m in loaded.messages] == [
        ("q@moot.invalid", None, "d1"),
        ("a@example.org", "q@moot.invalid", "d1"),
    ]
    assert (summary.messages, summary.reasons, summary.started) == (
        1,
        ("one thread",),
        int(day(3).timestamp()),
    )


def test_saving_again_replaces_the_quoted_messages(database, make_mail):
    deposit(database, make_mail("a@example.org"))
    archived = make_mail("a@example.org").message
    for text in ("first guess\n", "better guess\n"):
        quoted = make_mail(f"{len(text)}@moot.invalid", text, origin=Origin.QUOTED).message
        with database.writing() as connection:
            save_discussion(connection, Discussion("d1", "t", ("a@example.org",), (archived, quoted)))
    with database.reading() as connection:
        texts = {m.text for m in load_discussion(connection, "d1").messages}
    assert texts == {"It stalls.\n", "better guess\n"}


def test_a_discussion_that_lost_its_mail_to_another_is_gone_with_its_findings(database, make_mail):
    deposit(database, make_mail("a@example.org", "one\n"), make_mail("b@example.org", "two\n"))
    a, b = make_mail("a@example.org", "one\n").message, make_mail("b@example.org", "two\n").message
    with database.writing() as connection:
        save_discussion(connection, Discussion("d1", "t", ("a@example.org",), (a,)))
        save_discussion(connection, Discussion("d2", "t", ("b@example.org",), (b,)))
        save_findings(connection, Findings("d2", "1", "x"))
        save_discussion(connection, Discussion("d1", "t", ("a@example.org", "b@example.org"), (a, b)))
    with database.reading() as connection:
        assert [d.id for d in list_discussions(connection)] == ["d1"]
        assert load_findings(connection, "d2") is None
        with pytest.raises(KeyError):
            load_discussion(connection, "d2")


def test_replies_never_stand_before_what_they_answer(make_mail):
    root = make_mail("root@example.org", date=day(5)).message
    early = make_mail("early@example.org", date=day(1), parent="root@example.org").message
    late = make_mail("late@example.org", date=day(6)).message
    undated = make_mail("undated@example.org", date=None, parent="late@example.org").message
    order = [m.message_id for m in in_reading_order([undated, late, early, root])]
    assert order == ["root@example.org", "early@example.org", "late@example.org", "undated@example.org"]


def test_a_cycle_of_parents_still_ends(make_mail):
    a = make_mail("a@example.org", date=day(1), parent="b@example.org").message
    b = replace(make_mail("b@example.org", date=day(2)).message, parent="a@example.org")
    assert {m.message_id for m in in_reading_order([a, b])} == {"a@example.org", "b@example.org"}


def test_a_thread_of_ten_thousand_levels_is_ordered(make_mail):
    mails = [
        make_mail(f"{n}@example.org", date=day(1), parent=f"{n - 1}@example.org" if n else None).message
        for n in range(10_000)
    ]
    assert [m.message_id for m in in_reading_order(reversed(mails))][:3] == [
        f"{n}@example.org" for n in range(3)
    ]


def test_the_title_is_the_first_root_that_has_a_subject():
    assert common_title({"a": " ", "b": "two  words"}, ["a", "b"]) == "two words"
    assert common_title({}, ["a"]) == "(no subject)"
