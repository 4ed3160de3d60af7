"""Attributions and introductions: author and date in the words of many mailers."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from archive.mail import Address
from ingest.attributions import read_attribution
from ingest.introductions import read_introduction

NAME = "Mara Lindqvist"
MAIL = "mara@example.org"


@pytest.mark.parametrize(
    ("line", "name", "email", "date"),
    [
        (f"On Thu, 20 Jan 2011, {NAME} wrote:", NAME, "", datetime(2011, 1, 20)),
        (
            f"On Thu, Jan 20, 2011 at 11:47 AM, {NAME} <{MAIL}> wrote:",
            NAME,
            MAIL,
            datetime(2011, 1, 20, 11, 47),
        ),
        (
            f"On Thu, Jan 20, 2011 at 1:07 PM, {NAME} <mara@xxxxxxxxxx> wrote:",
            NAME,
            "",
            datetime(2011, 1, 20, 13, 7),
        ),
        (
            "On 2011-01-20 11:47:03 [+0000], Lindqvist, Mara wrote:",
            NAME,
            "",
            datetime(2011, 1, 20, 11, 47, 3),
        ),
        (f"On Thu 20-01-11 11:47:03, {NAME} wrote:", NAME, "", datetime(2011, 1, 20, 11, 47, 3)),
        (f"On 20/01/2011 11:47, {NAME} wrote:", NAME, "", datetime(2011, 1, 20, 11, 47)),
        (f"On 1/20/11 11:47 AM, {NAME} wrote:", NAME, "", datetime(2011, 1, 20, 11, 47)),
        (f"Am 20.01.2011 um 11:47 schrieb {NAME}:", NAME, "", datetime(2011, 1, 20, 11, 47)),
        (f"Le 20/01/2011 11:47, {NAME} a écrit :", NAME, "", datetime(2011, 1, 20, 11, 47)),
        (f"2011/1/20 {NAME} <{MAIL}>:", NAME, MAIL, datetime(2011, 1, 20)),
        (f"* {NAME} <{MAIL}> [2011-01-20 11:47]:", NAME, MAIL, datetime(2011, 1, 20, 11, 47)),
        (f"在 2011/01/20 11:47, {NAME} 写道:", NAME, "", datetime(2011, 1, 20, 11, 47)),
        (f"{NAME} <{MAIL}> writes:", NAME, MAIL, None),
        (f'"{NAME}" <{MAIL}> wrote:', NAME, MAIL, None),
        (f"{NAME} wrote:", NAME, "", None),
        (
            f"Original Message From: {NAME} <{MAIL}> Sent: 20 January 2011 11:47 To: x",
            NAME,
            MAIL,
            datetime(2011, 1, 20, 11, 47),
        ),
    ],
)
def test_author_and_date_are_read(line, name, email, date):
    found = read_attribution(line)
    assert found.author == Address(name, email)
    assert found.date == (date.replace(tzinfo=UTC) if date else None)


def test_a_zone_in_an_attribution_counts():
    found = read_attribution(f"On Thu, Jan 20, 2011 at 01:30:58PM +0100, {NAME} wrote:")
    assert found.date == datetime(2011, 1, 20, 13, 30, 58, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    "line", ["On Thu, 99 Jan 2011, X wrote:", "On 0000-00-00 99:99, X wrote:", "wrote:", "", ">"]
)
def test_what_is_no_date_is_none(line):
    assert read_attribution(line).date is None


@pytest.mark.parametrize(
    ("own", "name"),
    [
        ("Several of us agreed with Ann's comments:", "Ann"),
        ("I side with Noor Haddad's earlier objection to it:", "Noor Haddad"),
        ("It is too big. As Ivo said in the other thread:", "Ivo"),
        ("Quoting Ivo Petrov:", "Ivo Petrov"),
        ("As I wrote last week:", "I"),
        ("That's the question:", ""),
        ("Here's what the documentation says:", ""),
        ("Linux's comment says:", ""),
        ("Ann's comments were right. This is what remains:", ""),
        ("Ann's comments were right.", ""),
        ("", ""),
    ],
)
def test_own_words_introduce_whom_they_quote(own, name):
    assert read_introduction(own) == name
