"""Printing: results on standard output, everything else on standard error, nothing hostile on either."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import typer

from moot.options import Form, Session

# C0 and C1 controls but tab and line feed, and the marks that reorder text: they could rewrite the screen.
_UNSAFE = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F)], "\ufffd")
_UNSAFE |= dict.fromkeys(range(0x2066, 0x206A), "\ufffd")


class Progress(Protocol):
    """Told how far a long task is."""

    def __call__(self, done: int, total: int | None, what: str) -> None:
        """`done` of `total` (None: unknown), and at what."""


def safe(text: str) -> str:
    """Text from mail, fit for a terminal."""
    return text.translate(_UNSAFE)


def one_line(text: str, width: int = 100) -> str:
    """Text on one line, cut at a width."""
    folded = safe(" ".join(text.split()))
    return folded if len(folded) <= width else folded[: width - 1] + "…"


def say(session: Session, text: str = "", **style: Any) -> None:
    """A line for a person, on standard output, unless `--quiet`."""
    if not session.quiet:
        typer.echo(typer.style(text, **style) if style and session.color else text)


def note(session: Session, text: str) -> None:
    """A line on standard error about what is going on, with `--verbose` only."""
    if session.verbose and not session.quiet:
        typer.echo(text, err=True)


def complain(text: str) -> None:
    """An error on standard error, on one line."""
    typer.echo("moot: " + " ".join(safe(text).split()), err=True)


def emit(
    session: Session,
    schema: str,
    head: Mapping[str, Any],
    rows_name: str | None = None,
    rows: Iterable[Mapping[str, Any]] = (),
) -> bool:
    """Print a result as JSON where that was asked for; returns False where a person reads instead."""
    if session.form is Form.TEXT:
        return False
    if session.form is Form.JSON or rows_name is None:
        body = {"schema": schema, **head}
        if rows_name is not None:
            body[rows_name] = list(rows)
        typer.echo(dump(body))
    else:
        for row in rows:
            typer.echo(dump({"schema": schema, **row}))
    return True


def dump(value: Any) -> str:
    """JSON on one line; the text of mail stays readable."""
    return json.dumps(value, ensure_ascii=False)


@contextmanager
def progress(session: Session) -> Iterator[Progress]:
    """A bar on standard error with rate and time left, where that is a terminal."""
    if session.quiet or not sys.stderr.isatty():
        yield lambda done, total, what: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True, no_color=not session.color)
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(done: int, total: int | None, what: str) -> None:
            bar.update(task, completed=done, total=total, description=one_line(what, 40))

        yield show
