"""Flatten the annotated threads as web pages do, restore their lines, and count words at their right depth.

    python -m benchmarks.pages [--shared DIR] [--json] [--every N] [--count]

Mails that quote and hold neither a diff nor a trace are joined to one line, runs of blanks to one. Each word
of the result stands at some depth of quoting; in the mail it stood at one too.

  own or quoted   share of words that are own text in both or quoted in both
  depth           share of words at the same depth in both
  mails           share of mails with at least 98 % of their words at the right depth

`--count` prints instead how often which line follows which in those threads, as negative logarithms: the
prices in `ingest/lineprices.py`; and which words begin answers more often than other sentences.
"""

import argparse
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from math import log
from pathlib import Path

from archive.mail import BlockKind, Message
from benchmarks.threads import find_shared, read_threads
from ingest import lineprices
from ingest.quoting import measure, strip_marks
from ingest.unflattening import unflatten

# Longer mails take long to restore and say the same.
LONGEST = 20_000
WIDTH = 72


def words_at_depth(text: str) -> list[tuple[str, int]]:
    found = []
    for line in text.split("\n"):
        depth, at = measure(line)
        found.extend((word, depth) for word in line[at:].split() if word.strip(">"))
    return found


def fit_mails(shared: Path) -> Iterator[Message]:
    for _, messages in read_threads(shared / "threads"):
        for message in messages:
            kinds = {block.kind for block in message.blocks}
            if BlockKind.QUOTE in kinds and not kinds & {BlockKind.DIFF, BlockKind.TRACE}:
                yield message


def score(shared: Path, every: int) -> dict[str, float]:
    counts: Counter[str] = Counter()
    started = time.process_time()
    for message in [m for m in fit_mails(shared) if len(m.text) <= LONGEST][::every]:
        before = words_at_depth(message.text)
        after = words_at_depth(unflatten(" ".join(message.text.split())))
        counts["mails"] += 1
        if [word for word, _ in before] != [word for word, _ in after]:
            counts["words lost"] += 1
            continue
        same = sum(a == b for a, b in zip(before, after, strict=True))
        counts["words"] += len(before)
        counts["own or quoted"] += sum((a[1] > 0) == (b[1] > 0) for a, b in zip(before, after, strict=True))
        counts["depth"] += same
        counts["right mails"] += same >= 0.98 * len(before)
    return {
        "own or quoted": counts["own or quoted"] / counts["words"],
        "depth": counts["depth"] / counts["words"],
        "mails": counts["right mails"] / counts["mails"],
        "of mails": counts["mails"],
        "of words": counts["words"],
        "whose words changed": counts["words lost"],
        "CPU seconds": round(time.process_time() - started, 1),
    }


def line_kinds(message: Message) -> Iterator[tuple[str, int, str]]:
    """(kind, depth, words) of the lines; own lines in a row count once, blank own lines not at all."""
    above = ""
    for block in message.blocks:
        for line in message.text_of(block).split("\n")[:-1]:
            depth = measure(line)[0]
            words = " ".join(strip_marks(line).split())
            if block.kind is BlockKind.ATTRIBUTION:
                kind = lineprices.ATTRIBUTION
            elif depth:
                kind = lineprices.FULL if words else lineprices.BLANK
            else:
                kind = lineprices.OWN
            if (depth or words) and not (kind == above == lineprices.OWN):
                yield kind, depth, words
                above = kind


def count(shared: Path) -> None:
    after: defaultdict[str, Counter[tuple[str, int]]] = defaultdict(Counter)
    answers: Counter[str] = Counter()
    sentences: Counter[str] = Counter()
    for message in fit_mails(shared):
        lines = list(line_kinds(message))
        for (kind, depth, words), (below, deeper, answer) in pairwise(lines):
            before = lineprices.ending_of(words, WIDTH) if kind == lineprices.FULL else kind
            change = 0 if below == lineprices.OWN else max(-2, min(2, deeper - depth))
            after[before][below, change] += 1
            if below == lineprices.OWN and depth and answer:
                answers[re.sub(r"[^\w']", "", answer.split()[0]).casefold()] += 1
            if kind == lineprices.FULL:
                sentences.update(m[1].casefold() for m in re.finditer(r"[.!?] +([A-Z][\w']*)", words))
    for before, following in after.items():
        print(before, sum(following.values()))
        for (below, change), hits in following.most_common(9):
            print(f"    {below:12} {change:+d} {-log(hits / following.total()):6.2f}")
    odds = {
        word: log((answers[word] + 0.5) / answers.total() / ((sentences[word] + 0.5) / sentences.total()))
        for word in answers | sentences
        if answers[word] + sentences[word] >= 20
    }
    print(" ".join(f"{word} {value:+.1f}" for word, value in sorted(odds.items(), key=lambda item: -item[1])))


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--shared", type=Path, default=find_shared())
    options.add_argument("--json", action="store_true")
    options.add_argument("--every", type=int, default=1, help="only every Nth mail")
    options.add_argument("--count", action="store_true")
    chosen = options.parse_args()
    if chosen.count:
        count(chosen.shared)
        return
    report = score(chosen.shared, chosen.every)
    if chosen.json:
        print(json.dumps(report, indent=1))
        return
    for label, figure in report.items():
        print(f"{label:20} {figure:.4f}" if isinstance(figure, float) else f"{label:20} {figure}")


if __name__ == "__main__":
    main()
