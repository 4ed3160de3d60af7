"""No bytes make the parser, the splitter or the threading raise, nor take them long."""

import email
import email.policy
import random
import time
from codecs import BOM_UTF8
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.mail import RawMail
from ingest.dates import read_date
from ingest.identifiers import read_message_id, read_references
from ingest.parsing import parse
from ingest.people import read_addresses
from ingest.sources.detection import form_of
from ingest.sources.separators import KINDS, kind_of, unescape
from ingest.sources.splitting import split
from ingest.sources.streams import Stream, Tap
from ingest.subjects import read_subject

FIELDS = [
    b"From: Ada Example <ada@example.org>",
    b"From: =?utf-8?b?w6R=?= <a@example.org> (com(ment)",
    b'To: a@example.org, "B, C" <b@example.org>; group: d@example.org;',
    b'Cc: <<>> ,, (((( "',
    b"Subject: =?utf-8?q?=E4?= =?x?b?====?=",
    b"Date: Mon, 3 Jan 2011 10:00:00 +0100",
    b"Date: Mon, 99 Xxx 99999 99:99:99 +9999",
    b"Message-ID: <1@example.org>",
    b"References: <a@b> <c@d> < > <>",
    b'In-Reply-To: words <x> "',
    b"Content-Type: multipart/mixed; boundary=b",
    b'Content-Type: text/plain; charset="utf-16"; format=flowed; delsp=yes',
    b"Content-Type: text/html; charset=x",
    b"Content-Type: message/rfc822",
    b"Content-Transfer-Encoding: base64",
    b"Content-Transfer-Encoding: quoted-printable",
    b"Content-Disposition: attachment; filename=a.patch",
    b"List-Id: <a.b>",
    b"Received: x; Mon, 3 Jan 2011 10:00:00 +0100",
    b"--b",
    b"--b--",
    b"",
    b" folded",
    b"From a@example.org Mon Jan  3 10:00:00 2011",
    b">From there",
    b"> quoted \xc3\xa9 \xff\x00",
    b"diff --git a/x b/x",
    b"<p>markup &amp; <![x<!--",
    b"+2AA- =E4=\x80 YWJj",
]
lines = st.one_of(st.sampled_from(FIELDS), st.binary(max_size=40))
mails = st.builds(
    lambda parts, end: end.join(parts), st.lists(lines, max_size=40), st.sampled_from([b"\n", b"\r\n", b"\r"])
)


@given(mails)
@settings(max_examples=1500, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_mail_is_a_message_or_set_aside(data: bytes) -> None:
    found = parse(RawMail(data, "test"))
    assert "not parsed" not in {d.kind for d in found.defects}
    assert (found.message is not None) or found.defects
    if found.message:
        message = found.message
        for text in (
            message.text,
            message.subject,
            message.message_id,
            str(message.author),
            *message.references,
        ):
            text.encode()
            assert "\0" not in text
        assert "\r" not in message.text
        assert message.message_id
        assert message.date is None or message.date.tzinfo is not None
    assert parse(RawMail(data, "test")) == found


@given(mails, st.integers(1, 300), st.sampled_from([None, *KINDS]))
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_split_without_loss(data: bytes, size: int, kind: str | None) -> None:
    stream = Stream(iter([data[i : i + size] for i in range(0, len(data), size)]), Tap(None, "t"), None)  # type: ignore[arg-type]
    end = 0
    for piece in split(stream, lengths=kind == "mboxcl2"):
        assert not passed_over(data[end : piece.start])
        assert data[piece.begin : piece.begin + len(piece.data)] == piece.data
        assert unescape(piece.data, kind or kind_of(data))
        end = piece.end
    assert not passed_over(data[end:])
    form_of(data)


def passed_over(between: bytes) -> bytes:
    """What stands between mails but for white space and a byte order mark, which say nothing."""
    return between.removeprefix(BOM_UTF8).strip()


@given(st.text(max_size=300))
def test_any_header_value_is_read(value: str) -> None:
    for address in read_addresses(value):
        assert address.name or address.email
    read_date(value)
    read_message_id(value)
    read_references([value], "own", ())
    assert read_subject(value).words is not None


def make_hostile() -> Iterator[tuple[str, bytes]]:
    head = b"From: a@example.org\nMessage-ID: <1@example.org>\n"
    many = 200_000
    yield "commas", head + b"To: " + b"," * many + b"\n\n"
    yield "open comments", head + b"To: " + b"(" * many + b"\n\n"
    yield "open quotes", head + b'To: a "' + b'\\"' * many + b"\n\n"
    yield "words at words", head + b"To: " + b"a at " * many + b"\n\n"
    yield "blanks", head + b"To: a" + b" " * many + b"b\n\n"
    yield "via", b"From: " + b"a via " * many + b"<a@example.org>\nList-Id: <a.example.org>\n\n"
    yield "angles", head + b"References: " + b"<" * many + b"\n\n"
    yield "coded words", head + b"Subject: " + b"=?utf-8?q?a?= " * (many // 10) + b"\n\n"
    yield "broken coded words", head + b"Subject: " + b"=?utf-8?q?" * (many // 10) + b"\n\n"
    yield "coded names", head + b"Cc: " + b"=?a?b?" * (many // 10) + b"\n\n"
    yield "parameters", head + b"Content-Type: text/plain" + b";a=" * many + b"\n\n"
    yield "folds", head + b"Subject: a\n" + b" \n" * many + b"\nx"
    yield "lines without colon", head + b"word\n" * many + b"X: y\n\nx"
    yield "blank lines", b"\n" * many + head + b"\nx"
    yield "separators", b"From a\n" * many
    yield (
        "marks",
        head + b"Content-Type: text/plain; format=flowed\n\n" + (b">" * 500 + b" \n") * (many // 500),
    )
    yield "markup", head + b"Content-Type: text/html\n\n" + b"<!-- <![ <a <" * (many // 12)
    yield "tags", head + b"Content-Type: text/html\n\n" + b"<blockquote>" * (many // 12) + b"x"
    yield "entities", head + b"Content-Type: text/html\n\n" + b"&#x" * (many // 3)
    yield "boundaries", head + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * many
    yield "padding", head + b"Content-Transfer-Encoding: base64\n\n" + b"=" * many
    yield "misread", head + b"Content-Type: text/plain; charset=utf-8\n\n" + "Â ".encode() * (many // 3)
    yield "dates", head + b"Date: " + b"1 " * many + b"\n\n"
    yield "was", head + b"Subject: " + b" ,;" * many + b"\n\n"
    yield "tags in subject", head + b"Subject: " + b"[a] " * many + b"\n\n"


HOSTILE = dict(make_hostile())


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_costs_little(name: str) -> None:
    data = HOSTILE[name]
    began = time.process_time()
    found = parse(RawMail(data, "test"))
    if found.message:
        read_subject(found.message.subject)
    assert "not parsed" not in {d.kind for d in found.defects}
    assert time.process_time() - began < 2.0


def test_damaged_copies_of_a_good_mail_read_as_the_standard_library_reads_them_or_tell() -> None:
    good = (
        b"From: Ada Example <ada@example.org>\nMessage-ID: <1@example.org>\nMIME-Version: 1.0\n"
        b"Date: Mon, 3 Jan 2011 10:00:00 +0100\n"
        b'Content-Type: multipart/mixed; boundary="part"\n\n--part\nContent-Type: text/plain; charset=utf-8\n'
        b"Content-Transfer-Encoding: quoted-printable\n\nThe lock is held =E2=80=93 see below.\n--part\n"
        b"Content-Type: text/html\n\n<p>x</p>\n--part--\n"
    )
    shuffler = random.Random(3)
    agreed = silent = 0
    for _ in range(1000):
        data = bytearray(good)
        for _ in range(shuffler.randrange(1, 4)):
            data[shuffler.randrange(len(data))] = shuffler.randrange(32, 127)
        found = parse(RawMail(bytes(data), "test"))
        oracle = email.message_from_bytes(bytes(data), policy=email.policy.compat32)
        texts = [
            part.get_payload(decode=True)
            for part in oracle.walk()
            if part.get_content_type() == "text/plain" and not part.is_multipart()
        ]
        if found.message and texts and isinstance(texts[0], bytes):
            expected = " ".join(texts[0].decode("utf-8", "replace").split())
            if expected in " ".join(found.message.text.split()):
                agreed += 1
            else:
                silent += not found.defects
    assert agreed > 690
    assert silent < 20
