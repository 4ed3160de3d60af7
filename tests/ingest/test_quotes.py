"""Quotes: every quoted line is credited to the message in whose own text it stands."""

from datetime import UTC, datetime

from archive.mail import Address, BlockKind, Match, Message
from ingest.blocks import read_blocks
from ingest.quotes import resolve, resolve_all


def mail(message_id: str, author: str, text: str, parent: str | None = None, day: int = 1) -> Message:
    return Message(
        message_id=message_id,
        author=Address(author, author.split()[0].lower() + "@example.org"),
        subject="the lock",
        date=datetime(2022, 3, day, 12, tzinfo=UTC),
        text=text,
        blocks=read_blocks(text),
        parent=parent,
    )


ROOT = mail(
    "root@example.org",
    "Mara Lindqvist",
    "The invalidation path takes the page lock first.\n"
    "Writeback takes it the other way round, so the two can wait for\n"
    "each other for ever.\n"
    "\n"
    "I would rather not add another mutex.\n",
)
REPLY = mail(
    "reply@example.org",
    "Ivo Petrov",
    "On Tue, 1 Mar 2022, Mara Lindqvist wrote:\n"
    "> The invalidation path takes the page lock first.\n"
    "\n"
    "Only since the last release, though.\n"
    "\n"
    "> I would rather not add another mutex.\n"
    "\n"
    "A private one in the filesystem costs nothing to anyone else.\n",
    "root@example.org",
    2,
)
ANCESTORS = [REPLY, ROOT]


def sources(message: Message) -> list[tuple[str | None, str, str]]:
    """(message id, author, match) of every quote block that has words."""
    return [
        (b.source.message_id, b.source.author, str(b.source.match))
        for b in message.blocks
        if b.kind is BlockKind.QUOTE and b.source and message.text_of(b).strip("> \n")
    ]


def spans(message: Message, *others: Message) -> list[str]:
    by_id = {m.message_id: m for m in others}
    return [
        by_id[b.source.message_id].text[b.source.start : b.source.end]
        for b in message.blocks
        if b.source and b.source.message_id and b.source.start is not None
    ]


def test_a_line_is_credited_to_who_wrote_it_at_whatever_depth():
    text = (
        "On Wed, 2 Mar 2022, Ivo Petrov wrote:\n"
        "> On Tue, 1 Mar 2022, Mara Lindqvist wrote:\n"
        "> > I would rather not add another mutex.\n"
        "> A private one in the filesystem costs nothing to anyone else.\n"
        "\n"
        "True.\n"
    )
    found = resolve(mail("third@example.org", "Noor Haddad", text), ANCESTORS)
    assert sources(found) == [
        ("root@example.org", "Mara Lindqvist", "exact"),
        ("reply@example.org", "Ivo Petrov", "exact"),
    ]
    assert spans(found, ROOT, REPLY) == [
        "I would rather not add another mutex.",
        "A private one in the filesystem costs nothing to anyone else.",
    ]


def test_a_quote_is_split_where_its_source_changes():
    text = (
        "> I would rather not add another mutex.\n"
        "> A private one in the filesystem costs nothing to anyone else.\n"
    )
    found = resolve(mail("third@example.org", "Noor Haddad", text), ANCESTORS)
    assert [s[0] for s in sources(found)] == ["root@example.org", "reply@example.org"]
    assert "".join(found.text_of(b) for b in found.blocks) == text


def test_the_span_covers_the_paragraphs_of_one_passage_and_ends_where_text_was_cut():
    text = (
        "> Writeback takes it the other way round, so the two can wait for\n"
        "> each other for ever.\n"
        ">\n"
        "> I would rather not add another mutex.\n"
    )
    found = resolve(mail("x@example.org", "Noor Haddad", text), [ROOT])
    assert spans(found, ROOT) == [ROOT.text[ROOT.text.index("Writeback") : -1]]
    cut = resolve(
        mail(
            "y@example.org",
            "Noor Haddad",
            "> The invalidation path takes the page lock first.\n> I would rather not add another mutex.\n",
        ),
        [ROOT],
    )
    assert spans(cut, ROOT) == [
        "The invalidation path takes the page lock first.",
        "I would rather not add another mutex.",
    ]


def test_a_quote_that_a_mailer_wrapped_again_is_found_as_edited():
    text = "> Writeback takes it the other way\n> round, so the two can wait for each\n> other for ever.\n"
    found = resolve(mail("x@example.org", "Noor Haddad", text), ANCESTORS)
    assert sources(found) == [("root@example.org", "Mara Lindqvist", "edited")]


def test_a_quote_with_words_left_out_or_another_charset_is_found_as_edited():
    text = "> Writeback takes it the other way round, so both can wait for\n> each other for ever.\n"
    found = resolve(mail("x@example.org", "Noor Haddad", text), ANCESTORS)
    assert {s[0] for s in sources(found)} == {"root@example.org"}
    assert "edited" in {s[2] for s in sources(found)}
    assert sources(
        resolve(
            mail("y@example.org", "N", "> A private one in the file?system costs nothing to anyone else.\n"),
            ANCESTORS,
        )
    ) == [("reply@example.org", "Ivo Petrov", "edited")]


def test_a_short_line_goes_with_its_neighbours_not_with_whoever_else_wrote_it():
    older = mail("older@example.org", "Ann Ode", "No.\nThat can't be right, the inode is gone by then.\n")
    newer = mail(
        "newer@example.org",
        "Bo Fisk",
        "The inode is pinned by the caller here.\nNo.\n",
        "older@example.org",
        2,
    )
    text = (
        "> > No.\n"
        "> > That can't be right, the inode is gone by then.\n"
        "> The inode is pinned by the caller here.\n"
        "> No.\n"
    )
    found = resolve(mail("x@example.org", "Cy Gray", text), [newer, older])
    assert [s[0] for s in sources(found)] == ["older@example.org", "newer@example.org"]


def test_without_the_ancestor_the_attribution_line_names_the_author():
    text = (
        "On Wed, 2 Mar 2022, Ivo Petrov wrote:\n"
        "> On Tue, 1 Mar 2022, Mara Lindqvist wrote:\n"
        "> > Something about an entirely different matter.\n"
        "> And an answer to it that nobody has archived.\n"
    )
    found = resolve(mail("x@example.org", "Noor Haddad", text), [])
    assert sources(found) == [(None, "Mara Lindqvist", "attributed"), (None, "Ivo Petrov", "attributed")]


def test_without_ancestor_and_attribution_the_source_is_unknown():
    found = resolve(
        mail("x@example.org", "Noor Haddad", "> Who knows where these words come from.\n\nNot me.\n"),
        ANCESTORS,
    )
    assert sources(found) == [(None, "", "unknown")]


def test_words_of_a_third_author_are_credited_by_what_introduces_them():
    text = (
        "On Wed, 2 Mar 2022, Ivo Petrov wrote:\n"
        "> A private one in the filesystem costs nothing to anyone else.\n"
        "\n"
        "It helps one caller only. Some of us agreed with Ann's objections:\n"
        "\n"
        "> An open-coded lock is hidden from every checker that we have.\n"
        "> Let's not go there.\n"
        "\n"
        "So no.\n"
    )
    found = resolve(mail("x@example.org", "Noor Haddad", text), ANCESTORS)
    assert sources(found) == [("reply@example.org", "Ivo Petrov", "exact"), (None, "Ann", "attributed")]


def test_words_of_a_third_author_are_found_in_other_mail_at_hand():
    ann = mail(
        "ann@example.org", "Ann Ode", "An open-coded lock is hidden from every checker that we have.\n"
    )
    text = (
        "On Wed, 2 Mar 2022, Ivo Petrov wrote:\n"
        "> An open-coded lock is hidden from every checker that we have.\n"
    )
    found = resolve(mail("x@example.org", "Noor Haddad", text, day=3), ANCESTORS, [ann])
    assert sources(found) == [("ann@example.org", "Ann Ode", "exact")]


def test_mail_that_is_newer_than_the_quote_is_not_its_source():
    later = mail("later@example.org", "Ann Ode", "An open-coded lock is hidden from every checker.\n", day=9)
    found = resolve(
        mail("x@example.org", "Noor Haddad", "> An open-coded lock is hidden from every checker.\n", day=3),
        [],
        [later],
    )
    assert sources(found) == [(None, "", "unknown")]


def test_a_likeness_in_a_quote_of_a_mail_that_is_missing_is_no_find():
    text = (
        "> Nothing here stands in any mail that we have, it is all new.\n"
        "> The invalidation path takes the page lock first, or so we hope.\n"
        "> More words that nobody else has written in this place before.\n"
        "> And some more of them, to make a paragraph out of it.\n"
    )
    assert {s[0] for s in sources(resolve(mail("x@example.org", "N", text), ANCESTORS))} == {None}


def test_a_thread_is_resolved_in_one_go_along_its_parents():
    third = mail(
        "third@example.org",
        "Noor Haddad",
        "> Only since the last release, though.\n\nStill.\n",
        "reply@example.org",
        3,
    )
    found = {m.message_id: m for m in resolve_all([ROOT, REPLY, third])}
    assert found["root@example.org"] is ROOT
    assert sources(found["third@example.org"]) == [("reply@example.org", "Ivo Petrov", "exact")]
    assert [s[0] for s in sources(found["reply@example.org"])] == ["root@example.org"] * 2


def test_parents_in_a_circle_end_the_walk():
    a = mail("a@example.org", "Ann Ode", "> words that b wrote some time ago\n", "b@example.org")
    b = mail("b@example.org", "Bo Fisk", "words that b wrote some time ago\n", "a@example.org")
    assert sources(resolve_all([a, b])[0]) == [("b@example.org", "Bo Fisk", "exact")]


def test_trailers_diffs_and_traces_of_an_ancestor_are_found_too():
    patch = mail(
        "p@example.org",
        "Ann Ode",
        "Fix.\n\nSigned-off-by: Ann Ode <ann@example.org>\n---\n--- a/x.c\n+++ b/x.c\n@@ -1 +1 "
        "@@\n-old_call();\n+new_call();\n",
    )
    text = "> Signed-off-by: Ann Ode <ann@example.org>\n> +new_call();\n"
    assert {s[0] for s in sources(resolve(mail("x@example.org", "N", text), [patch]))} == {"p@example.org"}


def test_own_blocks_and_attributions_are_left_as_they_are():
    found = resolve(REPLY, [ROOT])
    assert [b for b in found.blocks if b.kind is not BlockKind.QUOTE] == [
        b for b in REPLY.blocks if b.kind is not BlockKind.QUOTE
    ]
    assert all(b.source is None for b in found.blocks if b.kind is not BlockKind.QUOTE)
    assert Match.UNKNOWN not in {b.source.match for b in found.blocks if b.source}
