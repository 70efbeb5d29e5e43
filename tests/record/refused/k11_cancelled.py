"""a statement that the driver cancels, by the address and the key of its connection: the relay passes that on"""
# why: k11: it saw an error (57014) and went on: SELECT pg_sleep(?)
import threading

import sqlalchemy as sa
from alembic import op

revision = "k11"
down_revision = "j10"


def upgrade():
    threading.Timer(0.5, op.get_bind().connection.driver_connection.cancel).start()
    try:
        with op.get_bind().begin_nested():
            op.execute("SELECT pg_sleep(600)")
    except sa.exc.OperationalError:
        pass
