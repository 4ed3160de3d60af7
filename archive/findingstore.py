"""Findings, ties and verdicts in and out of the archive."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, insert, literal_column, select

from archive import schema
from archive.findings import (
    Anchor,
    Argument,
    CallPath,
    Decision,
    Fate,
    Findings,
    HeldLock,
    Kind,
    Mutant,
    Outcome,
    Proposal,
    Reader,
    Result,
    Stance,
    Symptom,
    Target,
    Tie,
    TraceStep,
    Verdict,
)

_FOUND = (
    schema.symptom,
    schema.proposal,
    schema.mention,
    schema.argument,
    schema.target,
    schema.call_path,
    schema.decision,
    schema.reading,
)


def reading_state(connection: Connection, discussion: str) -> tuple[str, str] | None:
    """The reader version and digest with which a discussion was read, or None where it wasn't."""
    row = connection.execute(
        select(schema.reading).where(schema.reading.c.discussion == discussion)
    ).one_or_none()
    return (row.reader_version, row.digest) if row else None


def save_findings(connection: Connection, found: Findings) -> None:
    """Store what was found in a discussion, in place of what was found there before."""
    for table in (*_FOUND, schema.tie):
        connection.execute(delete(table).where(table.c.discussion == found.discussion))
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for n, s in enumerate(found.symptoms):
        rows["symptom"].append({"id": s.id, "ordinal": n, "why": s.why, **_flat(s.anchor)})
    for n, p in enumerate(found.proposals):
        rows["proposal"].append(_only(p, "id", "title", "kind", "author", "outcome", "why") | {"ordinal": n})
        rows["mention"].extend(
            {"proposal": p.id, "ordinal": k, **_flat(anchor)} for k, anchor in enumerate(p.mentions)
        )
    for n, a in enumerate(found.arguments):
        plain = ("id", "proposal", "stance", "author", "confidence", "shown", "criterion", "answers", "fate")
        rows["argument"].append(_only(a, *plain, "reader", "why") | {"ordinal": n} | _flat(a.anchor))
        rows["target"].extend({"argument": a.id, "ordinal": k, **asdict(t)} for k, t in enumerate(a.targets))
    for n, c in enumerate(found.call_paths):
        locks = json.dumps([[lock.lock, lock.held_at] for lock in c.locks])
        row = {"id": c.id, "ordinal": n, "chain": json.dumps(c.chain), "locks": locks, "why": c.why}
        rows["call_path"].append(row | _flat(c.anchor))
    for n, d in enumerate(found.decisions):
        rows["decision"].append({"ordinal": n, "proposal": d.proposal, "why": d.why, **_flat(d.anchor)})
    rows["reading"].append({"reader_version": found.reader_version, "digest": found.digest})
    for table in _FOUND:
        _write(connection, table, found.discussion, rows[table.name])


def load_findings(connection: Connection, discussion: str) -> Findings | None:
    """What was found in a discussion, or None where it was not read yet."""
    state = reading_state(connection, discussion)
    if state is None:
        return None
    mentions: dict[str, list[Anchor]] = defaultdict(list)
    for row in _read(connection, schema.mention, discussion, "proposal", "ordinal"):
        mentions[row.proposal].append(_anchor(row))
    targets: dict[str, list[Target]] = defaultdict(list)
    for row in _read(connection, schema.target, discussion, "argument", "ordinal"):
        targets[row.argument].append(Target(row.proposal, row.confidence))
    return Findings(
        discussion,
        *state,
        symptoms=tuple(
            Symptom(r.id, _anchor(r), r.why) for r in _read(connection, schema.symptom, discussion)
        ),
        proposals=tuple(
            Proposal(r.id, r.title, Kind(r.kind), r.author, tuple(mentions[r.id]), Outcome(r.outcome), r.why)
            for r in _read(connection, schema.proposal, discussion)
        ),
        arguments=tuple(_argument(r, targets[r.id]) for r in _read(connection, schema.argument, discussion)),
        call_paths=tuple(_call_path(r) for r in _read(connection, schema.call_path, discussion)),
        decisions=tuple(
            Decision(r.proposal, _anchor(r), r.why) for r in _read(connection, schema.decision, discussion)
        ),
    )


def save_ties(connection: Connection, discussion: str, ties: Iterable[Tie]) -> None:
    """Store the ties of a discussion's proposals, in place of the earlier ones."""
    connection.execute(delete(schema.tie).where(schema.tie.c.discussion == discussion))
    rows = [asdict(t) | {"ordinal": n, "why": json.dumps(t.why)} for n, t in enumerate(ties)]
    _write(connection, schema.tie, discussion, rows)


def load_ties(connection: Connection, discussion: str) -> tuple[Tie, ...]:
    """The ties of a discussion's proposals."""
    return tuple(
        Tie(r.proposal, r.scenario, r.option, r.confidence, r.origin, tuple(json.loads(r.why)), r.reason)
        for r in _read(connection, schema.tie, discussion)
    )


def save_verdicts(connection: Connection, verdicts: Sequence[Verdict]) -> None:
    """Store verdicts, in place of earlier ones on the same options."""
    for v in {(v.scenario, v.option): v for v in verdicts}.values():
        connection.execute(
            delete(schema.verdict).where(
                schema.verdict.c.scenario == v.scenario, schema.verdict.c.option == v.option
            )
        )
    keys = ("scenario", "option", "property", "digest", "result")
    rows = []
    for v in verdicts:
        record = {name: value for name, value in asdict(v).items() if name not in keys}
        rows.append(_only(v, *keys) | {"record": json.dumps(record, sort_keys=True)})
    if rows:
        connection.execute(insert(schema.verdict), rows)


def load_verdicts(connection: Connection, scenario: str, option: str) -> tuple[Verdict, ...]:
    """The verdicts on an option, in the order in which they were given."""
    table = schema.verdict
    chosen = select(table).where(table.c.scenario == scenario, table.c.option == option)
    rows = connection.execute(chosen.order_by(literal_column("rowid")))
    return tuple(_verdict(row) for row in rows)


def _verdict(row: Row[Any]) -> Verdict:
    record: dict[str, Any] = json.loads(row.record)
    record["mutant"] = Mutant(record["mutant"])
    record["trace"] = tuple(TraceStep(**step) for step in record["trace"])
    record["notes"], record["details"] = tuple(record["notes"]), tuple(record["details"])
    return Verdict(row.scenario, row.option, row.property, Result(row.result), digest=row.digest, **record)


def _argument(row: Row[Any], targets: Sequence[Target]) -> Argument:
    return Argument(
        row.id,
        row.proposal,
        Stance(row.stance),
        row.author,
        _anchor(row),
        row.confidence,
        row.shown,
        tuple(targets),
        row.criterion,
        row.answers,
        Fate(row.fate),
        Reader(row.reader),
        row.why,
    )


def _call_path(row: Row[Any]) -> CallPath:
    locks = tuple(HeldLock(lock, held_at) for lock, held_at in json.loads(row.locks))
    return CallPath(row.id, _anchor(row), tuple(json.loads(row.chain)), locks, row.why)


def _anchor(row: Row[Any]) -> Anchor:
    return Anchor(row.message_id, row.start, row.end, row.quote)


def _flat(anchor: Anchor) -> dict[str, Any]:
    return _storable(asdict(anchor))


def _only(record: Any, *names: str) -> dict[str, Any]:
    return _storable({name: getattr(record, name) for name in names})


def _storable(values: Mapping[str, Any]) -> dict[str, Any]:
    # A StrEnum is a str to SQLite; plain strings keep its repr out of logs and comparisons.
    return {name: str(value) if isinstance(value, str) else value for name, value in values.items()}


def _read(connection: Connection, table: Table, discussion: str, *order: str) -> Sequence[Row[Any]]:
    statement = select(table).where(table.c.discussion == discussion)
    return connection.execute(statement.order_by(*(table.c[name] for name in order or ("ordinal",)))).all()


def _write(connection: Connection, table: Table, discussion: str, rows: Iterable[Mapping[str, Any]]) -> None:
    complete = [{**row, "discussion": discussion} for row in rows]
    if complete:
        connection.execute(insert(table), complete)
