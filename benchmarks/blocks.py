r"""Score the block reader against 298 mails of the annotated threads that were labelled by hand.

    python -m benchmarks.blocks [--shared DIR] [--json] [--wrong N]

The labels (labels/blocks.json) name message ids, line ranges and kinds; they hold no text. They were made by
reading each mail as the reader of that day saw it and noting what it got wrong, so they favour it where a
line's kind is a matter of taste; the corrections were noted before the reader was changed. Lines without a
letter or digit don't count. For comparison the same figures for the one regular expression `^\s?>`.
"""

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from archive.mail import BlockKind, Message
from benchmarks.threads import find_shared, read_threads
from ingest.blocks import read_blocks

LABELS = Path(__file__).parent / "labels" / "blocks.json"
UNMARKED = re.compile(r"^\s?>(?!>?From )")
LETTERS = {
    "o": BlockKind.OWN,
    "q": BlockKind.QUOTE,
    "a": BlockKind.ATTRIBUTION,
    "d": BlockKind.DIFF,
    "t": BlockKind.TRACE,
    "c": BlockKind.CHAIN,
    "r": BlockKind.TRAILER,
    "s": BlockKind.SIGNATURE,
}


def read_labels(text: str) -> Iterator[tuple[int, BlockKind]]:
    for part in text.split():
        first, _, last = part[1:].partition("-")
        for line in range(int(first), int(last or first) + 1):
            yield line, LETTERS[part[0]]


def found_kinds(message: Message) -> list[BlockKind]:
    kinds: list[BlockKind] = []
    for block in message.blocks:
        lines = message.text_of(block).split("\n")
        kinds.extend([block.kind] * (len(lines) - (lines[-1] == "")))
    return kinds


def f1(pairs: Counter[tuple[BlockKind, BlockKind]], kind: BlockKind) -> dict[str, float]:
    hits = pairs[kind, kind]
    found = sum(count for (_, got), count in pairs.items() if got is kind)
    gold = sum(count for (true, _), count in pairs.items() if true is kind)
    precision, recall = hits / found if found else 0.0, hits / gold if gold else 0.0
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if hits else 0.0,
        "lines": gold,
    }


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--shared", type=Path, default=find_shared())
    options.add_argument("--json", action="store_true")
    options.add_argument("--wrong", type=int, default=0, help="show so many lines that are read otherwise")
    chosen = options.parse_args()
    labels = json.loads(LABELS.read_text())["labels"]
    ours: Counter[tuple[BlockKind, BlockKind]] = Counter()
    regex: Counter[tuple[BlockKind, BlockKind]] = Counter()
    texts = []
    for name, messages in read_threads(chosen.shared / "threads"):
        for message in messages:
            texts.append(message.text)
            if message.message_id not in labels:
                continue
            kinds = found_kinds(message)
            lines = message.text.split("\n")
            for line, true in read_labels(labels.pop(message.message_id)):
                if not any(c.isalnum() for c in lines[line]):
                    continue
                ours[true, kinds[line]] += 1
                regex[true, BlockKind.QUOTE if UNMARKED.match(lines[line]) else BlockKind.OWN] += 1
                if kinds[line] is not true and chosen.wrong > 0:
                    chosen.wrong -= 1
                    print(f"{name} {message.message_id} line {line}: {true} read as {kinds[line]}")
    started = time.process_time()
    for text in texts:
        read_blocks(text)
    seconds = time.process_time() - started
    report = {
        "missing": len(labels),
        "kinds": {kind: f1(ours, kind) for kind in BlockKind},
        "own lines by ^\\s?> alone": f1(regex, BlockKind.OWN),
        "mails a CPU second": round(len(texts) / seconds),
        "characters a mail": round(sum(map(len, texts)) / len(texts)),
    }
    if chosen.json:
        print(json.dumps(report, indent=1))
        return
    print(f"{'':12} {'precision':>9} {'recall':>7} {'F1':>7} {'lines':>7}")
    for kind, figure in [*report["kinds"].items(), ("own, ^s?>", report["own lines by ^\\s?> alone"])]:
        shares = f"{figure['precision']:9.4f} {figure['recall']:7.4f} {figure['f1']:7.4f}"
        print(f"{kind:12} {shares} {figure['lines']:7}")
    print(
        f"{report['mails a CPU second']} mails of {report['characters a mail']} characters a CPU second; "
        f"{report['missing']} labelled mails are not here"
    )


if __name__ == "__main__":
    main()
