import numpy as np
import pytest

from analysis.reading.candidates import Candidates, offsets_of
from analysis.reading.models import Weights, pack_weights, unpack_weights
from analysis.reading.pages import lay_out
from analysis.reading.symptoms import describe_symptoms, find_symptoms
from analysis.reading.trees import TreeModel


def _stump(name: str, border: float) -> TreeModel:
    """One tree: unlikely up to the border, likely above."""
    return TreeModel(
        (name,),
        np.array([[0, 0, 0]], np.int16),
        np.array([[border, 0, 0]], np.float32),
        np.array([[1, 1, 2]], np.int16),
        np.array([[2, 1, 2]], np.int16),
        np.array([[0.0, -3.0, 3.0]], np.float32),
        0.0,
    )


@pytest.fixture
def report(thread):
    thread.mail(
        "Ada Moss",
        "Since the update two writers deadlock. Nothing helps but a reset.\n\n"
        "BUG: soft lockup - CPU#1 stuck for 22s!\n",
        subject="writers hang",
    )
    thread.mail("Bo Lind", "What kernel is that?\n", subject="Re: writers hang", answers="0@example.org")
    return lay_out(thread.discussion())


def _candidates(layout) -> Candidates:
    count = sum(len(p.sentences) for p in layout.pages)
    return Candidates({"symptom": np.linspace(0.1, 0.6, count, dtype=np.float32)}, offsets_of(layout))


def test_the_head_line_of_a_report_is_a_symptom_without_any_model(report) -> None:
    found = find_symptoms(report, Candidates({}, offsets_of(report)), Weights({}, {}, {}))
    assert [s.anchor.quote for s in found] == ["BUG: soft lockup - CPU#1 stuck for 22s!"]


def test_trees_choose_among_the_sentences(report) -> None:
    weights = Weights({}, {}, {"symptom": 0.5}, trees={"symptom": _stump("word trouble", 0.5)})
    found = find_symptoms(report, _candidates(report), weights)
    assert [s.anchor.quote for s in found] == [
        "Since the update two writers deadlock.",
        "BUG: soft lockup - CPU#1 stuck for 22s!",
    ]


def test_every_sentence_is_described_with_where_it_stands(report) -> None:
    rows = describe_symptoms(report, _candidates(report))
    assert len(rows) == sum(len(p.sentences) for p in report.pages)
    assert rows[0]["reply"] == 0
    assert rows[-1]["reply"] == 1
    assert rows[-1]["asks"] == 1
    assert rows[-1]["share above"] == 0


def test_a_tree_sends_each_row_its_own_way() -> None:
    judged = _stump("a", 1.5).judge(np.array([[1.5], [1.6], [-9.0]], np.float32))
    assert [round(float(p), 2) for p in judged] == [0.05, 0.95, 0.05]


def test_trees_survive_the_file(tmp_path) -> None:
    pack_weights(Weights({}, {}, {}, trees={"symptom": _stump("a", 1.5)}), tmp_path / "w.npz")
    again = unpack_weights((tmp_path / "w.npz").read_bytes()).trees["symptom"]
    assert again.names == ("a",)
    assert float(again.judge(np.array([[2.0]], np.float32))[0]) == pytest.approx(0.9526, abs=1e-3)
