"""Training of the reader: text models first, then the pair models on what those find in held-out threads.

A later stage learns from the *found* options and claims of threads that the earlier stage hasn't seen,
since that is what it meets in use; on true options it would learn to trust too much.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from annotation import Example, Span, folds_of, share_place
from sklearn.linear_model import LogisticRegression

from analysis.reading.candidates import Candidates, judge_sentences
from analysis.reading.claims import Claim, find_claims
from analysis.reading.criteria import NAMES as CRITERIA
from analysis.reading.decisions import find_decision
from analysis.reading.features import WIDTH, Rows
from analysis.reading.mentions import Mention, find_mentions
from analysis.reading.models import PairModel, TextModel, Weights, table_of
from analysis.reading.options import describe_draft, find_options, gather
from analysis.reading.restatements import Draft, Reader, describe_link
from analysis.reading.stances import describe_stance, read_claims
from analysis.reading.targets import describe_targets, set_up

STRENGTH = {"argument": 0.7, "against": 0.7, "mention": 1.0, "symptom": 1.5, "decision": 1.0, "joined": 0.5}
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
    decision = example.label([example.decision] if example.decision else []) >= 0
    return {
        "argument": (everywhere, argues),
        "against": (argues, against),
        "mention": (everywhere, mention),
        "symptom": (everywhere, example.label(example.symptoms) >= 0),
        "decision": (everywhere, decision),
        "joined": (pairs, joined),
    } | {
        f"criterion {name}": (
            argues,
            np.array([i >= 0 and example.arguments[i].criterion == name for i in arguments], bool),
        )
        for name in CRITERIA
    }


def fit_texts(examples: Sequence[Example], tasks: Mapping[str, float]) -> dict[str, TextModel]:
    data = sp.vstack([matrix(e.rows) for e in examples]).tocsr()
    told = [labels(e) for e in examples]
    models = {}
    for task, strength in tasks.items():
        counts = np.concatenate([t[task][0] for t in told])
        truth = np.concatenate([t[task][1] for t in told])[counts]
        if 0 < truth.sum() < len(truth):
            model = LogisticRegression(C=strength, solver="liblinear").fit(data[counts], truth)
            models[task] = TextModel(model.coef_[0].astype(np.float32), float(model.intercept_[0]))
    return models


def fit_pairs(rows: Sequence[dict[str, float]], truth: Sequence[bool], strength: float = 1.0) -> PairModel:
    names = tuple(sorted({n for r in rows for n in r}))
    model = LogisticRegression(C=strength, max_iter=2000).fit(table_of(rows, names), truth)
    return PairModel(names, model.coef_[0].astype(np.float32), float(model.intercept_[0]))


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


def span_of(example: Example, place: Mention | Claim) -> Span:
    return (example.layout.pages[place.page].id, place.start, place.end)


def true_option(example: Example, mention: Mention) -> str | None:
    here = span_of(example, mention)
    best, found = 0, None
    for option in example.options:
        for place in option.places:
            shared = min(place[2], here[2]) - max(place[1], here[1])
            if share_place(here, place) and shared > best:
                best, found = shared, option.id
    return found


def match_options(example: Example, groups: Sequence[Sequence[Mention]]) -> dict[int, str]:
    """Found groups paired with gold options, most shared places first, as the judge does it."""
    ranked = sorted(
        (-sum(share_place(span_of(example, m), p) for m in group for p in option.places), i, j)
        for i, group in enumerate(groups)
        for j, option in enumerate(example.options)
    )
    pairs: dict[int, str] = {}
    taken = set()
    for shared, i, j in ranked:
        if shared < 0 and i not in pairs and j not in taken:
            pairs[i] = example.options[j].id
            taken.add(j)
    return pairs


def link_rows(example: Example, reader: Reader, mentions: Sequence[Mention]) -> tuple[list, list]:
    rows, truth = [], []
    drafts: dict[str, Draft] = {}
    for n, mention in enumerate(mentions):
        option = true_option(example, mention)
        known = list(drafts.items())
        if known and option is not None:
            everything = [d for _, d in known]
            for name, draft in known:
                rows.append(describe_link(reader, mention, draft, everything))
                truth.append(name == option)
        draft = drafts.setdefault(option or f"none {n}", Draft())
        draft.add(mention, reader.vector(mention))
    return rows, truth


def f1(hits: float, found: float, gold: float) -> float:
    return 2 * hits / (found + gold) if found + gold else 0.0


def train(examples: Sequence[Example], seed: int = 0) -> Weights:
    candidates = crossed(examples, seed)
    readers = [Reader(e.layout) for e in examples]
    thresholds = {"mention": 0.2, "joined": 0.4}
    tasks = {**STRENGTH, **{f"criterion {name}": 0.5 for name in CRITERIA}}
    weights = Weights(fit_texts(examples, tasks), {}, thresholds)
    weights = learn_options(examples, readers, candidates, weights)
    options = [find_options(r, c, weights) for r, c in zip(readers, candidates, strict=True)]
    weights = learn_claims(examples, candidates, weights)
    claims = [find_claims(e.layout, c, weights) for e, c in zip(examples, candidates, strict=True)]
    weights = learn_targets(examples, readers, options, claims, weights)
    weights = choose_shown(examples, readers, options, claims, weights)
    weights = choose_decision(examples, readers, candidates, options, weights)
    return choose_symptoms(examples, candidates, weights)


def learn_options(examples, readers, candidates, weights: Weights) -> Weights:
    mentions = [
        find_mentions(e.layout, c, weights.threshold("mention"))
        for e, c in zip(examples, candidates, strict=True)
    ]
    rows, truth = [], []
    for example, reader, found in zip(examples, readers, mentions, strict=True):
        r, t = link_rows(example, reader, found)
        rows += r
        truth += t
    weights = replace(weights, pairs={**weights.pairs, "link": fit_pairs(rows, truth)})
    best = (-1.0, weights)
    gold = sum(len(e.options) for e in examples)
    for link in (0.2, 0.3, 0.4, 0.5, 0.6):
        trial = replace(weights, thresholds={**weights.thresholds, "link": link})
        rows, truth = [], []
        for example, reader, found in zip(examples, readers, mentions, strict=True):
            drafts = gather(reader, found, trial)
            pairs = match_options(example, [d.mentions for d in drafts])
            rows += [describe_draft(reader, d, drafts) for d in drafts]
            truth += [i in pairs for i in range(len(drafts))]
        model = fit_pairs(rows, truth)
        scores = model.judge(table_of(rows, model.names))
        for least in np.arange(0.2, 0.7, 0.05):
            kept = scores >= least
            value = f1(float((np.array(truth) & kept).sum()), float(kept.sum()), gold)
            if value > best[0]:
                chosen = {**trial.thresholds, "option": float(least)}
                best = (value, replace(trial, pairs={**trial.pairs, "option": model}, thresholds=chosen))
    return best[1]


def match_claims(example: Example, claims: Sequence[Claim]) -> dict[int, int]:
    pairs: dict[int, int] = {}
    taken = set()
    for i, claim in enumerate(claims):
        here = span_of(example, claim)
        for j, argument in enumerate(example.arguments):
            if j not in taken and share_place(here, argument.place):
                pairs[i] = j
                taken.add(j)
                break
    return pairs


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


def choose_symptoms(examples, candidates, weights: Weights) -> Weights:
    best, chosen = -1.0, weights
    gold = sum(len(e.symptoms) for e in examples)
    for least in np.arange(0.1, 0.6, 0.03):
        hits = found = 0
        for example, c in zip(examples, candidates, strict=True):
            told = example.label(example.symptoms)
            at = 0
            for page in example.layout.pages:
                scores = c.of("symptom", page)
                picked = {int(told[at + i]) for i in range(len(scores)) if scores[i] >= least} - {-1}
                hits += len(picked)
                found += int((scores >= least).sum())
                at += len(scores)
        value = f1(hits, found, gold)
        if value > best:
            best = value
            chosen = replace(weights, thresholds={**weights.thresholds, "symptom": float(least)})
    return chosen


def choose_decision(examples, readers, candidates, options, weights: Weights) -> Weights:
    """The threshold with most threads right, those without a decision included."""
    open_minded = replace(weights, thresholds={**weights.thresholds, "decision": 0.0})
    judged = []
    for example, reader, c, opts in zip(examples, readers, candidates, options, strict=True):
        names = match_options(example, [o.mentions for o in opts])
        gold = (example.gold.get("decision") or {}).get("proposal")
        found = find_decision(reader, c, opts, open_minded)
        sure, right = (found[2], names.get(found[0]) == gold) if found else (0.0, False)
        judged.append((sure, gold is not None and right, gold is None))
    least = max(
        np.arange(0.02, 1.0, 0.02),
        key=lambda t: sum(right if sure >= t else none for sure, right, none in judged),
    )
    return replace(weights, thresholds={**weights.thresholds, "decision": float(least)})
