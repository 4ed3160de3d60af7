"""The options that every command has, and the session that they make.

A command is a function whose first parameter is a `Session`. `with_session` puts the common options in its
place, so that they are declared once and mean the same everywhere.
"""

import functools
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from archive.database import Database

Command = Callable[..., None]
INTERRUPTED = 130


class Form(StrEnum):
    """How a command prints: for people, as one JSON object, or as one JSON object a line."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


DB = Annotated[
    str | None,
    typer.Option(
        "--db", envvar="MOOT_DB", metavar="PATH", help="The archive (default: under XDG_DATA_HOME)."
    ),
]
FORM = Annotated[Form, typer.Option("--format", help="How to print.")]
QUIET = Annotated[bool, typer.Option("-q", "--quiet", help="Print errors only.")]
VERBOSE = Annotated[bool, typer.Option("-v", "--verbose", help="Say more of what is done.")]
NO_COLOR = Annotated[bool, typer.Option("--no-color", help="No colours (NO_COLOR does the same).")]


@dataclass(frozen=True, slots=True)
class Session:
    """What the common options say."""

    db: str
    form: Form
    quiet: bool
    verbose: bool
    color: bool

    def open(self, *, create: bool = False) -> "Database":
        """The archive; raises `ArchiveError`."""
        from archive.database import open_archive

        return open_archive(self.db, create=create)


def default_db() -> str:
    """Where the archive is when nobody says: `moot/archive.sqlite` under the user's data folder."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return str(Path(data) / "moot" / "archive.sqlite")


def with_session(function: Command, *, own_format: bool = False) -> Command:
    """The function as Typer sees it: the common options instead of its first parameter, the session.

    With `own_format` the command has a `--format` of its own.
    """
    own = list(inspect.signature(function).parameters.values())[1:]
    common: dict[str, tuple[Any, Any]] = {} if own_format else {"form": (FORM, Form.TEXT)}
    common |= {"db": (DB, None), "quiet": (QUIET, False), "verbose": (VERBOSE, False)}
    common["no_color"] = (NO_COLOR, False)
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in common.items()
    ]

    @functools.wraps(function)
    def command(**values: Any) -> None:
        session = Session(
            db=values.pop("db") or default_db(),
            form=Form.TEXT if own_format else values.pop("form"),
            quiet=values.pop("quiet"),
            verbose=values.pop("verbose"),
            color=not values.pop("no_color") and "NO_COLOR" not in os.environ,
        )
        try:
            function(session, **values)
        except KeyboardInterrupt:
            typer.echo(
                "moot: interrupted; what was done is kept, the same command goes on from there", err=True
            )
            raise typer.Exit(INTERRUPTED) from None

    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + options
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    del command.__wrapped__  # Typer would look through it
    return command
