import os

from alembic import context
from sqlalchemy import create_engine, pool

# PG* of the environment leads to the database where DATABASE_URL does not.
url = os.environ.get("DATABASE_URL", "").replace("postgres://", "postgresql://") or "postgresql+psycopg2://"

with create_engine(url, poolclass=pool.NullPool).connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
