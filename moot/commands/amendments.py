"""Commands by which a person corrects what was found; nothing here changes the findings themselves."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moot.commands.findings import What
from moot.console import emit, safe, say
from moot.options import Session, with_session

if TYPE_CHECKING:
    from moot.amending import Made

app = typer.Typer(
    name="amend",
    help="Correct what was found: dismiss, confirm, retarget, merge, split, add, tie.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Names = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of findings, or unique prefixes.")]
Proposal = Annotated[str, typer.Argument(metavar="PROPOSAL", help="The id of a proposal.")]
Stance = Annotated[str, typer.Option("--stance", help="for or against, where the stance found is wrong.")]
Words = Annotated[str, typer.Argument(metavar="WORDS", help="The words, as they stand in the message.")]
Title = Annotated[str, typer.Option("--title", help="A short name for the proposal.")]


def dismiss(session: Session, names: Names) -> None:
    """Say that findings are none."""
    from moot import amending

    with session.open() as database:
        _told(session, amending.dismiss(database, names))


def confirm(session: Session, names: Names, stance: Stance = "") -> None:
    """Say that arguments are right, so that they stand in the record."""
    from moot import amending

    with session.open() as database:
        _told(session, amending.confirm(database, names, _stance(stance)))


def retarget(
    session: Session,
    argument: Annotated[str, typer.Argument(metavar="ARGUMENT", help="The id of an argument.")],
    proposal: Proposal,
    stance: Stance = "",
) -> None:
    """Say which proposal an argument speaks of."""
    from moot import amending

    with session.open() as database:
        _told(session, [amending.retarget(database, argument, proposal, _stance(stance))])


def merge(
    session: Session,
    proposal: Proposal,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The proposal that stays.")],
) -> None:
    """Say that two proposals are one."""
    from moot import amending

    with session.open() as database:
        _told(session, [amending.merge(database, proposal, into)])


def split(session: Session, proposal: Proposal, words: Words, title: Title = "") -> None:
    """Say that one place of a proposal speaks of another one."""
    from moot import amending

    with session.open() as database:
        _told(session, [amending.split(database, proposal, words, title)])


def add_argument(
    session: Session,
    stance: Annotated[str, typer.Argument(metavar="STANCE", help="for or against.")],
    proposal: Proposal,
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="The Message-ID.")],
    words: Words,
) -> None:
    """Add an argument that was not found."""
    from moot import amending

    if not stance:
        raise typer.BadParameter("give for or against", param_hint="STANCE")
    with session.open() as database:
        _told(session, [amending.add_argument(database, _stance(stance), proposal, message, words)])


def add_proposal(
    session: Session,
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="The Message-ID.")],
    words: Words,
    title: Title = "",
) -> None:
    """Add a proposal that was not found."""
    from moot import amending

    with session.open() as database:
        _told(session, [amending.add_proposal(database, message, words, title)])


def tie(
    session: Session,
    proposal: Proposal,
    option: Annotated[str, typer.Argument(metavar="SCENARIO/OPTION", help="See `moot scenarios`.")],
) -> None:
    """Say which option of a scenario a proposal is."""
    from moot import amending

    with session.open() as database:
        _told(session, [amending.tie(database, proposal, option)])


def untie(
    session: Session,
    proposal: Proposal,
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="See `moot scenarios`.")],
) -> None:
    """Say that a proposal is no option of a scenario."""
    from moot import amending

    with session.open() as database:
        _told(session, [amending.untie(database, proposal, scenario)])


def list_(session: Session, what: What = None) -> None:
    """List the amendments, and those that no longer apply."""
    from archive.amendments import load_amendments, to_line
    from moot.amending import list_conflicts
    from moot.pipeline import choose

    with session.open() as database:
        chosen = choose(database, what or [])
        conflicts = {(d, to_line(c.amendment)): c.reason for d, c in list_conflicts(database, chosen)}
        with database.reading() as connection:
            made = [(n, d, to_line(a)) for n, d, a in load_amendments(connection) if d in chosen]
    rows = [
        {"number": n, "discussion": d, "amendment": line, "conflict": conflicts.get((d, line))}
        for n, d, line in made
    ]
    if not emit(session, "moot.amendments/1", {}, "amendments", rows):
        for row in rows:
            say(session, f"{row['number']:4}  {row['discussion']}  {safe(str(row['amendment']))}")
            if row["conflict"]:
                say(session, f"      no longer applies: {safe(str(row['conflict']))}", fg="red")


def undo(
    session: Session,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As `moot amend list` says.")],
) -> None:
    """Take an amendment back."""
    from archive.amendments import remove_amendment
    from archive.lookup import UnknownNameError

    with session.open() as database, database.writing() as connection:
        if not remove_amendment(connection, number):
            raise UnknownNameError(f"there is no amendment {number}; `moot amend list` lists them")
    say(session, f"amendment {number} taken back")


def export(
    session: Session,
    what: What = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE")] = None,
) -> None:
    """Write amendments as a text file that can live in git."""
    from moot.amending import export_lines
    from moot.pipeline import choose

    with session.open() as database:
        text = "".join(f"{line}\n" for line in export_lines(database, choose(database, what or [])))
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def import_(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)],
) -> None:
    """Read amendments from such a file."""
    from moot.amending import import_lines

    with session.open() as database:
        new, known = import_lines(database, file.read_text(encoding="utf-8").splitlines())
    if not emit(session, "moot.amend.import/1", {"new": new, "known": known}):
        say(session, f"{new} amendments new, {known} known")


def _stance(stance: str) -> str:
    if stance not in ("", "for", "against"):
        raise typer.BadParameter(f"{stance!r} is neither for nor against", param_hint="STANCE")
    return stance


def _told(session: Session, made: "list[Made]") -> None:
    from archive.amendments import to_line

    rows = [{"discussion": m.discussion, "amendment": to_line(m.amendment), "new": m.new} for m in made]
    if not emit(session, "moot.amend/1", {}, "amendments", rows):
        for row in rows:
            say(session, f"{'noted' if row['new'] else 'known'}: {safe(str(row['amendment']))}")


for name, command in (
    ("dismiss", dismiss),
    ("confirm", confirm),
    ("retarget", retarget),
    ("merge", merge),
    ("split", split),
    ("add-argument", add_argument),
    ("add-proposal", add_proposal),
    ("tie", tie),
    ("untie", untie),
    ("list", list_),
    ("undo", undo),
    ("export", export),
    ("import", import_),
):
    app.command(name, help=command.__doc__)(with_session(command))
