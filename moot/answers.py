"""Answers to questions about an archive, as rows that the commands print and `moot.api` returns."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from archive.amending import load_amended
from archive.database import Database
from archive.discussions import list_discussions
from archive.findings import Argument, Findings, Tie, Verdict
from archive.findingstore import load_verdicts
from archive.lookup import UnknownNameError, look_up

Row = dict[str, Any]


def verdict_row(verdict: Verdict) -> Row:
    """A verdict as plain values."""
    return asdict(verdict)


def weigh_proposals(database: Database, discussions: Sequence[str]) -> list[Row]:
    """The proposals of discussions with counts of the arguments shown, and the verdicts they are tied to."""
    rows: list[Row] = []
    with database.reading() as connection:
        titles = {d.id: d.title for d in list_discussions(connection, discussions)}
        for discussion in discussions:
            found, ties, _ = load_amended(connection, discussion)
            if found is None:
                continue
            for proposal in found.proposals:
                about = [a for a in found.arguments if a.proposal == proposal.id]
                shown = Counter(a.stance.value for a in about if a.shown)
                tied = [t for t in ties if t.proposal == proposal.id]
                rows.append(
                    {
                        "discussion": discussion,
                        "discussion_title": titles[discussion],
                        "id": proposal.id,
                        "title": proposal.title,
                        "kind": proposal.kind.value,
                        "author": proposal.author,
                        "outcome": proposal.outcome.value,
                        "for": shown["for"],
                        "against": shown["against"],
                        "candidates": sum(not a.shown for a in about),
                        "verdicts": [
                            {
                                "scenario": v.scenario,
                                "option": v.option,
                                "property": v.property,
                                "result": v.result.value,
                            }
                            for t in tied
                            for v in load_verdicts(connection, t.scenario, t.option)
                        ],
                    }
                )
    return rows


def argue(database: Database, name: str) -> tuple[Row, list[Row]]:
    """A proposal and the arguments about it, what is surest first; raises `UnknownNameError`."""
    with database.reading() as connection:
        matches = [f for f in look_up(connection, name) if f.kind == "proposal"]
        if not matches or matches[0].discussion is None:
            raise UnknownNameError(f"{name!r} is no proposal; `moot proposals` lists them with their ids")
        found, _, _ = load_amended(connection, matches[0].discussion)
    if found is None:
        raise UnknownNameError(f"{name!r}: its discussion was not read yet; run `moot analyze`")
    proposal = next((p for p in found.proposals if p.id == matches[0].id), None)
    if proposal is None:
        raise UnknownNameError(f"{name!r} was dismissed or merged; `moot amend list` says by which amendment")
    about = sorted(
        (a for a in found.arguments if a.proposal == proposal.id),
        key=lambda a: (not a.shown, a.stance.value, -a.confidence),
    )
    return asdict(proposal), [argument_row(a) for a in about]


def argument_row(argument: Argument) -> Row:
    """An argument as the export has it: its anchor laid out in the row."""
    row = asdict(argument)
    anchor = row.pop("anchor")
    return row | {"message_id": anchor["message_id"], "quote": anchor["quote"]}


def trace_paths(database: Database, discussions: Sequence[str]) -> list[Row]:
    """The call paths of discussions, with the locks on them."""
    with database.reading() as connection:
        found = [load_amended(connection, discussion)[0] for discussion in discussions]
    return [path_row(f, n) for f in found if f is not None for n in range(len(f.call_paths))]


def path_row(found: Findings, number: int) -> Row:
    """A call path as the export has it."""
    path = found.call_paths[number]
    return {
        "id": path.id,
        "discussion": found.discussion,
        "message_id": path.anchor.message_id,
        "quote": path.anchor.quote,
        "chain": list(path.chain),
        "locks": [asdict(lock) for lock in path.locks],
    }


def tied_verdicts(database: Database, ties: Sequence[Tie]) -> list[tuple[Tie, Verdict]]:
    """The verdicts on the options that proposals are tied to."""
    with database.reading() as connection:
        return [(t, v) for t in ties for v in load_verdicts(connection, t.scenario, t.option)]
