"""What a message quotes, divided by whom it quotes."""

from collections import Counter
from dataclasses import dataclass, field

from archive.mail import Address, Block, BlockKind, Message
from ingest.attributions import Attribution, read_attribution
from ingest.fragments import join_run, strip_block
from ingest.introductions import read_introduction

# A passage is at hand when at least this share of its lines stands in mail at hand.
_KNOWN_SHARE = 0.5


@dataclass(slots=True)
class Passage:
    """What one message quotes of one other: the lines with one mark taken away, and whose they are."""

    attribution: Attribution
    introduced: bool = False
    """Brought in by own words ("as Ann said:"), not as the mail that is answered."""
    lines: list[str] = field(default_factory=list)
    known: Counter[str] = field(default_factory=Counter)
    """Lines that stand in mail at hand, by message id."""
    unknown: int = 0

    def at_hand(self) -> str | None:
        """The message at hand that the passage repeats, if most of its own lines stand in such mail."""
        known = sum(self.known.values())
        if known and known >= _KNOWN_SHARE * (known + self.unknown):
            return self.known.most_common(1)[0][0]
        return None


def split_passages(message: Message) -> list[Passage]:
    """What a message quotes, by whom it says it quotes, each with one level of marks taken away.

    Its quotes must have been resolved. The passage that it answers comes first among those not introduced.
    """
    passages: list[Passage] = []
    current: Passage | None = None
    aside: Passage | None = None
    introduced = ""
    for block in message.blocks:
        if block.kind is BlockKind.ATTRIBUTION and block.depth == 0:
            current = _passage_of(passages, read_attribution(message.text_of(block)))
            aside, introduced = None, ""
        elif block.depth:
            if introduced and aside is None and block.depth == 1:
                aside = Passage(Attribution(Address(introduced)), introduced=True)
                passages.append(aside)
            if aside is None and current is None:
                current = _passage_of(passages, Attribution(Address()))
            _extend(aside or current, message, block)
        elif block.kind is BlockKind.OWN and message.text_of(block).strip():
            aside, introduced = None, read_introduction(message.text_of(block))
    return passages


def _passage_of(passages: list[Passage], attribution: Attribution) -> Passage:
    for passage in passages:
        if not passage.introduced and passage.attribution == attribution:
            return passage
    passage = Passage(attribution)
    passages.append(passage)
    return passage


def _extend(passage: Passage | None, message: Message, block: Block) -> None:
    if passage is None:
        return
    lines = strip_block(message.text_of(block), block.depth)
    join_run(passage.lines, lines)
    if block.kind is not BlockKind.QUOTE or block.depth != 1:
        return
    words = sum(bool(line.strip()) for line in lines)
    if block.source is not None and block.source.message_id is not None:
        passage.known[block.source.message_id] += words
    else:
        passage.unknown += words
