"""Training of the reader: text models first, then the pair models on what those find in held-out threads.

A later stage learns from the *found* options and claims of threads that the earlier stage hasn't seen,
since that is what it meets in use; on true options it would learn to trust too much.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from annotation import Example, folds_of
from boosting import fit_trees
from gathering import learn_options
from matching import f1, fit_pairs, match_claims, match_options
from sklearn.linear_model import LogisticRegression

from analysis.reading.candidates import Candidates, judge_sentences
from analysis.reading.claims import find_claims
from analysis.reading.criteria import NAMES as CRITERIA
from analysis.reading.features import WIDTH, Rows
from analysis.reading.models import TextModel, Weights, table_of
from analysis.reading.options import find_options
from analysis.reading.restatements import Reader
from analysis.reading.stances import describe_stance, read_claims
from analysis.reading.symptoms import describe_symptoms
from analysis.reading.targets import describe_targets, set_up
from analysis.reading.trees import TreeModel

STRENGTH = {"argument": 0.4, "against": 0.1, "mention": 1.0, "symptom": 1.5, "joined": 0.5}
INNER = 6


def matrix(rows: Rows) -> sp.csr_matrix:
    return sp.csr_matrix((rows.values, rows.columns, rows.starts), shape=(len(rows.starts) - 1, WIDTH))


def labels(example: Example) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Per task which sentences count, and their labels."""
    arguments = example.label([a.place for a in example.arguments])
    argues = arguments >= 0
    against = np.array([i >= 0 and example.arguments[i].stance == "against" for i in arguments], bool)
    everywhere = np.ones(len(arguments), bool)
    pairs, joined, at = np.zeros(len(arguments), bool), np.zeros(len(arguments), bool), 0
    for page in example.layout.pages:
        for i in range(1, len(page.sentences)):
            a, b = at + i - 1, at + i
            if argues[a] and argues[b] and page.sentences[i].paragraph == page.sentences[i - 1].paragraph:
                pairs[b], joined[b] = True, arguments[a] == arguments[b]
        at += len(page.sentences)
    mention = example.label([s for o in example.options for s in o.places]) >= 0
    return {
        "argument": (everywhere, argues),
        "against": (argues, against),
        "mention": (everywhere, mention),
        "symptom": (everywhere, example.label(example.symptoms) >= 0),
        "joined": (pairs, joined),
    } | {
        f"criterion {name}": (
            argues,
            np.array([i >= 0 and example.arguments[i].criterion == name for i in arguments], bool),
        )
        for name in CRITERIA
    }


def fit_texts(examples: Sequence[Example], tasks: Mapping[str, float]) -> dict[str, TextModel]:
    whole = sp.vstack([matrix(e.rows) for e in examples]).tocsr()
    # Columns that one sentence has teach nothing, and a solver twenty times as fast is left without them.
    used = np.flatnonzero(np.bincount(whole.indices, minlength=WIDTH) > 1)
    data = whole[:, used]
    told = [labels(e) for e in examples]
    models = {}
    for task, strength in tasks.items():
        counts = np.concatenate([t[task][0] for t in told])
        truth = np.concatenate([t[task][1] for t in told])[counts]
        if 0 < truth.sum() < len(truth):
            model = LogisticRegression(C=strength, solver="liblinear").fit(data[counts], truth)
            spread = np.zeros(WIDTH, np.float32)
            spread[used] = model.coef_[0]
            models[task] = TextModel(spread, float(model.intercept_[0]))
    return models


def crossed(examples: Sequence[Example], seed: int) -> list[Candidates]:
    """Every thread's candidates by text models that haven't seen it."""
    folds = folds_of([e.name for e in examples], INNER, seed)
    found: dict[int, Candidates] = {}
    for fold in range(INNER):
        models = fit_texts([e for e, f in zip(examples, folds, strict=True) if f != fold], STRENGTH)
        for i, example in enumerate(examples):
            if folds[i] == fold:
                found[i] = judge_sentences(example.layout, Weights(models, {}, {}), example.rows)
    return [found[i] for i in range(len(examples))]


def train(examples: Sequence[Example], seed: int = 0) -> Weights:
    candidates = crossed(examples, seed)
    readers = [Reader(e.layout) for e in examples]
    thresholds = {"joined": 0.4}
    tasks = {**STRENGTH, **{f"criterion {name}": 0.5 for name in CRITERIA}}
    weights = Weights(fit_texts(examples, tasks), {}, thresholds)
    weights = learn_options(examples, readers, candidates, weights)
    options = [find_options(r, c, weights) for r, c in zip(readers, candidates, strict=True)]
    weights = learn_claims(examples, candidates, weights)
    claims = [find_claims(e.layout, c, weights) for e, c in zip(examples, candidates, strict=True)]
    weights = learn_targets(examples, readers, options, claims, weights)
    weights = choose_shown(examples, readers, options, claims, weights)
    return learn_symptoms(examples, candidates, weights, seed)


def learn_claims(examples, candidates, weights: Weights) -> Weights:
    best, chosen = -1.0, weights
    gold = sum(len(e.arguments) for e in examples)
    for least in np.arange(0.2, 0.45, 0.02):
        for joined in (0.3, 0.4, 0.5, 0.6):
            trial = replace(
                weights, thresholds={**weights.thresholds, "argument": float(least), "joined": joined}
            )
            hits = found = 0
            for example, c in zip(examples, candidates, strict=True):
                claims = find_claims(example.layout, c, trial)
                hits += len(match_claims(example, claims))
                found += len(claims)
            value = f1(hits, found, gold)
            if value > best:
                best, chosen = value, trial
    return chosen


def learn_targets(examples, readers, options, claims, weights: Weights) -> Weights:
    rows, truth, stance_rows, stances = [], [], [], []
    for example, reader, opts, cls in zip(examples, readers, options, claims, strict=True):
        if not opts:
            continue
        names = match_options(example, [o.mentions for o in opts])
        for i, j in match_claims(example, cls).items():
            argument = example.arguments[j]
            page = example.layout.pages[cls[i].page]
            setting = set_up(reader, cls[i], page)
            described = describe_targets(reader, setting, opts)
            for k, row in enumerate(described):
                right = names.get(k) == argument.option
                rows.append(row)
                truth.append(right)
                if right:
                    stance_rows.append(describe_stance(reader, setting, opts[k], row))
                    stances.append(argument.stance == "against")
    pairs = {
        **weights.pairs,
        "target": fit_pairs(rows, truth),
        "stance": fit_pairs(stance_rows, stances, 0.3),
    }
    return replace(weights, pairs=pairs)


def choose_shown(examples, readers, options, claims, weights: Weights) -> Weights:
    """The lowest confidence above which three in five tuples are right, with a margin for unseen threads."""
    judged = []
    for example, reader, opts, cls in zip(examples, readers, options, claims, strict=True):
        names = match_options(example, [o.mentions for o in opts])
        pairs = match_claims(example, cls)
        for i, reading in enumerate(read_claims(reader, cls, opts, weights)):
            k = reading.best
            if k < 0:
                continue
            right = False
            if i in pairs:
                gold = example.arguments[pairs[i]]
                stance = "against" if reading.against[k] >= 0.5 else "for"
                right = names.get(k) == gold.option and stance == gold.stance
            judged.append((reading.confidence, right))
    judged.sort(reverse=True)
    right, least = 0, judged[min(len(judged), 30) - 1][0] if judged else 1.0
    for n, (confidence, ok) in enumerate(judged, 1):
        right += ok
        if n >= 30 and right / n >= 0.64:
            least = confidence
    return replace(weights, thresholds={**weights.thresholds, "shown": least})


def learn_symptoms(examples, candidates, weights: Weights, seed: int) -> Weights:
    """Trees over what the text models say of unseen threads; the threshold is chosen on inner folds."""
    rows = [describe_symptoms(e.layout, c) for e, c in zip(examples, candidates, strict=True)]
    told = [example.label(example.symptoms) for example in examples]
    folds = np.array(folds_of([e.name for e in examples], INNER, seed + 1))
    judged: list[tuple[np.ndarray, np.ndarray]] = []
    for fold in range(INNER):
        model = fit_symptoms([(r, t) for r, t, f in zip(rows, told, folds, strict=True) if f != fold], seed)
        for i in np.flatnonzero(folds == fold):
            judged.append((model.judge(table_of(rows[i], model.names)), told[i]))
    gold = sum(len(e.symptoms) for e in examples)

    def value(least: float) -> float:
        hits = sum(len(set(t[s >= least].tolist()) - {-1}) for s, t in judged)
        return f1(hits, sum(int((s >= least).sum()) for s, _ in judged), gold)

    least = max(np.arange(0.1, 0.5, 0.02), key=value)
    return replace(
        weights,
        trees={**weights.trees, "symptom": fit_symptoms(list(zip(rows, told, strict=True)), seed)},
        thresholds={**weights.thresholds, "symptom": float(least)},
    )


def fit_symptoms(pairs, seed: int) -> TreeModel:
    return fit_trees([r for rows, _ in pairs for r in rows], np.concatenate([t for _, t in pairs]) >= 0, seed)
