"""Words of one's own that say whose words are quoted next: "as Ann said:", "Ann's comments:"."""

import re

_NAME = r"(?P<name>[A-Z][^\W\d_][\w’.-]{0,20}(?: [A-Z][\w’.-]{1,20}){0,2}|I)"
_SPEECH = (
    "comments?|mails?|e-?mails?|messages?|words?|points?|remarks?|suggestions?|objections?|concerns?"
    "|questions?|repl(?:y|ies)|"
    "answers?|responses?|reviews?|analysis|explanation|summary|proposals?|statements?|arguments?|ideas?"
    "|observations?|"
    "descriptions?|opinion|views?|feedback|reports?|complaints?|thoughts|quote|take|reasoning|changelog"
)
_SAYING = (
    "said|wrote|says|writes|noted|notes|put it|puts it|pointed out|points out|commented|explained|asked"
    "|suggested|"
    "argued|observed|mentioned|remarked|objected|replied|stated|proposed|complained|answered|told us"
    "|described|"
    "summari[sz]ed"
)
_PATTERNS = (
    re.compile(rf"\b{_NAME}['’]s? (?:[a-z-]{{1,20}} ){{0,3}}(?:{_SPEECH})\b[^.!?:]{{0,60}}:$"),
    re.compile(rf"\b{_NAME} (?:[a-z]{{1,12}} ){{0,2}}(?:{_SAYING})\b[^.!?:]{{0,60}}:$"),
    re.compile(
        r"\b(?:[Qq]uoting|[Tt]o quote|[Qq]uote from|words of|[Aa]ccording to"
        rf"|(?:{_SPEECH}) (?:from|by|of)) {_NAME}[^.!?:]{{0,30}}:$"
    ),
)
# Words that a sentence may begin with, and things that are said to say something but nobody is.
_NO_NAMES = frozenset(
    """
    You He She It We They This That There Here What Who The As And But Also Then So Let My Your Our Their One
    Someone Somebody Everybody Everyone Nobody Another Linux Kernel Documentation Patch Commit Man Git Google
    Intel Lockdep Smatch Sparse Coccinelle Checkpatch Syzbot Syzkaller Coverity Clang Posix Valgrind Kasan
    """.split()
)


def read_introduction(own: str) -> str:
    """The name of whom own text quotes next, `I` for its author, or "" where the last words don't say.

    Only the last sentence counts, and it must end in a colon.
    """
    words = " ".join(own[-400:].split())
    if not words.endswith(":"):
        return ""
    for pattern in _PATTERNS:
        if found := pattern.search(words):
            name = found["name"].rstrip(".")
            first = name.split(" ", 1)[0]
            if first in _NO_NAMES:
                name = name.partition(" ")[2]
            known = not name or name in _NO_NAMES or (name.isupper() and name != "I")
            return "" if known else name
    return ""
