"""Noun phrases that name an option: "your original wait_on_bit patch", "a private mutex", "Peter's series".

Found with spaCy's Matcher over our own tokens. English taggers read kernel prose badly, so no part of
speech is asked for: a phrase is a determiner, a few words that can't end one, and a head.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from spacy.matcher import Matcher
from spacy.tokens import Doc
from spacy.util import filter_spans

from analysis.reading.sentences import Sentence
from analysis.reading.tokens import english, is_identifier

WORK = ("patch", "patches", "series", "patchset", "patchsets", "fix", "version", "rfc", "commit", "revert")
IDEAS = (
    "approach",
    "idea",
    "proposal",
    "suggestion",
    "solution",
    "scheme",
    "design",
    "alternative",
    "change",
    "option",
)
THINGS = (
    "lock mutex rwsem semaphore spinlock flag bit counter queue workqueue list wrapper helper "
    "callback hook ioctl "
    "field barrier bitlock seqlock refcount knob sysctl thread worker"
).split()
_POINTING = ("the", "this", "that", "these", "those", "your", "my", "his", "her", "our", "their", "its")
_OPENING = (
    "a",
    "an",
    "another",
    "some",
    "new",
    "private",
    "separate",
    "single",
    "global",
    "dedicated",
    "extra",
)
_NOT_INSIDE = (
    "the a an is are was were be been of and or to in on with for by from at as if then when while "
    "that this it i "
    "we you they he she not no but so because which who what how can could should would will may "
    "might must do does "
    "did has have had into than also just only , . ; : ( ) [ ] ? ! \" -> - -- / ' `"
).split()


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase `tokens[first:last]` of a sentence, which stands at `start:end` in the sentence's text.

    `owner` is "your", "my", a person's name or "" ; `head` the noun in lower case; `modifiers` what stands
    between. `kind` is work (something posted), idea or thing.
    """

    first: int
    last: int
    start: int
    end: int
    owner: str
    head: str
    kind: str
    modifiers: tuple[str, ...]

    @property
    def bare(self) -> bool:
        """Whether the phrase only points ("this patch") and says nothing of what it points to."""
        return not self.modifiers


@cache
def _matcher() -> Matcher:
    matcher = Matcher(english().vocab)
    inside: dict[str, Any] = {"LOWER": {"NOT_IN": [*_NOT_INSIDE, *WORK, *IDEAS]}, "OP": "{0,4}"}
    pointing = [{"LOWER": {"IN": list(_POINTING)}}, inside]
    named = [{"TEXT": {"REGEX": r"^[A-Z][a-z]+['’]s?$"}}, inside]
    opening = [{"LOWER": {"IN": list(_OPENING)}}, inside]
    reach: dict[str, Any] = {"LOWER": {"IN": ["to", "for", "against", "that", "which"]}}
    for key, heads in (("work", WORK), ("idea", IDEAS)):
        head = {"LOWER": {"IN": list(heads)}}
        number = {"TEXT": {"REGEX": r"^#?\d{1,3}$"}, "OP": "?"}
        counted: list[dict[str, Any]] = [{"LOWER": "patch"}, {"TEXT": {"REGEX": r"^#?\d{1,3}(/\d{1,3})?$"}}]
        matcher.add(key, [[*pointing, head, number], [*named, head, number], counted])
    posted: dict[str, Any] = {"LOWER": {"IN": list(WORK)}}
    about = {"LOWER": {"NOT_IN": list(_NOT_INSIDE)}, "OP": "{1,3}"}
    matcher.add("work", [[*opening, posted, reach, about]])
    matcher.add("thing", [[*opening, {"LOWER": {"IN": THINGS}}]])
    return matcher


def find_phrases(sentence: Sentence) -> tuple[Phrase, ...]:
    """The phrases of a sentence that may name an option, from left to right, none inside another."""
    tokens = sentence.tokens
    if not any(t.casefold() in _HEADS for t in tokens):
        return ()
    doc = Doc(english().vocab, words=list(tokens))
    found = filter_spans(_matcher()(doc, as_spans=True))
    places = token_places(sentence)
    return tuple(_phrase(tokens, span.start, span.end, span.label_, places) for span in found)


_HEADS = frozenset((*WORK, *IDEAS, *THINGS))


def token_places(sentence: Sentence) -> list[tuple[int, int]]:
    """Where each token stands in the sentence's text."""
    places, at = [], 0
    for token in sentence.tokens:
        start = sentence.text.find(token, at)
        start = at if start < 0 else start
        at = start + len(token)
        places.append((start, at))
    return places


def _phrase(
    tokens: Sequence[str], first: int, last: int, kind: str, places: Sequence[tuple[int, int]]
) -> Phrase:
    words = [t.casefold() for t in tokens[first:last]]
    opener = words[0]
    owner = ""
    if opener in ("your", "my", "his", "her", "our", "their"):
        owner = opener
    elif opener.endswith(("'s", "’s", "'")):
        owner = tokens[first].rstrip("s").rstrip("'’")
    heads = [i for i, w in enumerate(words) if w in _HEADS]
    head = heads[-1] if heads else len(words) - 1
    modifiers = tuple(
        t for t in tokens[first + 1 : first + head] if is_identifier(t) or t.casefold() not in _EMPTY
    )
    number = tuple(t for t in tokens[first + head + 1 : last] if t.casefold() not in _NOT_INSIDE)
    return Phrase(
        first, last, places[first][0], places[last - 1][1], owner, words[head], kind, (*modifiers, *number)
    )


_EMPTY = frozenset(
    "current original first second third last latest previous next new old same whole entire above "
    "following "
    "proposed suggested other initial simple quick small own actual real right wrong better best".split()
)
