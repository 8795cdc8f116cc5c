"""Alembic's entry: runs the migrations on the connection, and in the transaction, of `ProgramDatabase.upgrade`."""

from alembic import context

from partner_program.adapters.database.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
