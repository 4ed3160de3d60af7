"""Message-IDs, list ids and links as headers give them, bare and bounded."""

import re
from collections.abc import Iterable
from functools import lru_cache

_BRACKETS = re.compile(r"<([^<>]{1,2000})>")
_BARE = re.compile(r"[^\s<>\"(),;]{1,600}@[^\s<>\"(),;]{1,300}")
_LIST_ADDRESS = re.compile(r"(?:mailto:)?([^\s<>@?,\"]{1,100})@([^\s<>@?,\"]{1,200})")
_LIST_ID = re.compile(r"[\w.+-]{1,250}")
_LINK = re.compile(r"https?://[^\s<>\"]{1,1000}")
# RFC 5322 lines end at 998; public-inbox stores up to 244.
LONGEST = 800
_MOST_REFERENCES = 1000
# Old git send-email asked a question, and people answered `y` or `n`.
_ANSWERS = {"y", "n"}


def read_message_id(value: str) -> str | None:
    """The bare id of a Message-ID value, white space in it dropped; None where there is none."""
    found = _BRACKETS.search(value)
    name = _joined(found[1] if found else value.strip().strip("<>"))
    return name if 0 < len(name) <= LONGEST and name.isprintable() else None


def read_references(values: Iterable[str], own: str, addresses: Iterable[str]) -> tuple[tuple[str, ...], int]:
    """The ids that References or In-Reply-To values name, oldest first, and how many were refused.

    Refused are the mail's own id, addresses of people, answers to a question that git once asked, and words
    of a subject that some mailers put into brackets.
    """
    people = set(addresses)
    found: dict[str, None] = {}
    refused = 0
    for value in values:
        names = _BRACKETS.findall(value)
        if not names and value:
            names = [value] if _BARE.fullmatch(value) else []
            refused += not names
        for name in names:
            name = _joined(name)
            if name in people or name == own or not _is_plausible(name):
                refused += 1
            else:
                found[name] = None
    return tuple(found)[-_MOST_REFERENCES:], refused


def _joined(name: str) -> str:
    """The name without the white space that folding put into it."""
    return name if name.isprintable() and " " not in name else "".join(name.split())


def _is_plausible(name: str) -> bool:
    """Whether a name in brackets can be an id: it has an `@`, or is long and no word."""
    if not name.isprintable() or len(name) > LONGEST or name in _ANSWERS:
        return False
    return "@" in name or (len(name) >= 12 and any(c.isdigit() for c in name) and '"' not in name)


@lru_cache(maxsize=512)
def read_list_ids(list_id: tuple[str, ...], addresses: tuple[str, ...]) -> tuple[str, ...]:
    """The lists a mail went through, as List-Id writes them: `linux-mm.kvack.org`.

    `addresses` are values of List-Post, X-Mailing-List and the like, for lists that send no List-Id.
    """
    found: dict[str, None] = {}
    for value in list_id:
        inside = _BRACKETS.search(value)
        name = (inside[1] if inside else value).strip().lower()
        if _LIST_ID.fullmatch(name):
            found[name] = None
    for value in addresses:
        address = _LIST_ADDRESS.search(value)
        if address:
            found[f"{address[1]}.{address[2]}".lower()] = None
    return tuple(found)


def read_link(value: str) -> str | None:
    """The web address of an Archived-At value, None where there is none."""
    found = _LINK.search(value)
    return found[0] if found else None
