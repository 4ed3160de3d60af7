"""Who a header names: addresses, the writer behind a list that put itself into From, one person's names."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache

from archive.mail import Address, Message
from ingest.charsets import decode_words
from ingest.mailmap import Mailmap
from ingest.threading import Partition

# What a header may name at most; the longest real ones have a few hundred.
_MOST = 2000
_LONGEST = 1 << 16
_LONGEST_NAME = 300

_SIMPLE = re.compile(
    r'\s*(?:([^\s"(),:;<>@\\][^"(),:;<>@\\]*?)\s*<([^\s"(),:;<>\\]+)>|([^\s"(),:;<>\\]+@[^\s"(),:;<>\\]+))\s*'
)
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"?|<([^<>]*)>?|([(),;:])|([^\s"<>(),;:]+)|(\s+)')
_HIDDEN_AT = re.compile(r"(?<=[\w.+-]) (?:at|AT|\(at\)|\[at\]) (?=[\w-]+\.[\w.-]+)")
_VIA = re.compile(r"^'?(.*?)'? \(?via [^()]*\)?$")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_RELAY = re.compile(r"devnull\+([^@]+)@kernel\.org")

_ASIDE = re.compile(r"\([^()]{0,200}\)|\[[^\[\]]{0,200}\]|\bvia [^()]{1,200}$", re.I)
_NAME_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+){0,3}")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
# How those who have no such key write them.
_SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
# Words of names that nobody bears, and accounts that many write from.
_NOBODY = frozenset(
    "anonymous list lists mailing nobody recipients root undisclosed unknown user users".split()
)
_ROLES = re.compile(
    r"(?:no-?reply|devnull|bugzilla[\w-]{0,20}|notifications?|mailer-daemon|root)(?:\+.*)?@", re.I
)
# With fewer letters a name of two words has many bearers (`Wei Wang`).
_DISTINCT = 10
# An address with so many unlike names belongs to nobody.
_SHARED = 3


@lru_cache(maxsize=2048)
def read_addresses(value: str) -> tuple[Address, ...]:
    """The addresses of a From, To or Cc value; names decoded, groups opened, comments taken as names."""
    value = " ".join(value[:_LONGEST].split())
    return tuple(address for address in _read(value)[:_MOST] if address.name or address.email)


def _read(value: str) -> list[Address]:
    found: list[Address] = []
    if '"' not in value and "(" not in value and " at " not in value:
        for part in value.split(","):
            simple = _SIMPLE.fullmatch(part)
            if not simple:
                break
            found.append(_address(simple[1] or "", simple[2] or simple[3]))
        else:
            return found
    return _read_carefully(value)


def _read_carefully(value: str) -> list[Address]:
    """One pass over what the short way can't read: quotes, comments, groups and broken syntax."""
    found: list[Address] = []
    words: list[str] = []
    comment: list[str] = []
    angle: str | None = None
    depth = 0

    def finish() -> None:
        nonlocal angle
        name, email = " ".join("".join(words).split()), angle
        if email is None:
            if "@" in name and " " not in name:
                name, email = "", name
            elif _HIDDEN_AT.search(name) and name.count(" ") == 2:
                name, email = "", _HIDDEN_AT.sub("@", name)
        if name or email:
            aside = " ".join("".join(comment).split())
            found.append(_address(name or aside, _HIDDEN_AT.sub("@", email or "")))
        angle = None
        words.clear()
        comment.clear()

    for token in _TOKEN.finditer(value):
        quoted, inside, mark, word, blank = token.groups()
        if mark == "(":
            depth += 1
        elif mark == ")":
            depth = max(depth - 1, 0)
        elif depth:
            comment.append(word or blank or quoted or mark or "")
        elif mark == "," or mark == ";":
            finish()
        elif mark == ":":
            words.clear()  # the name of a group
        elif quoted is not None:
            words.append(re.sub(r"\\(.)", r"\1", quoted))
        elif inside is not None:
            angle = inside if angle is None else angle
        else:
            words.append(word or blank)
    finish()
    return found


def _address(name: str, email: str) -> Address:
    name = _CONTROL.sub(" ", decode_words(name))[:_LONGEST_NAME].strip().strip("'\"").strip()
    email = _CONTROL.sub("", email).strip().strip("'")
    return Address("" if name == email else name, email)


def unmunge(author: Address, original: str, reply_to: str, lists: tuple[str, ...]) -> Address:
    """The writer of a mail whose From a list or a relay replaced by its own address.

    `original` is X-Original-From, `reply_to` is Reply-To, `lists` the ids of the lists that the mail went
    through. Without a sign of that the author is as given.
    """
    via = _VIA.match(author.name)
    domain = author.email.lower().replace("@", ".", 1)
    munged = domain in {name.lower() for name in lists} or bool(via) or bool(_RELAY.fullmatch(author.email))
    if not munged:
        return author
    name = via[1].strip() if via else author.name
    for value in (original, reply_to):
        candidates = (
            [a for a in read_addresses(value) if a.email.lower() != author.email.lower()] if value else []
        )
        if len(candidates) == 1 or (candidates and value is original):
            return Address(candidates[0].name or name, candidates[0].email)
    return Address(name, author.email)


@lru_cache(maxsize=8192)
def name_words(name: str) -> tuple[tuple[str, ...], ...]:
    """The words of a name for comparison, sorted: without accents and, where it differs, with them spelt out.

    The order of the words, case, initials' dots, titles in brackets and `via` a list make no difference.
    Empty where it is no name but an address.
    """
    if "@" in name:
        return ()
    bare = unicodedata.normalize("NFC", _ASIDE.sub(" ", name[:_LONGEST_NAME]).casefold())
    spellings = {_bare_words(bare), _bare_words(bare.translate(_SPELT))}
    return tuple(sorted(words for words in spellings if words))


def _bare_words(text: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS)).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return tuple(sorted(_NAME_WORD.findall(plain)))


def same_person(a: str, b: str) -> bool:
    """Whether two names, as they stand in headers and attribution lines, can be one person's.

    All words of one must be among the other's, initials standing for words that begin with them. A bare
    first name passes, so this chooses among few people at hand; to bring together a whole archive there are
    `Identities`.
    """
    if "@" in a and "@" in b:
        return a.strip("<> ").casefold() == b.strip("<> ").casefold()
    return any(_fits(one, other) for one in name_words(a) for other in name_words(b))


def _fits(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    short, long = sorted((one, other), key=len)
    left = list(long)
    common = 0
    for word in sorted(short, key=len, reverse=True):
        match = word if word in left else next((w for w in left if _abbreviates(word, w)), None)
        if match is None:
            return False
        left.remove(match)
        common += match == word
    return common > 0


def _abbreviates(one: str, other: str) -> bool:
    return one != other and min(len(one), len(other)) == 1 and one[0] == other[0]


class Identities:
    """Which names and addresses are one person's, from all that were seen; the order makes no difference.

    An address belongs to one person under whatever names, unless many unlike names use it or it is a list's.
    A full name at several addresses is one person's, unless it is so short that many bear it: then only
    where the addresses agree in a part that isn't just the name. A bare first name says nothing.
    With `strict` off, short full names are one person's too: for uses that ask for other signs beside it.
    """

    def __init__(
        self,
        addresses: Iterable[Address],
        *,
        lists: Iterable[str] = (),
        mailmap: Mailmap | None = None,
        strict: bool = True,
    ) -> None:
        """Bring the addresses together; `lists` are ids of lists, as `Message.lists` has them."""
        self._mailmap = mailmap or Mailmap()
        self._strict = strict
        self._sets = Partition()
        counted = Counter(addresses)
        seen: Counter[Address] = Counter()
        mapped: set[Address] = set()
        for address, count in counted.items():
            proper = self._mailmap.resolve(address)
            seen[proper] += count
            if proper != address:
                mapped.add(proper)
        self._nobodys = set(_shared(seen, {name.casefold() for name in lists}))
        for address in sorted(seen, key=_plain):
            nodes = list(self._nodes(address))
            for node in nodes:
                self._sets.join(nodes[0], node)
        self._shown: dict[str, Address] = {}
        groups: dict[str, Counter[Address]] = defaultdict(Counter)
        for address, count in seen.items():
            groups[self._group(address)][address] += count
        for group, forms in groups.items():
            proper_forms = Counter({a: count for a, count in forms.items() if a in mapped})
            self._shown[group] = _best(proper_forms or forms)
        self._known = {address: self._resolve(address) for address in counted}

    @classmethod
    def of_messages(cls, messages: Iterable[Message], *, mailmap: Mailmap | None = None) -> "Identities":
        """The people whom messages name as authors and recipients."""
        lists: set[str] = set()
        counted: Counter[Address] = Counter()
        for message in messages:
            lists.update(message.lists)
            counted.update((message.author, *message.to, *message.cc))
        return cls(counted.elements(), lists=lists, mailmap=mailmap)

    def of(self, address: Address) -> Address:
        """The name and address that stand for a person: those used most, or what the mailmap says."""
        known = self._known.get(address)
        return self._resolve(address) if known is None else known

    def same(self, one: Address, other: Address) -> bool:
        """Whether two addresses are one person's."""
        return self.of(one) == self.of(other)

    def _resolve(self, address: Address) -> Address:
        proper = self._mailmap.resolve(address)
        groups = (self._sets.find(node) for node in self._nodes(proper))
        return next((self._shown[group] for group in groups if group in self._shown), proper)

    def _group(self, address: Address) -> str:
        return self._sets.find(next(self._nodes(address)))

    def _nodes(self, address: Address) -> Iterator[str]:
        """What the address and the name are known by, the address first where it is one person's own."""
        email = address.email.casefold()
        own = bool(email) and email not in self._nobodys
        if own:
            yield f"<{email}>"
        spelt = [words for words in name_words(address.name) if _is_full(words)]
        for words in spelt:
            name = " ".join(words)
            if not self._strict or sum(map(len, words)) >= _DISTINCT:
                yield name
            elif own and not _is_made_of(local := email.partition("@")[0], words):
                yield f"{name} {local}"
            elif not own:
                yield f"{name} <{email}>"
        if not own and not spelt:
            yield f"{address.name.casefold()} <{email}>"


def _plain(address: Address) -> tuple[str, str]:
    return address.email, address.name


def _is_full(words: tuple[str, ...]) -> bool:
    return sum(len(word) > 1 for word in words) >= 2 and _NOBODY.isdisjoint(words)


def _is_made_of(local: str, words: tuple[str, ...]) -> bool:
    """Whether the part of an address before the `@` is nothing but the name, as everybody's is at work."""
    rest = "".join(c for c in local.casefold() if c.isalpha())
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "", 1)
    return len(rest) <= 1


def _shared(seen: Iterable[Address], lists: set[str]) -> Iterator[str]:
    """The addresses that aren't one person's."""
    names: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for address in sorted(seen, key=_plain):
        email = address.email.casefold()
        if email.replace("@", ".", 1) in lists or _ROLES.match(email):
            yield email
        elif len(names[email]) < 50:
            names[email].update(name_words(address.name)[:1])
    for email, spelt in names.items():
        unlike: list[tuple[str, ...]] = []
        for words in sorted(spelt):
            if not any(_fits(words, other) for other in unlike):
                unlike.append(words)
        if len(unlike) >= _SHARED:
            yield email


def _best(forms: Counter[Address]) -> Address:
    """The name and the address used most; of equals a full name, one with its accents, the longer one."""
    names: Counter[str] = Counter()
    emails: Counter[str] = Counter()
    for address, count in forms.items():
        names[address.name] += count if address.name else 0
        emails[address.email] += count if address.email else 0
    return Address(
        max(names, key=lambda n: (" " in n, names[n], "," not in n, not n.isascii(), len(n), n)),
        max(emails, key=lambda e: (emails[e], e)),
    )
