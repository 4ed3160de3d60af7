"""Opening an archive: engine, pragmas, schema version, and one kind of error with what to do about it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0002"
"""The schema version of this release: the newest file in archive/migrations/versions."""

_BUSY_SECONDS = 30
_WRITE = "moot_write"


class ArchiveError(Exception):
    """The archive can't be opened, read or written; the text says which file, why, and what to do."""


class Database:
    """One archive file. Readers see a snapshot; there is one writer at a time (WAL)."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine = engine
        self.name = name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection within one read transaction."""
        with _explained(self.name), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection within one write transaction: all of it is kept, or on an error none."""
        options = {_WRITE: True}
        with (
            _explained(self.name),
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    def close(self) -> None:
        """Let go of the file."""
        self.engine.dispose()

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_archive(where: str | Path, *, create: bool = True) -> Database:
    """Open the archive at a path or SQLite URL, making or upgrading its schema where needed.

    Raises `ArchiveError` where the file is missing (and `create` is false), is no archive, or is newer
    than this release.
    """
    name = str(where)
    if "://" in name and not name.startswith("sqlite:///"):
        raise ArchiveError(f"{name}: only SQLite archives are supported so far; give a path")
    path = Path(name.removeprefix("sqlite:///")).expanduser()
    if not path.exists():
        if not create:
            raise ArchiveError(
                f"{path}: no archive there yet; make one with `moot ingest` or name it by --db"
            )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveError(f"{path.parent}: can't make this folder: {error.strerror}") from error
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    database = Database(engine, str(path))
    with _explained(database.name):
        _bring_up_to_date(database)
    return database


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    # Transactions are begun by _begin: the driver's own ones are deferred, so two writers could deadlock.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
    # Counts for a new file only: packed mails of one to three kilobytes fill larger pages better.
    cursor.execute("PRAGMA page_size = 8192")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA cache_size = -32000")
    cursor.close()


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(_WRITE)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def _explained(name: str) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        cause = str(error.orig)
        advice = {
            "database is locked": "another moot is writing; try again when it is done",
            "database or disk is full": "make room, then run the same command again: it goes on from there",
            "unable to open database file": "check that the path is a file in a writable folder",
            "attempt to write a readonly database": "check the permissions of the file and its folder",
        }.get(cause, "nothing was changed")
        raise ArchiveError(f"{name}: {cause}; {advice}") from error
    except DatabaseError as error:
        raise ArchiveError(f"{name}: not a moot archive ({error.orig}); name another file by --db") from error
    except SQLAlchemyError as error:
        raise ArchiveError(f"{name}: {error}") from error


def _bring_up_to_date(database: Database) -> None:
    with database.reading() as connection:
        tables = set(inspect(connection).get_table_names())
        known = "alembic_version" in tables
        version = connection.scalar(text("SELECT version_num FROM alembic_version")) if known else None
    if version == HEAD:
        return
    if tables and not known:
        raise ArchiveError(f"{database.name}: a database of something else; name another file by --db")
    from alembic import command  # 0.3 s to import, needed once an archive
    from alembic.util import CommandError

    with database.writing() as connection:
        try:
            command.upgrade(migrations(connection), HEAD)
        except CommandError as error:
            raise ArchiveError(
                f"{database.name}: schema version {version} is not known to this release (it has {HEAD}); "
                "use the moot that wrote it, or a newer one"
            ) from error


def migrations(connection: Connection) -> "Config":
    """The Alembic configuration that runs this package's migrations on a connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
