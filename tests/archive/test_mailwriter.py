"""Mail goes in once, whatever comes twice, and comes out as it was."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from archive.database import Database
from archive.mail import (
    Address,
    Block,
    BlockKind,
    Defect,
    Match,
    Origin,
    ParsedMail,
    QuoteSource,
    RawMail,
)
from archive.mailreader import MailReader, count_messages, defects, source_position
from archive.mailwriter import Counts, MailWriter, write_blocks
from archive.schema import raw
from archive.search import search


def deposit(database: Database, *mails: ParsedMail) -> tuple[Counts, list[str]]:
    with database.writing() as connection:
        writer = MailWriter(connection)
        return writer.add(mails, writer.source_id("test", "mbox"))


def test_a_message_comes_out_as_it_went_in(database, make_mail):
    mail = make_mail(
        "a@example.org",
        "> was fine\nIt isn't.\n",
        date=datetime(2011, 1, 20, 12, 30, tzinfo=timezone(timedelta(hours=-8))),
        in_reply_to=("b@example.org",),
        references=("c@example.org", "b@example.org"),
        to=(Address("Bo", "bo@example.org"),),
        cc=(Address("", "list@example.org"),),
        lists=("linux-mm",),
        url="https://example.org/a",
        blocks=(
            Block(BlockKind.QUOTE, 0, 11, 1, QuoteSource(Match.EXACT, "Bo", "b@example.org", 3, 11)),
            Block(BlockKind.OWN, 11, 21),
        ),
    )
    deposit(database, mail)
    with database.reading() as connection:
        assert list(MailReader(connection).messages()) == [replace(mail.message, thread="a@example.org")]
        assert MailReader(connection).raw("a@example.org") == mail.raw.data


def test_a_text_that_had_to_be_decoded_is_kept_beside_the_raw_mail(database, make_mail):
    mail = make_mail("a@example.org", "naïve\n")
    encoded = replace(mail, raw=RawMail(b"Message-ID: <a@example.org>\n\nbmHDr3ZlCg==\n", "test"))
    deposit(database, encoded)
    with database.reading() as connection:
        assert next(MailReader(connection).messages()).text == "naïve\n"


def test_the_same_bytes_again_add_nothing(database, make_mail):
    mails = [make_mail(f"{n}@example.org", f"number {n}\n") for n in range(5)]
    first, new = deposit(database, *mails)
    assert first == Counts(read=5, new=5)
    assert new == [f"{n}@example.org" for n in range(5)]
    again, none = deposit(database, *mails)
    assert again == Counts(read=5, known=5)
    assert none == []


def test_a_mail_through_two_lists_is_one_message_of_both(database, make_mail):
    deposit(database, make_mail("a@example.org", lists=("linux-mm",), copy="1"))
    footer = "It stalls.\n--\nTo leave this list, think of it.\n"
    blocks = (Block(BlockKind.OWN, 0, 11), Block(BlockKind.SIGNATURE, 11, len(footer)))
    counts, _ = deposit(
        database, make_mail("a@example.org", footer, lists=("linux-fsdevel",), blocks=blocks, copy="2")
    )
    assert counts == Counts(read=1, known=1)
    with database.reading() as connection:
        (message,) = MailReader(connection).messages()
        assert message.lists == ("linux-mm", "linux-fsdevel")
        assert message.text == "It stalls.\n"
        assert len(connection.execute(select(raw)).all()) == 2


def test_a_reused_id_with_other_words_is_kept_beside_the_first_and_marked(database, make_mail):
    other = make_mail("a@example.org", "Something else.\n")
    counts, new = deposit(database, make_mail("a@example.org"), other)
    assert counts == Counts(read=2, new=2, defects=1)
    assert new == ["a@example.org", "a@example.org#2"]
    with database.reading() as connection:
        (defect,) = defects(connection)
        assert defect.kind == "reused message-id"
        assert MailReader(connection).raw("a@example.org#2") == other.raw.data
    third, _ = deposit(
        database, make_mail("a@example.org", "A third.\n"), make_mail("a@example.org", copy="x")
    )
    assert third == Counts(read=2, new=1, known=1, defects=1)


def test_bytes_without_a_message_are_set_aside_with_their_defect(database):
    junk = ParsedMail(RawMail(b"\x00\x01", "test"), None, (Defect("test", "no mail", "two bytes"),))
    counts, _ = deposit(database, junk)
    assert counts == Counts(read=1, set_aside=1, defects=1)
    assert deposit(database, junk)[0] == Counts(read=1, known=1)
    with database.reading() as connection:
        assert count_messages(connection) == 0
        assert len(connection.execute(select(raw)).all()) == 1


def test_a_batch_that_fails_leaves_no_trace(database, make_mail):
    def interrupted() -> None:
        with database.writing() as connection:
            writer = MailWriter(connection)
            source = writer.source_id("test", "mbox")
            writer.add([make_mail("a@example.org")], source)
            writer.set_position(source, "100")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with database.reading() as connection:
        assert count_messages(connection) == 0
        assert source_position(connection, "test") == ""


def test_a_dictionary_is_learnt_from_enough_mail_and_old_rows_stay_readable(database, make_mail):
    few = [make_mail("first@example.org")]
    many = [make_mail(f"{n}@example.org", f"mail {n} of page {n * 7919 % 101}\n" * 40) for n in range(400)]
    deposit(database, *few)
    deposit(database, *many)
    with database.reading() as connection:
        texts = {m.message_id: m.text for m in MailReader(connection).messages()}
        used = set(connection.scalars(select(raw.c.dictionary_id)))
    assert texts == {m.message.message_id: m.message.text for m in few + many}
    assert used == {None, 1}


def test_text_with_lone_surrogates_is_stored_without_them(database, make_mail):
    deposit(database, make_mail("a@example.org", "bad \udce9 byte\n", subject="s \udcff"))
    with database.reading() as connection:
        assert next(MailReader(connection).messages()).text == "bad ? byte\n"


def test_real_mail_takes_the_place_of_a_quoted_message(database, make_mail):
    quoted = make_mail("a@example.org", "part of it\n", origin=Origin.QUOTED).message
    with database.writing() as connection:
        from archive.discussions import save_discussion
        from archive.mail import Discussion

        save_discussion(connection, Discussion("d1", "t", ("a@example.org",), (quoted,)))
    counts, _ = deposit(database, make_mail("a@example.org", "part of it and more\n"))
    assert counts.new == 1
    with database.reading() as connection:
        (message,) = MailReader(connection).messages()
        assert message.origin is Origin.ARCHIVED


def test_blocks_can_be_written_again(database, make_mail):
    mail = make_mail("a@example.org")
    deposit(database, mail)
    resolved = replace(mail.message, blocks=(Block(BlockKind.TRACE, 0, 11),))
    with database.writing() as connection:
        write_blocks(connection, [resolved])
    with database.reading() as connection:
        assert next(MailReader(connection).messages()).blocks == resolved.blocks


def test_identifiers_are_one_word_to_the_search(database, make_mail):
    deposit(database, make_mail("a@example.org", "holds i_mmap_lock here\n"))
    with database.reading() as connection:
        assert [h.message_id for h in search(connection, "i_mmap_lock")] == ["a@example.org"]
        assert search(connection, "mmap") == []
        assert [h.message_id for h in search(connection, 's:"after unmap" f:ada')] == ["a@example.org"]


def test_a_message_without_a_date_stays_without(database, make_mail):
    deposit(
        database,
        make_mail("a@example.org", date=None),
        make_mail("b@example.org", date=datetime(2011, 1, 1, tzinfo=UTC)),
    )
    with database.reading() as connection:
        dates = [m.date for m in MailReader(connection).messages()]
    assert dates == [None, datetime(2011, 1, 1, tzinfo=UTC)]


def test_counts_add_up():
    assert Counts(1, 1) + Counts(2, 0, 1, 1, 3) == Counts(3, 1, 1, 1, 3)
