import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.reading.anchors import anchor, clip
from analysis.reading.features import Rows, column
from analysis.reading.models import PairModel, TextModel, Weights, pack_weights, unpack_weights
from analysis.reading.reader import READER_VERSION, digest_of, read
from archive.findings import Argument, Fate, Findings, Kind, Outcome, Proposal, Stance
from archive.identity import fold


@pytest.fixture
def debate(thread):
    """A patch, an objection that its author concedes, an alternative, and a merge."""
    first = thread.mail(
        "Ada Moss",
        "Two walkers of one tree can overwrite each other's mark and never finish.\n\n"
        "This patch adds a mutex to the tree so that only one walker runs at a time.\n\n"
        "diff --git a/tree.c b/tree.c\n+mutex_lock(&tree->walk);\n",
        subject="[PATCH] tree: serialise walkers",
    )
    second = thread.mail(
        "Bo Lind",
        "> This patch adds a mutex to the tree so that only one walker runs at a time.\n\n"
        "I don't like this, it makes every tree bigger for one rare caller.\n"
        "Could we use a bit lock instead?\n",
        subject="Re: [PATCH] tree: serialise walkers",
        answers=first,
    )
    thread.mail(
        "Ada Moss",
        "> I don't like this, it makes every tree bigger for one rare caller.\n\nFair point.\n",
        subject="Re: [PATCH] tree: serialise walkers",
        answers=second,
    )
    thread.mail("Cy Orr", "Applied, thanks.\n", subject="Re: [PATCH] tree: serialise walkers", answers=first)
    return thread.discussion()


def places(found: Findings):
    yield from (m for p in found.proposals for m in p.mentions)
    yield from (f.anchor for group in (found.arguments, found.symptoms, found.decisions) for f in group)


def test_reading_twice_finds_the_same(debate) -> None:
    assert read(debate) == read(debate)


def test_every_finding_stands_in_its_message(debate) -> None:
    texts = {m.message_id: m.text for m in debate.messages}
    found = list(places(read(debate)))
    assert found
    for place in found:
        assert fold(texts[place.message_id][place.start : place.end]) == place.quote


def test_without_weights_the_rules_still_read_the_posted_patch(debate) -> None:
    found = read(debate, Weights({}, {}, {}))
    assert [p.title for p in found.proposals] == ["tree: serialise walkers"]
    assert found.proposals[0].kind is Kind.PATCH
    assert found.arguments == ()


def test_applied_settles_the_patch_that_it_answers(debate) -> None:
    found = read(debate, Weights({}, {}, {}))
    (decision,) = found.decisions
    assert decision.anchor.quote == "Applied, thanks."
    assert found.proposals[0].outcome is Outcome.ADOPTED


def test_an_empty_discussion_has_no_findings(thread) -> None:
    found = read(thread.discussion())
    assert (found.proposals, found.arguments, found.call_paths) == ((), (), ())


def test_the_findings_name_the_reader_that_made_them(debate) -> None:
    assert read(debate).reader_version == READER_VERSION
    assert read(debate, Weights({}, {}, {})).reader_version != READER_VERSION or "untrained" in READER_VERSION


def test_the_digest_changes_with_the_text(debate) -> None:
    other = replace(debate.messages[0], text=debate.messages[0].text.replace("mutex", "rwsem"))
    changed = replace(debate, messages=(other, *debate.messages[1:]))
    assert digest_of(changed) != digest_of(debate)


def test_an_anchor_never_covers_a_quote_or_a_paragraph_break(thread) -> None:
    thread.mail("Ada Moss", "One thing.\n\nAnother thing.\n> quoted\nMore.\n")
    (message,) = thread.messages
    text = message.text
    assert anchor(message, 0, text.index("\n")) is not None
    assert anchor(message, 0, text.index(" thing.\n>")) is None
    assert anchor(message, text.index("Another"), len(text)) is None
    assert anchor(message, text.index("> quoted") + 2, text.index("More")) is None


def test_a_clipped_anchor_is_short_enough_to_quote(message_of) -> None:
    message = message_of("word " * 300)
    place = clip(message, 0, len(message.text))
    assert place is not None
    assert len(place.quote) <= 400
    assert message.text.startswith(place.quote)


def test_weights_survive_the_file(tmp_path: Path) -> None:
    values = np.zeros(64, np.float32)
    values[[3, 9]] = [0.5, -2.0]
    weights = Weights(
        {"argument": TextModel(values, 0.25)},
        {"link": PairModel(("a", "b"), np.array([1.0, 2.0], np.float32), -1.0)},
        {"argument": 0.3},
    )
    pack_weights(weights, tmp_path / "w.npz")
    again = unpack_weights((tmp_path / "w.npz").read_bytes())
    assert np.array_equal(again.texts["argument"].weights, values)
    assert again.pairs["link"].names == ("a", "b")
    assert again.thresholds == {"argument": 0.3}
    assert again.version != "untrained"


def test_a_text_model_judges_each_row_by_its_own_columns() -> None:
    values = np.zeros(1 << 18, np.float32)
    values[column("yes")] = 4.0
    rows = Rows.of([{column("yes"): 1.0}, {}, {column("no"): 1.0}, {column("yes"): 0.5}])
    scores = TextModel(values, -1.0).judge(rows)
    assert scores == pytest.approx(
        [1 / (1 + np.exp(-3)), 1 / (1 + np.exp(1)), 1 / (1 + np.exp(1)), 1 / (1 + np.exp(-1))]
    )


def test_the_seed_is_read_back_from_one_late_mail() -> None:
    shared = Path(os.environ.get("MOOT_SHARED", Path(__file__).parents[3] / "shared"))
    pages = sorted((shared / "seed").glob("*.txt")) if shared.is_dir() else []
    if not pages:
        pytest.skip(f"no seed page in {shared}")
    derivation = pytest.importorskip("ingest.derivation")
    from ingest.intake import read_mail
    from ingest.sources.opening import open_source

    messages = [m for raw in open_source(str(pages[0])).mails() if (m := read_mail(raw).message)]
    (derived,) = derivation.discuss(messages)
    found = read(derived.discussion)
    names = {n for p in found.call_paths for n in p.chain}
    assert {"lookup_one_len", "__lookup_hash", "do_revalidate", "d_revalidate"} <= names
    assert len(found.proposals) >= 5


def test_an_objection_that_its_target_agrees_with_is_conceded(debate) -> None:
    from analysis.reading.fates import link_answers, settle_fates
    from analysis.reading.pages import lay_out

    layout = lay_out(debate)
    second = layout.pages[1].message
    start = second.text.index("I don't like")
    place = anchor(second, start, second.text.index("\nCould"))
    first = anchor(layout.pages[0].message, 0, 20)
    assert place is not None and first is not None
    patch = Proposal("p1", "tree", Kind.PATCH, "Ada Moss", (first,))
    objection = Argument("a1", "p1", Stance.AGAINST, "Bo Lind", place, 0.9, True)
    (settled,) = settle_fates(layout, link_answers(layout, [objection]), {"p1": patch})
    assert settled.fate is Fate.CONCEDED
