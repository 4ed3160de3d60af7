"""A parent is guessed from what an answer quotes, else from its subject, and only where one mail fits."""

import random
from datetime import UTC, datetime, timedelta

from archive.mail import Address, Message
from ingest.guesses import Guess, guess_parents
from ingest.threading import link

START = datetime(2011, 1, 3, 10, tzinfo=UTC)
ADA, BO = Address("Ada Example", "ada@example.org"), Address("Bo Sample", "bo@example.org")
TITLE = "hang in foo_range() at night"
WORDS = "The machine hangs when the moon is full.\nIt goes on when the cock has crowed.\n"


def mail(
    name: str,
    subject: str = TITLE,
    author: Address = ADA,
    hours: float = 0,
    text: str = WORDS,
    above: tuple[str, ...] = (),
    to: tuple[Address, ...] = (),
) -> Message:
    date = START + timedelta(hours=hours)
    return Message(name, author, subject, date, text, references=above, to=to)


def quote(text: str) -> str:
    return "".join(f"> {line}\n" for line in text.splitlines())


def guess(*mails: Message) -> dict[str, Guess]:
    return guess_parents(mails, link(mails))


def test_the_mail_that_is_quoted_is_the_parent() -> None:
    first = mail("1")
    second = mail("2", "Re: " + TITLE, BO, 1, quote(WORDS) + "Does it rain in your cellar then?\n")
    third = mail("3", "Fwd: cellars", ADA, 2, quote(second.text) + "No, never since we moved here.\n")
    fourth = mail("4", "Re: cellars", BO, 3, quote("No, never since we moved here.\n"))
    assert guess(first, second, third, fourth) == {
        "2": Guess("1", "quotes 2 of its lines, under the same subject"),
        "4": Guess("3", "quotes 1 of its lines, under the same subject"),
    }


def test_a_parent_that_is_named_is_never_guessed() -> None:
    named = mail("2", "Re: " + TITLE, BO, 1, quote(WORDS), ("0",))
    assert guess(mail("0", "else", text="."), mail("1"), named) == {}


def test_few_of_the_lines_or_lines_of_many_mails_are_no_sign() -> None:
    other = quote("".join(f"This is line number {n} of a mail unseen.\n" for n in range(5)))
    assert guess(mail("1"), mail("2", "Re: " + TITLE, BO, 1, quote(WORDS) + other)) == {}
    assert guess(mail("1"), mail("2", "Re: else", BO, 1, quote(WORDS.splitlines()[0]))) == {}
    many = [mail(f"1{n}", hours=n / 100) for n in range(9)]
    assert guess(*many, mail("2", "Re: " + TITLE, BO, 1, quote(WORDS))) == {}


def test_an_answer_without_quotes_goes_to_the_one_mail_with_its_subject() -> None:
    bare = mail("2", "Re: " + TITLE, BO, 5, "Same here.\n", to=(ADA,))
    assert guess(mail("1"), bare) == {"2": Guess("1", "has its subject and is sent to its author")}
    again = mail("3", "Re: " + TITLE, ADA, 2, "More of it.\n", ("1",))
    assert guess(mail("1"), again, bare)["2"].parent == "1"
    assert guess(mail("1"), mail("3", hours=1), bare) == {}
    assert guess(mail("1"), mail("2", "Re: " + TITLE, BO, 5, "Same here.\n")) == {}
    assert guess(mail("1", "question"), mail("2", "Re: question", BO, 5, "Same.\n", to=(ADA,))) == {}


def test_a_parent_is_older_and_nobody_is_his_own_ancestor() -> None:
    early = mail("2", "Re: " + TITLE, BO, -5, quote(WORDS))
    assert guess(mail("1"), early) == {}
    one = mail("1", text=quote("What the second mail has to say here.\n") + WORDS)
    two = mail("2", "Re: " + TITLE, BO, 0.1, quote(WORDS) + "What the second mail has to say here.\n")
    found = guess(one, two)
    assert set(found) == {"1"} or set(found) == {"2"}


def test_the_order_of_the_mails_changes_no_guess() -> None:
    mails = [
        mail("1"),
        mail("2", "Re: " + TITLE, BO, 1, quote(WORDS) + "Does it rain in your cellar then?\n"),
        mail("3", "Re: " + TITLE, BO, 2, quote(WORDS)),
        Message("4", ADA, "Re: x", None, quote(WORDS)),
    ]
    expected = guess(*mails)
    assert set(expected) == {"2", "3"}
    for seed in range(10):
        random.Random(seed).shuffle(mails)
        assert guess(*mails) == expected
