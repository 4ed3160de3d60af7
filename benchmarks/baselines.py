"""Baselines for the places of arguments: what any figure has to be seen beside."""

from collections.abc import Iterator, Sequence

import numpy as np
from annotation import Example, Span, folds_of, share_place


def _spans(example: Example) -> list[Span]:
    return [(p.id, s.start, s.end) for p in example.layout.pages for s in p.sentences]


def _hits(example: Example, spans: Sequence[Span]) -> int:
    """Gold arguments met by one span each."""
    taken: set[int] = set()
    for span in spans:
        met = (j for j, a in enumerate(example.arguments) if j not in taken and share_place(span, a.place))
        taken.update([j] if (j := next(met, None)) is not None else [])
    return len(taken)


def _f1(examples: Sequence[Example], chosen: Sequence[Sequence[Span]]) -> float:
    hits = sum(_hits(e, spans) for e, spans in zip(examples, chosen, strict=True))
    total = sum(map(len, chosen)) + sum(len(e.arguments) for e in examples)
    return 2 * hits / total if total else 0.0


def _longer(example: Example, least: int) -> list[Span]:
    return [s for s in _spans(example) if s[2] - s[1] >= least]


def baselines(examples: Sequence[Example], folds: int, seed: int) -> Iterator[str]:
    """Always yes, and length alone with its limit chosen on the other folds."""
    yield f"arguments, every sentence        F1 {_f1(examples, [_spans(e) for e in examples]):.3f}"
    fold = folds_of([e.name for e in examples], folds, seed)
    chosen: list[list[Span]] = [[] for _ in examples]
    for held in range(folds):
        others = [e for e, f in zip(examples, fold, strict=True) if f != held]
        limits = np.arange(20, 161, 20)
        best = max(limits, key=lambda n: _f1(others, [_longer(e, int(n)) for e in others]))
        for i, example in enumerate(examples):
            if fold[i] == held:
                chosen[i] = _longer(example, int(best))
    yield f"arguments, long sentences        F1 {_f1(examples, chosen):.3f}"
    against = sum(a.stance == "against" for e in examples for a in e.arguments)
    total = sum(len(e.arguments) for e in examples)
    yield f"true arguments, the commoner stance   accuracy {max(against, total - against) / total:.3f}"
