"""The tokenizer: English words, and kernel identifiers as one token each.

`->d_revalidate()`, `fs/fuse/dir.c:123`, `f(_range)` and `i_mmap_lock` stay whole, while `a_count/b_addr`
becomes two names. What stock tokenizers make of these (five tokens for one call) hides every name from a
pattern and from a model.
"""

import re
from functools import cache

import spacy
from spacy.language import Language
from spacy.tokenizer import Tokenizer  # type: ignore[import-not-found]

# One name with what binds to it: `->a`, `a->b.c`, `a::b`, `a()`, `a(_range)`, `a+0x1f/0x30`.
_NAME = (
    r"(?:->|&|\*)?[A-Za-z_]\w{0,79}(?:(?:->|::|\.)\w{1,80}){0,6}"
    r"(?:\([\w, *&-]{0,40}\))?(?:\+0x[0-9a-f]{1,8}(?:/0x[0-9a-f]{1,8})?)?"
)
_PATH = r"(?:[\w.+-]{1,60}/){1,12}[\w+-]{1,60}\.[a-zA-Z]{1,5}(?::\d{1,7})?"
_URL = r"https?://\S{1,500}"
_SHORT = r"e\.g\.|i\.e\.|cf\.|vs\.|etc\.|w\.r\.t\.|a\.k\.a\.|[A-Za-z]/[A-Za-z]|[-=]+>"
_WHOLE = re.compile(rf"(?:{_URL}|{_PATH}|{_NAME}|{_SHORT})\Z", re.ASCII)

_PREFIX = re.compile(r"""^(?:["'`(\[{<“‘«¿*~]|[.]{2,})""")
_SUFFIX = re.compile(r"""(?:["'`)\]}>”’»,;:!?*~]|\.{1,6}|…)$""")
_INFIX = re.compile(
    r"""\.{2,6}|--+|—|–|…|(?<=\w)[/|,](?=[\w>-])|(?<=[a-z)])[:;](?=[A-Za-z])|(?<=\w)\((?=\w)"""
)

_IDENTIFIER = re.compile(
    r"(?:->|&|\*)?(?:\w{0,80}_\w{0,80}|\w{1,80}\(|[a-z]\w{0,80}->|->\w|[A-Za-z]\w{0,60}(?:::|"
    r"\.)[A-Za-z_]\w|[a-z]{1,20}\d+[a-z]{1,20}\d*\Z)",
    re.ASCII,
)
_BARE = re.compile(r"(?:->|&|\*|\.)*([A-Za-z_]\w*)", re.ASCII)


@cache
def english() -> Language:
    """The blank pipeline with this tokenizer; made once, since spaCy is slow to start."""
    nlp = spacy.blank("en")
    nlp.tokenizer = Tokenizer(
        nlp.vocab,
        rules={},
        prefix_search=_PREFIX.search,
        suffix_search=_SUFFIX.search,
        infix_finditer=_INFIX.finditer,
        token_match=_WHOLE.match,
    )
    return nlp


def is_identifier(token: str) -> bool:
    """Whether a token names something in the source: a function, a field, a lock, a macro."""
    return bool(_IDENTIFIER.match(token)) or (token.isupper() and len(token) > 5)


def bare_name(token: str) -> str:
    """The last name of an identifier without arrows, arguments and offsets: `a->b.c()` gives `c`."""
    head = token.split("(", 1)[0].split("+0x", 1)[0]
    last = re.split(r"->|::|\.", head)[-1] or head
    found = _BARE.match(last)
    return found.group(1) if found else last
