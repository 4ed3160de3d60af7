"""Reading back: mails that only survive as quotes become messages again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from archive.identity import quoted_message_id
from archive.mail import Address, BlockKind, Match, Message, Origin
from ingest.blocks import read_blocks
from ingest.passages import split_passages
from ingest.unquoting import read_back

LATE = (
    "On Fri, 11 Mar 2022 at 09:15, Ivo Petrov <ivo@example.org> wrote:\n"
    "> On Thu, 10 Mar 2022, Mara Lindqvist wrote:\n"
    ">> On Wed, 9 Mar 2022, Ivo Petrov wrote:\n"
    ">> > On Tue, Mar 08, 2022 at 01:30:58PM +0100, Ann Ode wrote:\n"
    ">> > > The invalidation races with the fault handler.\n"
    ">> > > It has no lock at all.\n"
    ">> >\n"
    ">> > Would a mutex in the inode do?\n"
    ">>\n"
    ">> It would bloat every inode.\n"
    ">\n"
    "> Then a bit lock.\n"
    "\n"
    "Not that, please. I side with Noor's comments:\n"
    "\n"
    "> A bit lock is hidden from lockdep.\n"
    ">\n"
    "> Take a mutex first, optimise later.\n"
    "\n"
    "That is sound advice.\n"
    "\n"
    "Mara\n"
)


def mail(message_id: str, author: str, text: str, day: int = 12, **more: object) -> Message:
    message = Message(
        message_id=message_id,
        author=Address(author, ""),
        subject="Re: the lock",
        date=datetime(2022, 3, day, 12, tzinfo=UTC),
        text=text,
        blocks=read_blocks(text),
    )
    return replace(message, **more)  # type: ignore[arg-type]


def quoted(messages: tuple[Message, ...]) -> list[Message]:
    return [m for m in messages if m.origin is Origin.QUOTED]


def own(message: Message) -> str:
    return " ".join(" ".join(message.text_of(b).split()) for b in message.own_blocks()).strip()


def chain(messages: tuple[Message, ...], start: str) -> list[Message]:
    by_id = {m.message_id: m for m in messages}
    found = []
    at: str | None = start
    while at in by_id:
        found.append(by_id[at])
        at = by_id[at].parent
    return found


def test_a_whole_thread_comes_back_from_its_last_mail_in_order():
    messages = read_back([mail("late@example.org", "Mara Lindqvist", LATE)], {})
    line = chain(messages, "late@example.org")
    assert [(m.author.name, own(m)) for m in line[1:]] == [
        ("Ivo Petrov", "Then a bit lock."),
        ("Mara Lindqvist", "It would bloat every inode."),
        ("Ivo Petrov", "Would a mutex in the inode do?"),
        ("Ann Ode", "The invalidation races with the fault handler. It has no lock at all."),
    ]
    assert line[-1].parent is None
    assert all(m.origin is Origin.QUOTED for m in line[1:])


def test_an_introduced_paragraph_becomes_a_message_of_its_own_without_a_parent():
    messages = read_back([mail("late@example.org", "Mara Lindqvist", LATE)], {})
    aside = [m for m in quoted(messages) if m.author.name == "Noor"]
    assert [(own(m), m.parent) for m in aside] == [
        ("A bit lock is hidden from lockdep. Take a mutex first, optimise later.", None)
    ]
    sources = [b.source for b in messages[0].blocks if b.source]
    assert sources[-1] is not None
    assert (sources[-1].author, sources[-1].message_id) == ("Noor", aside[0].message_id)


def test_the_full_name_of_an_introduced_author_is_taken_from_the_mail_at_hand():
    noor = mail("noor@example.org", "Noor Haddad", "About something else.\n", day=1)
    messages = read_back([noor, mail("late@example.org", "Mara Lindqvist", LATE)], {})
    assert "Noor Haddad" in {m.author.name for m in quoted(messages)}


def test_every_quote_is_resolved_to_the_mail_that_was_read_back():
    messages = read_back([mail("late@example.org", "Mara Lindqvist", LATE)], {})
    by_id = {m.message_id: m for m in messages}
    for message in messages:
        for block in message.blocks:
            if block.kind is BlockKind.QUOTE and message.text_of(block).strip("> \n"):
                assert block.source is not None
                assert block.source.match is Match.EXACT
                source = by_id[block.source.message_id or ""]
                words = source.text[block.source.start : block.source.end]
                assert words.split()[-1] == message.text_of(block).replace(">", " ").split()[-1]
                assert not words.startswith(">")


def test_dates_are_those_of_the_attributions_and_never_contradict_the_order():
    messages = read_back([mail("late@example.org", "Mara Lindqvist", LATE)], {})
    line = chain(messages, "late@example.org")
    dates = [m.date for m in line]
    assert all(d is not None and d.tzinfo is not None for d in dates)
    assert dates == sorted(dates, reverse=True)
    assert dates[-1] == datetime(2022, 3, 8, 12, 30, 58, tzinfo=UTC)
    assert dates[1] == datetime(2022, 3, 11, 9, 15, tzinfo=UTC)


def test_a_quoted_mail_is_never_dated_later_than_the_mail_that_quotes_it():
    text = (
        "On Sat, 12 Mar 2022 23:00:00, Ivo Petrov wrote:\n"
        "> The clock of this mailer is wrong by half a day.\n"
        "\n"
        "Yes.\n"
    )
    messages = read_back([mail("late@example.org", "Mara", text)], {})
    assert messages[0].date is not None
    assert quoted(messages)[0].date == messages[0].date - timedelta(seconds=1)


def test_the_headers_of_the_reply_name_what_is_missing_at_every_level():
    late = mail(
        "late@example.org",
        "Mara Lindqvist",
        LATE,
        in_reply_to=("ivo2@example.org",),
        references=("ann@example.org", "ivo@example.org", "mara@example.org", "ivo2@example.org"),
    )
    messages = read_back([late], {"late@example.org": "ivo2@example.org"})
    assert [m.message_id for m in chain(messages, "late@example.org")] == [
        "late@example.org",
        "ivo2@example.org",
        "mara@example.org",
        "ivo@example.org",
        "ann@example.org",
    ]


def test_without_headers_the_id_is_made_of_author_and_words():
    text = "On Fri, 11 Mar 2022, Ivo Petrov wrote:\n> Then let us take a bit lock for it.\n\nNo.\n"
    messages = read_back([mail("late@example.org", "Mara", text)], {})
    assert quoted(messages)[0].message_id == quoted_message_id(
        "Ivo Petrov", "Then let us take a bit lock for it."
    )
    assert read_back([mail("late@example.org", "Mara", text)], {}) == messages


def test_words_whose_mail_is_at_hand_make_no_message():
    ivo = mail(
        "ivo@example.org", "Ivo Petrov", "Then let us take a bit lock for it.\n\nIt costs nothing.\n", day=11
    )
    text = "On Fri, 11 Mar 2022, Ivo Petrov wrote:\n> Then let us take a bit lock for it.\n\nNo.\n"
    reply = mail("late@example.org", "Mara", text)
    assert not quoted(read_back([ivo, reply], {"late@example.org": "ivo@example.org"}))
    assert not quoted(read_back([ivo, reply], {}))
    noor = mail(
        "noor@example.org",
        "Noor Haddad",
        "A bit lock is hidden from lockdep.\n\nTake a mutex first, optimise later.\n",
        day=3,
    )
    late = mail("late@example.org", "Mara Lindqvist", LATE)
    assert "Noor" not in " ".join(m.author.name for m in quoted(read_back([noor, late], {})))


def test_an_edited_quote_of_the_parent_makes_no_message():
    ivo = mail(
        "ivo@example.org", "Ivo Petrov", "Then let us take a bit lock for it, as the others do.\n", day=11
    )
    text = "On Fri, 11 Mar 2022, Ivo Petrov wrote:\n> bit lock for everybody, he says, more or less\n\nNo.\n"
    reply = mail("late@example.org", "Mara", text)
    assert not quoted(read_back([ivo, reply], {"late@example.org": "ivo@example.org"}))


def test_a_quoted_mail_hangs_below_the_archived_mail_that_it_quotes():
    ann = mail(
        "ann@example.org",
        "Ann Ode",
        "The invalidation races with the fault handler.\nIt has no lock at all.\n",
        day=8,
    )
    messages = read_back([ann, mail("late@example.org", "Mara Lindqvist", LATE)], {})
    line = chain(messages, "late@example.org")
    assert [m.author.name for m in line] == [
        "Mara Lindqvist",
        "Ivo Petrov",
        "Mara Lindqvist",
        "Ivo Petrov",
        "Ann Ode",
    ]
    assert line[-1].origin is Origin.ARCHIVED


def test_two_mails_that_quote_the_same_missing_mail_give_one_with_both_fragments_in_order():
    head = "On Fri, 11 Mar 2022 at 09:15, Ivo Petrov <ivo@example.org> wrote:\n"
    first = mail(
        "a@example.org",
        "Mara",
        head + "> First of all, the lock is taken twice.\n> Then the page is gone already.\n\nYes.\n",
        12,
    )
    second = mail(
        "b@example.org",
        "Noor",
        head + "> Then the page is gone already.\n> And last, nobody frees the buffer.\n\nNo.\n",
        13,
    )
    messages = read_back([first, second], {})
    assert [own(m) for m in quoted(messages)] == [
        "First of all, the lock is taken twice. Then the page is gone already. And last, nobody frees "
        "the buffer."
    ]
    assert {m.parent for m in messages if m.origin is Origin.ARCHIVED} == {quoted(messages)[0].message_id}


def test_a_line_that_one_mail_trimmed_is_not_doubled():
    head = "On Fri, 11 Mar 2022 at 09:15, Ivo Petrov <ivo@example.org> wrote:\n"
    rest = "> whoever looks at the page in between reads what was there before.\n"
    first = mail("a@example.org", "Mara", head + "> The lock is dropped too early, and so\n" + rest, 12)
    second = mail("b@example.org", "Noor", head + "> The lock is dropped too early\n" + rest, 13)
    found = quoted(read_back([first, second], {}))
    assert len(found) == 1
    assert own(found[0]).count("dropped too early") == 1


def test_two_mails_of_one_author_on_one_day_stay_two():
    text = (
        "On Fri, 11 Mar 2022, Ivo Petrov wrote:\n"
        "> On Fri, 11 Mar 2022, Mara Lindqvist wrote:\n"
        ">> On Fri, 11 Mar 2022, Ivo Petrov wrote:\n"
        ">>> The first thing that I have to say about it.\n"
        ">> Is that so, and what would be the second?\n"
        "> The second thing is quite another matter.\n"
        "\n"
        "Indeed.\n"
    )
    messages = read_back([mail("late@example.org", "Mara Lindqvist", text)], {})
    assert [m.author.name for m in chain(messages, "late@example.org")][1:] == [
        "Ivo Petrov",
        "Mara Lindqvist",
        "Ivo Petrov",
    ]


def test_a_mail_between_whose_own_words_were_all_cut_still_stands_in_the_chain():
    text = (
        "On Fri, 11 Mar 2022, Ivo Petrov wrote:\n"
        "> On Thu, 10 Mar 2022, Mara Lindqvist wrote:\n"
        "> > It would bloat every inode that there is.\n"
        "\n"
        "By eight bytes.\n"
    )
    messages = read_back([mail("late@example.org", "Ann Ode", text)], {})
    assert [m.author.name for m in chain(messages, "late@example.org")] == [
        "Ann Ode",
        "Ivo Petrov",
        "Mara Lindqvist",
    ]


def test_a_shell_prompt_or_an_unattributed_quote_makes_no_message():
    assert not quoted(
        read_back([mail("x@example.org", "Mara", "Try this:\n\n> make check\n> make install\n")], {})
    )


def test_unmarked_mail_below_outlook_headers_is_read_back_too():
    text = (
        "Agreed.\n\n-----Original Message-----\nFrom: Ivo Petrov <ivo@example.org>\nSent: Friday, March "
        "11, 2022 9:15 AM\n"
        "To: Mara\nSubject: RE: the lock\n\nThen let us take a bit lock.\n\n> It would bloat every inode.\n"
    )
    found = quoted(read_back([mail("x@example.org", "Mara", text)], {}))
    assert (found[0].author, own(found[0])) == (
        Address("Ivo Petrov", "ivo@example.org"),
        "Then let us take a bit lock.",
    )
    assert [b.depth for b in found[0].blocks if b.kind is BlockKind.QUOTE] == [1]


def test_passages_are_split_by_whom_they_quote():
    text = (
        "On Fri, 11 Mar 2022, Ivo Petrov wrote:\n> One.\n\nYes.\n\n"
        "On Thu, 10 Mar 2022, Ann Ode wrote:\n> Two.\n\nYes.\n\n> Two and a half.\n"
    )
    passages = split_passages(mail("x@example.org", "Mara", text))
    assert [(p.attribution.author.name, p.lines) for p in passages] == [
        ("Ivo Petrov", ["One."]),
        ("Ann Ode", ["Two.", "", "Two and a half."]),
    ]


def test_mail_that_quotes_itself_in_a_circle_ends():
    a = mail(
        "a@example.org",
        "Ann",
        "On Fri, 11 Mar 2022, Bo Fisk wrote:\n> words that only Bo has written\n\nx\n",
        in_reply_to=("b@example.org",),
    )
    b = mail(
        "b2@example.org",
        "Bo Fisk",
        "On Fri, 11 Mar 2022, Ann wrote:\n> words that only Ann has written\n\ny\n",
        in_reply_to=("a2@example.org",),
    )
    messages = read_back([a, b], {"a@example.org": "b@example.org", "b2@example.org": "a2@example.org"})
    assert {m.message_id for m in quoted(messages)} == {"b@example.org", "a2@example.org"}


def test_marks_in_front_of_code_make_no_message():
    text = "This is where it hangs:\n\n\twait_on(page);\n>>>\tBUG_ON(dirty(page));\n\nOdd.\n"
    reply = mail("x@example.org", "Mara", text, in_reply_to=("gone@example.org",))
    assert not quoted(read_back([reply], {"x@example.org": "gone@example.org"}))


LINES = st.sampled_from(
    [
        "",
        "own words that are long enough to tell",
        "> quoted words that are long enough to tell",
        ">> deeper words that are long enough to tell",
        ">",
        "> [...]",
        "On Fri, 11 Mar 2022, Ivo Petrov wrote:",
        "> On Thu, 10 Mar 2022, Mara Lindqvist wrote:",
        "As Ann said:",
        "-----Original Message-----",
        "From: A <a@example.org>",
        "-- ",
    ]
)


@given(st.lists(st.lists(LINES, max_size=14).map("\n".join), min_size=1, max_size=4))
def test_any_thread_is_read_back_without_raising_and_keeps_its_mails(texts):
    messages = [
        mail(f"{n}@example.org", "Mara Lindqvist", text, in_reply_to=(f"{n - 2}@example.org",))
        for n, text in enumerate(texts)
    ]
    parents = {m.message_id: m.in_reply_to[0] for m in messages}
    found = read_back(messages, parents)
    assert [m.message_id for m in found[: len(messages)]] == [m.message_id for m in messages]
    assert len({m.message_id for m in found}) == len(found)
    by_id = {m.message_id: m for m in found}
    for message in found:
        assert "".join(message.text_of(b) for b in message.blocks) == message.text
        assert message.parent != message.message_id
        for block in message.blocks:
            if block.source and block.source.start is not None:
                assert block.source.message_id in by_id
                assert (
                    0
                    <= block.source.start
                    < (block.source.end or 0)
                    <= len(by_id[block.source.message_id].text)
                )


def test_sixty_levels_of_marks_end_at_a_bound():
    text = "".join(
        f"{'> ' * depth}On Fri, 11 Mar 2022, Person{chr(65 + depth % 26)} Name wrote:\n"
        for depth in range(60)
    )
    text += "> " * 60 + "the first words of all\n"
    assert len(read_back([mail("x@example.org", "Mara", text)], {})) < 40
