"""What lines of mail look like, as prices for the search that finds lost line ends again.

Prices are negative logarithms of probabilities. Those of `_AFTER` were counted on the quoted lines of 1,200
list mails (`benchmarks/pages.py --count` counts them again); the others are set by hand in their proportion.
"""

import re
from collections.abc import Iterator

from ingest.attributions import begins_attribution, is_attribution

FULL, BLANK, ATTRIBUTION, OWN, START = "full", "blank", "attribution", "own", "start"
"""What a line is: quoted words, a quote mark alone, an attribution, the writer's own words; none yet."""

# (what was before, what follows): price by the change of depth, from two levels out to two levels in. Own
# words have no depth. Quoted words are told apart by how they end ("ended" with a sentence, "asked" with a
# question, "listed" as code and lists do, "open" in the middle) and by whether they fill their line ("full",
# else "short").
_AFTER: dict[tuple[str, str], dict[int, float]] = {
    ("ended full", FULL): {-2: 7.0, -1: 3.9, 0: 1.1, 1: 6.7, 2: 7.3},
    ("ended full", BLANK): {-2: 5.7, -1: 2.1, 0: 0.95, 1: 5.6, 2: 7.2},
    ("ended full", OWN): {0: 2.05},
    ("ended short", FULL): {-2: 7.0, -1: 4.2, 0: 2.7, 1: 6.7, 2: 7.3},
    ("ended short", BLANK): {-2: 5.4, -1: 1.75, 0: 0.6, 1: 6.0, 2: 7.5},
    ("ended short", OWN): {0: 1.7},
    ("asked", FULL): {-2: 5.5, -1: 3.6, 0: 2.0, 1: 6.7, 2: 7.3},
    ("asked", BLANK): {-2: 5.0, -1: 1.3, 0: 1.25, 1: 6.0, 2: 7.5},
    ("asked", OWN): {0: 1.3},
    ("listed", FULL): {-2: 8.0, -1: 6.3, 0: 0.15, 1: 7.0, 2: 7.4},
    ("listed", BLANK): {-2: 6.9, -1: 4.2, 0: 2.3, 1: 7.1, 2: 8.2},
    ("listed", OWN): {0: 4.2},
    ("open full", FULL): {-2: 8.0, -1: 6.5, 0: 0.02, 1: 6.8, 2: 7.4},
    ("open full", BLANK): {-2: 8.2, -1: 6.0, 0: 4.7, 1: 9.0, 2: 9.5},
    ("open full", OWN): {0: 5.9},
    ("open short", FULL): {-2: 7.0, -1: 5.7, 0: 0.2, 1: 6.8, 2: 7.4},
    ("open short", BLANK): {-2: 7.0, -1: 4.3, 0: 2.1, 1: 8.0, 2: 9.0},
    ("open short", OWN): {0: 3.9},
    (BLANK, FULL): {-2: 7.0, -1: 5.6, 0: 0.2, 1: 5.4, 2: 6.1},
    (BLANK, BLANK): {-2: 8.4, -1: 3.4, 0: 3.5, 1: 5.2, 2: 7.5},
    (BLANK, OWN): {0: 3.4},
    (BLANK, ATTRIBUTION): {-2: 8.0, -1: 7.0, 0: 3.8, 1: 6.0, 2: 8.0},
    (ATTRIBUTION, FULL): {-2: 5.2, -1: 5.4, 0: 6.5, 1: 1.1, 2: 3.3},
    (ATTRIBUTION, BLANK): {-2: 7.6, -1: 6.0, 0: 3.8, 1: 2.0, 2: 7.6},
    (ATTRIBUTION, ATTRIBUTION): {-2: 8.0, -1: 7.0, 0: 6.0, 1: 0.8, 2: 7.0},
    (ATTRIBUTION, OWN): {0: 5.0},
    (OWN, FULL): {1: 1.4, 2: 2.7},
    (OWN, BLANK): {1: 2.2, 2: 4.5},
    (OWN, ATTRIBUTION): {1: 3.5, 2: 6.0},
}
_EACH_LEVEL_MORE = 1.0
# Going back, after a blank line, to a level that was quoted before: an answer stood in between.
_BACK_IN = {1: 2.6, 2: 4.2}
_AT_END = {FULL: 6.5, BLANK: 4.2, ATTRIBUTION: 6.0, OWN: 1.3}
_AT_END_BELOW_ANSWER = {FULL: 0.7, BLANK: 1.5, ATTRIBUTION: 4.0, OWN: 1.3}

# A line with less room left than this counts as filled.
_FILLED = 12

# Prices set by hand.
_TOO_LONG = 4.0
_TOO_SHORT = 2.5
_UNWRAPPED = 1.0
_SHORT_OWN = 2.3
_NAME_AND_PROSE = 4.0

_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]{0,2}$|[.!?]\s?[:;]-?[()DP]$")
_ABBREVIATION = re.compile(r"(?:\b(?:i\.e|e\.g|etc|vs|cf|resp|incl|approx|Mr|Dr|[A-Za-z])\.)$")
_IDENTIFIER = re.compile(r"[\s\xa0]*[\w>&*-]*(?:_|\(\)|->|::)[\w>&()*-]*[;:,]?$|[\s\xa0]*\w+\(\);?$")
_NAME_THEN_PROSE = re.compile(r"[\s\xa0]*[\w>&*-]*(?:_|\(\)|->|::)[\w>&()*-]*[;,]? [A-Z][a-z']")
_NUMBERED = re.compile(r"\(?(?:\d{1,2}|[a-z])[.)]\s")
_PRINTED = re.compile(r"\[ {0,6}\d+\.\d{3,}\]|.{0,200}\+0x[0-9a-f]+/0x|@@ -\d|diff --git |https?://\S+$")
_TAG = re.compile(r"[A-Z][a-z]+(?:-[a-z]+){0,3}-by: [^<>]{2,60} <[^<>]{3,80}>$")
_SNIPPED = re.compile(r"\[ ?(?:\.{2,}|…|snip\w*|cut|skip\w*|trim\w*) ?\]|<(?:snip\w*|cut)>|\.{3,}(?: |$)")
_CODE_END = re.compile(r"[):,\]]$|\b\d+$|\S/\S+$")
_WORD = re.compile(r"[ \t]+")

# How much more often an answer begins with a word than another sentence does, as a logarithm; counted like
# `_AFTER`, rounded. Words that aren't here begin both alike.
_ANSWERING = {
    word: odds
    for odds, words in (
        (3.5, "well ok okay yeah yes yep yup right nope agreed ack nak done hmm hm ah oh heh true"),
        (1.5, "sure please no exactly indeed correct fixed good great fine"),
        (0.8, "thanks thank i'd that's not i'm just sorry absolutely certainly interesting"),
        (0.4, "is because i as which you why does"),
        (-0.5, "since when can this it's so maybe while what"),
        (-0.9, "the we how and any it also now all"),
        (-1.3, "note to i've one these at there otherwise by with if but they in see then instead"),
        (-2.2, "for there's once thus thoughts therefore or hence however"),
    )
    for word in words.split()
}

# How many words back an attribution may begin, in characters.
_LONGEST_INTRODUCTION = 300


def price_after(before: str, words: str, kind: str, change: int, *, width: int, seen: bool = False) -> float:
    """The price that a line of a kind follows one of kind `before` with these words, so much deeper.

    `width` is what the line before could have held; `seen` says that the new depth was quoted further up.
    """
    if seen and change > 0 and before == BLANK and kind == FULL:
        return _BACK_IN.get(change, _BACK_IN[2] + _EACH_LEVEL_MORE * (change - 2))
    if before == FULL:
        before = ending_of(words, width)
    elif before == START:
        before = OWN
    table = _AFTER.get((before, kind)) or _AFTER[before, FULL]
    nearest = max(min(change, max(table)), min(table))
    return table[nearest] + _EACH_LEVEL_MORE * abs(change - nearest)


def ending_of(words: str, width: int) -> str:
    """How a quoted line ends and whether it fills its width, as `_AFTER` tells lines apart."""
    if is_layout(words):
        return "listed"
    if words.rstrip("\"')").endswith("?"):
        return "asked"
    room = width - len(words)
    if _SENTENCE_END.search(words):
        return "ended full" if room < _FILLED else "ended short"
    return "open full" if room < _FILLED else "open short"


def price_at_end(kind: str, *, answered_above: bool) -> float:
    """The price that a mail ends with a line of a kind; `answered_above` says that own text came first."""
    return (_AT_END_BELOW_ANSWER if answered_above else _AT_END)[OWN if kind == START else kind]


def price_of_start(words: str) -> float:
    """The price of a new paragraph beginning like this."""
    return 1.0 if words[:1].islower() and not _IDENTIFIER.match(words.split(" ", 1)[0]) else 0.0


def price_of_length(words: str, width: int, *, wrapped: bool) -> float:
    """The price of a quoted line being so long; `wrapped` says whether its level is filled to a width."""
    price = _NAME_AND_PROSE if _NAME_THEN_PROSE.match(words) else 0.0
    excess = len(words) - width
    if excess <= 4:
        open_end = not finishes(words) and wrapped
        return price + (min(_TOO_SHORT, max(0, -excess - _FILLED) / 20) if open_end else 0.0)
    if _PRINTED.match(words):
        return price + excess / 60
    return price + (_TOO_LONG + excess / 12 if wrapped else _UNWRAPPED + excess / 200)


def find_borders(words: str, width: int, *, last: bool) -> Iterator[tuple[int, float]]:
    """Places in the words behind a mark where the writer's own text could begin, each with its price.

    Place 0 means that the mark stood alone. The price of own text following a quote is not in it. `last` says
    that no other mark follows, so that something own is to be expected.
    """
    short = 0.0 if len(words) - width > 4 or last else _SHORT_OWN
    yield 0, short + (0.0 if _may_begin(words) else 2.0) - _odds_of_answer(words)
    found: list[tuple[float, int]] = []
    rank = 0
    for m in _WORD.finditer(words, 0, min(len(words), width + 12)):
        at, head = m.end(), words[: m.start()]
        if at >= len(words) or m.start() > width + 6:
            break
        own = words[at:]
        found.append((short + _price_of_border(head, own, width, rank) - _odds_of_answer(own), at))
        if _ends_sentence(head) and _may_begin(own):
            rank += 1
    for price, at in sorted(found)[:6]:
        yield at, price


def _price_of_border(head: str, own: str, width: int, rank: int) -> float:
    capital = _may_begin(own)
    if _ends_sentence(head):
        # One in twelve quotes that are answered ends with a line in which a sentence ends before its end.
        return 0.1 + 2.3 * rank + (0.0 if capital else 1.7)
    if _SNIPPED.match(own) or _TAG.match(head) or find_introduction(head) is not None:
        return 0.1
    if _IDENTIFIER.match(head):
        return 0.1 if capital else 2.5
    if capital and head.endswith((";", "{", "}", "*/")):
        return 0.3
    unfilled = max(0.0, (width - len(head)) / width)
    if not capital:
        return 2.6 + unfilled
    return (0.8 if _CODE_END.search(head) else 1.4) + unfilled


def _may_begin(own: str) -> bool:
    return own[:1].isupper() or own[:1] in "\"'([@" or own[:1].isdigit()


def _odds_of_answer(own: str) -> float:
    """How much more words look like the beginning of an answer than like another sentence, as a logarithm."""
    if _SNIPPED.match(own):
        return 1.5
    return _ANSWERING.get(own.split(" ", 1)[0].rstrip(".,!?:;").casefold(), 0.0)


def _ends_sentence(head: str) -> bool:
    return _SENTENCE_END.search(head) is not None and _ABBREVIATION.search(head) is None


def finishes(words: str) -> bool:
    """Whether a paragraph or an item could end with these words."""
    return _SENTENCE_END.search(words) is not None or words[-1:] in ":;" or is_layout(words)


def is_layout(words: str) -> bool:
    """Whether a line is code, a list item or a name on its own, which nobody fills up."""
    return (
        words[:1] in "*-+#[{}/\xa0\t|@"
        or words[-1:] in ";{}:"
        or " " not in words
        or _IDENTIFIER.match(words) is not None
        or _NUMBERED.match(words) is not None
        or _PRINTED.match(words) is not None
    )


def is_name(words: str) -> bool:
    """Whether a line is an identifier on its own."""
    return _IDENTIFIER.match(words) is not None


def find_introduction(words: str) -> int | None:
    """Where the attribution begins that ends the words; None where none does."""
    if not words.endswith((":", "：")):
        return None
    starts = [m.end() for m in _WORD.finditer(words, max(0, len(words) - _LONGEST_INTRODUCTION))]
    if len(words) <= _LONGEST_INTRODUCTION:
        starts.insert(0, 0)
    for at in starts:
        tail = words[at:]
        if begins_attribution(tail) and is_attribution(tail, before_quote=True):
            return at
    for at in starts:
        if (at == 0 or _SENTENCE_END.search(words[:at].rstrip())) and is_attribution(
            words[at:], before_quote=True
        ):
            return at
    return None
