"""Blocks: every line of a body gets the kind that a reader would give it."""

import os
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.mail import BlockKind
from ingest.blocks import read_blocks

SHARED = Path(os.environ.get("MOOT_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))
UNMARKED = re.compile(r"^\s?>(?!>?From )")


def kinds(text: str) -> list[str]:
    """`kind depth` of every line that isn't blank."""
    found = []
    for block in read_blocks(text):
        for line in text[block.start : block.end].split("\n"):
            if line.strip():
                found.append(f"{block.kind}{block.depth or ''}")
    return found


def test_an_empty_body_has_no_blocks():
    assert read_blocks("") == ()


def test_prose_is_own_text_in_one_block():
    blocks = read_blocks("Hello Mara,\n\nthe lock is held too long.\n\nIvo\n")
    assert [(b.kind, b.depth) for b in blocks] == [(BlockKind.OWN, 0)]


def test_the_depth_of_a_quote_is_its_number_of_marks_however_they_are_spaced():
    text = "> one\n>> two\n> > two\n> >> three\n>>> three\n>> > > four\n\t> one\n"
    assert kinds(text) == ["quote1", "quote2", "quote2", "quote3", "quote3", "quote4", "quote1"]


def test_a_mark_is_no_mark_where_it_compares_or_points():
    assert kinds("> >= 4 pages are pinned\n") == ["quote1"]
    assert kinds("> ->d_revalidate is called\n") == ["quote1"]


def test_from_escaped_by_an_mbox_writer_is_own_text():
    assert kinds("We looked at it.\n>From what I see it works.\n>>From the other side too.\n") == ["own"] * 3


def test_an_attribution_is_told_from_own_text_over_one_to_three_lines():
    quote = "> The lock nests the other way round.\n\nIt does.\n"
    for attribution in (
        "On Mon, Jan 24, 2011 at 11:47 AM, Mara Lindqvist <mara@example.org> wrote:\n",
        "On Mon, Jan 24, 2011 at 11:47 AM, Mara Lindqvist\n<mara@example.org> wrote:\n",
        "On Mon, 24 Jan 2011 11:47:03 +0100\nMara Lindqvist <mara@example.org>\nwrote:\n",
        "Mara Lindqvist writes:\n",
        "Mara Lindqvist wrote:\n\n",
        "* Mara Lindqvist <mara@example.org> [2011-01-24 11:47]:\n",
        "* Mara Lindqvist <mara@example.org> wrote:\n",
        "Am 24.01.2011 um 11:47 schrieb Mara Lindqvist:\n",
        "Le 24/01/2011 11:47, Mara Lindqvist a écrit :\n",
        "2011/1/24 Mara Lindqvist <mara@example.org>:\n",
        "在 2024/02/20 23:02, Mara Lindqvist 写道:\n",
        "Quoting Mara Lindqvist (2011-01-24 11:47:03)\n".replace(")\n", "):\n"),
    ):
        lines = len(attribution.strip().split("\n"))
        assert kinds(attribution + quote) == ["attribution"] * lines + ["quote1", "own"], attribution


def test_attributions_within_quotes_keep_their_depth():
    text = (
        "On Tue, 8 Mar 2022, Ivo Petrov wrote:\n"
        "> On Mon, Mar 07, 2022 at 09:00:00AM +0100, Mara Lindqvist wrote:\n"
        "> > Does it sleep?\n"
        "> It does.\n"
    )
    assert kinds(text) == ["attribution", "attribution1", "quote2", "quote1"]


def test_a_sentence_that_ends_like_an_attribution_stays_own_text():
    assert kinds("I don't remember what he wrote:\n\nit was about locks.\n") == ["own", "own"]
    assert kinds("On the other hand, several of us agreed with Ann's comments:\n\n> No.\n")[0] == "own"


def test_the_rest_of_a_quoted_line_that_a_mailer_broke_belongs_to_the_quote():
    text = (
        "> the writeback thread has to wait here until the page lock has been given\n"
        "up by\n"
        "> whoever reads the page in, which can take a while on a slow device.\n"
    )
    assert kinds(text) == ["quote1"] * 3


def test_a_short_answer_between_quoted_lines_is_own_text():
    text = (
        "> Is the reference on the inode dropped before the lock is taken again?\n"
        "Yes.\n"
        "> Then we may race with evict.\n"
    )
    assert kinds(text) == ["quote1", "own", "quote1"]


def test_a_patch_is_a_diff_until_its_counts_are_used_up_and_own_text_follows():
    text = (
        "Would this do?\n"
        "\n"
        "diff --git a/mm/memory.c b/mm/memory.c\n"
        "index 1111111..2222222 100644\n"
        "--- a/mm/memory.c\n"
        "+++ b/mm/memory.c\n"
        "@@ -10,4 +10,5 @@ void unmap_all(void)\n"
        " \tspin_lock(&lock);\n"
        "-\told();\n"
        "+\tnew();\n"
        "+\tnewer();\n"
        "\n"
        " \tspin_unlock(&lock);\n"
        "- not a removed line but a bullet\n"
        "It is untested.\n"
    )
    assert kinds(text) == ["own", *["diff"] * 10, "own", "own"]


def test_a_diffstat_with_its_rule_is_a_diff_and_the_notes_above_it_are_own():
    text = (
        "---\n"
        "v2: take the mutex before the spinlock\n"
        "\n"
        " mm/memory.c | 12 ++++++------\n"
        " fs/inode.c  |  2 +-\n"
        " 2 files changed, 7 insertions(+), 7 deletions(-)\n"
    )
    assert kinds(text) == ["own", "own", "diff", "diff", "diff"]


def test_an_oops_is_a_trace_and_prose_around_it_is_own():
    text = (
        "This is what I get:\n"
        "\n"
        "kernel BUG at mm/filemap.c:128!\n"
        "RIP: 0010:[<ffffffff810d2f1a>]  [<ffffffff810d2f1a>] delete_page+0x1a/0x40\n"
        "Call Trace:\n"
        " [<ffffffff810d2f1a>] truncate_page+0x2a/0x80\n"
        " ? invalidate_range+0x10/0x20\n"
        "\n"
        "It happens once a day.\n"
    )
    assert kinds(text) == ["own", *["trace"] * 5, "own"]


def test_lines_with_kernel_time_stamps_are_a_trace():
    assert kinds("[   12.345678] made_up: probe failed\n[   12.345999] made_up: giving up\n") == ["trace"] * 2


def test_one_line_that_names_a_bug_in_prose_stays_own():
    assert kinds("We hit\n\n  BUG: soft lockup on one machine\n\nlast week.\n") == ["own"] * 3


def test_indented_function_names_are_a_chain():
    text = "It goes like this:\n\n  do_open\n    path_lookup()\n      -> d_check\n\nand there it sleeps.\n"
    assert kinds(text) == ["own", "chain", "chain", "chain", "own"]


def test_steps_in_two_columns_are_a_chain():
    text = (
        "CPU0                 CPU1\n"
        "lock_page(p)\n"
        "                     lock_page(q)\n"
        "lock_page(q)\n"
        "\n"
        "Deadlock.\n"
    )
    assert kinds(text) == ["chain"] * 4 + ["own"]


def test_statements_of_code_are_no_chain():
    assert kinds("  lock_page(p);\n  unlock_page(p);\n") == ["own"] * 2


def test_trailers_are_trailers_only_in_a_run_of_their_own():
    text = (
        "Fix the order of locks.\n"
        "\n"
        'Fixes: 0123456789ab ("mm: break the order of locks")\n'
        "Reported-by: Ivo Petrov <ivo@example.org>\n"
        "Cc: stable@vger.example.org\n"
        "Signed-off-by: Mara Lindqvist <mara@example.org>\n"
    )
    assert kinds(text) == ["own", *["trailer"] * 4]
    prose = (
        "I would add a\n"
        "Reported-by: tag for Ivo there, for he is the one who has found it in the first place.\n"
    )
    assert "trailer" not in kinds(prose)


def test_an_ack_in_a_reply_is_a_trailer():
    assert kinds("> a patch\n\nLooks right.\n\nAcked-by: Ivo Petrov <ivo@example.org>\n") == [
        "quote1",
        "own",
        "trailer",
    ]


def test_quoted_trailers_diffs_and_traces_stay_quotes():
    text = "> Signed-off-by: Mara <mara@example.org>\n> diff --git a/x b/x\n> @@ -1 +1 @@\n> -a\n> +b\n"
    assert kinds(text) == ["quote1"] * 5


def test_a_signature_runs_to_the_end():
    assert kinds("Fine.\n-- \nMara Lindqvist\nExample Labs\n") == [
        "own",
        "signature",
        "signature",
        "signature",
    ]


def test_list_footers_are_signatures():
    footer = (
        "--\n"
        "To unsubscribe, send a message with 'unsubscribe things' in\n"
        "the body to majordomo@example.org.\n"
    )
    assert kinds("Fine.\n" + footer) == ["own"] + ["signature"] * 3
    footer = "_" * 47 + "\nthings mailing list\nthings@lists.example.org\n"
    assert kinds("Fine.\n\n" + footer) == ["own"] + ["signature"] * 3


def test_a_signature_above_a_quoted_mail_ends_where_the_quote_begins():
    text = "Done.\n-- \nMara\n\nOn 2022-03-08, Ivo Petrov <ivo@example.org> wrote:\n> Please rebase.\n"
    assert kinds(text) == ["own", "signature", "signature", "attribution", "quote1"]


def test_below_the_headers_of_an_outlook_reply_everything_is_quoted():
    text = (
        "See below.\n"
        "\n"
        "-----Original Message-----\n"
        "From: Ivo Petrov <ivo@example.org>\n"
        "Sent: Tuesday, March 8, 2022 9:00 AM\n"
        "To: Mara Lindqvist\n"
        "Subject: RE: the lock\n"
        "\n"
        "Who holds it?\n"
        "> I do.\n"
    )
    assert kinds(text) == ["own", *["attribution"] * 5, "quote1", "quote2"]


def test_a_forwarded_mail_is_quoted_up_to_its_end_marker():
    text = (
        "FYI\n"
        "\n"
        "----- Forwarded message from Ivo Petrov <ivo@example.org> -----\n"
        "\n"
        "Date: Tue, 8 Mar 2022 09:00:00 +0100\n"
        "From: Ivo Petrov <ivo@example.org>\n"
        "Subject: the lock\n"
        "\n"
        "It deadlocks.\n"
        "\n"
        "----- End forwarded message -----\n"
        "\n"
        "What do you think?\n"
    )
    assert kinds(text) == ["own", *["attribution"] * 4, "quote1", "attribution", "own"]


def test_headers_at_the_top_of_a_patch_name_its_author_and_quote_nothing():
    text = "From: Ivo Petrov <ivo@example.org>\n\nTake the lock earlier.\n"
    assert kinds(text) == ["trailer", "own"]


def test_a_pgp_signature_is_a_signature():
    text = "Fine.\n-----BEGIN PGP SIGNATURE-----\n\niQEzBAEBCAAdFiEE\n=abcd\n-----END PGP SIGNATURE-----\n"
    assert kinds(text) == ["own"] + ["signature"] * 4


LINES = st.sampled_from(
    [
        "",
        " ",
        "> quoted",
        ">> > deeper",
        "own words here",
        "On Mon, 24 Jan 2011, Ivo Petrov wrote:",
        "wrote:",
        "diff --git a/x b/x",
        "--- a/x",
        "+++ b/x",
        "@@ -1,2 +1,2 @@",
        "@@ -1,99999 +1,2 @@",
        "+added",
        "-removed",
        "-- ",
        "--",
        "---",
        "[    1.000000] printed",
        "Call Trace:",
        " func_a+0x1/0x2",
        "func_a",
        "  -> func_b()",
        "CPU0    CPU1",
        "Acked-by: A <a@example.org>",
        "-----Original Message-----",
        "From: A <a@example.org>",
        "Date: today",
        "Subject: x",
        ">From here",
        "\t> tabbed",
        " 2 files changed, 1 insertion(+)",
        " x | 2 +-",
    ]
)


@given(st.lists(LINES, max_size=40).map("\n".join) | st.text(max_size=200))
def test_blocks_cover_any_text_without_gaps_and_own_text_holds_no_quoted_line(text):
    blocks = read_blocks(text)
    assert "".join(text[b.start : b.end] for b in blocks) == text
    for before, after in pairwise(blocks):
        assert before.end == after.start
        assert (before.kind, before.depth) != (after.kind, after.depth)
        assert text[after.start - 1] == "\n"
    for block in blocks:
        assert block.start < block.end
        if block.kind is BlockKind.OWN:
            assert block.depth == 0
            assert not any(UNMARKED.match(line) for line in text[block.start : block.end].split("\n"))


def test_hostile_lines_are_read_in_linear_time():
    for line in (
        "> " * 50_000,
        "-" * 100_000,
        "a_" * 50_000,
        " " * 100_000 + "->",
        "[" * 100_000,
        "On " * 30_000 + "wrote:",
    ):
        read_blocks(line + "\n" + line)


@pytest.mark.skipif(not (SHARED / "odd").is_dir(), reason="../shared/odd is not here")
def test_bodies_of_odd_mail_are_covered_without_gaps():
    for path in sorted((SHARED / "odd").iterdir()):
        text = path.read_bytes().decode("latin-1")
        assert "".join(text[b.start : b.end] for b in read_blocks(text)) == text
