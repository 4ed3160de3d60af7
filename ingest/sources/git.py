"""The few questions to git that reading mail takes, through its plumbing: no hook, pager or filter runs."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from ingest.sources.source import SourceError

_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
}


class Git:
    """One repository; `name` is what errors call it.

    Raises:
        SourceError: git isn't installed, or (by every method) it says that it can't.
    """

    def __init__(self, place: Path, name: str) -> None:
        program = shutil.which("git")
        if program is None:
            raise SourceError(name, "is a git repository and git isn't installed", "install git")
        self._name = name
        self._command = (program, "--no-pager", "-c", "core.fsmonitor=false", f"--git-dir={place.resolve()}")
        kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        self._environment = {**kept, **_ENVIRONMENT}

    def ask(self, *arguments: str) -> str:
        """The answer without white space at its ends; nothing where git says no without a word."""
        done = self._run(*arguments)
        if done.returncode and done.stderr.strip():
            raise self._failed(done.stderr)
        return done.stdout.decode("utf-8", "replace").strip()

    def holds(self, *arguments: str) -> bool:
        """Whether git says yes."""
        return self._run(*arguments).returncode == 0

    def changes(
        self, span: str, *paths: str, diff_filter: str = "ACDMT"
    ) -> Iterator[tuple[str, str, str, str]]:
        """(commit, path, old blob, new blob) of every file that a span of commits touched, oldest first."""
        with tempfile.TemporaryFile() as complaints:
            listing = self._start("rev-list", "--reverse", span, "--", *paths, errors=complaints)
            comparing = self._start(
                *("diff-tree", "--stdin", "--root", "-r", "--raw", "--no-renames", "--no-abbrev", "-z"),
                f"--diff-filter={diff_filter}",
                source=listing.stdout,
                errors=complaints,
            )
            with listing, comparing:
                try:
                    if comparing.stdout and listing.stdout:
                        listing.stdout.close()  # so that git ends when its reader does
                        yield from _records(comparing.stdout)
                except GeneratorExit:
                    comparing.kill()
                    listing.kill()
                    raise
            if listing.returncode or comparing.returncode:
                complaints.seek(0)
                raise self._failed(complaints.read())

    def blobs(self, limit: int) -> "Blobs":
        """A reader of contents, to be used in a `with`."""
        return Blobs(self._start("cat-file", "--batch", source=subprocess.PIPE), self._name, limit)

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(  # noqa: S603  (a fixed program, arguments made here)
            (*self._command, *arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=self._environment,
            check=False,
        )

    def _start(
        self,
        *arguments: str,
        source: IO[bytes] | int | None = subprocess.DEVNULL,
        errors: IO[bytes] | int = subprocess.DEVNULL,
    ) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603  (a fixed program, arguments made here)
            (*self._command, *arguments),
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=self._environment,
        )

    def _failed(self, complaints: bytes) -> SourceError:
        lines = complaints.decode("utf-8", "replace").strip().splitlines() or ["git failed"]
        return SourceError(self._name, lines[0], "try `git fsck` there")


class Blobs:
    """Contents of git blobs through one `git cat-file --batch`."""

    def __init__(self, process: "subprocess.Popen[bytes]", name: str, limit: int) -> None:
        self._process = process
        self._name = name
        self._limit = limit

    def __enter__(self) -> "Blobs":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if kind is not None:
            self._process.kill()
        self._process.communicate()

    def read(self, names: Sequence[str]) -> Iterator[tuple[bytes, int]]:
        """Each blob's first `limit` bytes, and how many were left out.

        Raises:
            SourceError: a blob is missing, as in a partial clone.
        """
        asked, answers = self._process.stdin, self._process.stdout
        if asked is None or answers is None:
            raise SourceError(self._name, "git gives no answer")
        asked.write("".join(f"{name}\n" for name in names).encode())
        asked.flush()
        for name in names:
            fields = answers.readline().split()
            if len(fields) != 3 or not fields[2].isdigit():
                raise SourceError(self._name, f"blob {name} is missing", "fetch the whole repository")
            size = int(fields[2])
            data = answers.read(min(size, self._limit))
            left = lost = size - len(data)
            while left and (piece := answers.read(min(left, 1 << 20))):
                left -= len(piece)
            answers.read(1)
            yield data, lost


def _records(output: IO[bytes]) -> Iterator[tuple[str, str, str, str]]:
    """What diff-tree -z prints: a commit, then for each file its modes and blobs, then its path."""
    commit = ""
    change: list[str] = []
    for field in _fields(output):
        if field.startswith(":"):
            change = field.split(" ")
        elif change:
            yield commit, field, change[2], change[3]
            change = []
        else:
            commit = field.strip()


def _fields(output: IO[bytes]) -> Iterator[str]:
    rest = b""
    while piece := output.read(1 << 16):
        *whole, rest = (rest + piece).split(b"\0")
        for field in whole:
            yield field.decode("utf-8", "surrogateescape")
