"""A query as SQL: what FTS5 can answer as one match expression, the rest as conditions on rows.

Conditions speak of `m`, the message table, and `n`, the name of the message.
"""

from dataclasses import dataclass, field

from archive.query import Both, Dated, Either, Listed, Named, Query, Without, Words

Value = str | int


@dataclass(slots=True)
class Condition:
    """What rows must fulfil: a match expression (None: any text), SQL (empty: nothing more), its values."""

    match: str | None = None
    sql: str = ""
    values: list[Value] = field(default_factory=list)


def condition(query: Query) -> Condition:
    """The condition that a query is."""
    parts = query.parts if isinstance(query, Both) else (query,)
    words = [p for p in parts if not isinstance(p, Without) and match_expression(p) is not None]
    if not words:
        made = Condition()
        made.sql = _sql(query, made.values)
        return made
    taken = [
        p for p in parts if p in words or (isinstance(p, Without) and match_expression(p.part) is not None)
    ]
    made = Condition(match_expression(Both(tuple(taken))))
    rest = [p for p in parts if p not in taken]
    made.sql = " AND ".join(_sql(part, made.values) for part in rest)
    return made


def match_expression(query: Query) -> str | None:
    """The query in FTS5's language, None where it asks for more than words."""
    match query:
        case Words(words, columns, is_open):
            within = f"{{{' '.join(columns)}}} : " if columns else ""
            quoted = words.replace('"', '""').replace("\0", " ").encode("utf-8", "replace").decode()
            return f'{within}"{quoted}"' + (" *" if is_open else "")
        case Either(parts):
            found = [match_expression(part) for part in parts]
            return None if None in found else f"({' OR '.join(map(str, found))})"
        case Both(parts):
            wanted = [match_expression(p) for p in parts if not isinstance(p, Without)]
            refused = [match_expression(p.part) for p in parts if isinstance(p, Without)]
            # FTS5 can't say `everything but`.
            if not wanted or None in wanted or None in refused:
                return None
            joined = " AND ".join(map(str, wanted))
            return f"(({joined}) NOT ({' OR '.join(map(str, refused))}))" if refused else f"({joined})"
    return None


def _sql(query: Query, values: list[Value]) -> str:
    expression = match_expression(query)
    if expression is not None:
        values.append(expression)
        return "m.id IN (SELECT rowid FROM message_text WHERE message_text MATCH ?)"
    match query:
        case Both(parts):
            return "(" + " AND ".join(_sql(part, values) for part in parts) + ")"
        case Either(parts):
            return "(" + " OR ".join(_sql(part, values) for part in parts) + ")"
        case Without(part):
            # A row without a date is neither within a range nor is it known to be outside.
            return f"NOT coalesce({_sql(part, values)}, 0)"
        case Dated(first, end):
            return _dated(first, end, values)
        case Named(message_id):
            values.append(message_id)
            return "n.text = ?"
        case Listed(name):
            # A list is named whole, or by what stands before a dot: linux-mm for linux-mm.kvack.org.
            values.extend((f" {name} ", f" {name}."))
            return "(instr(' ' || lower(m.lists) || ' ', ?) > 0 OR instr(' ' || lower(m.lists), ?) > 0)"
    raise AssertionError(f"no SQL for {query}")


def _dated(first: int | None, end: int | None, values: list[Value]) -> str:
    bounds = [(sign, bound) for sign, bound in ((">=", first), ("<", end)) if bound is not None]
    values.extend(bound for _, bound in bounds)
    return "(" + " AND ".join(f"m.date {sign} ?" for sign, _ in bounds) + ")"
