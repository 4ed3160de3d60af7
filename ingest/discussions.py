"""Which threads are one matter: versions of a patch, the report it answers, replies whose parent is missing.

A wrong join costs more than a missed one, for a person sees two discussions side by side sooner than one
that is two. So each rule asks for something that rarely happens by chance, and says what it found:
`ingest.joins` holds those where one sign is enough, `ingest.kinship` those that ask for several.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from archive.mail import Message
from ingest.evidence import Evidence, gather
from ingest.joins import RULES, Join
from ingest.kinship import KINSHIP
from ingest.people import Identities
from ingest.threading import Partition


@dataclass(frozen=True, slots=True)
class Matter:
    """Threads that are one discussion: roots oldest first, and why each further one belongs to it."""

    roots: tuple[str, ...]
    title: str
    reasons: tuple[str, ...] = ()


def group(messages: Iterable[Message], roots: Mapping[str, str]) -> list[Matter]:
    """The discussions among messages whose thread roots are known, oldest first.

    The order of the messages doesn't matter.
    """
    members: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        members[roots[message.message_id]].append(message)
    # Every rule asks for another sign beside the author, so that a short name may count as one person's.
    people = Identities((m.author for mails in members.values() for m in mails), strict=False)
    found = sorted(
        (gather(root, mails, people.of) for root, mails in members.items()), key=lambda e: (e.start, e.root)
    )
    sets = Partition()
    held = [join for join in joins(found) if sets.join(join.one, join.other)]
    reasons: dict[str, list[str]] = defaultdict(list)
    for join in held:
        reasons[sets.find(join.one)].append(join.reason)
    matters: dict[str, list[Evidence]] = defaultdict(list)
    for evidence in found:
        matters[sets.find(evidence.root)].append(evidence)
    return [
        Matter(tuple(e.root for e in parts), parts[0].first.words, tuple(reasons[name]))
        for name, parts in matters.items()
    ]


def joins(threads: Sequence[Evidence]) -> Iterator[Join]:
    """Every reason to take two threads as one matter, the surest kinds first; threads oldest first.

    Requests to merge are left out: they name many matters and are none.
    """
    single = [evidence for evidence in threads if not evidence.first.pull]
    return chain.from_iterable(rule(single) for rule in (*RULES, *KINSHIP))
