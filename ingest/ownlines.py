"""An index of what people wrote themselves, line by line, to find the places that quotes repeat."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from archive.mail import BlockKind, Message

_NOT_WORDS = re.compile(r"[\W_]+")

# A squashed line shorter than this can be part of any text.
_SHORTEST_PIECE = 14
# Of a line that stands in a message more often, the first places will do.
_MOST_PLACES = 8
# Words in a row that make an edited line known again.
_SHINGLE = 3


@dataclass(frozen=True, slots=True)
class Place:
    """A line of own text: its message, its number in there, and its characters `text[start:end]`."""

    message_id: str
    line: int
    start: int
    end: int


def line_key(words: str) -> str:
    """A line as it compares: white space folded."""
    return " ".join(words.split())


def loose_key(words: str) -> str:
    """A line as it compares when mailers changed punctuation, blanks or charset: letters and digits."""
    return _NOT_WORDS.sub("", words).casefold()


@dataclass(slots=True)
class _Squashed:
    """A message's own text as letters and digits only, with the way back to its lines."""

    text: str
    starts: list[int]
    places: list[Place]

    def find(self, piece: str, after: int = 0) -> tuple[Place, Place] | None:
        """The first and last line that a run of letters touches, looking onward from `after` first."""
        at = self.text.find(piece, after)
        if at < 0 and after:
            at = self.text.find(piece)
        if at < 0:
            return None
        first = bisect_right(self.starts, at) - 1
        last = bisect_right(self.starts, at + len(piece) - 1) - 1
        return self.places[first], self.places[last]


@dataclass(slots=True)
class OwnLines:
    """Own lines of many messages; each message is indexed once, and its looser indexes only on demand."""

    messages: dict[str, Message] = field(default_factory=dict)
    _exact: dict[str, list[Place]] = field(default_factory=lambda: defaultdict(list))
    _squashed: dict[str, _Squashed] = field(default_factory=dict)
    _shingles: dict[str, dict[tuple[str, ...], list[Place]]] = field(default_factory=dict)

    def add(self, message: Message) -> None:
        """Index a message; one that is known already is left alone."""
        if message.message_id in self.messages:
            return
        self.messages[message.message_id] = message
        counts: dict[str, int] = {}
        for place, words in _own_lines(message):
            key = line_key(words)
            seen = counts.get(key, 0)
            if key and seen < _MOST_PLACES:
                counts[key] = seen + 1
                self._exact[key].append(place)

    def find_line(self, words: str) -> list[Place]:
        """All places where a line stands as it is, white space aside."""
        return self._exact.get(line_key(words), [])

    def find_piece(self, words: str, message_id: str) -> tuple[Place, Place] | None:
        """Where a line stands in a message broken in another way, or with other punctuation."""
        piece = loose_key(words)
        if len(piece) < _SHORTEST_PIECE:
            return None
        return self._squash(message_id).find(piece)

    def find_similar(self, words: str, message_id: str) -> tuple[Place, float] | None:
        """The line of a message that shares most runs of three words with these, and the share of them."""
        shingles = _shingles_of(words)
        if len(shingles) < 2:
            return None
        index = self._shingle_index(message_id)
        votes: dict[Place, int] = {}
        for shingle in shingles:
            for place in index.get(shingle, ()):
                votes[place] = votes.get(place, 0) + 1
        if not votes:
            return None
        best = max(votes, key=lambda place: (votes[place], -place.line))
        return best, votes[best] / len(shingles)

    def _squash(self, message_id: str) -> _Squashed:
        known = self._squashed.get(message_id)
        if known is None:
            parts: list[str] = []
            starts: list[int] = []
            places: list[Place] = []
            at = 0
            for place, words in _own_lines(self.messages[message_id]):
                piece = loose_key(words)
                if piece:
                    parts.append(piece)
                    starts.append(at)
                    places.append(place)
                    at += len(piece)
            known = self._squashed[message_id] = _Squashed("".join(parts), starts, places)
        return known

    def _shingle_index(self, message_id: str) -> dict[tuple[str, ...], list[Place]]:
        known = self._shingles.get(message_id)
        if known is None:
            known = self._shingles[message_id] = defaultdict(list)
            for place, words in _own_lines(self.messages[message_id]):
                for shingle in _shingles_of(words):
                    known[shingle].append(place)
        return known


def _shingles_of(words: str) -> list[tuple[str, ...]]:
    tokens = [token for token in _NOT_WORDS.sub(" ", words).casefold().split() if token]
    return [tuple(tokens[i : i + _SHINGLE]) for i in range(len(tokens) - _SHINGLE + 1)]


def _own_lines(message: Message) -> Iterator[tuple[Place, str]]:
    """Every line that stands in a message at depth 0: prose, diffs, traces, trailers, also attributions."""
    text, number = message.text, 0
    for block in message.blocks:
        if block.kind is BlockKind.QUOTE or block.depth:
            number += text.count("\n", block.start, block.end)
            continue
        at = block.start
        for words in text[block.start : block.end].split("\n"):
            end = at + len(words)
            if words:
                yield Place(message.message_id, number, at, end), words
            at = end + 1
            number += 1
        number -= 1  # the piece behind the last line feed belongs to the next block
