"""What every source of mail offers, and how one says that it can't go on."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archive.mail import Defect, RawMail


def shown(name: str) -> str:
    """A file's name as text that can be stored and printed; bytes that are no UTF-8 become escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


class SourceError(Exception):
    """A source that can't be read, or not to its end: what is wrong, where, and what to do about it.

    Raised by `open_source` before any mail was read, or by a source's iterator after every mail that could
    be read was yielded: whoever iterates has all the good mails in hand when it comes.
    """

    def __init__(self, where: str, what: str, advice: str = "") -> None:
        self.where = where = shown(where)
        self.what = what
        self.advice = advice
        self.others: tuple[SourceError, ...] = ()
        super().__init__(f"{where}: {what}" + (f"; {advice}" if advice else ""))

    def with_others(self, others: Sequence["SourceError"]) -> "SourceError":
        """This error as the first of several, which it then carries."""
        self.others = tuple(others)
        return self


class NoMailError(SourceError):
    """A file that was read and holds no mail."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a source may ask of the machine; sizes in bytes.

    `ratio` is how many bytes one compressed byte may become, judged once more than `ratio_from` bytes came
    out (a small file of blanks is no bomb). `mail` is the longest mail that is kept whole.
    """

    size: int = 1 << 37
    ratio: float = 250.0
    ratio_from: int = 1 << 26
    mail: int = 1 << 25


class Source(ABC):
    """Mails in the order in which the source holds them.

    `name` is what the user called it, as text. `kind` says what it was found to be. `defects` lists what was
    passed over so far without harm to the rest. `size` and `done` measure progress in one unit (bytes, files
    or commits); `size` is None where it isn't known beforehand.
    """

    def __init__(self, name: str, kind: str) -> None:
        self.name = shown(name)
        self.kind = kind
        self.defects: list[Defect] = []
        self.size: int | None = None
        self.done = 0

    def __iter__(self) -> Iterator[RawMail]:
        return self.mails()

    @abstractmethod
    def mails(self, after: str | None = None) -> Iterator[RawMail]:
        """Every mail, or with a `position` of an earlier read only what came since.

        A position that doesn't fit the source any more (the file was replaced) is no error: the source is
        read from its beginning, since reading a mail twice is harmless and losing one isn't.

        Raises:
            SourceError: at the end, when the source is damaged.
        """

    @property
    @abstractmethod
    def position(self) -> str | None:
        """A token for the place after the mail that was yielded last, None where one can't go on."""
