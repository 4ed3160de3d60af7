r"""Share of quoted lines that are credited to the right message and author, over the annotated threads.

    python -m benchmarks.quotes [--shared DIR] [--json] [--wrong N]

The truth needs no labels: a quoted line that stands, white space aside, among the unmarked lines of exactly
one ancestor comes from there (lines that introduce a quote are left out). `^\s?>` alone says what is unmarked
here, so that the block reader can't flatter itself. The lines are then made harder, with the same truth:

  plain        as they are
  rewrapped    every quoted paragraph broken again at 50 columns
  edited       every 5th word of a quoted line of 6 and more left out
  recoded      what isn't ASCII, quotation marks and dashes replaced by `?`
  no parent    the mail that wrote the line isn't at hand: right when no other mail is credited
  its author   ... and the author is right all the same, from attributions
"""

import argparse
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from archive.mail import BlockKind, Message
from benchmarks.threads import find_shared, read_threads
from ingest.blocks import read_blocks
from ingest.ownlines import line_key
from ingest.quotes import resolve, resolve_all, same_person
from ingest.quoting import strip_marks

INTRODUCES = re.compile(r"(?:wrote|writes|schrieb|写道) ?[:：]\s*$")
UNMARKED = re.compile(r"^\s?>(?!>?From )")
LETTERS = re.compile(r"[^\W_]")

Truth = dict[int, str]
"""Offset of a quoted line in its message -> id of the one ancestor that has it."""


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for line in text.split("\n"):
        yield at, line
        at += len(line) + 1


def ancestors_of(message: Message, by_id: dict[str, Message]) -> list[Message]:
    found: list[Message] = []
    parent = message.parent
    while parent in by_id and by_id[parent] not in found:
        found.append(by_id[parent])
        parent = by_id[parent].parent
    return found


def find_truth(message: Message, ancestors: list[Message], own: dict[str, set[str]]) -> Truth:
    truth: Truth = {}
    lines = list(lines_of(message.text))
    for n, (at, line) in enumerate(lines):
        key = line_key(strip_marks(line))
        if any(INTRODUCES.search(below) for _, below in lines[n : n + 2]):
            continue
        if UNMARKED.match(line) and LETTERS.search(key):
            having = [a.message_id for a in ancestors if key in own[a.message_id]]
            if len(having) == 1:
                truth[at] = having[0]
    return truth


def own_keys(message: Message) -> set[str]:
    return {line_key(line) for line in message.text.split("\n") if not UNMARKED.match(line)}


def credited(message: Message, at: int) -> tuple[str | None, str]:
    for block in message.blocks:
        if block.start <= at < block.end:
            if block.kind is BlockKind.QUOTE and block.source:
                return block.source.message_id, block.source.author
            return f"({block.kind})", ""
    return None, ""


def rewrap(lines: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """(marks and words, truth) of a run of one depth, broken at 50 columns, truths of mixed lines dropped."""
    marks = lines[0][0][: len(lines[0][0]) - len(strip_marks(lines[0][0]))]
    words: list[tuple[str, str]] = []
    for line, truth in lines:
        words.extend((word, truth) for word in strip_marks(line).split())
    run: list[tuple[str, str]] = []
    for word in words:
        if run and sum(len(w) + 1 for w, _ in run) + len(word[0]) > 50:
            truths = {t for _, t in run}
            yield marks + " ".join(w for w, _ in run), truths.pop() if len(truths) == 1 else ""
            run = []
        run.append(word)
    if run:
        truths = {t for _, t in run}
        yield marks + " ".join(w for w, _ in run), truths.pop() if len(truths) == 1 else ""


def harden(message: Message, truth: Truth, change: Callable[[str], str] | None) -> tuple[Message, Truth]:
    """The message with its quoted lines changed (re-wrapped when there is no `change`), and its truth."""
    out: list[tuple[str, str]] = []
    run: list[tuple[str, str]] = []
    depth = ""
    for at, line in lines_of(message.text):
        true = truth.get(at, "")
        words = strip_marks(line)
        marks = line[: len(line) - len(words)]
        if not true:
            if run:
                out.extend(rewrap(run))
            run = []
            out.append((line, ""))
        elif change is not None:
            out.append((marks + change(words), true))
        elif marks.count(">") != depth.count(">") and run:
            out.extend(rewrap(run))
            run = [(line, true)]
        else:
            run.append((line, true))
        depth = marks
    if run:
        out.extend(rewrap(run))
    text = "\n".join(line for line, _ in out)
    again: Truth = {}
    position = 0
    for line, true in out:
        if true and LETTERS.search(strip_marks(line)):
            again[position] = true
        position += len(line) + 1
    return replace(message, text=text, blocks=read_blocks(text)), again


def leave_out(words: str) -> str:
    parts = words.split()
    return " ".join(w for i, w in enumerate(parts) if i % 5 != 4) if len(parts) >= 6 else words


def recode(words: str) -> str:
    return re.sub(r"[^\x00-\x7f]|[\"'—–-]", "?", words)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--shared", type=Path, default=find_shared())
    options.add_argument("--json", action="store_true")
    options.add_argument("--wrong", type=int, default=0, help="show so many wrong lines (plain)")
    chosen = options.parse_args()
    right: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    matches: Counter[str] = Counter()
    seconds = 0.0
    mails = 0
    for name, messages in read_threads(chosen.shared / "threads"):
        by_id = {m.message_id: m for m in messages}
        own = {m.message_id: own_keys(m) for m in messages}
        mails += len(messages)
        started = time.process_time()
        resolved = resolve_all(messages)
        seconds += time.process_time() - started
        for message in resolved:
            for block in message.blocks:
                if block.kind is BlockKind.QUOTE and block.source:
                    full = sum(bool(LETTERS.search(x)) for x in message.text_of(block).split("\n"))
                    matches[f"{block.source.match}{'' if block.source.message_id else ', no mail'}"] += full
            ancestors = ancestors_of(message, by_id)
            truth = find_truth(message, ancestors, own)
            if not truth:
                continue
            for label, hardened, aims in (
                ("plain", message, truth),
                ("rewrapped", *harden(message, truth, None)),
                ("edited", *harden(message, truth, leave_out)),
                ("recoded", *harden(message, truth, recode)),
            ):
                found = hardened if label == "plain" else resolve(hardened, ancestors)
                for at, true in aims.items():
                    got = credited(found, at)[0]
                    lines[label] += 1
                    right[label] += got == true
                    if got != true and label == "plain" and chosen.wrong > 0:
                        chosen.wrong -= 1
                        print(
                            name,
                            message.message_id,
                            "line",
                            message.text.count("\n", 0, at),
                            "credited to",
                            got,
                        )
            hold_out(message, ancestors, truth, by_id, right, lines)
    figures = {
        label: {"right": right[label], "lines": lines[label], "share": right[label] / lines[label]}
        for label in lines
    }
    report = {"mails": mails, "seconds": round(seconds, 2), "figures": figures, "quoted lines": dict(matches)}
    if chosen.json:
        print(json.dumps(report, indent=1))
        return
    print(f"{mails} mails resolved in {seconds:.2f} CPU seconds ({mails / seconds:.0f} a second)")
    for label, figure in figures.items():
        print(f"{label:12} {figure['share']:.4f}   {figure['right']}/{figure['lines']}")
    print("quoted lines:", ", ".join(f"{label} {count}" for label, count in matches.most_common()))


def hold_out(
    message: Message,
    ancestors: list[Message],
    truth: Truth,
    by_id: dict[str, Message],
    right: Counter[str],
    lines: Counter[str],
) -> None:
    """Resolve with each true source taken out of the ancestors in turn."""
    aims: dict[str, list[int]] = defaultdict(list)
    for at, true in truth.items():
        aims[true].append(at)
    for source, offsets in aims.items():
        found = resolve(message, [a for a in ancestors if a.message_id != source])
        for at in offsets:
            got, author = credited(found, at)
            lines["no parent"] += 1
            right["no parent"] += got is None
            lines["its author"] += 1
            right["its author"] += same_person(author, str(by_id[source].author))


if __name__ == "__main__":
    main()
