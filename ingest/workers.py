"""Preparing mail in processes of their own, so that the one writer never waits for a parser.

The processes are plain children that speak over pipes, not `multiprocessing`: they don't run the caller's
script again, they end when the caller ends however it does, and Ctrl-C reaches the caller only.
"""

import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, TypeVar, cast

from archive.mail import RawMail
from archive.preparation import PreparedMail
from ingest.preparing import Preparer, Recipe

Tag = TypeVar("Tag")

# A child takes 0.3 s to start, in which a thousand mails are done here.
_FEWEST_BATCHES = 3
_MOST = 4
_START = "import sys; sys.path[:] = sys.argv[1:]; from ingest.workers import serve; serve()"


def prepare_all(
    batches: Iterable[tuple[Sequence[RawMail], Tag]], recipe: Recipe, processes: int | None = None
) -> Iterator[tuple[list[PreparedMail], Tag]]:
    """Batches of mail, prepared in their order, each with what the caller tagged it with.

    At most one batch a process is read ahead. A few batches alone are prepared here; `processes` is by
    default one a processor, at most four, and with 1 everything is.
    """
    count = min(usable_processors(), _MOST) if processes is None else processes
    waiting: deque[tuple[Sequence[RawMail], Tag]] = deque()
    source = iter(batches)
    while len(waiting) < _FEWEST_BATCHES and (batch := next(source, None)) is not None:
        waiting.append(batch)
    if count < 2 or len(waiting) < _FEWEST_BATCHES:
        yield from _prepare_here(waiting, source, recipe)
        return
    children = [_Child(recipe) for _ in range(count)]
    try:
        yield from _prepare_there(waiting, source, recipe, children)
    finally:
        for child in children:
            child.end()


def usable_processors() -> int:
    """How many processors this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _prepare_here(
    waiting: deque[tuple[Sequence[RawMail], Tag]],
    source: Iterator[tuple[Sequence[RawMail], Tag]],
    recipe: Recipe,
) -> Iterator[tuple[list[PreparedMail], Tag]]:
    prepare = Preparer(recipe)
    while waiting:
        mails, tag = waiting.popleft()
        yield prepare(mails), tag
    for mails, tag in source:
        yield prepare(mails), tag


def _prepare_there(
    waiting: deque[tuple[Sequence[RawMail], Tag]],
    source: Iterator[tuple[Sequence[RawMail], Tag]],
    recipe: Recipe,
    children: Sequence["_Child"],
) -> Iterator[tuple[list[PreparedMail], Tag]]:
    here: Preparer | None = None
    busy: deque[tuple[_Child, Sequence[RawMail], Tag]] = deque()
    idle = deque(children)
    while True:
        while idle and (batch := waiting.popleft() if waiting else next(source, None)) is not None:
            child = idle.popleft()
            child.send(batch[0])
            busy.append((child, *batch))
        if not busy:
            return
        child, mails, tag = busy.popleft()
        prepared = child.receive()
        idle.append(child)
        if prepared is None:
            # The child is gone (killed, out of memory): nothing of its batch may be lost.
            here = here or Preparer(recipe)
            prepared = here(mails)
        # The child gets its next batch before the caller works on this one.
        if (batch := waiting.popleft() if waiting else next(source, None)) is not None:
            idle.pop().send(batch[0])
            busy.append((child, *batch))
        yield prepared, tag


class _Child:
    """One process that prepares mail, a batch at a time."""

    def __init__(self, recipe: Recipe) -> None:
        self._process = subprocess.Popen(  # noqa: S603  (our own interpreter, our own code)
            [sys.executable, "-c", _START, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._send(recipe)

    def send(self, mails: Sequence[RawMail]) -> None:
        """Hand over a batch; `receive` must follow before the next one."""
        self._send(mails)

    def receive(self) -> list[PreparedMail] | None:
        """The batch prepared, or None where the process is gone."""
        try:
            return cast(list[PreparedMail], pickle.load(cast(IO[bytes], self._process.stdout)))  # noqa: S301
        except (EOFError, OSError, pickle.UnpicklingError):
            return None

    def end(self) -> None:
        """Let the process end, whatever it is at."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                pass  # what was still to be flushed has nobody to go to
        self._process.wait()

    def _send(self, thing: object) -> None:
        pipe = cast(IO[bytes], self._process.stdin)
        try:
            pickle.dump(thing, pipe, protocol=pickle.HIGHEST_PROTOCOL)
            pipe.flush()
        except OSError:
            pass  # `receive` says that it is gone


def serve() -> None:
    """Be a child: a recipe from standard input, then batches, each answered on standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    given, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a stray print must not land among the answers
    prepare = Preparer(pickle.load(given))  # noqa: S301  (from our own parent)
    while True:
        try:
            mails = pickle.load(given)  # noqa: S301
        except EOFError:
            return
        try:
            pickle.dump(prepare(mails), answers, protocol=pickle.HIGHEST_PROTOCOL)
            answers.flush()
        except BrokenPipeError:
            os._exit(1)  # the parent is gone; nothing is left to flush
