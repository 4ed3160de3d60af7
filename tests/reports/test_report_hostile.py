"""Text of strangers on a page: shown, never obeyed."""

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.findings import Anchor, Argument, Findings, Kind, Proposal, Stance
from archive.mail import Address, Block, BlockKind, Discussion, Match, Message, QuoteSource
from reports import argdown, madr
from reports.record import Record
from reports.text import is_web_address, neutralise, one_line, web_addresses

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>'\"&amp;{{ 7*7 }}{% raw %}"


def record_of(text: str, *, findings: bool = True) -> Record:
    """A record in which the text stands wherever a stranger can put it."""
    message = Message(text, Address(text, text), text, None, text, lists=(text,), url=text)
    anchor = Anchor(text, 0, len(text), text)
    proposal = Proposal("p1", text, Kind.PATCH, text, (anchor,), why=text)
    argument = Argument("a1", "p1", Stance.FOR, text, anchor, 0.5, True, criterion=text, why=text)
    found = Findings("d1", text, text, proposals=(proposal,), arguments=(argument,)) if findings else None
    return Record(Discussion("d1", text, (), (message,)), found or Findings("d1", "r", ""))


def test_markup_in_mail_is_text_on_the_page(write):
    page = write(record_of(SCRIPT))
    assert page.faults == []
    assert not {"script", "img"} & {tag for tag, _ in page.elements}
    assert page.text.count(SCRIPT) >= 8
    assert "49" not in page.text


@pytest.mark.parametrize(
    "char", ["\u202e", "\u2066", "\u200b", "\x00", "\x1b", "\x9b", "\ud800", "\U000e0041", "\ufeff"]
)
def test_what_hides_or_reorders_is_spelled_out(write, tmp_path, char):
    write(record_of(f"all{char}ow"))
    written = (tmp_path / "site" / "d1.html").read_bytes().decode("utf-8")
    assert char not in written
    assert f"all‹U+{ord(char):04X}›ow" in written


def test_letters_of_all_scripts_stay_as_they_are():
    text = "añ\u0301 العربية עברית हिन्दी 日本 👩\u200d💻\ttab\nline"
    assert neutralise(text) == text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "file:///etc", "ftp://x"]
)
def test_only_web_addresses_become_links(write, url):
    page = write(record_of(f"see {url} now"))
    assert not any(link.startswith(url[:5]) for link in page.links)
    assert not is_web_address(url)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://a.example/b.", ["https://a.example/b"]),
        ("(https://a.example/b)", ["https://a.example/b"]),
        ("https://a.example/w/x_(y)", ["https://a.example/w/x_(y)"]),
        ("<http://a.example>, http://b.example!", ["http://a.example", "http://b.example"]),
        ("http:// and https:// alone", []),
        ('"http://a.example/"onclick=x', ["http://a.example/"]),
        ("http://a.example/\u202egpj.exe", ["http://a.example/"]),
    ],
)
def test_an_address_ends_where_a_reader_would_end_it(text, found):
    assert [text[a:b] for a, b in web_addresses(text, 0, len(text))] == found


def test_a_cut_line_ends_between_words():
    assert one_line("some  words\nthat go on", 16) == "some words that…"
    assert one_line("x" * 50, 10) == "xxxxxxxxx…"


def test_a_very_long_message_is_folded_and_not_lost(write):
    text = "".join(f"line{n} of a long robot mail that says the same thing again\n" for n in range(10_000))
    page = write(record_of(text, findings=False))
    assert all(f"line{n} " in page.text for n in (0, 159, 5_000, 9_999))
    assert "more lines of this message" in page.text


def test_blocks_that_overlap_or_leave_gaps_lose_no_word(write):
    text = "alpha\nbeta\ngamma\ndelta\n"
    blocks = (Block(BlockKind.QUOTE, 6, 17, 1), Block(BlockKind.DIFF, 11, 99), Block(BlockKind.OWN, -5, 3))
    message = Message("m", Address("A"), "s", None, text, blocks=blocks)
    page = write(Record(Discussion("d1", "t", (), (message,)), Findings("d1", "r", "")))
    shown = "".join(page.text.split())
    assert re.search("alp.*ha.*beta.*gamma.*delta", shown)


TEXT = st.text(st.characters(codec=None), max_size=80) | st.sampled_from(
    [SCRIPT, "> > q\n", "*_`#[x](y)<b>\\", "a\n\nb"]
)
SPOT = st.integers(-3, 90)


@st.composite
def records(draw):
    text = draw(TEXT)
    source = QuoteSource(draw(st.sampled_from(Match)), draw(TEXT), draw(st.none() | TEXT))
    blocks = tuple(
        Block(draw(st.sampled_from(BlockKind)), draw(SPOT), draw(SPOT), draw(st.integers(0, 9)), source)
        for _ in range(draw(st.integers(0, 4)))
    )
    record = record_of(text)
    anchor = Anchor(text, draw(SPOT), draw(SPOT), draw(TEXT))
    arguments = tuple(replace(a, anchor=anchor, answers=a.id) for a in record.findings.arguments)
    message = replace(record.discussion.messages[0], blocks=blocks, parent=draw(st.none() | st.just(text)))
    discussion = replace(record.discussion, messages=(message,))
    return replace(record, discussion=discussion, findings=replace(record.findings, arguments=arguments))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records())
def test_no_text_breaks_a_page(write, record):
    page = write(record)
    assert page.faults == []
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    madr.render(record).encode()
    argdown.render(record).encode()
