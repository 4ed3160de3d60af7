"""The command line. Commands import what they need when they run, so that `--help` is quick."""

import os
import sys

import typer

from moot import __version__
from moot.commands import amendments, findings, mail, models, records, review
from moot.console import complain
from moot.options import with_session

DONE, FAILED, USAGE = 0, 1, 2

app = typer.Typer(
    name="moot",
    help="Read mailing-list discussions and write the record of how a decision was reached.",
    epilog="WHAT is a Message-ID, an address of a mail, an id (a unique prefix will do), or a search query; "
    "nothing means everything.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"moot {__version__}")
        raise typer.Exit


@app.callback()
def moot(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version and stop."
    ),
) -> None:
    """Read mailing-list discussions and write the record of how a decision was reached."""


for name, command, own_format in (
    ("run", records.run, True),
    ("ingest", mail.ingest, True),
    ("analyze", findings.analyze, False),
    ("simulate", models.simulate, False),
    ("report", records.report, True),
    ("proposals", findings.proposals, False),
    ("arguments", findings.arguments, False),
    ("paths", findings.paths, False),
    ("search", mail.search, False),
    ("show", records.show, False),
    ("scenarios", models.scenarios, False),
    ("export", records.export, True),
    ("review", review.review, False),
):
    app.command(name, help=command.__doc__)(with_session(command, own_format=own_format))

app.add_typer(amendments.app)


def main() -> None:
    """Run a command; the one place where an error becomes a line on standard error and an exit status."""
    try:
        app()
    except BrokenPipeError:
        # Whoever read the output has seen enough; keep Python from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)
    except Exception as error:
        status = exit_status(error)
        if status is None:
            raise
        complain(str(error))
        sys.exit(status)


def exit_status(error: Exception) -> int | None:
    """The exit status of an error that users are meant to see, or None for a defect of moot itself."""
    from analysis.model.errors import ModelError
    from archive.amendments import AmendmentError
    from archive.database import ArchiveError
    from archive.lookup import UnknownNameError
    from archive.search import QueryError
    from ingest.sources.source import SourceError

    if isinstance(error, QueryError):
        return USAGE
    expected = (AmendmentError, ArchiveError, SourceError, UnknownNameError, ModelError)
    return FAILED if isinstance(error, expected) else None
