"""A directory of mail: a Maildir, or files of any kind below it."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from archive.mail import Defect, RawMail
from ingest.sources.public_inbox import is_repository
from ingest.sources.single import SingleSource
from ingest.sources.source import Limits, NoMailError, Source, SourceError, shown
from ingest.sources.streams import unreadable

_MAILDIR = ("cur", "new")
# Two changes within this time may carry one time stamp, so that names near a mark are read again.
_TICK = 2 * 10**9

Opener = Callable[[str, Path, Limits], Source]


def is_maildir(path: Path) -> bool:
    """Whether a directory holds the subdirectories that make it a Maildir."""
    return all((path / part).is_dir() for part in _MAILDIR)


@dataclass(slots=True)
class _Progress:
    """How far reading a directory came.

    Files that changed up to `before` were read in complete passes. The pass at hand began when the newest
    change was `now`, and went through the names up to `name`; `inside` are places in mboxes.
    """

    before: int = -1
    now: int = -1
    name: str = ""
    inside: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, position: str | None) -> "_Progress":
        """The progress that a position stands for; none where it can't be read."""
        try:
            before, now, name, inside = json.loads(position or "")
            return cls(int(before), int(now), str(name), {str(k): str(v) for k, v in inside.items()})
        except (ValueError, TypeError, AttributeError):
            return cls()

    def __str__(self) -> str:
        return json.dumps([self.before, self.now, self.name, self.inside], separators=(",", ":"))


class FolderSource(Source):
    """All mail below a directory, by name; each mail has its file's name as `source`.

    A file that is no mail becomes a defect; damage of one file is told when the others were read.
    """

    def __init__(self, name: str, path: Path, limits: Limits, open_file: Opener) -> None:
        super().__init__(name, "maildir" if is_maildir(path) else "folder")
        self._path = path
        self._limits = limits
        self._open_file = open_file
        self._progress = _Progress()
        self._member: tuple[str, Source] | None = None

    @property
    def position(self) -> str | None:
        """The files that were read, by their time of change and name, and places in unfinished ones."""
        self._note_place()
        return str(self._progress)

    def mails(self, after: str | None = None) -> Iterator[RawMail]:
        """As `Source.mails`; `size` and `done` count files."""
        progress = self._progress = _Progress.of(after)
        errors: list[SourceError] = []
        found = sorted(_files(self._path, errors, self.defects))
        now = max((changed for _, changed in found), default=0)
        again = progress.now - _TICK
        names = [
            name
            for name, changed in found
            if changed > progress.before and (name > progress.name or changed > again)
        ]
        if progress.now < 0:
            progress.now = now
        self.size, self.done = len(names), 0
        mails = 0
        for name in names:
            try:
                for mail in self._read(name):
                    mails += 1
                    yield mail
            except SourceError as error:
                errors.append(error)
            self._note_place()
            self._member = None
            self.done += 1
            progress.name = max(progress.name, name)
        if not errors:
            self._progress = _Progress(before=now - _TICK, inside=progress.inside)
        if not mails and after is None and not errors:
            raise SourceError(self.name, "holds no mail", "name a directory with mail below it")
        if errors:
            raise errors[0].with_others(errors[1:])

    def _read(self, name: str) -> Iterator[RawMail]:
        path, label = self._path / name, f"{self.name.rstrip(os.sep)}/{shown(name)}"
        if path.parent.name in _MAILDIR and self.kind == "maildir":
            source: Source = SingleSource(label, path, "mail", self._limits)
        else:
            try:
                source = self._open_file(label, path, self._limits)
            except NoMailError as error:
                self.defects.append(Defect(label, "no mail", error.what))
                return
        self._member = name, source
        source.defects = self.defects
        yield from source.mails(self._progress.inside.get(name))

    def _note_place(self) -> None:
        if self._member and not isinstance(self._member[1], SingleSource):
            name, source = self._member
            if source.position:
                self._progress.inside[name] = source.position


def _files(top: Path, errors: list[SourceError], defects: list[Defect]) -> Iterator[tuple[str, int]]:
    """Every file below a directory that may be mail: its name from there, and its time of change in ns."""
    waiting = [""]
    while waiting:
        below = waiting.pop()
        if is_repository(top / below):
            detail = "a git repository among other files isn't read; name it by itself"
            defects.append(Defect(shown(str(top / below)), "not read", detail))
            continue
        maildir = is_maildir(top / below)
        try:
            with os.scandir(top / below) as entries:
                for entry in entries:
                    name = f"{below}/{entry.name}" if below else entry.name
                    if entry.is_dir(follow_symlinks=False):
                        # Folders of a Maildir begin with a dot; what is in tmp isn't delivered yet.
                        if entry.name != "tmp" if maildir else not entry.name.startswith("."):
                            waiting.append(name)
                    elif not maildir and not entry.name.startswith(".") and entry.is_file():
                        yield name, entry.stat().st_ctime_ns
        except OSError as error:
            errors.append(unreadable(str(top / below), error))
