"""How Alembic runs here: on the connection that ``upgrades.py`` hands it."""

from alembic import context

from flask_paystack.records.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=connection.dialect.name == "sqlite")
with context.begin_transaction():
    context.run_migrations()
