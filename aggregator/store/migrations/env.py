"""Alembic's entry: migrate on the connection that `store.upgrade` hands over, in its transaction."""

from alembic import context

from aggregator.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True
)
context.run_migrations()
