"""Searches find what the query says, in the order that was asked for, whatever is typed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.mail import Address, Block, BlockKind
from archive.mailwriter import MailWriter
from archive.search import QueryError, count, search, search_threads
from archive.spans import WIDTH

PATCH = """It is freed twice.
---
diff --git a/mm/slab.c b/mm/slab.c
index 1234567..89abcde 100644
--- a/mm/slab.c
+++ b/mm/slab.c
@@ -10,3 +10,3 @@ static void drain_cache(struct cache *c)
 \tcontext_word();
-\told_call(c);
+\tnew_call(c);
"""


def day(n):
    return datetime(2011, 1, 1, tzinfo=UTC) + timedelta(days=n)


def deposit(database, *mails, place=None):
    with database.writing() as connection:
        writer = MailWriter(connection)
        more = {"place": place} if place else {}
        writer.add(mails, writer.source_id("test", "mbox"), **more)


@pytest.fixture
def filled(database, make_mail):
    cut = PATCH.index("diff --git")
    blocks = (Block(BlockKind.OWN, 0, cut), Block(BlockKind.DIFF, cut, len(PATCH)))
    quote = "> it stalls here\nNo, it waits.\n"
    deposit(
        database,
        make_mail("old@example.org", date=day(0), lists=("linux-mm.example.org",)),
        make_mail("patch@example.org", PATCH, subject="Free once", date=day(20), blocks=blocks),
        make_mail(
            "reply@example.org",
            quote,
            subject="Re: page_mapped after unmap",
            author=Address("Bo", "bo@example.org"),
            to=(Address("Cy", "cy@example.org"),),
            date=day(40),
            blocks=(Block(BlockKind.QUOTE, 0, 17, 1), Block(BlockKind.OWN, 17, len(quote))),
        ),
        make_mail("undated@example.org", "stalls, some time\n", date=None),
    )
    return database


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("stalls", "reply old undated"),
        ("q:stalls", "reply"),
        ("nq:stalls", "old undated"),
        ("f:bo", "reply"),
        ("t:cy", "reply"),
        ("c:cy", ""),
        ("a:cy", "reply"),
        ("s:free", "patch"),
        ('"freed twice"', "patch"),
        ('"twice freed"', ""),
        ("stal*", "reply old undated"),
        ("stalls -waits", "old undated"),
        ("waits OR twice", "reply patch"),
        ("(waits OR twice) s:free", "patch"),
        ("dfn:mm/slab.c", "patch"),
        ("dfhh:drain_cache", "patch"),
        ("dfa:old_call", "patch"),
        ("dfb:old_call", ""),
        ("dfctx:context_word", "patch"),
        ("dfpre:1234567", "patch"),
        ("dfpost:89abcdef0123", "patch"),
        ("dfblob:1234", "patch"),
        ("l:linux-mm", "old"),
        ("l:linux-mm.example.org", "old"),
        ("l:linux", ""),
        ("mid:patch@example.org", "patch"),
        ("d:2011-01-02..2011-01-31", "patch"),
        ("NOT d:2011", "undated"),
        ("stalls d:..2011-01", "old"),
        ("waits OR d:2011-01-21", "reply patch"),
        ("NOT stalls", "patch"),
    ],
)
def test_a_query_finds_what_it_says(filled, query, found):
    with filled.reading() as connection:
        names = [hit.message_id.removesuffix("@example.org") for hit in search(connection, query)]
        assert names == found.split()
        assert count(connection, query) == len(names)


def test_pages_follow_one_another(filled):
    with filled.reading() as connection:
        whole = search(connection, "stalls OR freed")
        pages = [search(connection, "stalls OR freed", limit=1, offset=n) for n in range(5)]
    assert [hit for page in pages for hit in page] == whole
    assert len(whole) == 4


def test_relevance_puts_a_word_of_the_subject_first(database, make_mail):
    deposit(
        database,
        make_mail("body@example.org", "the writeback of one page\n", subject="Something", date=day(9)),
        make_mail("subject@example.org", "nothing\n", subject="writeback", date=day(1)),
    )
    with database.reading() as connection:
        assert [h.message_id for h in search(connection, "writeback", relevance=True)] == [
            "subject@example.org",
            "body@example.org",
        ]


def test_threads_are_found_once_with_all_their_mail(database, make_mail):
    def place(links):
        roots = {link.message_id: (link.references or (link.message_id,))[0] for link in links}
        return {}, roots

    deposit(
        database,
        make_mail("a@example.org", "alpha\n", subject="First", date=day(1)),
        make_mail("b@example.org", "alpha beta\n", references=("a@example.org",), date=day(5)),
        make_mail("c@example.org", "alpha\n", references=("ghost@example.org",), subject="Lost", date=day(3)),
        place=place,
    )
    with database.reading() as connection:
        found = search_threads(connection, "alpha")
        assert [(t.root, t.subject, t.messages, t.hit) for t in found] == [
            ("a@example.org", "First", 2, "b@example.org"),
            ("ghost@example.org", "Lost", 1, "c@example.org"),
        ]
        assert [t.root for t in search_threads(connection, "alpha", limit=1, offset=1)] == [
            "ghost@example.org"
        ]


def test_the_newest_of_many_are_the_newest_whatever_the_order_of_arrival(database, make_mail):
    # Two archives read one after the other, the newer one first, and one mail with a date far off.
    days = [*range(2000, 2000 + 2 * WIDTH), 99_999, *range(WIDTH)]
    deposit(
        database,
        *(make_mail(f"{n}@example.org", f"common word {n}\n", date=day(n)) for n in days),
        make_mail("undated@example.org", "common\n", date=None),
    )
    ranked = [f"{n}@example.org" for n in sorted(days, reverse=True)] + ["undated@example.org"]
    with database.reading() as connection:
        for limit in (1, 20, len(ranked)):
            assert [h.message_id for h in search(connection, "common", limit=limit)] == ranked[:limit]


WORDS = st.text(alphabet=st.characters(codec="utf-8"), max_size=12)
TYPED = st.lists(
    st.one_of(
        WORDS,
        st.sampled_from(["s:", "q:", "d:", "l:", "(", ")", '"', "*", "-", " ", "OR ", "NOT ", "NEAR(", "^"]),
    ),
    max_size=8,
).map("".join)


@given(TYPED)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_typed_finds_something_or_is_said_to_be_wrong(filled, query):
    with filled.reading() as connection:
        try:
            search(connection, query)
            search_threads(connection, query)
            search(connection, query, relevance=True)
        except QueryError as error:
            assert "fts5" not in str(error).lower()
            assert "syntax" not in str(error).lower()
