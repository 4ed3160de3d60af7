"""Calls told in prose: "a() ends up calling b() and c()", "b(), which is only called from a()".

Only sentences that say it with the verb between two names count; "a() needs b()" may mean anything.
"""

from collections.abc import Iterator, Sequence

from analysis.reading.arrows import Chain, bare_call
from analysis.reading.phrases import token_places
from analysis.reading.sentences import Sentence
from analysis.reading.tokens import is_identifier

_CALLS = frozenset("calls call calling invokes invoking called invoke".split())
_FROM = frozenset(("from", "by", "in", "inside", "within", "under"))
_PASSED = frozenset(
    "is are was were be been being gets get only also always never already still currently directly "
    "can could may might which that itself normally usually eventually sometimes".split()
)
_NEXT = frozenset(("and", "or", ",", "then", "&"))
_FILLER = frozenset(
    "which that then also will would may might can could should does do directly eventually again "
    "first just "
    "now only always currently to already still and it the both function path code , ) ends up end "
    "ending itself "
    "later finally simply internally actually either indirectly starts by".split()
)
_REACH = 9


def _is_function(token: str) -> bool:
    return token.endswith(")") or (
        "_" in token and is_identifier(token) and not token.isupper() and "/" not in token
    )


def _sure(token: str) -> bool:
    return token.endswith(")") or token.startswith("->")


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


def _before(tokens: Sequence[str], at: int) -> int | None:
    """The nearest function in front of a verb with nothing but filler between."""
    for i in range(at - 1, max(-1, at - _REACH), -1):
        if _is_function(tokens[i]):
            return i
        if tokens[i].casefold() not in _FILLER:
            return None
    return None


def _pairs(tokens: Sequence[str]) -> Iterator[tuple[int, int]]:
    for at, token in enumerate(tokens):
        word = token.casefold()
        if word not in _CALLS:
            continue
        following = next((t.casefold() for t in tokens[at + 1 : at + 2]), "")
        if word == "called" and following in _FROM:
            i = at - 1
            while i >= 0 and tokens[i].casefold() in _PASSED | {","}:
                i -= 1
            if i >= 0 and _is_function(tokens[i]):
                yield from ((caller, i) for caller in _after(tokens, at + 2))
        elif word != "called":
            caller = _before(tokens, at)
            if caller is not None:
                yield from ((caller, callee) for callee in _after(tokens, at + 1))


def find_calls(sentences: Sequence[Sentence]) -> Iterator[Chain]:
    """The calls that sentences tell of; each is a chain of two."""
    for sentence in sentences:
        if not any(t.casefold() in _CALLS for t in sentence.tokens):
            continue
        places = token_places(sentence)
        for caller, callee in _pairs(sentence.tokens):
            if _sure(sentence.tokens[caller]) or _sure(sentence.tokens[callee]):
                names = bare_call(sentence.tokens[caller]), bare_call(sentence.tokens[callee])
                if names[0] != names[1]:
                    start, end = min(caller, callee), max(caller, callee)
                    yield Chain(sentence.start + places[start][0], sentence.start + places[end][1], names)
