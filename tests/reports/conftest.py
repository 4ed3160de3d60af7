"""A decision record made by hand: made-up people on a real mechanism, two tasks in unmap_mapping_range()."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from archive.findings import (
    Anchor,
    Argument,
    CallPath,
    Decision,
    Fate,
    Findings,
    HeldLock,
    Kind,
    Mutant,
    Outcome,
    Proposal,
    Result,
    Stance,
    Symptom,
    Target,
    Tie,
    TraceStep,
    Verdict,
)
from archive.mail import Address, Block, BlockKind, Discussion, Match, Message, Origin, QuoteSource
from reports.record import Record, ScenarioFacts
from reports.site import write_site

SAMPLE = Path(__file__).with_name("sample.txt")
WALK = "unmap-walk"


def read_messages() -> tuple[Message, ...]:
    messages: dict[str, Message] = {}
    for part in SAMPLE.read_text(encoding="utf-8").split("%% ")[1:]:
        head, text = part.split("\n\n", 1)
        message_id, *lines = head.splitlines()
        fields = dict(line.split(": ", 1) for line in lines)
        date = fields["Date"].strip()
        message = Message(
            message_id=message_id,
            author=Address(fields["From"]),
            subject=fields["Subject"],
            date=datetime.fromisoformat(date) if date else None,
            text=text,
            origin=Origin(fields.get("Origin", "archived")),
            lists=tuple(fields.get("Lists", "").split()),
            url=fields.get("Url"),
            parent=fields.get("Parent"),
        )
        messages[message_id] = replace(message, blocks=read_blocks(message, messages))
    return tuple(messages.values())


def read_blocks(message: Message, earlier: dict[str, Message]) -> tuple[Block, ...]:
    """Runs of lines of one kind, by the plainest rules that fit the sample."""
    blocks: list[Block] = []
    at = 0
    last = BlockKind.OWN
    for line in message.text.splitlines(keepends=True):
        depth = len(re.match(r"(?:> ?)*", line)[0].replace(" ", ""))
        if last in (BlockKind.DIFF, BlockKind.SIGNATURE):
            kind = last
        elif depth:
            kind = BlockKind.QUOTE
        elif line.startswith(("diff --git", "---\n")):
            kind = BlockKind.DIFF
        elif line.startswith("-- \n"):
            kind = BlockKind.SIGNATURE
        elif line.startswith("Signed-off-by"):
            kind = BlockKind.TRAILER
        elif line.rstrip().endswith(" wrote:"):
            kind = BlockKind.ATTRIBUTION
        elif re.match(r"\s+(\[<|BUG at|Call Trace)", line):
            kind = BlockKind.TRACE
        elif re.match(r"\t\s*\w+( ->)?$", line):
            kind = BlockKind.CHAIN
        else:
            kind = BlockKind.OWN
        if blocks and (blocks[-1].kind, blocks[-1].depth) == (kind, depth):
            blocks[-1] = replace(blocks[-1], end=at + len(line))
        else:
            source = source_of(line, depth, message, earlier) if kind is BlockKind.QUOTE else None
            blocks.append(Block(kind, at, at + len(line), depth, source))
        at += len(line)
        last = kind
    return tuple(blocks)


def source_of(line: str, depth: int, message: Message, earlier: dict[str, Message]) -> QuoteSource:
    words = line.lstrip("> ").strip()
    for other in reversed(earlier.values()):
        if words and words in other.text:
            start = other.text.index(words)
            return QuoteSource(Match.EXACT, str(other.author), other.message_id, start, start + len(words))
    return QuoteSource(Match.UNKNOWN)


class Book:
    """Finds words in the sample and makes anchors of them."""

    def __init__(self, messages: tuple[Message, ...]) -> None:
        self.messages = {m.message_id.split("@")[0]: m for m in messages}

    def words(self, name: str, quote: str) -> Anchor:
        message = self.messages[name]
        found = re.search(r"\s+".join(map(re.escape, quote.split())), message.text)
        assert found, f"{quote!r} isn't in {name}"
        return Anchor(message.message_id, found.start(), found.end(), quote)

    def argument(
        self, key: str, proposal: str | None, stance: str, name: str, quote: str, **more: object
    ) -> Argument:
        confidence = more.pop("confidence", 0.81)
        return Argument(
            id=key,
            proposal=proposal,
            stance=Stance(stance),
            author=str(self.messages[name].author),
            anchor=self.words(name, quote),
            confidence=confidence,
            shown=more.pop("shown", True),
            targets=more.pop("targets", ()) or ((Target(proposal, confidence),) if proposal else ()),
            **more,
        )


def read_findings(messages: tuple[Message, ...]) -> Findings:
    book = Book(messages)
    words, argument = book.words, book.argument
    proposals = (
        Proposal("pbit", "Bit lock in mapping->flags around the walk", Kind.PATCH, "Pavel Drozd",
                 (words("p1", "This takes a bit in mapping->flags as a lock around the whole walk"),),
                 Outcome.SUPERSEDED),
        Proposal("pmutex", "unmap_mutex in struct address_space", Kind.PATCH, "Aoife Tierney",
                 (words("a1", "I would put a plain mutex, say unmap_mutex, into struct address_space"),
                  words("i2", "the unmap_mutex version")),
                 Outcome.ADOPTED, "the last mail queues it"),
        Proposal("pimutex", "Take i_mutex at every caller", Kind.DESIGN, "Kenji Matsuda",
                 (words("k1", "Why not take i_mutex around the calls that lack it?"),), Outcome.REJECTED),
        Proposal("pprivate", "Private mutex in cinderfs only", Kind.WORKAROUND, "Salma Idrissi",
                 (words("s1", "What cinderfs could do alone is a private mutex"),),
                 Outcome.REJECTED),
        Proposal("pyield", "Restart made safe by yielding", Kind.DESIGN, "Tomasz Weil",
                 (words("q1", "a walker that finds a foreign mark drops the lock, yields, and starts over"),),
                 Outcome.OPEN),
    )  # fmt: skip
    arguments = (
        argument("a01", "pbit", "for", "p1", "costs no space at all", criterion="memory"),
        argument("a02", "pbit", "against", "a1",
                 "A bit that one waits on is a lock that lockdep never hears of.",
                 criterion="debuggability", fate=Fate.CONCEDED, why="right under the option"),
        argument("a03", "pbit", "against", "a1",
                 "Every user of the bit would also need its own wait function.",
                 criterion="complexity", fate=Fate.UNANSWERED, confidence=0.66),
        argument("a04", "pmutex", "against", "k1",
                 "A mutex there makes every inode in the icache 40 bytes larger, for a case that one "
                 "filesystem can hit.", criterion="memory", fate=Fate.ANSWERED),
        argument("a05", "pmutex", "for", "a2",
                 "address_space has a hole of 4 bytes behind flags, and with the spinlock debugging off a "
                 "mutex is 32 bytes.", criterion="memory", answers="a04"),
        argument("a06", "pmutex", "for", "i2",
                 "Three days on the farm with unmap_mutex, no BUG and no spinning.", criterion="correctness",
                 confidence=0.93),
        argument("a07", "pimutex", "for", "k1",
                 "Truncation holds it already, so the rule would be the same for everybody.",
                 criterion="maintenance"),
        argument("a08", "pimutex", "against", "s1",
                 "Taking it again is a self-deadlock, and we cannot know which of the two it is.",
                 criterion="deadlock", fate=Fate.CONCEDED, confidence=0.9),
        argument("a09", "pprivate", "for", "s1", "It is five lines and touches nobody else.",
                 criterion="complexity"),
        argument("a10", "pprivate", "against", "a2",
                 "truncate does not know your mutex, so the same two walkers meet again",
                 criterion="coverage", fate=Fate.UNANSWERED),
        argument("a11", "pyield", "against", "k2",
                 "Two walkers that both do this yield to each other for ever.", criterion="deadlock",
                 fate=Fate.UNANSWERED),
        argument("a12", None, "against", "a2", "The hole is in mm, please close it in mm.", confidence=0.41),
        argument("a13", "pmutex", "for", "a2", "I can live with that for a release.", shown=False,
                 confidence=0.38, targets=(Target("pmutex", 0.38), Target("pbit", 0.21))),
        argument("a14", "pyield", "for", "q1", "Then no new lock is needed at all.", shown=False,
                 confidence=0.44),
    )  # fmt: skip
    chain = words(
        "s1", "lookup_one_len -> lookup_hash -> __lookup_hash -> do_revalidate -> cinder_d_revalidate"
    )
    trace = words("r1", "[<ffffffff810e2b11>] invalidate_inode_pages2_range+0x2f1/0x3a0")
    inner = ("__lookup_hash", "do_revalidate", "cinder_d_revalidate")
    return Findings(
        discussion="d0a1b2c3d4e5",
        reader_version="embedded 1",
        digest="4be1c07a90d2",
        symptoms=(
            Symptom("s01", words("r1", "our build farm hits a BUG_ON in truncate about once a day")),
            Symptom("s02", words("r1", "The second task wants one page below that address"), "after a BUG"),
            Symptom("s03", words("r1", "With two large ranges each task overwrites the other one's mark")),
        ),
        proposals=proposals,
        arguments=arguments,
        call_paths=(
            CallPath("c01", chain, ("lookup_one_len", *inner), (HeldLock("i_mutex", "do_revalidate"),)),
            CallPath("c02", chain, ("lookup_hash", *inner), (HeldLock("i_mutex", "do_revalidate"),)),
            CallPath("c03", trace, ("do_sys_open", "__dentry_open", "cinder_open_common",
                                    "invalidate_inode_pages2_range"), (HeldLock("i_mmap_lock"),)),
        ),
        decisions=(Decision("pmutex", words("i2", "I have queued the unmap_mutex version")),),
    )  # fmt: skip


def step(task: str, line: int, text: str, **changes: str) -> TraceStep:
    return TraceStep(task, line, text, changes)


LOST_PAGE = (
    step("large range", 12, "lock(i_mmap_lock)", i_mmap_lock="large range"),
    step("large range", 13, "count = ++truncate_count", truncate_count="1 → 2"),
    step("large range", 17, "zap_page(3)", mapped="0 1 2"),
    step("large range", 21, "if need_resched(): mark(vma, restart=3)", vm_truncate_count="restart 3"),
    step("large range", 22, "unlock(i_mmap_lock)", i_mmap_lock="free"),
    step("one page", 12, "lock(i_mmap_lock)", i_mmap_lock="one page"),
    step("one page", 13, "count = ++truncate_count", truncate_count="2 → 3"),
    step("one page", 15, "if vm_truncate_count >= start: skip"),
    step("one page", 26, "unlock(i_mmap_lock)", i_mmap_lock="free"),
    step("one page", 28, "assert not mapped(page 2)"),
)
FOR_EVER = (
    step("walker a", 12, "lock(i_mmap_lock)", i_mmap_lock="walker a"),
    step("walker a", 13, "count = ++truncate_count", truncate_count="1 → 2"),
    step("walker a", 21, "mark(vma, restart=4)", vm_truncate_count="a, restart 4"),
    step("walker a", 22, "unlock(i_mmap_lock)", i_mmap_lock="free"),
    step("walker b", 12, "lock(i_mmap_lock)", i_mmap_lock="walker b"),
    step("walker b", 13, "count = ++truncate_count", truncate_count="2 → 3"),
    step("walker b", 15, "foreign mark: start over"),
    step("walker b", 21, "mark(vma, restart=2)", vm_truncate_count="b, restart 2"),
    step("walker b", 22, "unlock(i_mmap_lock); yield", i_mmap_lock="free"),
    step("walker a", 24, "lock(i_mmap_lock)", i_mmap_lock="walker a"),
    step("walker a", 15, "foreign mark: start over"),
    step("walker a", 21, "mark(vma, restart=4)", vm_truncate_count="a, restart 4"),
    step("walker a", 22, "unlock(i_mmap_lock); yield", i_mmap_lock="free"),
    step("walker b", 24, "lock(i_mmap_lock)", i_mmap_lock="walker b"),
)
ALONE = (step("lookup", 4, "lock(i_mutex)", i_mutex="lookup"), step("lookup", 9, "lock(i_mutex)"))


def verdict(option: str, name: str, result: str, **more: object) -> Verdict:
    return Verdict(
        scenario=WALK,
        option=option,
        property=name,
        result=Result(result),
        bounds={"tasks": 2, "vmas": 2, "pages": 4},
        states=more.pop("states", 41_872),
        transitions=66_104,
        depth=58,
        seconds=0.4,
        granularity="every statement that touches shared state",
        fairness="weak, per task",
        memory_model="sequentially consistent",
        mutant=more.pop("mutant", Mutant.NONE),
        digest="9c0ffee1d2e3f4a5",
        **more,
    )


def read_verdicts() -> tuple[Verdict, ...]:
    gone, ends, alone = "no page mapped on return", "every caller returns", "no task waits for itself"
    locked = {"mutant": Mutant.FAILS}
    return (
        verdict("none", gone, "fail", trace=LOST_PAGE, states=212),
        verdict("none", ends, "fail", trace=FOR_EVER, cycle_start=6, states=906),
        verdict("bit_lock", gone, "pass", **locked),
        verdict("bit_lock", ends, "pass", notes=("The bit isn't seen by lockdep.",), **locked),
        verdict("mutex", gone, "pass", **locked),
        verdict("mutex", ends, "pass", **locked),
        verdict("i_mutex", alone, "fail", reason="The caller through lookup_one_len holds i_mutex already.",
                trace=ALONE, states=3),
        verdict("private", gone, "fail", trace=LOST_PAGE, states=388),
        verdict("private", ends, "inconclusive", reason="The limit of 5,000,000 states was reached.",
                states=5_000_000),
        verdict("yield", gone, "pass", **locked),
        verdict("yield", ends, "fail", trace=FOR_EVER, cycle_start=6, states=1_204),
        verdict("yield", alone, "not modelled"),
    )  # fmt: skip


def make_record() -> Record:
    messages = read_messages()
    roots = tuple(m.message_id for m in messages if m.parent is None)
    discussion = Discussion("d0a1b2c3d4e5", messages[0].subject, roots, messages)
    ties = (
        Tie(
            "pbit", WALK, "bit_lock", 0.88, reason="the option waits on a bit of mapping->flags", why=("a02",)
        ),
        Tie(
            "pmutex", WALK, "mutex", 0.95, reason="a mutex in address_space around the walk", why=("pmutex",)
        ),
        Tie("pimutex", WALK, "i_mutex", 0.9, why=("c01", "a08"), reason="the lock named is i_mutex"),
        Tie("pprivate", WALK, "private", 0.71, reason="a lock that one filesystem takes"),
        Tie("pyield", WALK, "yield", 0.64, origin="amended", reason="the walker yields to a foreign mark"),
    )
    facts = ScenarioFacts(
        title="Concurrent unmap_mapping_range()",
        summary="Two callers on one inode walk its vmas under i_mmap_lock. Each may have to drop the lock "
        "half-way through one and leaves the address from which to resume in the vma itself.",
        options={
            "none": "no serialisation, as it stands",
            "bit_lock": "bit lock in mapping->flags",
            "mutex": "mutex in address_space",
            "i_mutex": "i_mutex at every caller",
            "private": "lock of one filesystem",
            "yield": "walkers yield to each other",
        },
        sources=("https://git.example.org/linux/2aa15890f3c1", "mm/memory.c of 2.6.37"),
    )
    return Record(discussion, read_findings(messages), ties, read_verdicts(), {WALK: facts})


@pytest.fixture(scope="session")
def record() -> Record:
    """The sample record, complete."""
    return make_record()


VOID = frozenset("br hr img input link meta wbr path rect".split())
BLOCKS = frozenset(
    "article blockquote details div dl figure h1 h2 h3 h4 header main nav ol p section table ul".split()
)


class Page(HTMLParser):
    """What a test asks of a page: its elements, ids, links and text, and every fault in how it nests."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[int] = []
        self.pieces: list[str] = []
        self.open: list[str] = []
        self.html = html
        self.feed(html)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if "p" in self.open and tag in BLOCKS:
            self.faults.append(f"<{tag}> within <p> at {self.getpos()}")
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def ids(self) -> list[str]:
        return [a["id"] or "" for _, a in self.elements if "id" in a]

    @property
    def links(self) -> list[str]:
        return [a["href"] or "" for tag, a in self.elements if tag == "a" and "href" in a]


@pytest.fixture(scope="session")
def read_page() -> type[Page]:
    """Parses a page and notes every fault in how it nests."""
    return Page


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Page]:
    """Writes a site of the given records and reads the page of the first one."""

    def write_and_read(*records: Record) -> Page:
        paths = write_site(records, tmp_path / "site", generator="moot test")
        return Page(paths.pages[0].read_text(encoding="utf-8"))

    return write_and_read
