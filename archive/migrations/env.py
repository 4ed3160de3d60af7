"""Run by Alembic: the connection comes from `archive.database`, never from a configuration file."""

from alembic import context

from archive.schema import metadata

connection = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("migrations run through archive.database.open_archive(), not by the alembic command")
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
context.run_migrations()
