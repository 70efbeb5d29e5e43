"""an error that the script catches"""
# why: b2: it saw an error (23505) and went on: INSERT INTO t VALUES (?)
import sqlalchemy as sa
from alembic import op

revision = "b2"
down_revision = "a1"


def upgrade():
    try:
        with op.get_bind().begin_nested():
            op.execute("INSERT INTO t VALUES (1)")
    except sa.exc.IntegrityError:
        pass
