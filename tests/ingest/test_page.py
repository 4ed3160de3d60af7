"""Pages: one mail saved from a web archive, with its line ends, marks and headers lost in many ways."""

import os
import textwrap
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.identity import derived_message_id
from archive.mail import BlockKind, Message, Origin, RawMail
from ingest.blocks import read_blocks
from ingest.mojibake import mend
from ingest.page import looks_like_page, parse_page
from ingest.quoting import measure
from ingest.unflattening import unflatten
from ingest.unquoting import read_back

SHARED = Path(os.environ.get("MOOT_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))
SEED = SHARED / "seed" / "000_edee934d1f9f1015.txt"

NAMES = ["Mara Lindqvist", "Ivo Petrov", "Ann Ode", "Noor Haddad"]

# What each of them says, oldest first: paragraphs, each of which the next one may answer.
TALK = [
    [
        "Invalidation and the page fault handler do not exclude each other. While one of them drops its "
        "lock in the "
        "middle of the range, the other may start over and never see what was left behind by the first.",
        "In particular ->d_revalidate() calls invalidate_range() with or without i_mutex held, depending "
        "on the path.",
    ],
    [
        "That is a problem of one filesystem. I would hate to see every inode grow for the sake of a "
        "case that hardly "
        "anyone ever meets on a machine that does real work.",
        "Which callers come without the mutex, by the way?",
    ],
    [
        "I don't like the growth either, but it is the best that I could come up with. If there is a "
        "better idea, "
        "please share it.",
        "The callers are lookup_one() and friends, as far as I could find out by reading.",
    ],
    [
        "Suppose we start from there. Can the call sites be changed so that the mutex is always taken, "
        "or never? "
        "A thorough audit would show up a few more of them, I expect, but that is no reason to wait.",
        "Failing that, can the filesystem take its own semaphore before it calls invalidate_range()?",
    ],
    [
        "Yes, a private semaphore would do, but it would leave the other users of the function to sort "
        "this out for "
        "themselves, and each of them would get it wrong in a new way.",
        "I will send a patch that does both.",
    ],
    [
        "Thanks, that would be great. I have looked at the restart logic for quite a while now, and "
        "every change that "
        "I came up with was worse than what we have.",
        "Let me know when it is ready, and I will run it through the tests here over the weekend.",
    ],
    [
        "It is ready now. The series is based on the current tree and applies cleanly, with one patch "
        "for each caller.",
        "I also wrote down why the order of the two locks matters.",
    ],
]


@dataclass(frozen=True)
class Style:
    """How one mailer quotes: the mark it puts before a line that is quoted already, and before one that "
    "isn't."""

    deeper: str
    first: str

    def quote(self, line: str) -> str:
        if line.startswith(">"):
            return self.deeper + line
        return (self.first + line).rstrip() if line else self.first.rstrip()


SPACED = Style("> ", "> ")
GMAIL = Style(">", "> ")
TIGHT = Style(">", ">")


def attribution(level: int, fashion: int) -> str:
    name, day = NAMES[level % len(NAMES)], 3 + level
    return (
        f"On Tue, {day} Mar 2022, {name} wrote:",
        f"On Tue, Mar {day:02d}, 2022 at 01:30:{day:02d}PM +0100, {name} wrote:",
        f"On Tue, Mar {day}, 2022 at 11:47 AM, {name} <{name.split()[0].lower()}@xxxxxxxxxx> wrote:",
    )[fashion % 3]


def write(depth: int, styles: list[Style], width: int, *, top: bool = False) -> list[str]:
    """The lines of the mail at `depth` of the talk: it quotes the one before and answers it."""
    above, below = write_halves(depth, styles, width)
    if depth and top:
        head, *quoted = write_quoted(depth, styles, width)
        first, second = (textwrap.wrap(p, width) for p in TALK[depth])
        return [*first, "", *second, "", head, *quoted]
    return [*above, "", *below]


def write_halves(depth: int, styles: list[Style], width: int) -> tuple[list[str], list[str]]:
    """A mail up to its first own paragraph, which answers the first one of the mail before, and the rest."""
    first, second = (textwrap.wrap(p, width) for p in TALK[depth])
    if depth == 0:
        return first, second
    quote = styles[depth % len(styles)].quote
    above, below = write_halves(depth - 1, styles, width)
    head = attribution(depth - 1, depth)
    return [head, *map(quote, above), "", *first], [*map(quote, below), "", *second]


def write_quoted(depth: int, styles: list[Style], width: int) -> list[str]:
    return [
        attribution(depth - 1, depth),
        *map(styles[depth % len(styles)].quote, write(depth - 1, styles, width)),
    ]


def flatten(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())


def words_by_depth(text: str) -> list[tuple[str, int]]:
    found = []
    for line in text.split("\n"):
        depth, at = measure(line)
        found.extend((word, depth) for word in line[at:].split())
    return found


def accuracy(original: str, restored: str) -> float:
    """Share of the words that stand at the depth at which they stood."""
    a, b = words_by_depth(original), words_by_depth(restored)
    assert [word for word, _ in a] == [word for word, _ in b]
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def page(text: str | bytes, source: str = "page.txt") -> RawMail:
    return RawMail(text.encode() if isinstance(text, str) else text, source, form="page")


def parse(text: str | bytes) -> Message:
    message = parse_page(page(text)).message
    assert message is not None
    return message


STYLES = {"spaced": [SPACED], "gmail over spaced": [GMAIL, SPACED], "gmail": [GMAIL], "tight": [TIGHT]}
CASES = list(product(range(1, 7), STYLES, (62, 70, 76), (False, True)))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("top", [False, True], ids=["bottom-posted", "top-posted"])
@pytest.mark.parametrize("depth", range(1, 7))
def test_a_flattened_mail_gets_its_lines_and_levels_back(depth, style, top):
    for width in (62, 70, 76):
        original = "\n".join(write(depth, STYLES[style], width, top=top))
        assert accuracy(original, unflatten(flatten(original.split("\n")))) >= 0.94, width


def test_most_flattened_mails_come_back_without_any_word_out_of_place():
    whole = [
        accuracy(text, unflatten(flatten(text.split("\n")))) == 1.0
        for depth, style, width, top in CASES
        for text in ["\n".join(write(depth, STYLES[style], width, top=top))]
    ]
    assert sum(whole) >= 0.85 * len(whole)


def test_a_thread_is_read_back_from_its_flattened_last_mail():
    for style in STYLES.values():
        lines = [*write(5, style, 70), "", "Ivo"]
        message = parse(flatten(lines))
        messages = read_back([message], {})
        by_id = {m.message_id: m for m in messages}
        line = []
        at: str | None = message.message_id
        while at in by_id:
            line.append(by_id[at])
            at = by_id[at].parent
        assert [m.author.name for m in line[1:]] == [NAMES[level % 4] for level in (4, 3, 2, 1, 0)]
        assert all(m.origin is Origin.QUOTED for m in line[1:])
        dates = [m.date for m in line]
        assert None not in dates
        assert dates == sorted(dates, reverse=True)


def test_own_text_in_the_midst_of_a_flattened_quote_is_found_by_general_evidence():
    text = (
        "On Tue, 8 Mar 2022, Ivo Petrov wrote: > On Mon, 7 Mar 2022, Ann Ode wrote: >> Is the lock of "
        "the inode held "
        "when the pages of the file are >> thrown out by the cache? >> > It is, as far as I can see from "
        "the three "
        "places in the code that > call it, though none of them says so. Right. I have checked it too, "
        "and there is "
        "a fourth place which does not, the one for direct writes that nobody remembers. > We should add an "
        "assertion, and see who trips over it in the > next release. No objection."
    )
    restored = unflatten(text).split("\n")
    own = [line for line in restored if line and not line.startswith((">", "On "))]
    assert own == [
        "Right. I have checked it too, and there is a fourth place which does not, the one for direct "
        "writes that "
        "nobody remembers.",
        "No objection.",
    ]


def test_a_list_of_names_ends_where_prose_begins():
    text = (
        "On Tue, 8 Mar 2022, Ivo Petrov wrote: >> Where is it called with the mutex held? I could not "
        "find any such "
        "place >> in the tree, and I have looked for quite a while. > > do_open > path_walk > "
        "\xa0__path_walk > \xa0 "
        "\xa0do_check > \xa0 \xa0d_check Right, so there. > > I see no easy way to drop the mutex for "
        "do_open() and "
        "path_walk(). Me neither."
    )
    lines = unflatten(text).split("\n")
    start = lines.index("> do_open")
    assert lines[start : start + 7] == [
        "> do_open",
        "> path_walk",
        ">  __path_walk",
        ">    do_check",
        ">      d_check",
        "",
        "Right, so there.",
    ]


def test_a_greater_sign_between_operands_is_no_quote_mark():
    text = (
        "On Tue, 8 Mar 2022, Ivo Petrov wrote: > The loop ends as soon as the count is right, that is "
        "when the "
        "test > (offset > 4096) holds for the page that was found last in the > tree. Not if it wraps around."
    )
    assert "> (offset > 4096) holds for the page that was found last in the" in unflatten(text).split("\n")


def test_lines_that_nobody_wrapped_stay_one_quoted_line():
    long = (
        "This is a paragraph of a mailer that breaks no lines, and so it goes on and on, much "
        "further than any page is wide. "
    )
    text = f"On Tue, 8 Mar 2022, Ivo Petrov wrote: > {long}> > {long}> > {long}> > {long}So what?"
    lines = [line for line in unflatten(text).split("\n") if line.strip("> ")]
    assert lines[1:5] == ["> " + long.strip()] * 4


def test_text_without_marks_is_left_alone():
    assert unflatten("No quote in here at all.") == "No quote in here at all."


def test_misread_no_break_spaces_become_blanks_and_are_reported():
    parsed = parse_page(
        page(
            "On Tue, 8 Mar 2022, Ivo Petrov wrote:\n> The mutex is held. ÂOther callers don't take it, "
            "Âas it seems.\n\nRight.\n"
        )
    )
    assert parsed.message is not None
    assert "> The mutex is held.  Other callers don't take it,  as it seems." in parsed.message.text
    assert {d.source for d in parsed.defects if d.kind == "mojibake mended"} == {"page.txt"}


def test_a_letter_that_belongs_to_a_word_is_no_mojibake():
    assert mend("Ângela a écrit à Âge d'Or.") == ("Ângela a écrit à Âge d'Or.", 0)
    assert mend("donâ€™t") == ("don’t", 1)
    assert mend("caf\u00c3\u00a9") == ("café", 1)
    assert mend("a\u00c2\u00a0b") == ("a\u00a0b", 1)


@pytest.mark.parametrize(
    "footer",
    [
        "-- To unsubscribe, send a message with 'unsubscribe things' in the body to majordomo@example.org",
        '-- To unsubscribe from this list: send the line "unsubscribe things" in the '
        "body of a message to majordomo@example.org",
        "_______________________________________________ things mailing list things@lists.example.org "
        "https://lists.example.org/",
        "-- Mara Lindqvist Example Labs mara@example.org",
    ],
)
def test_signature_and_sign_off_of_a_flattened_mail_get_lines_of_their_own(footer):
    text = (
        "On Tue, 8 Mar 2022, Ivo Petrov wrote: > On Mon, 7 Mar 2022, Mara Lindqvist wrote: >> Does it "
        "hang? > > It "
        "does, whenever two of them run at once. Then I see no good alternative. Thanks, Mara " + footer
    )
    message = parse(text)
    own = [message.text_of(b).strip() for b in message.own_blocks() if message.text_of(b).strip()]
    assert own == ["Then I see no good alternative.\n\nThanks,\nMara"]
    assert message.blocks[-1].kind is BlockKind.SIGNATURE
    assert message.author.name == "Mara Lindqvist"


def test_what_a_page_does_not_show_is_inferred_and_said_to_be():
    raw = page(
        "On Tue, Mar 8, 2022 at 11:47 AM, Ivo Petrov <ivo@xxxxxxxxxx> wrote:\n"
        "> On Mon, 7 Mar 2022, Mara Lindqvist wrote:\n"
        ">> Is drop_page_range() safe?\n"
        "> drop_page_range() is not.\n"
        "\n"
        "Then drop_page_range() must go.\n"
        "\n"
        "Mara\n"
    )
    parsed = parse_page(raw)
    message = parsed.message
    assert message is not None
    assert message.author.name == "Mara Lindqvist"
    assert message.date is not None
    assert message.date > datetime(2022, 3, 8, 11, 47, tzinfo=UTC)
    assert message.subject == "(no subject) drop_page_range"
    assert message.message_id == derived_message_id(raw.data)
    assert [d.kind for d in parsed.defects] == ["author inferred", "date inferred", "no subject"]
    assert {d.message_id for d in parsed.defects} == {message.message_id}


def test_an_unsigned_page_has_no_author_rather_than_a_guessed_one():
    parsed = parse_page(
        page(
            "On Tue, 8 Mar 2022, Ivo Petrov wrote:\n> Is it safe?\n\nNobody has ever looked at this "
            "closely enough to say.\n"
        )
    )
    assert parsed.message is not None
    assert str(parsed.message.author) == ""
    assert "no author" in {d.kind for d in parsed.defects}


def test_headers_that_a_page_shows_as_text_are_taken():
    message = parse(
        "Subject: Re: [PATCH] mm: take the lock\n"
        "From: Mara Lindqvist <mara@xxxxxxxxxxx>\n"
        "Date: Tue, 08 Mar 2022 12:30:58 +0100\n"
        "In-reply-to: <20220307.1@example.org>\n"
        "Message-id: <20220308.2@example.org>\n"
        "\n"
        "On Mon, 7 Mar 2022, Ivo Petrov wrote:\n"
        "> Take it.\n"
        "\n"
        "Taken.\n"
    )
    assert message.message_id == "20220308.2@example.org"
    assert message.in_reply_to == ("20220307.1@example.org",)
    assert message.subject == "Re: [PATCH] mm: take the lock"
    assert message.author.name == "Mara Lindqvist"
    assert message.date == datetime(2022, 3, 8, 11, 30, 58, tzinfo=UTC)
    assert message.text.startswith("On Mon, 7 Mar 2022, Ivo Petrov wrote:\n> Take it.\n")


def test_headers_of_an_archive_that_hides_addresses_are_revealed():
    message = parse(
        "[prev in list] [next in list] [prev in thread] [next in thread]\n"
        "\n"
        "List:       things\n"
        "Subject:    Re: the lock\n"
        "From:       Mara Lindqvist <mara () example ! org>\n"
        "Date:       2022-03-08 11:30:58\n"
        "Message-ID: 20220308.2 () example ! org\n"
        "[Download RAW message or body]\n"
        "\n"
        "On Mon, 7 Mar 2022, Ivo Petrov wrote:\n"
        "> Take it.\n"
        "Taken.\n"
        "[prev in list] [next in list] [prev in thread] [next in thread]\n"
    )
    assert message.author.email == "mara@example.org"
    assert message.message_id == "20220308.2@example.org"
    assert message.text == "On Mon, 7 Mar 2022, Ivo Petrov wrote:\n> Take it.\nTaken.\n"


def test_headers_that_run_on_in_a_flattened_page_are_taken():
    message = parse(
        "From: Mara Lindqvist <mara@example.org> Subject: Re: the lock Date: Tue, 8 Mar 2022 12:30:58 "
        "+0100 On Mon, "
        "7 Mar 2022, Ivo Petrov wrote: > Is there any reason to hold the lock for so long in this place, "
        "when > all "
        "it does is to count the pages? None at all, so I have dropped it."
    )
    assert (message.author.name, message.subject) == ("Mara Lindqvist", "Re: the lock")
    assert message.date == datetime(2022, 3, 8, 11, 30, 58, tzinfo=UTC)
    assert [str(b.kind) for b in message.blocks] == ["attribution", "quote", "own"]


HTML = """<!DOCTYPE html>
<html><head><title>Re: the lock — things — archive</title><style>p {{ color: red }}</style></head>
<body><p><a href="/x">[prev in list]</a> <a href="/y">[next in list]</a></p>
<ul><li><em>Subject</em>: Re: the lock</li>
<li><em>From</em>: Mara Lindqvist &lt;mara@xxxxxxxxxxx&gt;</li>
<li><em>Date</em>: Tue, 8 Mar 2022 12:30:58 +0100</li></ul>
<hr>
{body}
<hr><script>alert("x")</script>
</body></html>
"""


@pytest.mark.parametrize(
    "body",
    [
        "<pre>On Mon, 7 Mar 2022, Ivo Petrov wrote:\n&gt; Take it &amp; go.\n\nTaken.\n</pre>",
        "<div>On Mon, 7 Mar 2022, Ivo Petrov wrote:<br>&gt; Take it &amp; go.<br><br>Taken.</div>",
        "<p>On Mon, 7 Mar 2022, Ivo Petrov wrote:</p><blockquote>Take it &amp; go.</blockquote><p>Taken.</p>",
    ],
    ids=["pre", "div", "blockquote"],
)
def test_a_page_of_html_gives_headers_and_body(body):
    raw = page(HTML.format(body=body), "page.html")
    assert looks_like_page(raw.data)
    message = parse_page(raw).message
    assert message is not None
    assert (message.author.name, message.subject) == ("Mara Lindqvist", "Re: the lock")
    assert message.date == datetime(2022, 3, 8, 11, 30, 58, tzinfo=UTC)
    lines = [line for line in message.text.split("\n") if line]
    assert lines == ["On Mon, 7 Mar 2022, Ivo Petrov wrote:", "> Take it & go.", "Taken."]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   \n\n",
        b"\x7fELF\x02\x01\x01\x00\x00\x00",
        bytes(range(256)) * 20,
        b"#include <stdio.h>\nint main(void)\n{\n\treturn 1 >> 2;\n}\n",
        b">>> import os\n>>> os.getcwd()\n'/tmp'\n",
        b"# Title\n\n> A block quote in Markdown.\n> It goes on.\n\nAnd text to the end "
        b"of it, with the usual words.\n",
        b"It was a dark and stormy night, and the rain fell in torrents on the roofs of the town.\n" * 5,
        b"a,b,c\n1,2,3\n4,5,6\n",
        b'{"from": "mara@example.org", "date": "2022-03-08"}\n',
        b"Copyright 2022 Mara Lindqvist <mara@example.org>\n\nRedistribution is permitted "
        b"provided that it is free.\n",
        b"12:00 <mara> hello\n12:01 <ivo> hi\n",
    ],
)
def test_what_has_no_feature_of_mail_is_no_page(data):
    assert not looks_like_page(data)


@pytest.mark.parametrize("depth", [1, 3, 6])
def test_mails_with_their_line_ends_and_without_are_pages(depth):
    lines = write(depth, [SPACED], 70)
    assert looks_like_page("\n".join(lines).encode())
    assert looks_like_page(flatten(lines).encode())
    assert looks_like_page(flatten(lines).replace("> ", "&gt; ").encode())


def test_a_page_with_its_line_ends_keeps_them():
    original = "\n".join(write(4, [SPACED], 70)) + "\n"
    assert parse(original).text == original
    assert parse(original).blocks == read_blocks(original)


def test_an_empty_page_is_set_aside_with_a_defect():
    parsed = parse_page(page("<html><body><script>1</script></body></html>"))
    assert parsed.message is None
    assert [d.kind for d in parsed.defects] == ["empty page"]


@given(
    st.binary(max_size=300)
    | st.text(alphabet="> wrote:\nÂ\xa0<>&;abcON1@-_.\t", max_size=300).map(str.encode)
)
def test_no_bytes_make_a_page_raise(data):
    looks_like_page(data)
    parsed = parse_page(RawMail(data, "x", form="page"))
    assert parsed.message is not None or parsed.defects


@given(
    st.lists(
        st.sampled_from([">", ">>", "> >", "word", "wrote:", "End.", "f()", "4"]), min_size=1, max_size=60
    )
)
def test_unflattening_keeps_every_word_in_order(parts):
    text = " ".join(parts)
    assert [w for w in unflatten(text).split() if w.strip(">")] == [w for w in text.split() if w.strip(">")]


def test_a_hostile_page_is_read_in_bounded_time():
    for text in (
        "> " * 40_000 + "word",
        "> a " * 4_000,
        "wrote: > " * 3_000,
        "<b>" * 30_000,
        "From: " * 20_000,
        "Â" * 50_000,
    ):
        parse_page(page(text))


@pytest.mark.skipif(not SEED.is_file(), reason="../shared/seed is not here")
def test_the_seed_shows_five_levels_and_a_paragraph_by_a_third_author():
    raw = RawMail(SEED.read_bytes(), SEED.name, form="page")
    assert looks_like_page(raw.data)
    seed = parse_page(raw).message
    assert seed is not None
    messages = read_back([seed], {})
    by_id = {m.message_id: m for m in messages}
    chain = []
    at: str | None = seed.message_id
    while at in by_id:
        chain.append(by_id[at])
        at = by_id[at].parent
    assert [m.author.name for m in chain] == [
        "Hugh Dickins",
        "Miklos Szeredi",
        "Hugh Dickins",
        "Miklos Szeredi",
        "Christoph Hellwig",
        "Miklos Szeredi",
    ]
    others = [m for m in messages if m not in chain]
    assert [m.author.name for m in others] == ["Andrew"]
    assert "MiklosLock" in others[0].text
    assert "MiklosLock" not in "".join(m.text_of(b) for m in chain for b in m.own_blocks())
    assert any(seed.text_of(b).strip() == "Right, thanks." for b in seed.own_blocks())
