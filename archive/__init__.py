"""What is known and where it is kept: records, schema, migrations, store, queries, search."""
