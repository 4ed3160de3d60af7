"""The line ends of a mail that a web page showed as one line are found again.

What is left to go by are the runs of `>` that stood at the line starts. Two things have to be decided
together: how a run such as `>> > > > >> > >` splits into the marks of one line and of the blank quoted lines
before it, and where in the words behind a mark the quoted line ends and the writer's own text begins, which
nothing marks. Both are one search for the cheapest path through all the runs (Viterbi's); what is cheap,
`lineprices` says. How each level is marked, how wide its lines are, and whether it was wrapped at all is
learnt from the path itself: it is searched a few times over.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from math import log

from ingest import lineprices
from ingest.lineprices import ATTRIBUTION, BLANK, FULL, OWN, START

_RUN = re.compile(r"(?:(?<=\s)|(?<![\s\S]))>+(?:[ \t]{1,3}>+)*(?=[ \t\r\n]|$)")
_TIGHT_RUN = re.compile(r"(?:(?<=\s)|(?<![\s\S]))>+(?=[\w\"'(\[*@#{}])")
_OPERATOR = re.compile(r"[\w)\]]$")
_OPERAND = re.compile(r"[\w(/-]")
_CLOSING = re.compile(r"[^()\n]{1,30}\)")
_SURE_OPERAND = re.compile(r"[\w.>-]{1,40}\)|\d+(?:[ ;,)]|$)|/(?:proc|sys|dev|tmp|mnt)/|&1")

# Words of one quoted line are at most so long unless nothing wrapped them.
_WIDEST = 80
_USUAL_WIDTH = 74
# So many lines of a level show how wide it is; no level is taken to be narrower than all by more than this.
_TELLING_LINES = 8
_NARROWER = 8
# Where nothing was wrapped, own text is looked for within so many characters.
_LONGEST_PARAGRAPH = 1500
# A greeting above an attribution is no answer.
_SHORTEST_ANSWER = 30
# Beyond this a run of marks is decoration or an attack; deeper quoting is not told apart.
_MOST_MARKS = 64
_DEEPEST = 24
_ROUNDS = 3
# Paths dearer than the best by more than this never won in the benchmark.
_SLACK = 12.0
_MOST_PATHS = 40
# The price of a `>` being an operator in the words.
_OPERATOR_PRICE = 5.0
_SURE_OPERATOR_PRICE = 2.0


def is_flattened(line: str) -> bool:
    """Whether a line holds several lines of a mail: more marks and words than a line has."""
    return len(line) > 160 and len(_find_marks(line)) >= 2


def unflatten(line: str) -> str:
    """The lines of a mail that was shown as one, with their quote marks, joined by line feeds.

    Own text of more than one line stays one line, for nothing tells where it was broken; a blank line is put
    between it and what it answers.
    """
    runs = _find_runs(line)
    return _Search(line, runs).solve() if runs else line


@dataclass(frozen=True, slots=True)
class _Run:
    """A run of quote marks: its `>` tokens, the words behind it up to the next run, and its offset."""

    tokens: tuple[str, ...]
    words: str
    start: int


@dataclass(frozen=True, slots=True)
class _State:
    """What the last line was: its depth, kind, words (of the last full line where it was blank).

    `deepest` is the deepest level that was quoted so far.
    """

    depth: int
    kind: str
    words: str = ""
    deepest: int = 0

    def follow(self, depth: int, kind: str, words: str) -> "_State":
        """The state after another line."""
        deepest = self.deepest if kind in (BLANK, OWN) else max(self.deepest, depth + (kind == ATTRIBUTION))
        return _State(depth, kind, words, deepest)


@dataclass(frozen=True, slots=True)
class _Trail:
    """The lines chosen so far, as a linked list; no marks for own text."""

    before: "_Trail | None"
    marks: str
    words: str


@dataclass(frozen=True, slots=True)
class _Path:
    cost: float
    trail: _Trail | None


_Paths = dict[_State, _Path]


def _find_marks(line: str) -> list[re.Match[str]]:
    """Runs of marks; those without a blank behind them only where that is the style of the page."""
    spaced = list(_RUN.finditer(line))
    tight = list(_TIGHT_RUN.finditer(line))
    return sorted(spaced + tight, key=lambda m: m.start()) if len(tight) >= 3 else spaced


def _find_runs(line: str) -> list[_Run]:
    marks = _find_marks(line)
    if not marks:
        return []
    ends = [m.start() for m in marks[1:]] + [len(line)]
    return [
        _Run(tuple(m.group().split())[:_MOST_MARKS], line[m.end() : end].strip(" \t"), m.start())
        for m, end in zip(marks, ends, strict=True)
    ]


@dataclass(slots=True)
class _Search:
    line: str
    runs: list[_Run]
    widths: dict[int, int] = field(default_factory=dict)
    answered_above: bool = False
    """Own text stands above the first attribution: the quote below may run to the end."""
    unwrapped: set[int] = field(default_factory=set)
    """Depths whose lines nothing filled to a width."""
    styles: Counter[str] = field(default_factory=Counter)
    depths: Counter[int] = field(default_factory=Counter)
    _style_prices: dict[str, float] = field(default_factory=dict)

    def solve(self) -> str:
        self._learn_at_first()
        lines: list[tuple[str, str]] = []
        for _ in range(_ROUNDS):
            lines = self._walk()
            self._learn(lines)
        return _lay_out(lines)

    # What a page teaches about itself

    def _learn_at_first(self) -> None:
        """Count the marks of runs that can be read in one way only, and take one width for all levels."""
        previous = ""
        for run in self.runs:
            if len(run.tokens) == 1 or lineprices.find_introduction(previous) is not None:
                self.styles[" ".join(run.tokens)] += 1
                self.depths[sum(map(len, run.tokens))] += 1
            previous = run.words
        self.widths[0] = _width_of([run.words for run in self.runs])
        shortest = min(len(run.tokens) for run in self.runs)
        raw: list[tuple[int, str]] = []
        for run in self.runs:
            raw.extend([(1, "")] * (len(run.tokens) >= 2 * shortest))
            raw.append((1, run.words))
        self._find_unwrapped(raw, apart=False)

    def _learn(self, lines: list[tuple[str, str]]) -> None:
        quoted = [(marks, words) for marks, words in lines if marks]
        self.styles = Counter(marks for marks, _ in quoted)
        self.depths = Counter(marks.count(">") for marks, _ in quoted)
        self._style_prices = {}
        by_depth: dict[int, list[str]] = {}
        for marks, words in quoted:
            if words:
                by_depth.setdefault(marks.count(">"), []).append(words)
        self.widths = {0: self.widths[0]}
        for depth, words_of in by_depth.items():
            if len(words_of) >= _TELLING_LINES:
                self.widths[depth] = max(_width_of(words_of), self.widths[0] - _NARROWER)
        behind = [(marks.count(">"), words) for marks, words in lines]
        whole = [
            (depth, f"{words} {lines[i + 1][1]}" if i + 1 < len(lines) and not lines[i + 1][0] else words)
            for i, (depth, words) in enumerate(behind)
            if depth
        ]
        self._find_unwrapped(whole, apart=True)

    def _find_unwrapped(self, lines: list[tuple[int, str]], *, apart: bool) -> None:
        """Find levels whose lines nothing filled to a width: long ones, none that breaks off in mid-sentence.

        Short quotes, each with an answer behind it, look alike; but answers aren't followed by the blank
        quoted lines that part the paragraphs of one quote.
        """
        broken: Counter[int] = Counter()
        long: Counter[int] = Counter()
        parted: Counter[int] = Counter()
        for (depth, words), (below_depth, below) in pairwise(lines):
            if len(words) > self._width(depth) + 8:
                long[depth] += 1
                parted[depth] += not below and below_depth == depth
            elif depth == below_depth and len(words) > 45 and below and not lineprices.finishes(words):
                broken[depth] += 1
        self.unwrapped = {
            depth
            for depth, count in long.items()
            if count >= 2 and broken[depth] * 4 < count and parted[depth] * (4 if count >= 6 else 2) >= count
        }
        if not apart and self.unwrapped:
            self.unwrapped = set(range(_DEEPEST + 1))

    def _width(self, depth: int) -> int:
        return self.widths.get(depth, self.widths[0])

    def _price_of_style(self, marks: str, depth: int) -> float:
        """The price of marking a line of this depth in this way, from how often others are."""
        known = self._style_prices.get(marks)
        if known is None:
            others = sum(m.count(">") == depth for m in self.styles)
            share = (self.styles[marks] + 0.2) / (self.depths[depth] + 0.2 * (others + 1))
            known = min(-log(share), 5.0) + (0.5 if not self.styles[marks] else 0.0)
            self._style_prices[marks] = known
        return known

    # The search

    def _walk(self) -> list[tuple[str, str]]:
        head = self.line[: self.runs[0].start].strip(" \t")
        introduction = lineprices.find_introduction(head)
        kind = (OWN if introduction is None else ATTRIBUTION) if head else START
        self.answered_above = introduction is not None and introduction > _SHORTEST_ANSWER
        paths: _Paths = {_State(0, kind, head): _Path(0.0, _Trail(None, "", head) if head else None)}
        for i, run in enumerate(self.runs):
            paths = self._advance(paths, run, last=i + 1 == len(self.runs) and not self.answered_above)
        best = min(paths.items(), key=lambda item: item[1].cost + self._price_at_end(item[0]))[1]
        lines: list[tuple[str, str]] = []
        trail = best.trail
        while trail is not None:
            lines.append((trail.marks, trail.words))
            trail = trail.before
        return lines[::-1]

    def _price_at_end(self, state: _State) -> float:
        return lineprices.price_at_end(state.kind, answered_above=self.answered_above)

    def _advance(self, paths: _Paths, run: _Run, *, last: bool) -> _Paths:
        """All states that can follow a run and its words, each with its cheapest path."""
        reached: _Paths = {}
        count = len(run.tokens)
        stages: list[_Paths] = [paths, *({} for _ in run.tokens)]
        for i in range(count):
            here = _prune(stages[i])
            depth = 0
            for j in range(i + 1, count + 1):
                depth += len(run.tokens[j - 1])
                if depth > _DEEPEST:
                    break
                marks = " ".join(run.tokens[i:j])
                style = self._price_of_style(marks, depth)
                for state, path in here.items():
                    if j < count:
                        self._offer_blank(stages[j], state, path, marks, depth, style)
                    else:
                        self._offer_line(reached, state, path, marks, depth, style, run.words, last=last)
        if self._may_be_operator(run):
            self._offer_operator(reached, paths, run)
        return _prune(reached)

    def _offer_blank(
        self, to: _Paths, state: _State, path: _Path, marks: str, depth: int, price: float
    ) -> None:
        cost = path.cost + price + self._price_after(state, BLANK, depth)
        _offer(to, state.follow(depth, BLANK, state.words), cost, _Trail(path.trail, marks, ""))

    def _offer_line(
        self,
        to: _Paths,
        state: _State,
        path: _Path,
        marks: str,
        depth: int,
        price: float,
        words: str,
        *,
        last: bool,
    ) -> None:
        """Offer what the words behind a run of marks can be: quoted, own, or the one and then the other."""
        cost = path.cost + price
        if not words:
            self._offer_blank(to, state, path, marks, depth, price)
            return
        for at, own_price in self._divisions(words, depth, last=last):
            quoted, own = words[:at].rstrip(), words[at:].lstrip()
            kind, line_cost = BLANK, cost
            if quoted:
                kind = ATTRIBUTION if lineprices.find_introduction(quoted) is not None else FULL
            line_cost += self._price_after(state, kind, depth)
            if kind == FULL and state.kind == BLANK:
                line_cost += lineprices.price_of_start(quoted)
            trail = _Trail(path.trail, marks, quoted)
            here = state.follow(depth, kind, quoted or state.words)
            if not own:
                _offer(to, here, line_cost + own_price, trail)
                continue
            line_cost += own_price + lineprices.price_after(kind, quoted, OWN, 0, width=self._width(depth))
            introduces = lineprices.find_introduction(own) is not None
            after = here.follow(0, ATTRIBUTION if introduces else OWN, own)
            _offer(to, after, line_cost, _Trail(trail, "", own))

    def _divisions(self, words: str, depth: int, *, last: bool) -> Iterator[tuple[int, float]]:
        """Where own text can begin in the words behind a mark (their end: nowhere), each with its price."""
        width = self._width(depth)
        wrapped = depth not in self.unwrapped
        yield len(words), lineprices.price_of_length(words, width, wrapped=wrapped)
        if lineprices.find_introduction(words) == 0:
            return
        yield from lineprices.find_borders(words, width if wrapped else _LONGEST_PARAGRAPH, last=last)

    def _price_after(self, state: _State, kind: str, depth: int) -> float:
        return lineprices.price_after(
            state.kind,
            state.words,
            kind,
            depth - state.depth,
            width=self._width(state.depth),
            seen=depth <= state.deepest,
        )

    def _may_be_operator(self, run: _Run) -> bool:
        before = self.line[: run.start].rstrip()[-1:]
        return (
            run.tokens == (">",)
            and _OPERAND.match(run.words) is not None
            and _OPERATOR.search(before) is not None
        )

    def _offer_operator(self, to: _Paths, paths: _Paths, run: _Run) -> None:
        """Offer that a `>` is part of the words."""
        for state, path in paths.items():
            if path.trail is None or state.kind == BLANK:
                continue
            text = f"{path.trail.words} > {run.words}".strip()
            price = _SURE_OPERATOR_PRICE if _SURE_OPERAND.match(run.words) else _OPERATOR_PRICE
            if path.trail.words.count("(") > path.trail.words.count(")") and _CLOSING.match(run.words):
                price = 0.0
            if state.depth:  # the line is longer now than it was paid for
                width, wrapped = self._width(state.depth), state.depth not in self.unwrapped
                price += lineprices.price_of_length(text, width, wrapped=wrapped)
                price -= lineprices.price_of_length(path.trail.words, width, wrapped=wrapped)
            trail = _Trail(path.trail.before, path.trail.marks, text)
            _offer(to, state.follow(state.depth, state.kind, text), path.cost + price, trail)


def _offer(paths: _Paths, state: _State, cost: float, trail: _Trail) -> None:
    known = paths.get(state)
    if known is None or cost < known.cost:
        paths[state] = _Path(cost, trail)


def _prune(paths: _Paths) -> _Paths:
    """Drop paths too dear to win: keeps the search linear in the length of the text."""
    if len(paths) <= 8:
        return paths
    bound = min(path.cost for path in paths.values()) + _SLACK
    kept = sorted(((s, p) for s, p in paths.items() if p.cost <= bound), key=lambda item: item[1].cost)
    return dict(kept[:_MOST_PATHS])


def _width_of(words_of: list[str]) -> int:
    """The width to which lines are filled: the longest, up to 80, that several of them come near."""
    lengths = sorted((len(words) for words in words_of if len(words) <= _WIDEST), reverse=True)
    for i, length in enumerate(lengths):
        if sum(length - 6 <= other for other in lengths[i:]) >= 3:
            return max(length, 40)
    return _USUAL_WIDTH


def _lay_out(lines: list[tuple[str, str]]) -> str:
    """The lines as text: own text apart from quotes, attributions on lines of their own."""
    out: list[str] = []
    above = ""
    for n, (marks, words) in enumerate(lines):
        if marks:
            above = _restore_indent(above, words)
            out.append(f"{marks} {above}" if above else marks)
            continue
        above = ""
        if n:
            out.append("")
        at = lineprices.find_introduction(words) if n + 1 < len(lines) else None
        if at is None:
            out.extend((words, "") if n + 1 < len(lines) else (words,))
        else:
            out.extend((words[:at].rstrip(), "", words[at:]) if words[:at].strip() else (words,))
    return "\n".join(out)


def _restore_indent(above: str, words: str) -> str:
    """Turn no-break spaces back into the indentation they were.

    Plain blanks beside them were lost, so two lines with the same number of them need not have been equally
    deep. In a list of names that steps inwards such a line is taken to be one step further in: lists of
    callers and callees step down far more often than they rest.
    """
    if "\xa0" not in words:
        return words
    body = words.lstrip("\xa0 ")
    indent = len(words) - len(body)
    over = len(above) - len(above.lstrip(" "))
    if 1 < indent <= over and lineprices.is_name(body) and lineprices.is_name(above):
        indent = over + 2
    return " " * indent + body.replace("\xa0", " ")
