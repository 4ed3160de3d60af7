"""Who a header names: addresses, and the writer behind a list that put itself into From."""

import re
from functools import lru_cache

from archive.mail import Address
from ingest.charsets import decode_words

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
