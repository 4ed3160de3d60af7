"""Quotes are traced to the message, author and span that they repeat.

Alignment first: a quoted line is looked up among the lines that the ancestors wrote themselves, so that the
credit goes to whoever wrote it however deep it is quoted. What no ancestor wrote is looked up in other mail
at hand, then credited by what introduces it (an attribution line, "as Ann said:"), and else stays unknown.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from archive.mail import Block, BlockKind, Match, Message, QuoteSource
from ingest.attributions import Attribution, read_attribution
from ingest.introductions import read_introduction
from ingest.ownlines import OwnLines, Place, line_key, loose_key
from ingest.quoting import strip_marks

# At least this share of three-word runs must agree for an edited line to count as the same.
_SAME_WORDS = 0.5
# A line with fewer letters says nothing by itself: its neighbours decide.
_FEW_LETTERS = 8
# Clocks go wrong, and attributions give local time: mail may seem this much newer than its answer.
_CLOCK_SKEW = timedelta(hours=26)


@dataclass(slots=True)
class _Line:
    """A line of a quote while its source is sought."""

    start: int
    end: int
    depth: int
    words: str
    introduced: str = ""
    attribution: Attribution | None = None
    first: Place | None = None
    last: Place | None = None
    match: Match = Match.UNKNOWN


def resolve(message: Message, ancestors: Sequence[Message], others: Sequence[Message] = ()) -> Message:
    """The message with a source on every quote; quotes are split where their source changes.

    `ancestors` are the mails it answers, nearest first; `others` any other mail that it might quote. Spans
    are characters of the source's `text`. To resolve a whole thread, `resolve_all` indexes each mail once.
    """
    own_lines = OwnLines()
    for source in (*ancestors, *others):
        own_lines.add(source)
    return resolve_in(own_lines, message, [m.message_id for m in ancestors], others=bool(others))


def resolve_all(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Every message with its quotes resolved among the others; `parent` says who answers whom."""
    own_lines = OwnLines()
    for message in messages:
        own_lines.add(message)
    return tuple(
        resolve_in(own_lines, message, list(_ancestors(own_lines, message)), others=True)
        for message in messages
    )


def _ancestors(own_lines: OwnLines, message: Message) -> Iterator[str]:
    seen = {message.message_id}
    parent = message.parent
    while parent is not None and parent not in seen and parent in own_lines.messages:
        yield parent
        seen.add(parent)
        parent = own_lines.messages[parent].parent


def resolve_in(own_lines: OwnLines, message: Message, ancestors: Sequence[str], *, others: bool) -> Message:
    """Resolve one message against an index; `ancestors` are ids in it, nearest first."""
    if not any(block.kind is BlockKind.QUOTE for block in message.blocks):
        return message
    lines = list(_quoted_lines(message))
    ranks = {message_id: rank for rank, message_id in enumerate(ancestors)}
    found = [_candidates(own_lines, message, line, ranks, others=others) for line in lines]
    _choose(lines, found, ranks)
    _find_edited(own_lines, lines, ancestors)
    _adopt_neighbours(own_lines, lines)
    _drop_chance_finds(lines)
    return replace(message, blocks=tuple(_rebuild(own_lines, message, lines)))


def _quoted_lines(message: Message) -> Iterator[_Line]:
    """The lines of all quotes, each with the attribution and the introduction that hold for it."""
    text = message.text
    attributed: dict[int, Attribution] = {}
    introduced = ""
    for block in message.blocks:
        if block.kind is BlockKind.ATTRIBUTION:
            words = " ".join(map(strip_marks, message.text_of(block).split("\n")))
            below = block.depth + 1
            attributed = {depth: a for depth, a in attributed.items() if depth < below}
            attributed[below] = read_attribution(words)
            introduced = introduced if block.depth else ""
        elif block.kind is BlockKind.QUOTE:
            at = block.start
            for raw in text[block.start : block.end].split("\n"):
                end = min(at + len(raw) + 1, block.end)
                if at < block.end:
                    who = introduced if block.depth == 1 else ""
                    yield _Line(at, end, block.depth, strip_marks(raw), who, attributed.get(block.depth))
                at = end
        elif block.kind is BlockKind.OWN:
            own = message.text_of(block)
            if own.strip():
                name = read_introduction(own)
                introduced = message.author.name if name == "I" else name


def _candidates(
    own_lines: OwnLines, message: Message, line: _Line, ranks: dict[str, int], *, others: bool
) -> list[Place]:
    """Places in older mail where the line stands as it is; those of ancestors alone when there are any."""
    if not line.words:
        return []
    places = own_lines.find_line(line.words)
    if not places:
        return []
    near = [place for place in places if place.message_id in ranks]
    if near or not others or len(loose_key(line.words)) < _FEW_LETTERS * 2:
        return near
    return [
        p
        for p in places
        if p.message_id != message.message_id and _could_quote(message, own_lines.messages[p.message_id])
    ]


def _could_quote(message: Message, source: Message) -> bool:
    """Whether the source isn't newer than the message, as far as their dates tell."""
    return message.date is None or source.date is None or source.date <= message.date + _CLOCK_SKEW


def _choose(lines: list[_Line], found: list[list[Place]], ranks: dict[str, int]) -> None:
    """Choose among the places of each line: the one that goes on where the last line was, else by depth."""
    above: Place | None = None
    above_depth = 0
    for i, line in enumerate(lines):
        places = found[i]
        if not places:
            if line_key(line.words):
                above = None
            continue
        follow = above if above is not None and above_depth == line.depth else None
        best = places[0]
        if len(places) > 1:
            below = _unique_below(lines, found, i)
            best = min(places, key=lambda p: _distance(p, follow, below, line.depth, ranks))
        line.first = line.last = best
        line.match = Match.EXACT
        above, above_depth = best, line.depth


def _unique_below(lines: list[_Line], found: list[list[Place]], i: int) -> Place | None:
    """The place of the next line of the same run when it has only one."""
    for j in range(i + 1, min(i + 6, len(lines))):
        if lines[j].depth != lines[i].depth or lines[j].start != lines[j - 1].end:
            return None
        if len({p.message_id for p in found[j]}) == 1 and len(loose_key(lines[j].words)) >= _FEW_LETTERS:
            return found[j][0]
    return None


def _distance(
    place: Place, above: Place | None, below: Place | None, depth: int, ranks: dict[str, int]
) -> tuple[int, int, int, int]:
    """How ill a place fits: first its neighbours in the quote, then the level at which it is quoted."""
    rank = ranks.get(place.message_id, len(ranks) + 1)
    misfit = abs(rank - (depth - 1))
    follows = above is not None and above.message_id == place.message_id
    leads = below is not None and below.message_id == place.message_id
    gap = place.line - above.line if follows and above is not None else 0
    # Going on is best, jumping back is worst: people trim what they quote but seldom reorder it.
    order = 0 if not follows else gap - 1 if gap > 0 else 10_000 - gap
    return (0 if follows and 0 < gap <= 3 else 1 if leads else 2 if follows else 3, misfit, order, place.line)


def _find_edited(own_lines: OwnLines, lines: list[_Line], ancestors: Sequence[str]) -> None:
    """Look for lines that no one wrote exactly so: broken elsewhere by a mailer, or changed by a hand."""
    for i, line in enumerate(lines):
        if line.first is not None or len(loose_key(line.words)) < _FEW_LETTERS:
            continue
        near = [j for j in (i - 1, i + 1) if 0 <= j < len(lines) and lines[j].depth == line.depth]
        hints = [first.message_id for j in near if (first := lines[j].first) is not None]
        expected = ancestors[line.depth - 1 : line.depth]
        order = list(dict.fromkeys([*hints, *expected, *ancestors]))
        for message_id in order:
            if piece := own_lines.find_piece(line.words, message_id):
                line.first, line.last, line.match = piece[0], piece[1], Match.EDITED
                break
        else:
            best = max(
                (
                    (similar[1], -n, similar[0])
                    for n, message_id in enumerate(order)
                    if (similar := own_lines.find_similar(line.words, message_id))
                ),
                key=lambda item: item[:2],
                default=None,
            )
            if best is not None and best[0] >= _SAME_WORDS:
                line.first = line.last = best[2]
                line.match = Match.EDITED


def _adopt_neighbours(own_lines: OwnLines, lines: list[_Line]) -> None:
    """Let what is too short to know, `[...]` and remnants, go with the known lines around it."""
    for i, line in enumerate(lines):
        if line.first is not None or not line.words.strip() or len(loose_key(line.words)) >= _FEW_LETTERS * 2:
            continue
        for j in (i - 1, i + 1):
            if not 0 <= j < len(lines) or lines[max(i, j)].start != lines[min(i, j)].end:
                continue
            beside = lines[j].last if j < i else lines[j].first
            if beside is None or lines[j].depth != line.depth:
                continue
            same = [p for p in own_lines.find_line(line.words) if p.message_id == beside.message_id]
            if same:
                line.first = line.last = min(same, key=lambda p: abs(p.line - beside.line))
                line.match = Match.EXACT
            else:
                line.first, line.last, line.match = beside, beside, Match.EDITED
            break


def _drop_chance_finds(lines: list[_Line]) -> None:
    """Forget likenesses in a run of quoted lines of which hardly any was found: their mail isn't at hand."""
    start = 0
    for i in range(1, len(lines) + 1):
        if i < len(lines) and lines[i].depth == lines[start].depth and lines[i].start == lines[i - 1].end:
            continue
        run = [line for line in lines[start:i] if line.words.strip()]
        if sum(line.first is not None for line in run) * 2 < len(run):
            for line in run:
                if line.match is Match.EDITED:
                    line.first = line.last = None
        start = i


def _rebuild(own_lines: OwnLines, message: Message, lines: list[_Line]) -> Iterator[Block]:
    """The blocks of the message again, quotes split by source."""
    unsure = any(line.first is None and line.words for line in lines)
    origins = _origins(lines) if unsure else {}
    at = 0
    for block in message.blocks:
        if block.kind is not BlockKind.QUOTE:
            yield block
            continue
        run: list[_Line] = []
        while at < len(lines) and lines[at].start < block.end:
            line = lines[at]
            if run and not _goes_on(run, line):
                yield _close(own_lines, block, run, origins)
                run = []
            run.append(line)
            at += 1
        if run:
            yield _close(own_lines, block, run, origins)


def _goes_on(run: list[_Line], line: _Line) -> bool:
    """Whether a line belongs to the same passage of the same source as the run before it."""
    if not line.words.strip():
        return True
    before = next((r for r in reversed(run) if r.words.strip()), None)
    if before is None:
        return True
    if before.first is None or line.first is None or before.last is None:
        return before.first is None and line.first is None
    if before.first.message_id != line.first.message_id:
        return False
    # Blank lines of the source have no place: a step of two is a paragraph's end.
    return -1 <= line.first.line - before.last.line <= 2


def _close(own_lines: OwnLines, block: Block, run: list[_Line], origins: dict[int, str]) -> Block:
    full = [line for line in run if line.first is not None]
    start, end = run[0].start, run[-1].end
    if full:
        places = [p for line in full for p in (line.first, line.last) if p is not None]
        source = own_lines.messages[places[0].message_id]
        exact = all(line.match is Match.EXACT for line in full)
        found = QuoteSource(
            Match.EXACT if exact else Match.EDITED,
            str(source.author),
            source.message_id,
            min(p.start for p in places),
            max(p.end for p in places),
        )
    else:
        found = _credit(own_lines, run, origins)
    return replace(block, start=start, end=end, source=found)


def _credit(own_lines: OwnLines, run: list[_Line], origins: dict[int, str]) -> QuoteSource:
    """Whom an introduction or attribution names, for words that no mail at hand has."""
    line = run[0]
    if line.introduced:
        return QuoteSource(Match.ATTRIBUTED, full_name(line.introduced, _authors(own_lines)))
    if line.attribution is None or not str(line.attribution.author):
        return QuoteSource(Match.UNKNOWN)
    author = str(line.attribution.author)
    origin = own_lines.messages.get(origins.get(id(line.attribution), ""))
    if origin is not None and same_person(origin.author.name, author):
        return QuoteSource(Match.ATTRIBUTED, str(origin.author), origin.message_id)
    return QuoteSource(Match.ATTRIBUTED, author)


def _origins(lines: list[_Line]) -> dict[int, str]:
    """By attribution (its identity), the mail in which at least half of the lines under it were found."""
    totals: Counter[int] = Counter()
    counts: dict[int, Counter[str]] = {}
    for line in lines:
        if line.attribution is not None and not line.introduced and line.words.strip():
            key = id(line.attribution)
            totals[key] += 1
            if line.first is not None:
                counts.setdefault(key, Counter())[line.first.message_id] += 1
    origins: dict[int, str] = {}
    for key, count in counts.items():
        message_id, hits = count.most_common(1)[0]
        if hits * 2 >= totals[key]:
            origins[key] = message_id
    return origins


def _authors(own_lines: OwnLines) -> set[str]:
    return {message.author.name for message in own_lines.messages.values()}


def full_name(name: str, people: Iterable[str]) -> str:
    """The one full name among some people that a short name can stand for, else the name itself."""
    full = {person for person in people if same_person(name, person) and len(person) >= len(name)}
    return full.pop() if len(full) == 1 else name


def same_person(a: str, b: str) -> bool:
    """Whether one name's words are all among the other's."""
    left, right = set(a.casefold().split()), set(b.casefold().split())
    return bool(left) and bool(right) and (left <= right or right <= left)
