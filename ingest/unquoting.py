"""Mails that survive only where others quote them are read back from those quotes.

One level of `>` taken from what a mail quotes gives, in part, the mail that it answers: that mail's own words
and its own deeper quotes. Done again on the result, a whole thread comes back from one late mail. Words
whose real mail is at hand never become a second message.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from archive.identity import quoted_message_id
from archive.mail import Address, Message, Origin
from ingest.blocks import read_blocks
from ingest.fragments import merge_lines, telling_lines
from ingest.ownlines import OwnLines
from ingest.passages import Passage, split_passages
from ingest.quotes import full_name, resolve_in, same_person
from ingest.quoting import strip_marks

# Quotes of one mail nest no deeper than this, whatever a hostile one says.
_DEEPEST = 32
_SECOND = timedelta(seconds=1)
# Attributions give the local time of one side or the other.
_QUARTER = 15 * 60
_SKEW = timedelta(hours=26)


@dataclass(slots=True)
class _Found:
    """A mail being read back: under which id, whose, when, what is left of it, and who quotes it."""

    key: str
    message_id: str | None
    author: Address
    date: datetime | None
    lines: list[str]
    references: tuple[str, ...]
    quoted_by: list[str]
    parent: str | None = None


def read_back(messages: Sequence[Message], parents: Mapping[str, str | None]) -> tuple[Message, ...]:
    """All messages with their quotes resolved, and after them those that survive only as quotes.

    `parents` maps a message id to the id of what it answers, which need not be at hand; without an entry a
    message's own `parent` counts. The messages returned have `parent` set: to a read-back mail where the
    words or the headers show one, else to what `parents` says. A read-back message takes the Message-ID that
    the headers of a reply name, else one made from its author and words; its date comes from the attribution
    (UTC where that gives no zone) and lies between those of its parent and of the mails that quote it. A
    passage that own words introduce ("as Ann said:") becomes a message of its own without a parent.
    """
    return _Reader(messages, parents).read()


class _Reader:
    """Works outside in: the passages of the mails at hand first, then those of what was read back."""

    def __init__(self, messages: Sequence[Message], parents: Mapping[str, str | None]) -> None:
        self.messages = {
            m.message_id: replace(m, parent=parents.get(m.message_id, m.parent)) for m in messages
        }
        self.own_lines = OwnLines()
        for message in self.messages.values():
            self.own_lines.add(message)
        self.found: dict[str, _Found] = {}
        self.answers: dict[str, str] = {}
        """Id of a reply -> key of the read-back mail that it answers."""
        self.quoting: set[str] = set()
        """Archived mails that quote a read-back one."""

    def read(self) -> tuple[Message, ...]:
        """Run to the end: a level of quotes a round, until no round finds another mail."""
        self.messages = {i: self._resolve(m) for i, m in self.messages.items()}
        level: list[Message] = list(self.messages.values())
        for _ in range(_DEEPEST):
            touched: dict[str, _Found] = {}
            for message in level:
                for found in self._read_one(message):
                    touched[found.key] = found
            if not touched:
                break
            level = [self._resolve(self._draft(found)) for found in touched.values()]
        return self._finish() if self.found else tuple(self.messages.values())

    def _resolve(self, message: Message) -> Message:
        return resolve_in(self.own_lines, message, list(self._ancestors(message)), others=True)

    def _ancestors(self, message: Message) -> Iterator[str]:
        seen = {message.message_id}
        parent = message.parent
        while parent is not None and parent not in seen and parent in self.own_lines.messages:
            yield parent
            seen.add(parent)
            parent = self.own_lines.messages[parent].parent

    def _read_one(self, message: Message) -> Iterator[_Found]:
        """The mails that a message quotes and that aren't at hand, new or with what it adds to them."""
        passages = split_passages(message)
        direct = self._answered(message, passages)
        for passage in passages:
            answered = passage is direct
            at_hand = passage.at_hand()
            if at_hand is not None:
                if (
                    answered
                    and message.message_id in self.found
                    and self.found[message.message_id].parent is None
                ):
                    self.found[message.message_id].parent = at_hand
                continue
            named, references = _named_parent(message, self.messages) if answered else (None, ())
            if not self._is_missing(message, passage, named, answered=answered):
                continue
            found = self._same(passage, named)
            if found is None:
                key = named or f"found.{len(self.found)}"
                author = self._author(passage, message)
                found = _Found(key, named, author, passage.attribution.date, [], references, [])
                self.found[key] = found
            size = len(found.lines)
            found.lines = merge_lines(found.lines, passage.lines)
            first = message.message_id not in found.quoted_by
            if first:
                found.quoted_by.append(message.message_id)
            if message.message_id in self.messages:
                self.quoting.add(message.message_id)
            if (
                answered
                and found.key != message.message_id
                and not self._descends(found.key, message.message_id)
            ):
                self.answers.setdefault(message.message_id, found.key)
            if first or len(found.lines) > size:
                yield found

    def _answered(self, message: Message, passages: Sequence[Passage]) -> Passage | None:
        """The passage of the mail that a message answers: its parent's if quoted, else the first one."""
        candidates = [passage for passage in passages if not passage.introduced]
        parent = self.messages.get(message.parent or "")
        if parent is not None:
            for passage in candidates:
                author = passage.attribution.author
                if passage.at_hand() == parent.message_id or same_person(author.name, parent.author.name):
                    return passage
        return candidates[0] if candidates else None

    def _is_missing(self, message: Message, passage: Passage, named: str | None, *, answered: bool) -> bool:
        """Whether a passage that isn't at hand is known well enough to be made a message."""
        author = passage.attribution.author
        if named is not None:  # marks alone, without a level of words before them, may be code or a prompt
            return bool(str(author)) or passage.unknown > 0
        if not str(author) or not any(line.strip() for line in passage.lines):
            return False
        parent = self.messages.get(message.parent or "")
        if (
            answered
            and parent is not None
            and (same_person(author.name, parent.author.name) or not passage.unknown)
        ):
            return False  # an edited or re-wrapped quote of the parent
        return not any(
            same_person(author.name, m.author.name) and _same_moment(passage.attribution.date, m.date)
            for m in self.messages.values()
            if m.message_id != message.message_id
        )

    def _author(self, passage: Passage, message: Message) -> Address:
        author = passage.attribution.author
        if author.email or not passage.introduced:
            return author
        if author.name == "I":
            return message.author
        people = {m.author.name for m in self.messages.values()} | {
            f.author.name for f in self.found.values()
        }
        return Address(full_name(author.name, people))

    def _same(self, passage: Passage, named: str | None) -> _Found | None:
        """The mail being read back of which a passage is another fragment."""
        if named is not None and named in self.found:
            return self.found[named]
        words = telling_lines(passage.lines)
        author, date = passage.attribution.author, passage.attribution.date
        for found in self.found.values():
            if named is not None and found.message_id is not None:
                continue
            alike = same_person(author.name, found.author.name)
            unsure = not str(author) or not str(found.author)
            if (alike or unsure) and words & telling_lines(found.lines):
                return found
            if alike and (
                _same_moment(date, found.date) or (date == found.date and found.lines == passage.lines)
            ):
                return found
        return None

    def _descends(self, key: str, message_id: str) -> bool:
        """Whether the mail `key` answers, through others, `message_id` itself: mail can't."""
        seen = set()
        while key in self.answers and key not in seen:
            seen.add(key)
            key = self.answers[key]
            if key == message_id:
                return True
        return False

    def _draft(self, found: _Found, message_id: str | None = None, parent: str | None = None) -> Message:
        """The message that a found mail makes, as far as it is known."""
        quoting = self._quoting_archived(found)
        text = "\n".join(found.lines).strip("\n") + "\n"
        return Message(
            message_id=message_id or found.key,
            author=found.author,
            subject=quoting.subject if quoting else "",
            date=found.date,
            text=text,
            origin=Origin.QUOTED,
            in_reply_to=found.references[-1:],
            references=found.references,
            lists=quoting.lists if quoting else (),
            blocks=read_blocks(text),
            parent=parent if parent is not None else found.parent,
            thread=quoting.thread if quoting else None,
            discussion=quoting.discussion if quoting else None,
        )

    def _quoting_archived(self, found: _Found) -> Message | None:
        """An archived mail that quotes a found one, directly or through other found ones."""
        seen: set[str] = set()
        waiting = list(found.quoted_by)
        while waiting:
            message_id = waiting.pop(0)
            if message_id in self.messages:
                return self.messages[message_id]
            if message_id not in seen and message_id in self.found:
                seen.add(message_id)
                waiting.extend(self.found[message_id].quoted_by)
        return None

    def _finish(self) -> tuple[Message, ...]:
        """Give ids, parents and dates, and resolve the quotes of all that changed."""
        names = self._final_ids()
        for found in self.found.values():
            answered = self.answers.get(found.key)
            if answered is not None:
                found.parent = answered
            elif found.parent is None:
                found.parent = self._parent_by_headers(found)
        _settle_dates(self.found, self.messages)
        fresh = []
        for found in self.found.values():
            parent = names.get(found.parent or "", found.parent)
            fresh.append(self._draft(found, names[found.key], parent))
        for message_id in self.answers.keys() & self.messages.keys():
            answered = names[self.answers[message_id]]
            if answered != message_id:
                self.messages[message_id] = replace(self.messages[message_id], parent=answered)
        self.own_lines = OwnLines()
        for message in (*self.messages.values(), *fresh):
            self.own_lines.add(message)
        archived = (self._resolve(m) if i in self.quoting else m for i, m in self.messages.items())
        return (*archived, *(self._resolve(m) for m in fresh))

    def _final_ids(self) -> dict[str, str]:
        names: dict[str, str] = {}
        taken = set(self.messages)
        for found in self.found.values():
            name = found.message_id
            if name is None:
                own = "\n".join(telling_lines_or_all(found.lines))
                name = quoted_message_id(str(found.author), own)
                if name in taken:
                    name = quoted_message_id(
                        f"{found.author} {found.date} {found.key}", "\n".join(found.lines)
                    )
            names[found.key] = name
            taken.add(name)
        return names

    def _parent_by_headers(self, found: _Found) -> str | None:
        if found.references:
            return found.references[-1]
        for message_id in found.quoted_by:
            message = self.messages.get(message_id)
            if (
                message is not None
                and self.answers.get(message_id) == found.key
                and message.parent != found.message_id
            ):
                return message.parent
        return None


def _named_parent(message: Message, at_hand: Mapping[str, Message]) -> tuple[str | None, tuple[str, ...]]:
    """The id under which headers name a parent that isn't at hand, and that parent's own references."""
    named = message.in_reply_to[:1] or message.references[-1:]
    if not named or named[0] in at_hand or named[0] == message.message_id:
        return None, ()
    ancestry = [i for i in dict.fromkeys(message.references) if i != message.message_id]
    before = ancestry[: ancestry.index(named[0])] if named[0] in ancestry else ancestry
    return named[0], tuple(before)


def _same_moment(a: datetime | None, b: datetime | None) -> bool:
    """Whether two times can be one, told in different zones; midnight is no time but a whole day."""
    if a is None or b is None or abs(a - b) > _SKEW:
        return False
    if not (a.hour or a.minute) or not (b.hour or b.minute):
        return False
    apart = abs((a - b).total_seconds()) % _QUARTER
    return min(apart, _QUARTER - apart) < 60


def telling_lines_or_all(lines: Sequence[str]) -> list[str]:
    """The own lines of a read-back mail, or all of them where it has no own ones: what its id is made of."""
    own = [line for line in lines if line.strip() and strip_marks(line) == line]
    return own or list(lines)


def _settle_dates(found: Mapping[str, _Found], archived: Mapping[str, Message]) -> None:
    """Bring dates into the order in which mails must have been written.

    An attribution may give a day only, or a time without its zone. A mail is older than those that quote it;
    and younger than the one it answers, unless that would break the first rule. `found` holds the mails that
    quote before those that they quote.
    """

    def date_of(message_id: str | None) -> datetime | None:
        if message_id is not None and message_id in found:
            return found[message_id].date
        message = archived.get(message_id or "")
        return message.date if message else None

    outward = list(found.values())
    for mail in reversed(outward):
        limit = date_of(mail.parent)
        if mail.date is not None and limit is not None and mail.date <= limit:
            mail.date = limit + _SECOND
    for mail in outward:
        for quoting in mail.quoted_by:
            limit = date_of(quoting)
            if mail.date is not None and limit is not None and mail.date >= limit:
                mail.date = limit - _SECOND
