import numpy as np

from analysis.reading.candidates import Candidates, offsets_of
from analysis.reading.mentions import suggests
from analysis.reading.models import PairModel, Weights
from analysis.reading.offers import find_offers
from analysis.reading.options import find_options, gather
from analysis.reading.pages import lay_out, read_subject
from analysis.reading.phrases import find_phrases
from analysis.reading.restatements import Reader
from analysis.reading.titles import shorten


def surely(layout) -> Candidates:
    """Candidates that take every sentence for a mention."""
    offsets = offsets_of(layout)
    count = sum(len(p.sentences) for p in layout.pages)
    return Candidates({"mention": np.full(count, 0.9, np.float32)}, offsets)


def find_mentions(layout, candidates, least):
    """The mentions of all offers, in the order of the offers."""
    return [m for offer in find_offers(layout, candidates, least) for m in offer.mentions]


def words(layout, mention) -> str:
    return layout.pages[mention.page].message.text[mention.start : mention.end]


def test_two_named_patches_in_one_sentence_are_two_mentions(thread) -> None:
    thread.mail("Ada Moss", "I like your original seqcount patch, or your newer range_mutex patch.\n")
    layout = lay_out(thread.discussion())
    found = find_mentions(layout, surely(layout), 0.5)
    assert [words(layout, m) for m in found] == [
        "your original seqcount patch",
        "your newer range_mutex patch",
    ]


def test_a_lock_or_another_are_two_options(thread) -> None:
    thread.mail(
        "Ada Moss", "Yes, tmpfs could use i_data_sem or a private mutex, but that leaves the others.\n"
    )
    layout = lay_out(thread.discussion())
    reader = Reader(layout)
    offers = find_offers(layout, surely(layout), 0.5)
    assert [words(layout, o.strongest) for o in offers][:2] == ["i_data_sem", "a private mutex"]
    assert len(gather(reader, surely(layout), offers[:2], Weights({}, {}, {"link": 0.0}))) == 2


def test_or_between_plain_words_splits_nothing(thread) -> None:
    thread.mail("Ada Moss", "We could do it sooner or later.\n")
    layout = lay_out(thread.discussion())
    assert len(find_mentions(layout, surely(layout), 0.5)) == 1


def test_each_clause_that_puts_something_forward_is_a_mention(thread) -> None:
    thread.mail(
        "Ada Moss", "You could change only tmpfs for now, and I send a patch to walk_range() for the rest.\n"
    )
    layout = lay_out(thread.discussion())
    found = find_mentions(layout, surely(layout), 0.5)
    assert [words(layout, m)[:12] for m in found] == ["You could ch", "I send a pat"]


def test_a_posted_patch_always_has_a_mention(thread) -> None:
    thread.mail(
        "Ada Moss",
        "Take the lock around the walk.\n\ndiff --git a/x b/x\n+lock();\n",
        subject="[PATCH] mm: lock it",
    )
    layout = lay_out(thread.discussion())
    nobody = Candidates({"mention": np.zeros(1, np.float32)}, offsets_of(layout))
    assert [words(layout, m) for m in find_mentions(layout, nobody, 0.5)] == [
        "Take the lock around the walk."
    ]


def test_versions_of_a_patch_are_one_option(thread) -> None:
    first = thread.mail("Ada Moss", "Take the lock.\n", subject="[PATCH] mm: take the walk lock")
    thread.mail(
        "Ada Moss", "Take the lock, tested.\n", subject="[PATCH v2] mm: take the walk lock", answers=first
    )
    layout = lay_out(thread.discussion())
    options = find_options(Reader(layout), surely(layout), Weights({}, {}, {}))
    assert [len(o.mentions) for o in options] == [2]


def test_what_the_changelog_of_a_patch_says_is_one_offer(thread) -> None:
    thread.mail(
        "Ada Moss",
        "Take the lock around the walk. Drop the old flag. Both callers are changed.\n"
        "\ndiff --git a/x b/x\n+lock();\n",
        subject="[PATCH] mm: lock it",
    )
    layout = lay_out(thread.discussion())
    (offer,) = find_offers(layout, surely(layout), 0.5)
    assert offer.posted
    assert len(offer.mentions) == 3


def test_a_diff_in_a_reply_is_posted_too(thread) -> None:
    first = thread.mail("Ada Moss", "It hangs.\n")
    thread.mail("Bo Lind", "Something like this?\n\ndiff --git a/x b/x\n+lock();\n", answers=first)
    layout = lay_out(thread.discussion())
    assert [o.posted for o in find_offers(layout, surely(layout), 0.5)] == [False, True]


def test_a_cover_letter_is_gathered_after_its_patches(thread) -> None:
    cover = thread.mail(
        "Ada Moss", "Patch 1 takes the lock.\n", subject="[PATCH 0/2] mm: lock the walk", answers=None
    )
    thread.mail("Ada Moss", "Take the lock.\n", subject="[PATCH 1/2] mm: take the lock", answers=cover)
    thread.mail("Ada Moss", "Drop the flag.\n", subject="[PATCH 2/2] mm: drop the flag", answers=cover)
    layout = lay_out(thread.discussion())
    offers = find_offers(layout, surely(layout), 0.5)
    assert [o.strongest.page for o in offers] == [1, 2, 0]
    options = find_options(Reader(layout), surely(layout), Weights({}, {}, {}))
    assert [o.first.page for o in options] == sorted(o.first.page for o in options)


def test_what_opens_nothing_and_names_nothing_is_dropped(thread) -> None:
    thread.mail("Ada Moss", "The weather is nice.\n")
    layout = lay_out(thread.discussion())
    never = {"open": PairModel(("mention",), np.zeros(1, np.float32), -9.0)}
    assert find_options(Reader(layout), surely(layout), Weights({}, {}, {})) != ()
    assert find_options(Reader(layout), surely(layout), Weights({}, never, {})) == ()


def test_a_quoted_sentence_is_not_a_mention_of_the_one_who_quotes(thread) -> None:
    first = thread.mail("Ada Moss", "We could take the mutex.\n")
    thread.mail("Bo Lind", "> We could take the mutex.\n\nHow about a seqlock?\n", answers=first)
    layout = lay_out(thread.discussion())
    found = find_mentions(layout, surely(layout), 0.5)
    assert [(layout.pages[m.page].author, words(layout, m)) for m in found] == [
        ("Ada Moss", "We could take the mutex."),
        ("Bo Lind", "How about a seqlock?"),
    ]


def test_a_phrase_knows_its_owner_and_what_tells_it_apart(thread) -> None:
    thread.mail("Ada Moss", "I prefer Bo's preemptible walk series to this patch.\n")
    (page,) = lay_out(thread.discussion()).pages
    one, two = find_phrases(page.sentences[0])
    assert (one.owner, one.modifiers, one.head) == ("Bo", ("preemptible", "walk"), "series")
    assert two.bare


def test_a_refusal_suggests_nothing() -> None:
    assert suggests("Could we drop it?")
    assert not suggests("We couldn't find it.")


def test_a_title_loses_its_lead_in() -> None:
    assert (
        shorten("Failing that, could we take the mutex in tmpfs instead?")
        == "take the mutex in tmpfs instead"
    )


def test_a_subject_line_is_taken_apart() -> None:
    subject = read_subject("Re: [PATCH v3 2/5] mm: drop the break")
    assert (subject.title, subject.reply, subject.version, subject.part) == ("mm: drop the break", True, 3, 2)
