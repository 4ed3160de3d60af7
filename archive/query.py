"""What a search query says: words, phrases, prefixes, AND, OR, NOT and parentheses, as a tree.

The language is that of public-inbox and lei, as far as an archive without its own tags can answer it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from archive.dates import DateError, read_range

# Prefixes that look for words, and the columns that they look in.
COLUMNS = {
    "s": ("subject",),
    "f": ("sender",),
    "t": ("addressed",),
    "c": ("copied",),
    "tc": ("addressed", "copied"),
    "a": ("sender", "addressed", "copied"),
    "b": ("own", "quoted", "removed", "added", "context"),
    "bs": ("subject", "own", "quoted", "removed", "added", "context"),
    "nq": ("own", "removed", "added", "context"),
    "q": ("quoted",),
    "dfn": ("files",),
    "dfhh": ("functions",),
    "dfa": ("removed",),
    "dfb": ("added",),
    "dfctx": ("context",),
    "dfpre": ("before",),
    "dfpost": ("after",),
    "dfblob": ("before", "after"),
}
BLOBS = ("dfpre", "dfpost", "dfblob")
DATES = ("d", "dt", "rt")
NAMES = ("m", "mid", "id")
OTHERS = ("l",)
_SYNONYMS = {"from": "f", "to": "t", "cc": "c", "subject": "s", "body": "b", "date": "d", "list": "l"}
PREFIXES = (*COLUMNS, *DATES, *NAMES, *OTHERS)

# Beyond these a query is no question but an attack, or a paste by mistake.
_LONGEST = 4000
_DEEPEST = 50

_TOKEN = re.compile(
    r'\s*(?:(?P<mark>[()])|(?P<minus>[-+])(?=[\w"(])|(?P<prefix>\w{1,12}):(?=\S)|'
    r'(?P<phrase>"[^"]*")|(?P<word>[^\s()"]+(?:\(\))?))'
)


class QueryError(ValueError):
    """The query can't be read; the text says what and where."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words in a row, in one of some columns or, without columns, anywhere; `open` for `trailing*`."""

    words: str
    columns: tuple[str, ...] = ()
    open: bool = False


@dataclass(frozen=True, slots=True)
class Dated:
    """A date from `first` up to, not with, `end`, in seconds since the epoch; None where it is open."""

    first: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class Named:
    """The message of an id."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Listed:
    """Mail of a list: its whole id, or a part of it that ends at a dot."""

    name: str


@dataclass(frozen=True, slots=True)
class Both:
    """All of some queries."""

    parts: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of some queries."""

    parts: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Without:
    """What a query doesn't find."""

    part: "Query"


Query = Words | Dated | Named | Listed | Both | Either | Without


def read_query(text: str, now: float) -> Query:
    """The tree of a query; `now` (seconds since the epoch) is what relative dates count from.

    Raises:
        QueryError: it is empty, too long, nested too deep, or not well formed.
    """
    if len(text) > _LONGEST:
        raise QueryError(f"the query is longer than {_LONGEST} characters; shorten it")
    return _Reader(text, now).read()


@dataclass(frozen=True, slots=True)
class _Token:
    """A piece of a query; `text` is empty at its end."""

    kind: str
    text: str
    at: int
    glued: bool = False


class _Reader:
    """Recursive descent: any of OR, then AND or mere neighbours, then NOT or `-`, then one thing."""

    def __init__(self, text: str, now: float) -> None:
        self._text = text
        self._now = now
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0

    def read(self) -> Query:
        if not self._next.text:
            raise QueryError(
                "an empty query finds nothing; give a word, a phrase or a prefix such as s: or f:"
            )
        found = self._either()
        if self._next.text:
            raise self._wrong("there is no ( for the )")
        return found

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._next
        self._at += 1
        return token

    def _wrong(self, what: str) -> QueryError:
        near = self._text[self._next.at : self._next.at + 30].strip()
        return QueryError(f"{self._text}: {what}" + (f", near {near!r}" if near else ", at its end"))

    def _is(self, *words: str) -> bool:
        return self._next.kind == "word" and self._next.text in words

    def _either(self) -> Query:
        parts = [self._both()]
        while self._is("OR"):
            self._take()
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Query:
        parts = [self._single()]
        while self._next.text and self._next.text != ")" and not self._is("OR"):
            if self._is("AND"):
                self._take()
            parts.append(self._single())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _single(self) -> Query:
        turned = False
        while self._is("NOT") or self._next.kind == "minus":
            turned ^= self._take().text != "+"
        found = self._thing()
        return Without(found) if turned else found

    def _thing(self) -> Query:
        token = self._next
        if token.kind == "prefix":
            self._take()
            return self._prefixed(token)
        if token.text == "(":
            return self._group()
        if token.kind == "word" and token.text.endswith(":") and token.text[:-1] in PREFIXES:
            raise self._wrong(f"{token.text} has nothing to look for")
        if token.kind in ("word", "phrase") and token.text not in ("AND", "OR", "NOT"):
            self._take()
            return _words(token)
        raise self._wrong("a word is missing")

    def _group(self) -> Query:
        self._take()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise QueryError(f"the query is nested deeper than {_DEEPEST} levels; simplify it")
        found = self._either()
        if self._next.text != ")":
            raise self._wrong("a ) is missing")
        self._take()
        self._depth -= 1
        return found

    def _prefixed(self, prefix: _Token) -> Query:
        name = _SYNONYMS.get(prefix.text, prefix.text)
        if name == "n":
            raise QueryError("n: names of attached files are not kept; dfn: finds the files of patches")
        if name not in PREFIXES:
            known = " ".join(f"{p}:" for p in PREFIXES)
            raise QueryError(
                f"{prefix.text}: is no prefix that can be searched; there are {known} (or quote the words)"
            )
        token = self._next
        if token.text == "(" and name in COLUMNS:
            return _within(self._group(), COLUMNS[name], prefix.text)
        if token.kind not in ("word", "phrase"):
            raise self._wrong(f"{prefix.text}: has nothing to look for")
        self._take()
        value = token.text
        if token.kind == "word":
            # An address, a date or an id may hold what looks like a prefix or a mark.
            while self._next.glued and self._next.text not in ("(", ")", ""):
                more = self._take()
                value += more.text + (":" if more.kind == "prefix" else "")
        return _leaf(name, _Token(token.kind, value, token.at), self._now)


def _leaf(name: str, token: _Token, now: float) -> Query:
    value = token.text.strip('"')
    if name in COLUMNS:
        return _blob(value, COLUMNS[name]) if name in BLOBS else _words(token, COLUMNS[name])
    if name in DATES:
        try:
            return Dated(*read_range(value, now))
        except DateError as error:
            raise QueryError(f"{name}:{value}: {error}") from error
    if name in NAMES:
        return Named(value.strip("<>"))
    return Listed(value.strip("<>").casefold())


def _words(token: _Token, columns: tuple[str, ...] = ()) -> Query:
    words = token.text.strip('"')
    is_open = token.kind == "word" and words.endswith("*")
    words = words.rstrip("*") if is_open else words
    if not any(c.isalnum() or c == "_" for c in words):
        raise QueryError(f"{token.text}: there is no word in it; give letters or digits")
    return Words(words, columns, is_open)


def _blob(value: str, columns: tuple[str, ...]) -> Query:
    """A blob id however much of it is given here or there: either may be the beginning of the other."""
    name = value.lower().rstrip("*")
    if not re.fullmatch("[0-9a-f]{4,64}", name):
        raise QueryError(f"{value}: is no blob id; give at least 4 hexadecimal digits")
    shorter = tuple(Words(name[:length], columns) for length in range(7, len(name)))
    return Either((Words(name, columns, open=True), *shorter))


def _within(query: Query, columns: tuple[str, ...], prefix: str) -> Query:
    """A query whose words are looked for in some columns."""
    match query:
        case Words(words, (), is_open):
            return Words(words, columns, is_open)
        case Both(parts):
            return Both(tuple(_within(part, columns, prefix) for part in parts))
        case Either(parts):
            return Either(tuple(_within(part, columns, prefix) for part in parts))
        case Without(part):
            return Without(_within(part, columns, prefix))
    raise QueryError(f"{prefix}:(...) can hold words and phrases only")


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    end = len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            raise QueryError(f'{text}: a quotation mark is left open; close it or write it without "')
        kind = str(found.lastgroup)
        start = found.start(kind)
        yield _Token(kind, found[kind], start, glued=start == at > 0)
        at = found.end()
    yield _Token("end", "", end)
