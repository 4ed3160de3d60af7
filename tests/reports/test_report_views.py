"""What the pages say, before any template."""

from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import pytest

from archive.findings import HeldLock
from archive.mail import Block, BlockKind
from reports import dates
from reports.concordance import Concordance
from reports.views.bodies import Fold, body_of
from reports.views.drawing import draw
from reports.views.messages import in_reading_order
from reports.views.pages import page_of
from reports.views.passages import Passage, paragraphs


@pytest.fixture(scope="module")
def page(record):
    return page_of(record)


def body(record, name):
    message = next(m for m in record.discussion.messages if m.message_id.startswith(name))
    return body_of(message, Concordance(record)).parts


def words(part):
    return "".join(run.text for run in part.runs)


def test_counts_leave_candidates_out(page):
    counts = {o.ref.title: (len(o.pros), len(o.cons), o.unanswered, len(o.candidates)) for o in page.options}
    assert counts["unmap_mutex in struct address_space"] == (2, 1, 0, 1)
    assert counts["Bit lock in mapping->flags around the walk"] == (1, 2, 1, 0)


def test_an_option_stands_in_counts_with_its_worst_verdict(page):
    assert [(t.result, t.options) for t in page.entry.tallies] == [("fail", 3), ("pass", 2)]


def test_an_option_of_a_scenario_that_nobody_proposes_stands_with_the_scenario(page):
    assert [m.option for m in page.scenarios[0].untied] == ["no serialisation, as it stands"]


def test_answers_stand_below_what_they_answer(record):
    order = [(m.message_id.split("@")[0], depth) for m, depth in in_reading_order(record.discussion)]
    assert order == [
        ("r1", 0), ("p1", 1), ("a1", 2), ("k1", 3), ("s1", 4), ("a2", 5), ("i2", 6), ("q1", 0), ("k2", 1),
    ]  # fmt: skip


def test_an_option_adopted_without_a_deciding_sentence_is_named(record):
    undecided = page_of(replace(record, findings=replace(record.findings, decisions=())))
    assert [o.ref.number for o in undecided.adopted] == [2]
    assert not undecided.entry.has_decision


def test_quotes_are_folded_with_whose_words_they_are(record):
    quotes = [p for p in body(record, "a1") if isinstance(p, Fold)]
    assert [q.sources[0].author for q in quotes] == ["Pavel Drozd", "Pavel Drozd"]
    assert quotes[0].sources[0].href is not None
    assert quotes[0].preview.startswith("mapping->flags")


def test_quoting_signs_are_taken_off_to_the_depth_of_the_block_only(record):
    fold = next(p for p in body(record, "a2") if isinstance(p, Fold))
    deepest = next(p for p in fold.parts if isinstance(p, Passage) and p.source and p.source.depth == 2)
    assert words(deepest).startswith("Why not take i_mutex")


def test_a_diff_is_told_by_its_lines(record):
    diff = next(p for p in body(record, "p1") if isinstance(p, Fold))
    assert (diff.summary, diff.preview) == ("diff, 3 added, 1 removed", "mm/memory.c")
    assert [p.kind for p in diff.parts][-4:] == ["diff-added", "diff-context", "diff-removed", "diff-context"]


def test_marked_words_are_the_words_of_the_anchor(record):
    for argument in record.findings.arguments:
        name = argument.anchor.message_id.split("@")[0]
        runs = [r for p in body(record, name) if isinstance(p, Passage) for r in p.runs]
        start = next(i for i, r in enumerate(runs) if any(f"w-{argument.id}-" in place for place in r.places))
        marked = ""
        for run in runs[start:]:
            marked += run.text
            if any(link.href == f"#f-{argument.id}" for link in run.backlinks):
                break
        assert " ".join(marked.split()) == argument.anchor.quote


def test_findings_that_overlap_are_each_marked(record):
    first = record.findings.arguments[1]
    start, end = first.anchor.start, first.anchor.end
    over = replace(first, id="a99", anchor=replace(first.anchor, start=start + 5, end=end + 5))
    findings = replace(record.findings, arguments=(*record.findings.arguments, over))
    runs = [
        r for p in body(replace(record, findings=findings), "a1") if isinstance(p, Passage) for r in p.runs
    ]
    assert {"#f-a02", "#f-a99"} <= {link.href for r in runs for link in r.backlinks}
    assert {"w-a02-0", "w-a99-0"} <= {place for r in runs for place in r.places}


def test_words_of_a_mark_that_no_part_shows_keep_their_place(record):
    message = record.discussion.messages[0]
    blank = message.text.index("\n\n") + 1
    symptom = record.findings.symptoms[0]
    hidden = replace(symptom, id="s99", anchor=replace(symptom.anchor, start=blank, end=blank + 1))
    findings = replace(record.findings, symptoms=(hidden,))
    strays = body_of(message, Concordance(replace(record, findings=findings))).strays
    assert strays == ("w-s99-0",)


@pytest.mark.parametrize(
    ("text", "look"),
    [
        ("A paragraph of prose that somebody typed into an editor\nwhich breaks its lines.", "prose"),
        ("Hi,\nthis was short", "lines"),
        ("- one thing that has to be done before the merge window\n- another one", "lines"),
        ("  cpu 0        cpu 1\n  lock(a)      lock(b)", "verbatim"),
        ("if (page_mapped(page)) {\nBUG();", "verbatim"),
        (" " + "an indented line without an end " * 9, "lines"),
    ],
)
def test_only_prose_flows(text, look):
    assert [kind for kind, _ in paragraphs(text, 0, len(text))] == [look]


def test_paragraphs_keep_every_word():
    text = "one\n\n\n two\n three\n\nfour" + "\nx" * 200
    spans = [span for _, lines in paragraphs(text, 0, len(text)) for span in lines]
    assert "".join(text[a:b] for a, b in spans).split() == text.split()


def test_a_lone_trace_is_shown_and_a_long_one_folded(record):
    message = record.discussion.messages[0]
    for lines, folded in ((5, False), (40, True)):
        text = "[<0>] f+0x1/0x2\n" * lines
        trace = replace(message, text=text, blocks=(Block(BlockKind.TRACE, 0, len(text)),))
        (part,) = body_of(trace, Concordance(record)).parts
        assert isinstance(part, Fold) is folded


def test_chains_that_share_functions_are_drawn_once():
    drawing = draw([("a", "c", "d"), ("b", "c", "d")], [("c", "i_mutex")])
    names = [box.name for box in drawing.boxes]
    assert sorted(names) == ["a", "b", "c", "d"]
    assert len(drawing.heads) == 3
    (held,) = [box for box in drawing.boxes if box.badges]
    assert (held.name, held.badges[0].lock) == ("c", "i_mutex")


@pytest.mark.parametrize(
    "chains",
    [
        [tuple(f"function_number_{n}" for n in range(12))],
        [("a", "b", "a", "b")],
        [("a", "a")],
        [("a", "b", "c"), ("c", "b", "a"), ("b", "a")],
        [("a", "d"), ("a", "b", "c", "d"), ("x", "d")],
        [(f"caller_{n}", "callee") for n in range(7)],
    ],
)
def test_no_boxes_overlap_and_callers_stand_above_callees(chains):
    drawing = draw(chains, [])
    boxes = drawing.boxes
    for i, one in enumerate(boxes):
        assert one.x >= 0
        assert one.x + one.width <= drawing.width
        assert one.y + one.height <= drawing.height
        for other in boxes[:i]:
            apart_x = one.x >= other.x + other.width or other.x >= one.x + one.width
            assert apart_x or one.y >= other.y + other.height or other.y >= one.y + one.height
    top = {}
    for box in boxes:
        top.setdefault(box.name, box.y)
    first = chains[0]
    assert all(top[a] < top[b] for a, b in pairwise(first) if first.count(b) == 1)


def test_a_name_of_any_length_leaves_the_drawing_narrow():
    drawing = draw([("f" * 3_000, "g")], [("g", "l" * 3_000)])
    assert drawing.width < 400
    assert drawing.boxes[0].name.endswith("…")


def test_twelve_frames_fit_a_phone():
    drawing = draw([tuple(f"invalidate_inode_pages2_{n:02}" for n in range(12))], [])
    assert drawing.width <= 328


def test_a_lock_that_names_no_function_of_its_path_is_said_beside_it(record):
    path = replace(record.findings.call_paths[0], locks=(HeldLock("sb_lock", "elsewhere"),))
    page = page_of(replace(record, findings=replace(record.findings, call_paths=(path,))))
    (lock,) = page.path_groups[0].laid[0].chains[0].locks
    assert (lock.lock, lock.held_at) == ("sb_lock", None)


def test_paths_in_the_same_words_share_one_quotation(page):
    assert [[c.number for laid in g.laid for c in laid.chains] for g in page.path_groups] == [[1], [2, 3]]
    assert len(page.path_groups[1].laid) == 1


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        ("2024-11-04T09:00+01:00", "2024-11-04T23:00+01:00", "4 Nov 2024"),
        ("2024-11-04T09:00+01:00", "2024-11-09T09:00+01:00", "4 – 9 Nov 2024"),
        ("2024-10-28T09:00+01:00", "2024-11-09T09:00+01:00", "28 Oct – 9 Nov 2024"),
        ("2024-12-28T09:00+01:00", "2025-01-03T09:00+01:00", "28 Dec 2024 – 3 Jan 2025"),
        ("0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00", "1 Jan 1 – 31 Dec 9999"),
    ],
)
def test_spans_of_dates_repeat_nothing(first, last, shown):
    assert dates.span([datetime.fromisoformat(last), None, datetime.fromisoformat(first)]) == shown


def test_a_date_without_a_zone_is_no_trouble():
    naive = datetime(2024, 11, 4, 9, 0)
    assert dates.span([naive, datetime.fromisoformat("2024-11-05T00:00+00:00")]) == "4 – 5 Nov 2024"
    assert dates.moment(naive) == "4 Nov 2024, 09:00"
