"""Calls told in prose: "a() ends up calling b() and c()", "b(), only called from a()", "the b() call in a()".

Only sentences that say it with words between two names count; "a() needs b()" may mean anything. Where the
words are weak ("b() in a()"), both names must be written as calls.
"""

from collections.abc import Iterator, Sequence

from analysis.reading.arrows import Chain, bare_call, names_lock
from analysis.reading.phrases import token_places
from analysis.reading.sentences import Sentence
from analysis.reading.tokens import is_identifier

_ACTIVE = frozenset("calls call calling invokes invoking invoke".split())
_PASSIVE = frozenset("called invoked run runs reached entered".split())
_FROM = frozenset(("from", "by", "in", "inside", "within", "under"))
_THROUGH = frozenset(("via", "through"))
_INSIDE = frozenset(("in", "inside", "within"))
_USES = frozenset(("uses", "using"))
_PASSED = frozenset(
    "is are was were be been being gets get only also always never already still currently directly "
    "can could may might will would which that itself normally usually eventually sometimes continues to "
    "( , function".split()
)
_NEXT = frozenset(("and", "or", ",", "then", "&", "/"))
_FILLER = frozenset(
    "which that then also will would may might can could should does do directly eventually again "
    "first just now only always currently to already still and it the both function path code , ) ( ends "
    "up end ending itself later finally simply internally actually either indirectly starts by".split()
)
_REACH = 9

_KEYWORDS = ("if(", "while(", "for(", "switch(", "return(", "sizeof(")

Pair = tuple[int, int]


def _is_function(token: str) -> bool:
    if _is_call(token):
        return True
    plain = "_" in token and is_identifier(token) and not token.isupper() and "/" not in token
    return plain and not names_lock(token)


def _is_call(token: str) -> bool:
    return token.endswith(")") and len(token) > 3 and not token.startswith(_KEYWORDS)


def _sure(token: str) -> bool:
    return _is_call(token) or token.startswith("->")


def _after(tokens: Sequence[str], at: int) -> list[int]:
    """The functions listed from a place on: "a(), b() and c()"."""
    found: list[int] = []
    i, skipped = at, 0
    while i < len(tokens) and skipped < 3:
        if _is_function(tokens[i]):
            found.append(i)
            skipped = 0
        elif found and tokens[i].casefold() not in _NEXT:
            break
        else:
            skipped += not found
        i += 1
    return found


def _before(tokens: Sequence[str], at: int, filler: frozenset[str]) -> int | None:
    """The nearest function in front of a verb with nothing but filler between."""
    for i in range(at - 1, max(-1, at - _REACH), -1):
        if _is_function(tokens[i]):
            return i
        if tokens[i].casefold() not in filler:
            return None
    return None


def _told(tokens: Sequence[str], words: Sequence[str], at: int) -> Iterator[Pair]:
    """The (caller, callee) pairs that the word at a place tells of."""
    word, following = words[at], words[at + 1] if at + 1 < len(words) else ""
    if word in _PASSIVE and following in _FROM | _THROUGH:
        callee = _before(tokens, at, _PASSED)
        if callee is not None:
            yield from ((caller, callee) for caller in _after(tokens, at + 2))
    elif word in _ACTIVE and following not in _INSIDE:
        caller = _before(tokens, at, _FILLER)
        if caller is None and at and words[at - 1] == "and":
            caller = next((i for i in range(max(0, at - 2 * _REACH), at) if _sure(tokens[i])), None)
        callees = _after(tokens, at + 1)
        behind = callees[-1] + 1 if callees else len(tokens)
        if caller is None and behind < len(tokens) and words[behind] in _THROUGH:
            yield from ((by, callee) for callee in callees for by in _after(tokens, behind + 1)[:1])
        if caller is not None:
            yield from ((caller, callee) for callee in callees)
    elif word in _INSIDE and at > 0 and at + 1 < len(tokens):
        callee = at - 1 - (words[at - 1] in ("call", "calls"))
        if callee >= 0 and _sure(tokens[callee]) and _sure(tokens[at + 1]):
            yield at + 1, callee
    elif word in _USES and 0 < at < len(tokens) - 1 and _sure(tokens[at - 1]) and _sure(tokens[at + 1]):
        yield at - 1, at + 1


def _pairs(tokens: Sequence[str]) -> Iterator[Pair]:
    words = [t.casefold() for t in tokens]
    seen = set()
    for at in range(len(tokens)):
        for caller, callee in _told(tokens, words, at):
            if (caller, callee) not in seen and (_sure(tokens[caller]) or _sure(tokens[callee])):
                seen.add((caller, callee))
                yield caller, callee


def find_calls(sentences: Sequence[Sentence]) -> Iterator[Chain]:
    """The calls that sentences tell of; each is a chain of two."""
    for sentence in sentences:
        pairs = list(_pairs(sentence.tokens))
        places = token_places(sentence) if pairs else []
        for caller, callee in pairs:
            names = bare_call(sentence.tokens[caller]), bare_call(sentence.tokens[callee])
            if names[0] != names[1] and not any(map(names_lock, names)):
                start, end = min(caller, callee), max(caller, callee)
                yield Chain(sentence.start + places[start][0], sentence.start + places[end][1], names)
