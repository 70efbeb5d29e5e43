import asyncio, logging, os
from alembic import context
from sqlalchemy import create_engine, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

logging.basicConfig(level=logging.INFO)
url = os.environ["APP_DATABASE"]


def run(connection):
    if os.environ.get("BEFORE"):
        connection.execute(text(os.environ["BEFORE"]))
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
    if os.environ.get("AFTER"):
        with connection.begin():
            connection.execute(text(os.environ["AFTER"]))


async def run_async():
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


if "asyncpg" in url:
    asyncio.run(run_async())
else:
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        run(connection)
