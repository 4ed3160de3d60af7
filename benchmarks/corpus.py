"""A synthetic mailing list: threads with patches, replies that quote, trailers; the same for the same seed.

Words follow Zipf's law over made-up identifiers and plain words, so that an index meets rare and common
terms. Used by benchmarks/ingest.py; run alone it writes an mbox:

    python benchmarks/corpus.py 20000 out/20k.mbox [--seed N]
"""

import argparse
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import accumulate
from pathlib import Path

_PLAIN = (
    "the a of to and in is that it for be on with as not this we if can have are by but or so at from "
    "page lock when which will there would should patch need think about then only also does no do an "
    "all more use case now just same other one could see what thread path race memory code really "
    "before after why because still problem function call caller caller's held hold taken take drop "
    "wait wake sleep inode mapping file system reclaim writeback allocation order dirty folio buffer "
    "state change series version review comment fix bug report test trace crash kernel task worker "
    "queue slow fast large small counter"
).split()
_PARTS = (
    "page inode mapping folio writeback reclaim lru zone node slab bio buffer extent log trans lock "
    "sem mutex list tree radix map range unmap truncate invalidate flush sync wait wake get put alloc "
    "free init exit"
).split()
_FIRST = ("Ada Bo Cy Di Eli Fay Gus Hana Ivo Jun Kai Lea Max Nia Oto Pia Quin Rui Sol Tam").split()
_LAST = ("Arbor Birch Cedar Dale Elm Fern Glen Heath Ivy Juniper Knoll Larch Moss Nettle Oak Pine").split()


@dataclass(frozen=True)
class Mail:
    """One synthetic mail."""

    message_id: str
    date: datetime
    author: int
    subject: str
    references: tuple[str, ...]
    body: str


class Corpus:
    """Mails in the order of their dates, threads of one to a few dozen."""

    def __init__(self, size: int, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311  (not for secrets)
        self._size = size
        identifiers = [f"{a}_{b}" for a in _PARTS for b in _PARTS] + [
            f"{a}_{b}_{c}" for a in _PARTS[::3] for b in _PARTS[::2] for c in _PARTS[::2]
        ]
        self._random.shuffle(identifiers)
        self._words = _PLAIN + identifiers
        self._weights = list(accumulate(1 / (rank + 2) for rank in range(len(self._words))))
        self._people = [f"{first} {last}" for first in _FIRST for last in _LAST]

    def mails(self) -> Iterator[Mail]:
        """The mails."""
        draw = self._random
        day = datetime(2010, 1, 1, tzinfo=UTC)
        open_threads: list[list[Mail]] = []
        for number in range(self._size):
            day += timedelta(seconds=draw.expovariate(1 / 900))
            message_id = f"{number:07d}.{draw.getrandbits(40):010x}@lists.example.org"
            author = min(int(draw.paretovariate(0.8)), len(self._people)) - 1
            if open_threads and draw.random() < 0.78:
                thread = draw.choice(open_threads[-40:])
                parent = thread[-1] if draw.random() < 0.6 else draw.choice(thread)
                subject = parent.subject if parent.subject.startswith("Re: ") else f"Re: {parent.subject}"
                references = (*parent.references[-20:], parent.message_id)
                mail = Mail(message_id, day, author, subject, references, self._reply(parent))
                thread.append(mail)
            else:
                patch = draw.random() < 0.6
                subject = ("[PATCH] " if patch else "") + self._sentence(draw.randint(4, 9)).rstrip(".")
                body = self._patch() if patch else self._prose(draw.randint(3, 12))
                mail = Mail(message_id, day, author, subject, (), body)
                open_threads.append([mail])
                if len(open_threads) > 200:
                    del open_threads[:100]
            yield mail

    def entries(self) -> Iterator[bytes]:
        """The mails as bytes with their headers, without a separator."""
        for mail in self.mails():
            yield self._entry(mail)

    def _entry(self, mail: Mail) -> bytes:
        name = self._people[mail.author]
        address = f"{name.lower().replace(' ', '.')}@example.org"
        headers = [
            "Return-Path: <owner-list@lists.example.org>",
            "Received: from relay.example.org (relay.example.org [192.0.2.7]) by lists.example.org (Postfix) "
            f"with ESMTP id {mail.message_id[:17]}",
            f"\tfor <list@lists.example.org>; {format_datetime(mail.date)}",
            "X-Spam-Status: No, score=-6.9 required=5.0 tests=BAYES_00,RCVD_IN_DNSWL_HI autolearn=ham",
            f"Message-ID: <{mail.message_id}>",
            f"Date: {format_datetime(mail.date)}",
            f"From: {name} <{address}>",
            f"Subject: {mail.subject}",
            "To: list@lists.example.org",
            "Cc: Someone Else <someone.else@example.net>, another@example.com",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=us-ascii",
            "Content-Transfer-Encoding: 7bit",
            "List-Id: <list.lists.example.org>",
        ]
        if mail.references:
            headers.append(f"In-Reply-To: <{mail.references[-1]}>")
            headers.append("References: " + "\n\t".join(f"<{r}>" for r in mail.references))
        return ("\n".join(headers) + "\n\n" + mail.body).encode()

    def _sentence(self, length: int) -> str:
        words = self._random.choices(self._words, cum_weights=self._weights, k=length)
        return " ".join(words).capitalize() + "."

    def _prose(self, sentences: int) -> str:
        lines: list[str] = []
        for _ in range(max(1, sentences // 3)):
            text = " ".join(self._sentence(self._random.randint(6, 22)) for _ in range(3))
            while len(text) > 72:
                cut = text.rfind(" ", 0, 72)
                lines.append(text[:cut])
                text = text[cut + 1 :]
            lines += [text, ""]
        return "\n".join(lines)

    def _reply(self, parent: Mail) -> str:
        quoted = parent.body.splitlines()
        start = self._random.randrange(max(1, len(quoted) // 2))
        kept = quoted[start : start + self._random.randint(5, 60)]
        middle = len(kept) // 2
        when = format_datetime(parent.date)
        lines = [f"On {when}, {self._people[parent.author]} wrote:"]
        lines += [f"> {line}".rstrip() for line in kept[:middle]]
        lines += ["", self._prose(self._random.randint(6, 24)), ""]
        lines += [f"> {line}".rstrip() for line in kept[middle:]]
        lines += ["", self._prose(self._random.randint(3, 15)), ""]
        return "\n".join(lines)

    def _patch(self) -> str:
        name = self._random.choice(self._words[len(_PLAIN) :])
        path = f"mm/{name}.c"
        lines = [
            self._prose(self._random.randint(4, 10)),
            f"Signed-off-by: {self._people[0]} <a@example.org>",
        ]
        lines += ["---", f" {path} | 12 ++++++------", " 1 file changed, 6 insertions(+), 6 deletions(-)", ""]
        lines += [
            f"diff --git a/{path} b/{path}",
            f"index {self._random.getrandbits(28):07x}..1234567 100644",
        ]
        lines += [f"--- a/{path}", f"+++ b/{path}"]
        for hunk in range(self._random.randint(2, 9)):
            lines.append(
                f"@@ -{hunk * 90 + 10},14 +{hunk * 90 + 10},14 @@ static int {name}(struct page *page)"
            )
            for row in range(14):
                mark = " +-"[0 if row % 5 else self._random.randrange(3)]
                lines.append(f"{mark}\t{'_'.join(self._random.choices(_PARTS, k=3))}(page, {row});")
        return "\n".join([*lines, "-- ", "2.1", ""])


def write_mbox(corpus: Corpus, path: Path) -> None:
    """The corpus as an mboxrd file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for entry in corpus.entries():
            file.write(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" + entry + b"\n\n")


def write_maildir(corpus: Corpus, folder: Path) -> None:
    """The corpus as a Maildir, which is what notmuch and mu read."""
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number, entry in enumerate(corpus.entries()):
        (folder / "cur" / f"{number:07d}.bench:2,S").write_bytes(entry)


def main() -> None:
    """Write an mbox."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("size", type=int)
    arguments.add_argument("path", type=Path)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    write_mbox(Corpus(options.size, options.seed), options.path)


if __name__ == "__main__":
    main()
