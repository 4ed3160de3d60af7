"""A raw mail becomes a message whatever is wrong with it, and what is wrong is told."""

import email
import email.policy
from datetime import UTC, datetime, timedelta

import pytest

from archive.identity import fold
from archive.mail import Address, Message, ParsedMail, RawMail
from ingest.parsing import parse

HEADER = (
    b"From: Ada Example <ada@example.org>\nTo: list@example.org\nMessage-ID: <1@example.org>\n"
    b"Subject: Re: the lock\nDate: Mon, 3 Jan 2011 10:00:00 +0100\n"
)


def parse_bytes(data: bytes) -> ParsedMail:
    return parse(RawMail(data, "test"))


def message_of(data: bytes) -> Message:
    message = parse_bytes(data).message
    assert message is not None
    return message


def kinds(data: bytes) -> list[str]:
    return [d.kind for d in parse_bytes(data).defects]


def test_a_plain_mail_has_no_defects_and_all_its_fields() -> None:
    data = HEADER + (
        b'Cc: Bo Sample <bo@example.org>,\n\t"Tester, Cy" <cy@example.org>\n'
        b"In-Reply-To: <0@example.org>\nReferences: <a/b@example.org>\n <0@example.org>\n"
        b"List-Id: Locks <locks.example.org>\nX-Mailing-List: locks@example.org\n"
        b"Archived-At: <https://archive.example.org/1>\n\nHello.\n> quoted\n"
    )
    found = parse_bytes(data)
    assert found.defects == ()
    assert found.message == Message(
        message_id="1@example.org",
        author=Address("Ada Example", "ada@example.org"),
        subject="Re: the lock",
        date=datetime(2011, 1, 3, 9, tzinfo=UTC),
        text="Hello.\n> quoted\n",
        in_reply_to=("0@example.org",),
        references=("a/b@example.org", "0@example.org"),
        to=(Address("", "list@example.org"),),
        cc=(Address("Bo Sample", "bo@example.org"), Address("Tester, Cy", "cy@example.org")),
        lists=("locks.example.org",),
        url="https://archive.example.org/1",
    )
    assert found.message.date is not None
    assert found.message.date.utcoffset() == timedelta(hours=1)


def test_line_ends_of_windows_and_of_old_macs_become_line_feeds() -> None:
    assert message_of((HEADER + b"\nOne.\nTwo.\n").replace(b"\n", b"\r\n")).text == "One.\nTwo.\n"
    old = message_of((HEADER + b"\nOne.\nTwo.\n").replace(b"\n", b"\r"))
    assert (old.text, old.message_id) == ("One.\nTwo.\n", "1@example.org")


def test_nul_is_removed_and_told() -> None:
    assert message_of(HEADER + b"\nOne\0Two\n").text == "OneTwo\n"
    assert kinds(HEADER + b"\nOne\0Two\n") == ["nul"]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"<a@example.org>", "a@example.org"),
        (b"a@example.org", "a@example.org"),
        (b" <a\n b@example.org> (comment)", "ab@example.org"),
        (b"<87r0kl5oes.fsf@>", "87r0kl5oes.fsf@"),
        (b"<a/../b@example.org>", "a/../b@example.org"),
    ],
)
def test_message_ids_are_bare(value: bytes, found: str) -> None:
    assert message_of(HEADER.replace(b"<1@example.org>", value) + b"\n").message_id == found


@pytest.mark.parametrize(
    "value", [b"", b"<>", b"< >", b"<" + b"x" * 2000 + b"@example.org>", b"<\x1b[31m@a>"]
)
def test_a_missing_message_id_is_derived_from_the_bytes(value: bytes) -> None:
    data = HEADER.replace(b"<1@example.org>", value) + b"\n"
    assert message_of(data).message_id.startswith("derived.")
    assert message_of(data).message_id == message_of(data).message_id
    assert message_of(data).message_id != message_of(data + b"x").message_id
    assert "no message id" in kinds(data)


def test_the_second_of_several_ids_is_used_when_the_first_is_empty() -> None:
    assert message_of(b"Message-ID:\n" + HEADER + b"\n").message_id == "1@example.org"


@pytest.mark.parametrize(
    ("fields", "references", "in_reply_to", "told"),
    [
        (b"In-Reply-To: <a@example.org> <b@example.org>\n", (), ("a@example.org", "b@example.org"), 0),
        (
            b"In-Reply-To: <a@example.org>\nIn-Reply-To: <b@example.org>\n",
            (),
            ("a@example.org", "b@example.org"),
            0,
        ),
        (b"In-Reply-To: 12AB@example.org\n", (), ("12AB@example.org",), 0),
        (b"In-Reply-To: Re: the lock\n", (), (), 1),
        (b'In-Reply-To: <a@example.org> <(Ada> <of> <"Sun> <>\n', (), ("a@example.org",), 1),
        (b"In-Reply-To: <ada@example.org>\n", (), (), 1),
        (b"In-Reply-To: y\n", (), (), 1),
        (
            b"In-Reply-To: <1@example.org>\nReferences: <1@example.org> <0@example.org>\n",
            ("0@example.org",),
            (),
            1,
        ),
        (b"References: <a@example.org> <a@example.org>\n", ("a@example.org",), (), 0),
        (b"References: <a\n\tb@example.org><c@example.org>\n", ("ab@example.org", "c@example.org"), (), 0),
    ],
)
def test_references_are_ids_of_other_mails(
    fields: bytes, references: tuple[str, ...], in_reply_to: tuple[str, ...], told: int
) -> None:
    data = HEADER + fields + b"\n"
    assert message_of(data).references == references
    assert message_of(data).in_reply_to == in_reply_to
    assert kinds(data) == ["references"] * told


def test_absurd_numbers_of_references_are_bounded() -> None:
    many = b"References:" + b"".join(b" <%d@example.org>\n" % n for n in range(5000))
    references = message_of(HEADER + many + b"\n").references
    assert (len(references), references[-1]) == (1000, "4999@example.org")


@pytest.mark.parametrize(
    ("value", "utc"),
    [
        (b"Mon, 3 Jan 2011 10:00:00 +0100", "2011-01-03T09:00:00+00:00"),
        (b"3 Jan 2011 10:00:00 -0000", "2011-01-03T10:00:00+00:00"),
        (b"Mon, 3 Jan 2011 10:00 EST", "2011-01-03T15:00:00+00:00"),
        (b"Mon, 03 Jan 11 10:00:00 GMT (comment)", "2011-01-03T10:00:00+00:00"),
        (b"Fri, 30 Jun 2012 23:59:60 +0000", "2012-06-30T23:59:59+00:00"),
        (b"Mon Jan  3 10:00:00 2011", "2011-01-03T10:00:00+00:00"),
    ],
)
def test_dates_of_all_spellings_are_read(value: bytes, utc: str) -> None:
    data = HEADER.replace(b"Mon, 3 Jan 2011 10:00:00 +0100", value) + b"\n"
    date = message_of(data).date
    assert date is not None
    assert date.astimezone(UTC).isoformat() == utc
    assert kinds(data) == []


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"yesterday",
        b"Mon, 3 Jan 9999999999 10:00:00 +0000",
        b"Mon, 3 Jan 1066 10:00:00 +0000",
        b"Mon, 31 Feb 2011 10:00:00 +0000",
        b"Mon, 3 Jan 2011 99:00:00 +0000",
        b"Mon, 3 Jan 2011 10:00:00 +99999999999999999999",
        b"\xff\xfe",
    ],
)
def test_a_date_that_cannot_be_is_none_and_told_or_comes_from_the_way_of_the_mail(value: bytes) -> None:
    data = HEADER.replace(b"Mon, 3 Jan 2011 10:00:00 +0100", value) + b"\n"
    assert message_of(data).date is None or b"99999" in value
    assert "date" in kinds(data)
    way = b"Received: from a by b; Tue, 4 Jan 2011 08:00:00 +0000\n"
    assert message_of(way + data).date == datetime(2011, 1, 4, 8, tzinfo=UTC)


def test_a_zone_out_of_range_is_told_and_the_day_kept() -> None:
    data = HEADER.replace(b"+0100", b"+9900") + b"\n"
    date = message_of(data).date
    assert date is not None
    assert date.isoformat() == "2011-01-03T10:00:00+00:00"
    assert kinds(data) == ["date"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"=?utf-8?q?caf=C3=A9?= on\n =?UTF-8?B?w6R0?=", "café on ät"),
        (b"=?utf-8?q?ca?=\n =?utf-8?q?f=C3=A9?=", "café"),
        (b"=?utf-8?b?w6R0ww==?=\n =?utf-8?b?pHQ?=", "ätät"),
        (b"=?iso-8859-1?Q?=E4_b?=", "ä b"),
        (b"=?utf-8*en?q?a?=", "a"),
        (b"=?x-none?q?=E4?=", "ä"),
        (b"=?utf-8?q?broken", "=?utf-8?q?broken"),
        (b"=?utf-8?z?a?=", "=?utf-8?z?a?="),
        (b"caf\xc3\xa9", "café"),
        (b"caf\xe9", "café"),
        (b"red \x1b[31m alert\x07", "red [31m alert"),
        (b"two\n  lines", "two lines"),
    ],
)
def test_subjects_are_read_in_any_coding(value: bytes, shown: str) -> None:
    assert message_of(HEADER.replace(b"Re: the lock", value) + b"\n").subject == shown


def test_8_bit_headers_are_told() -> None:
    assert kinds(HEADER.replace(b"the lock", b"caf\xe9") + b"\n") == ["8-bit header"]


@pytest.mark.parametrize(
    ("fields", "data", "text", "told"),
    [
        (b"charset=utf-8", b"caf\xc3\xa9", "café", None),
        (b'charset="ISO-8859-15"', b"5 \xa4", "5 €", None),
        (b"charset=iso-8859-1", b"\x93caf\xe9\x94", "“café”", None),
        (b"charset=gb2312", "封锁".encode("gb18030"), "封锁", None),
        (b"charset=iso-2022-jp", "錠".encode("iso-2022-jp"), "錠", None),
        (b"charset=us-ascii", b"caf\xc3\xa9", "café", "charset"),
        (b"charset=us-ascii", b"caf\xe9", "café", "charset"),
        (b"charset=utf-8", b"caf\xe9", "café", "charset"),
        (b"charset=iso-8859-1", b"caf\xc3\xa9 \xe2\x80\x93 so", "café – so", "charset"),
        (b"charset=y", b"caf\xc3\xa9", "café", "charset"),
        (b"charset=unicode_escape", b"\\x41", "\\x41", "charset"),
        (b"charset=utf-16", b"a", "\ufffd", "charset"),
        (b"charset=utf-7", b"+2AA-", "\ufffd", "charset"),
        (b"format=fixed", b"caf\xc3\xa9", "café", "charset"),
    ],
)
def test_text_is_read_in_the_charset_that_it_has(
    fields: bytes, data: bytes, text: str, told: str | None
) -> None:
    whole = HEADER + b"Content-Type: text/plain; " + fields + b"\n\n" + data
    assert message_of(whole).text == text
    assert kinds(whole) in ([told] if told else [], ["charset", "mojibake"])


def test_transfer_encodings_are_undone() -> None:
    plain = HEADER + b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: %s\n\n%s"
    assert message_of(plain % (b"quoted-printable", b"caf=C3=\n=A9 =3D\n")).text == "café =\n"
    assert message_of(plain % (b"Base64", b"Y2Fm\nw6kK\n")).text == "café\n"
    assert message_of(plain % (b"base64", b"Y2Fm w6k")).text == "café"
    assert message_of(plain % (b"8-bit", b"caf\xc3\xa9")).text == "café"
    assert kinds(plain % (b"x-own", b"a")) == ["encoding"]
    assert kinds(plain % (b"x-uuencode", b"begin 644 a\n#86)C\n`\nend\n")) == ["encoding"]


def test_soft_line_ends_are_taken_back() -> None:
    flowed = HEADER + b"Content-Type: text/plain; format=flowed%s\n\n%s"
    body = b"One \nline.\n> quoted \n> too.\n>> deeper \n> not.\n From here\n-- \nAda\n"
    assert message_of(flowed % (b"", body)).text == (
        "One line.\n> quoted too.\n>> deeper \n> not.\nFrom here\n-- \nAda\n"
    )
    assert message_of(flowed % (b"; delsp=yes", b"un \nbroken\n")).text == "unbroken\n"


def multipart(*parts: bytes, kind: bytes = b"mixed") -> bytes:
    body = b"".join(b"--b\n" + part + b"\n" for part in parts)
    return HEADER + b'Content-Type: multipart/%s; boundary="b"\n\npreamble\n%s--b--\nepilogue\n' % (
        kind,
        body,
    )


def test_plain_text_is_preferred_and_markup_read_where_there_is_no_other() -> None:
    plain, markup = (
        b"Content-Type: text/plain\n\nPlain.",
        b"Content-Type: text/html\n\n<p>Marked <b>up</b>.</p>",
    )
    assert message_of(multipart(markup, plain, kind=b"alternative")).text == "Plain."
    assert fold(message_of(multipart(markup, kind=b"alternative")).text) == "Marked up."
    assert fold(message_of(HEADER + markup).text) == "Marked up."


def test_shown_parts_are_joined_and_a_list_footer_is_not() -> None:
    footer = b"\n" + b"_" * 47 + b"\nLocks mailing list\nLocks@example.org\n"
    assert message_of(multipart(b"\nOne.\n", b"\nTwo.\n", footer)).text == "One.\n\nTwo.\n"


def test_of_an_attached_patch_the_diff_is_text_and_its_letter_is_not() -> None:
    patch = (
        b"Content-Type: text/x-patch; name=a.patch\nContent-Disposition: attachment\n\n"
        b"From: Bo Sample <bo@example.org>\nSubject: [PATCH] fix\n\nWords.\n---\n"
        b"diff --git a/f.c b/f.c\n--- a/f.c\n+++ b/f.c\n@@ -1 +1 @@\n-a\n+b\n"
    )
    config = b"Content-Type: text/plain; name=config\nContent-Disposition: attachment\n\nCONFIG_X=y\n"
    text = message_of(multipart(b"\nSee there.", patch, config)).text
    assert text.startswith("See there.\ndiff --git")
    assert "Words" not in text
    assert "CONFIG" not in text


def test_an_attached_mail_is_quoted_with_its_author() -> None:
    inner = b"Content-Type: message/rfc822\n\nFrom: Bo <bo@example.org>\nDate: today\n\nInner.\n\nEnd.\n"
    assert message_of(multipart(b"\nSee there.\n", inner)).text == (
        "See there.\n\nOn today, Bo <bo@example.org> wrote:\n> Inner.\n>\n> End.\n"
    )


def test_a_tnef_attachment_is_told() -> None:
    assert kinds(multipart(b"\nA.", b"Content-Type: application/ms-tnef; name=winmail.dat\n\nx")) == ["tnef"]


def test_other_text_is_read_where_there_is_no_plain_one_and_no_text_at_all_is_told() -> None:
    assert message_of(HEADER + b"Content-Type: text/x-patch\n\n--- a\n").text == "--- a\n"
    assert message_of(HEADER + b"Content-Type: application/pgp; format=text\n\nA.\n").text == "A.\n"
    assert message_of(HEADER + b"Content-Type: text\n\nA.\n").text == "A.\n"
    assert kinds(HEADER + b"Content-Type: application/pdf\n\n%PDF") == ["no text"]
    assert kinds(multipart(b"Content-Type: image/png\n\nx")) == ["no text"]
    assert kinds(HEADER + b"\n") == []


def test_a_multipart_without_its_boundary_is_text() -> None:
    data = HEADER + b'Content-Type: multipart/mixed; boundary="gone"\n\nStill here.\n'
    assert message_of(data).text == "Still here.\n"
    assert kinds(data) == ["broken multipart"]


def test_a_multipart_that_was_cut_is_read_as_far_as_it_goes() -> None:
    assert message_of(multipart(b"\nOne.\n").partition(b"--b--")[0]).text == "One.\n\n"


def test_ten_thousand_nested_parts_are_told_and_cost_nothing() -> None:
    data = HEADER
    for n in range(10_000):
        data += b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n)
    assert kinds(data + b"\nDeep.\n") == ["too many parts"]
    wide = multipart(*[b"\nPart."] * 20_000)
    assert kinds(wide) == ["too many parts"]


def test_misread_characters_are_mended_and_told() -> None:
    data = HEADER + b"Content-Type: text/plain; charset=utf-8\n\n" + "isnâ€™t Â  so\n".encode()
    assert message_of(data).text == "isn’t \xa0  so\n"
    assert kinds(data) == ["mojibake"]


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"\0\0\0\xff", b"words without a header\n", b"Key: value\n\nx"]
)
def test_what_is_no_mail_is_set_aside_with_its_bytes(data: bytes) -> None:
    found = parse_bytes(data)
    assert found.message is None
    assert [d.kind for d in found.defects] == ["no mail"]
    assert found.raw.data == data


def test_a_broken_header_line_hides_no_field_behind_it() -> None:
    data = b"Received: x\nthis line is no field\n" + HEADER + b"\nHello.\n"
    assert message_of(data).message_id == "1@example.org"
    assert message_of(data).text == "Hello.\n"
    assert kinds(data) == ["broken header"]


def test_a_missing_blank_line_begins_the_body() -> None:
    data = HEADER + b"Hello, this is no field\nand neither is this.\n\nMore.\n"
    assert message_of(data).text == "Hello, this is no field\nand neither is this.\n\nMore.\n"


def test_an_envelope_line_before_the_header_is_no_field() -> None:
    assert message_of(b"From ada@example.org Mon Jan  3 10:00:00 2011\n" + HEADER + b"\nx").text == "x"
    assert message_of(b"\n\n>From ada\n" + HEADER + b"\nx").text == "x"
    assert message_of(b"\xef\xbb\xbf" + HEADER + b"\nx").author.name == "Ada Example"


def test_a_gigantic_header_is_read_in_part_and_told() -> None:
    data = HEADER + b"X-Long: a\n" + b" b\n" * 1_000_000 + b"\nHello.\n"
    assert message_of(data).text == "Hello.\n"
    assert kinds(data) == ["header too long"]


@pytest.mark.parametrize(
    ("fields", "author"),
    [
        (
            b"From: Ada via Locks <locks@example.org>\nReply-To: Ada <ada@example.org>\n",
            ("Ada", "ada@example.org"),
        ),
        (
            b"From: \"'Ada Example' via locks\" <locks@example.org>\nX-Original-From: ada@example.org\n",
            ("Ada Example", "ada@example.org"),
        ),
        (
            b"From: Ada via B4 Relay <devnull+ada.example.org@kernel.org>\nReply-To: ada@example.org\n",
            ("Ada", "ada@example.org"),
        ),
        (b"From: Ada via Locks <locks@example.org>\n", ("Ada", "locks@example.org")),
        (b"From: Ada <ada@example.org>\nReply-To: Bo <bo@example.org>\n", ("Ada", "ada@example.org")),
        (b"From: ada at example.org (Ada Example)\n", ("Ada Example", "ada@example.org")),
    ],
)
def test_a_list_that_put_itself_into_from_is_taken_out(fields: bytes, author: tuple[str, str]) -> None:
    data = fields + b"Message-ID: <1@example.org>\nList-Id: <locks.example.org>\n\n"
    assert message_of(data).author == Address(*author)


def test_lists_are_named_as_they_name_themselves() -> None:
    fields = (
        b"List-Id: =?utf-8?q?a?= <Locks.example.org>\nList-Id: other.example.org\n"
        b"List-Post: <mailto:x@example.org>\n"
    )
    assert message_of(HEADER + fields + b"\n").lists == (
        "locks.example.org",
        "other.example.org",
        "x.example.org",
    )
    assert message_of(HEADER + b"List-Post: NO\n\n").lists == ()


def test_ordinary_mail_reads_as_the_standard_library_reads_it() -> None:
    bodies = [b"Plain.\n", b"a =3D b=\n c\n", b"Y2Fmw6kK\n", b"caf\xc3\xa9\n"]
    for encoding, body in zip([b"7bit", b"quoted-printable", b"base64", b"8bit"], bodies, strict=True):
        part = b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: %s\n\n%s" % (
            encoding,
            body,
        )
        for data in (HEADER + part, multipart(part), multipart(part, kind=b"alternative")):
            oracle = email.message_from_bytes(data, policy=email.policy.default)
            content = oracle.get_body(("plain",))
            assert content is not None
            found = message_of(data)
            assert fold(found.text) == fold(content.get_content())
            assert found.subject == oracle["subject"]
            assert f"<{found.message_id}>" == oracle["message-id"]
            assert found.date == oracle["date"].datetime
