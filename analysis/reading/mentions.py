"""Mentions: the places where an option is put forward or named again.

A mention is a sentence that the text model takes for one. Where it names several options, each clause or
phrase is a mention of its own ("your wait_on_bit patch, or your unmap_mutex patch"; "could use i_alloc_sem
or a private mutex"): alternatives are different options even in one breath.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.reading.clauses import split_clauses
from analysis.reading.pages import Page
from analysis.reading.phrases import Phrase, find_phrases, token_places
from analysis.reading.sentences import Sentence
from analysis.reading.tokens import is_identifier

LONG = 150

_MODAL = re.compile(
    r"\b(?:could|can|should|might|may|would|let's|let me|why not|how about|what about|perhaps|maybe|instead|"
    r"alternatively|another option|propose|suggest|rather|better to|want to|need to|failing that)\b",
    re.I,
)
_DOUBTS = re.compile(r"\b(?:could|can|might|may|would)(?:n't|not| not)\b", re.I)
_VERBS = frozenset(
    "use take add try introduce hold grab make have get reuse create pass provide drop remove convert".split()
)
_STOPS = frozenset((",", ".", ";", "?", "but", "to", "for"))


@dataclass(frozen=True, slots=True)
class Mention:
    """A place that speaks of an option: `text[start:end]` of page number `page`.

    `words` are the tokens that tell the option apart, `probability` is the text model's. `split` says that
    its sentence speaks of other options too.
    """

    page: int
    sentence: int
    start: int
    end: int
    words: tuple[str, ...]
    probability: float
    phrase: Phrase | None = None
    suggests: bool = False
    split: bool = False


def suggests(text: str) -> bool:
    """Whether the words put something forward, rather than report it."""
    return bool(_MODAL.search(_DOUBTS.sub(" ", text)))


def _sides(
    sentence: Sentence, places: Sequence[tuple[int, int]], start: int, end: int
) -> list[tuple[int, int]]:
    """The two sides of "could use A or B" as token ranges, where A or B names a thing of the source."""
    first = next((i for i, p in enumerate(places) if p[0] >= start), len(places))
    last = next((i for i, p in enumerate(places) if p[0] >= end), len(places))
    tokens = [t.casefold() for t in sentence.tokens[:last]]
    if "or" not in tokens[first:] or not suggests(sentence.text[start:end]):
        return []
    at = tokens.index("or", first)
    verb = next((i for i in range(at - 1, max(first - 1, at - 7), -1) if tokens[i] in _VERBS), None)
    if verb is None or verb + 1 >= at:
        return []
    stop = next((i for i in range(at + 1, last) if tokens[i] in _STOPS), last)
    sides = [(verb + 1, at), (at + 1, min(stop, at + 6))]
    named = any(is_identifier(t) for a, b in sides for t in sentence.tokens[a:b])
    return sides if named and all(b > a for a, b in sides) else []


class _Sentence:
    """A sentence being taken apart into mentions."""

    def __init__(self, page: Page, at: int, probability: float) -> None:
        self.page, self.at, self.probability = page, at, probability
        self.sentence = page.sentences[at]
        self.places = token_places(self.sentence)
        self.phrases = find_phrases(self.sentence)

    def mention(
        self, start: int, end: int, words: tuple[str, ...], phrase: Phrase | None, split: bool
    ) -> Mention:
        """A mention at `start:end` of the sentence's text."""
        first = self.sentence.start
        put_forward = suggests(self.sentence.text[start:end])
        return Mention(
            self.page.order, self.at, first + start, first + end, words, self.probability, phrase,
            put_forward, split,
        )  # fmt: skip

    def tokens_in(self, start: int, end: int) -> tuple[str, ...]:
        """The tokens that stand in a part of the sentence."""
        return tuple(
            t for t, (a, b) in zip(self.sentence.tokens, self.places, strict=True) if a >= start and b <= end
        )

    def alternatives(self, start: int, end: int) -> list[Mention]:
        """The options that one clause names side by side; none where it names one or none."""
        named = [p for p in self.phrases if p.kind == "work" and not p.bare and start <= p.start < end]
        if len({p.modifiers for p in named}) > 1:
            return [self.mention(p.start, p.end, (*p.modifiers, p.head), p, True) for p in named]
        return [
            self.mention(self.places[a][0], self.places[b - 1][1], self.sentence.tokens[a:b], None, True)
            for a, b in _sides(self.sentence, self.places, start, end)
        ]

    def mentions(self) -> list[Mention]:
        """The mentions of the sentence, at least one."""
        clauses = split_clauses(self.sentence)
        telling = [(a, b) for a, b in clauses if suggests(self.sentence.text[a:b]) or self._offers(a, b)]
        if len(telling) < 2:
            whole = (0, len(self.sentence.text))
            telling = telling if telling and len(self.sentence.text) > LONG else [whole]
        found: list[Mention] = []
        for start, end in telling:
            phrase = next((p for p in self.phrases if p.kind != "thing" and start <= p.start < end), None)
            found += self.alternatives(start, end) or [
                self.mention(start, end, self.tokens_in(start, end), phrase, len(telling) > 1)
            ]
        return found

    def whole(self) -> Mention:
        """The sentence as one mention."""
        end = len(self.sentence.text)
        phrase = next((p for p in self.phrases if p.kind != "thing"), None)
        return self.mention(0, end, self.tokens_in(0, end), phrase, False)

    def _offers(self, start: int, end: int) -> bool:
        return any(p.kind == "work" and not p.bare and start <= p.start < end for p in self.phrases)


def mentions_in(page: Page, at: int, probability: float) -> list[Mention]:
    """The mentions in sentence number `at` of a page, at least one."""
    return _Sentence(page, at, probability).mentions()


def whole_sentence(page: Page, at: int, probability: float) -> Mention:
    """Sentence number `at` of a page as one mention, whatever it names."""
    return _Sentence(page, at, probability).whole()
