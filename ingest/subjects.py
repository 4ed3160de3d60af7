"""What a subject says beside its words: reply, patch, version, place in a series."""

import re
from dataclasses import dataclass
from functools import lru_cache

_REPLY = re.compile(
    r"\s*(?:re|fw|fwd|aw|wg|sv|vs|antw|antwort|odp|rif|res|tr|回复|答复|转发)(?:\[\d{1,3}\]|\^\d{1,3})?\s?[:：]\s*",
    re.I,
)
_TAG = re.compile(r"\s*\[([^\[\]]{1,120})\]\s*[:,]?\s*")
_PATCH = re.compile(r"\bpatch(?:set|es|v\d+)?\b|(?<![\w/])\d{1,3}/\d{1,3}(?![\w/])", re.I)
# A `v5.1` is a version sent again in part; with a greater second number it is a kernel (`v5.10`).
_VERSION = re.compile(r"(?:\b|(?<=patch))v(\d{1,3})(?:\.([0-3]))?(?![\w.])", re.I)
_BRANCH = re.compile(
    r"(?<![\w./])(?:\d{1,2}\.\d{1,3}(?:\.\d{1,3}|\.y)?"
    r"|v\d{1,2}\.(?:[4-9]|\d{2,3}|\d{1,3}\.(?:\d{1,3}|y)))(?![\w.])",
    re.I,
)
_RESEND = re.compile(r"\bre-?(?:send|sent|post)", re.I)
_RFC = re.compile(r"\brfc", re.I)
_PULL = re.compile(r"\bpull\b", re.I)
_PLACE = re.compile(r"(?<![\w/])(\d{1,3})/(\d{1,3})(?![\w/])")
_WAS = re.compile(r"[\s,;]{0,4}\(?\bwas: ?.*$", re.I)
_WHITE = re.compile(r"\s+")
_NAME = re.compile(r"[\w./:>-]{4,80}")
_SPECIAL = re.compile(r"\w_\w|->|\w/\w|\w\.[chS]\b|\d{3}")
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject taken apart.

    `words` are what remains without `Re:` and tags, `key` the same folded for comparison. `pull` marks a
    request to merge. `version` is (1, 0) where none is given; `number` and `total` are None outside of a
    series; `branch` is the stable tree that a patch is for.
    """

    words: str
    key: str
    reply: bool = False
    patch: bool = False
    resend: bool = False
    rfc: bool = False
    pull: bool = False
    version: tuple[int, int] = (1, 0)
    number: int | None = None
    total: int | None = None
    branch: str = ""

    @property
    def cover(self) -> bool:
        """Whether it opens a series."""
        return self.patch and self.number == 0

    @property
    def rank(self) -> tuple[int, int, int]:
        """Where it stands among the versions of one patch: an RFC comes before what has the same number."""
        return (*self.version, not self.rfc)

    @property
    def telling(self) -> bool:
        """Whether it is so special that two mails of one time with it are hardly about two matters."""
        words = len(self.key.split())
        return len(self.key) >= 12 and (words >= 5 or (words >= 2 and bool(self.identifiers)))

    @property
    def identifiers(self) -> set[str]:
        """The words in it that are names of code: functions, files, lines."""
        return {name for name in names(self.key) if _SPECIAL.search(name)}


def names(text: str) -> set[str]:
    """The words of a text that may be names of code, bare of the punctuation around them."""
    return {name.strip(".:>-") for name in _NAME.findall(text)}


@lru_cache(maxsize=4096)
def read_subject(text: str) -> Subject:
    """Take a subject apart; never fails."""
    reply = patch = resend = rfc = pull = False
    version, number, total, branch = (1, 0), None, None, ""
    rest = text
    for _ in range(_DEEPEST):
        if mark := _REPLY.match(rest):
            reply = True
        elif (mark := _TAG.match(rest)) and mark.end() < len(rest):
            tag = mark[1]
            resend = resend or bool(_RESEND.search(tag))
            rfc = rfc or bool(_RFC.search(tag))
            pull = pull or bool(_PULL.search(tag))
            found = _VERSION.search(tag)
            wanted = bool(_PATCH.search(tag)) or (tag.lower().startswith("rfc") and not patch)
            if found and (wanted or found[0] == tag):
                version = int(found[1]), int(found[2] or 0)
            if wanted:
                patch = True
                if place := _PLACE.search(tag):
                    number, total = int(place[1]), int(place[2])
                if tree := _BRANCH.search(tag):
                    branch = tree[0].lower().removeprefix("v").removesuffix(".y")
        else:
            break
        rest = rest[mark.end() :]
    words = _WHITE.sub(" ", _WAS.sub("", rest) or rest).strip()
    return Subject(
        words,
        words.casefold().rstrip(" .!?"),
        reply,
        patch,
        resend,
        rfc,
        pull,
        version,
        number,
        total,
        branch,
    )
