"""Names for things in pages and files, made so that no mail can choose them.

Ids on a page start with a letter of their own kind (`m-` message, `f-` finding, `w-` words, `v-` verdict,
`s-` scenario), so kinds never collide with one another nor with the fixed ids of the templates.
"""

import hashlib
import re

_PLAIN = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)
_RESERVED = frozenset({"index", "con", "prn", "aux", "nul"})


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def message_anchor(message_id: str) -> str:
    """The id of a message on its page."""
    return "m-" + _hashed(message_id)


def finding_anchor(finding_id: str) -> str:
    """The id of a finding on its page."""
    return "f-" + (finding_id if _PLAIN.fullmatch(finding_id) else _hashed(finding_id))


def place_anchor(finding_id: str, number: int) -> str:
    """The id of the words in a message that a finding quotes; `number` counts its places from 0."""
    return f"w-{finding_anchor(finding_id)[2:]}-{number}"


def verdict_anchor(scenario: str, option: str, number: int) -> str:
    """The id of the verdict on one property of one option of a scenario."""
    return f"v-{_hashed(chr(0).join((scenario, option)))}-{number}"


def scenario_anchor(scenario: str) -> str:
    """The id of a scenario on a page."""
    return "s-" + _hashed(scenario)


def page_name(discussion_id: str) -> str:
    """The file name of a discussion's page: its id where that is a plain one, else a digest of it."""
    plain = _PLAIN.fullmatch(discussion_id) and discussion_id not in _RESERVED
    return (discussion_id if plain else "x" + _hashed(discussion_id)) + ".html"
