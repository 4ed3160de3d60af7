"""Archives open, refuse and upgrade."""

import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from archive.database import HEAD, ArchiveError, migrations, open_archive
from archive.schema import FULL_TEXT_COLUMNS, metadata


def test_the_migrations_make_the_tables_that_the_code_expects(database):
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _is_ours})
        assert compare_metadata(context, metadata) == []
        columns = connection.execute(text("SELECT name FROM pragma_table_info('message_text')")).scalars()
        assert tuple(columns) == FULL_TEXT_COLUMNS


def test_head_is_the_newest_migration(database):
    with database.reading() as connection:
        assert ScriptDirectory.from_config(migrations(connection)).get_current_head() == HEAD


def _is_ours(thing, name, kind, reflected, compared_to):
    return not name.startswith("message_text")


def test_a_missing_archive_is_made_only_when_asked(tmp_path):
    with pytest.raises(ArchiveError, match="no archive there yet"):
        open_archive(tmp_path / "none.sqlite", create=False)
    assert not (tmp_path / "none.sqlite").exists()
    open_archive(tmp_path / "deep" / "new.sqlite").close()
    assert (tmp_path / "deep" / "new.sqlite").exists()


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("milk, bread\n" * 100)
    with pytest.raises(ArchiveError, match="not a moot archive"):
        open_archive(path)
    assert path.read_text() == "milk, bread\n" * 100


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(ArchiveError, match="a database of something else"):
        open_archive(path)
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("bookmarks",)]


def test_an_archive_of_a_newer_release_is_refused_by_name(tmp_path):
    path = tmp_path / "newer.sqlite"
    open_archive(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ArchiveError, match="9999 is not known"):
        open_archive(path)


def test_other_database_servers_are_refused_by_name():
    with pytest.raises(ArchiveError, match="only SQLite"):
        open_archive("postgresql://localhost/moot")


def test_a_failed_write_keeps_nothing(database):
    with pytest.raises(ArchiveError), database.writing() as connection:
        connection.execute(text("INSERT INTO dictionary(data) VALUES ('x')"))
        connection.execute(text("INSERT INTO nowhere VALUES (1)"))
    with database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM dictionary")) == 0
