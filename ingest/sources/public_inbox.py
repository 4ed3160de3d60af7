"""A public-inbox archive: git repositories with one mail a commit, read as a stream through git's plumbing.

Version 1 is one repository whose paths are digests of Message-IDs, version 2 a row of epochs
`git/0.git`, `git/1.git`, ... whose commits hold a file `m`, or a file `d` that takes a mail back
(https://public-inbox.org/public-inbox-v2-format.html).
"""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from archive.mail import Defect, RawMail
from ingest.sources.git import Git
from ingest.sources.source import Limits, Source, SourceError

_EPOCH = re.compile(r"(\d{1,6})\.git")
_MAIL_PATH = re.compile(r"m|[0-9a-f]{2}/[0-9a-f]{38}")
_DROP_PATH = "d"
# Requests to git that are sent ahead: far below what a pipe holds, so that neither side waits for ever.
_AHEAD = 64


class _Entry(NamedTuple):
    commit: str
    blob: str
    last: bool  # of its commit


def repositories_of(path: Path) -> list[Path]:
    """The git repositories of a public-inbox in their order: its epochs, or the directory itself."""
    epochs = [
        (int(number[1]), place)
        for parent in (path / "git", path)
        if parent.is_dir()
        for place in parent.iterdir()
        if (number := _EPOCH.fullmatch(place.name)) and is_repository(place)
    ]
    if epochs:
        return [place for _, place in sorted(epochs)]
    return [place for place in (path, path / ".git") if is_repository(place)][:1]


def is_repository(path: Path) -> bool:
    """Whether a directory is a git repository, bare or the inside of `.git`."""
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()


class PublicInboxSource(Source):
    """The mails of all epochs, oldest commit first; `offset` is a running number in its epoch.

    A mail that a later commit takes back (spam) is passed over if it wasn't read before.
    """

    def __init__(self, name: str, repositories: list[Path], limits: Limits) -> None:
        super().__init__(name, "public-inbox")
        self._repositories = repositories
        self._limits = limits
        self._seen: dict[str, str] = {}

    @property
    def position(self) -> str | None:
        """The last commit that was read of each epoch."""
        return json.dumps(self._seen, sort_keys=True)

    def mails(self, after: str | None = None) -> Iterator[RawMail]:
        """As `Source.mails`; `size` and `done` count commits."""
        seen = self._seen = _seen(after)
        readers = []
        self.size, self.done = 0, 0
        for place in self._repositories:
            git = Git(place, self.name)
            head = git.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
            if not head:
                continue  # an epoch without a commit yet
            last = seen.get(place.name)
            if last and not git.holds("merge-base", "--is-ancestor", last, head):
                last = None  # history was rewritten, as public-inbox-purge does
            span = f"{last}..{head}" if last else head
            count = int(git.ask("rev-list", "--count", span) or 0)
            self.size += count
            if count:
                before = int(git.ask("rev-list", "--count", last)) if last else 0
                readers.append((place, git, span, before))
        if not self.size and not seen:
            raise SourceError(self.name, "holds no commits", "fetch it first")
        for place, git, span, before in readers:
            yield from self._read(place, git, span, before)

    def _read(self, place: Path, git: Git, span: str, number: int) -> Iterator[RawMail]:
        dropped = {blob for _, path, _, blob in git.changes(span, _DROP_PATH) if path == _DROP_PATH}
        for _, path, blob, _ in git.changes(span, diff_filter="D"):
            if path != "m" and _MAIL_PATH.fullmatch(path):
                dropped.add(blob)
        source = f"{self.name}/{place.name}" if len(self._repositories) > 1 else self.name
        found = _entries(git.changes(span, diff_filter="AM"))
        with git.blobs(self._limits.mail) as blobs:
            while entries := list(islice(found, _AHEAD)):
                wanted = [entry for entry in entries if entry.blob not in dropped]
                contents = blobs.read([entry.blob for entry in wanted])
                for entry in wanted:
                    data, lost = next(contents)
                    number += 1
                    if entry.last:
                        self._seen[place.name] = entry.commit
                    self.done += 1
                    if lost:
                        detail = f"longer than {self._limits.mail} bytes: {lost} left out"
                        self.defects.append(Defect(source, "mail cut", detail, number))
                    yield RawMail(data, source, number)
        self._seen[place.name] = span.rpartition("..")[2]


def _entries(changes: Iterable[tuple[str, str, str, str]]) -> Iterator[_Entry]:
    """Blobs of mail with the commit that brought them."""
    held: tuple[str, str] | None = None
    for commit, path, _, blob in changes:
        if _MAIL_PATH.fullmatch(path):
            if held:
                yield _Entry(*held, last=held[0] != commit)
            held = commit, blob
    if held:
        yield _Entry(*held, last=True)


def _seen(position: str | None) -> dict[str, str]:
    try:
        seen = json.loads(position or "{}")
    except ValueError:
        return {}
    if not isinstance(seen, dict):
        return {}
    return {str(k): v for k, v in seen.items() if isinstance(v, str) and re.fullmatch(r"[0-9a-f]{40,64}", v)}
