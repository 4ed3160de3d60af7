import pytest

from analysis.reading.anchors import anchor
from analysis.reading.decisions import find_decision, read_ruling
from analysis.reading.mentions import Mention
from analysis.reading.options import Option
from analysis.reading.pages import lay_out
from analysis.reading.restatements import Reader


@pytest.mark.parametrize(
    "text",
    [
        "Applied, thanks.",
        "Thanks, applied with the tag.",
        "I've queued it for the next cycle.",
        "Now merged.",
        "Both patches have now been picked up.",
        "This series was applied to quill/next.",
        "I've applied your second patch.",
        "Pushed to the quill-next tree.",
    ],
)
def test_words_that_report_a_merge_settle(text: str) -> None:
    assert read_ruling(text) == ("says it is done", 0.9)


@pytest.mark.parametrize("text", ["I'll take this one.", "OK, let's go with the second version."])
def test_a_promise_to_take_it_settles_with_less_weight(text: str) -> None:
    found = read_ruling(text)
    assert found is not None
    assert found[0] == "says it will be done"


@pytest.mark.parametrize("text", ["I'll drop this patch.", "Please ignore the patch.", "Self-NAK."])
def test_its_author_may_give_it_up(text: str) -> None:
    found = read_ruling(text)
    assert found is not None
    assert found[0] == "gives it up"


@pytest.mark.parametrize(
    "text",
    [
        "This should be applied to stable too.",
        "Has it been applied?",
        "I have not applied it.",
        "It doesn't get applied here.",
        "If it is merged, fine.",
        "I've applied this and it still hangs.",
        "I've applied both patches to my machine.",
        "The lock is applied by the caller.",
        "This depends on what was merged before.",
        "I will drop this tag when I send it on.",
        "Looks good to me.",
        "I agree, this is better.",
    ],
)
def test_words_about_something_else_settle_nothing(text: str) -> None:
    assert read_ruling(text) is None


def _option(page: int, sentence: int = 0) -> Option:
    mention = Mention(page=page, sentence=sentence, start=0, end=10, words=(), probability=0.9)
    return Option(mentions=(mention,), vector={}, confidence=0.9)


@pytest.fixture
def debate(thread):
    """Two versions of a patch and the answers to each."""
    diff = "\n\ndiff --git a/tree.c b/tree.c\n+mutex_lock(&tree->walk);\n"
    first = thread.mail("Ada Moss", "This adds a mutex to the tree." + diff, subject="[PATCH] tree: lock")
    thread.mail(
        "Bo Lind", "Could we use a bit lock instead?\n", subject="Re: [PATCH] tree: lock", answers=first
    )
    second = thread.mail(
        "Ada Moss", "This adds a bit lock to the tree." + diff, subject="[PATCH v2] tree: lock", answers=first
    )

    def settle(author: str, text: str):
        thread.mail(author, text, subject="Re: [PATCH v2] tree: lock", answers=second)
        layout = lay_out(thread.discussion())
        return layout, find_decision(Reader(layout), [_option(0), _option(1), _option(2)])

    return settle


def test_what_is_applied_is_the_patch_that_is_answered(debate) -> None:
    layout, ruling = debate("Cy Orr", "Applied, thanks.\n")
    assert ruling.option == 2
    assert ruling.adopts
    page = layout.pages[ruling.claim.page]
    assert anchor(page.message, ruling.claim.start, ruling.claim.end).quote == "Applied, thanks."


def test_thanks_in_front_do_not_hide_a_decision(debate) -> None:
    _, ruling = debate("Cy Orr", "Thanks, applied.\n")
    assert ruling.option == 2


def test_what_its_author_drops_is_settled_but_not_adopted(debate) -> None:
    _, ruling = debate("Ada Moss", "Right. I'll drop this patch.\n")
    assert ruling.option == 2
    assert not ruling.adopts


def test_nobody_drops_the_work_of_others(debate) -> None:
    _, ruling = debate("Cy Orr", "Please drop this for now.\n")
    assert ruling is None


def test_a_quote_settles_nothing(debate) -> None:
    _, ruling = debate("Cy Orr", "> Applied, thanks.\n\nWhere is it?\n")
    assert ruling is None
