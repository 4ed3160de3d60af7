"""What a person says about findings: stored against their stable ids, apart from what the machine found.

Amendments survive a re-analysis and can live in a text file (one JSON object a line) beside a project. One
whose finding is gone is a conflict: it changes nothing, and says which words it stood on.
"""

import json
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from archive.findings import Anchor
from archive.schema import amendment as table


class Action(StrEnum):
    """What can be amended."""

    DISMISS = "dismiss"
    CONFIRM = "confirm"
    RETARGET = "retarget"
    MERGE = "merge"
    SPLIT = "split"
    ARGUE = "argue"
    PROPOSE = "propose"
    TIE = "tie"
    UNTIE = "untie"


class AmendmentError(ValueError):
    """An amendment that can't be made or read; the text says why."""


@dataclass(frozen=True, slots=True)
class Amendment:
    """One correction. `subject` is the id of the finding amended, empty for one that is added.

    `object` is what it refers to: the proposal that an argument speaks of or that another is merged into,
    `scenario/option` for ties. `author`, `stance` and `title` belong to findings that are added.
    `message_id`, `start`, `end` and `quote` are the words that it stands on.
    """

    action: Action
    subject: str = ""
    object: str = ""
    author: str = ""
    stance: str = ""
    title: str = ""
    message_id: str = ""
    start: int = 0
    end: int = 0
    quote: str = ""

    @property
    def anchor(self) -> Anchor:
        """The words that it stands on."""
        return Anchor(self.message_id, self.start, self.end, self.quote)


@dataclass(frozen=True, slots=True)
class Conflict:
    """An amendment that no longer applies, and why."""

    amendment: Amendment
    reason: str


def save_amendment(connection: Connection, discussion: str, made: Amendment) -> bool:
    """Store an amendment; False where it is there already."""
    record = to_line(made)
    known = select(table.c.id).where(table.c.discussion == discussion, table.c.record == record)
    if connection.scalar(known):
        return False
    connection.execute(insert(table).values(discussion=discussion, record=record))
    return True


def load_amendments(
    connection: Connection, discussion: str | None = None
) -> list[tuple[int, str, Amendment]]:
    """Number, discussion and amendment, in the order in which they were made."""
    statement = select(table).order_by(table.c.id)
    if discussion is not None:
        statement = statement.where(table.c.discussion == discussion)
    return [(row.id, row.discussion, from_line(row.record)) for row in connection.execute(statement)]


def remove_amendment(connection: Connection, number: int) -> bool:
    """Take an amendment back; False where there is none of that number."""
    return bool(connection.execute(delete(table).where(table.c.id == number)).rowcount)


def to_line(made: Amendment) -> str:
    """An amendment as one line of JSON, empty fields left out."""
    return json.dumps({k: v for k, v in asdict(made).items() if v}, ensure_ascii=False, sort_keys=True)


def from_line(line: str) -> Amendment:
    """The amendment of a line; raises `AmendmentError`."""
    try:
        values: dict[str, Any] = json.loads(line)
        unknown = set(values) - {field.name for field in fields(Amendment)}
        if unknown:
            raise AmendmentError(f"unknown fields {', '.join(sorted(unknown))}")
        return Amendment(**{**values, "action": Action(values["action"])})
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise AmendmentError(f"no amendment: {error}") from error
    except ValueError as error:
        raise AmendmentError(str(error)) from error
