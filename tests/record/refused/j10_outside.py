"""rows that decide about what cannot be taken back"""
# why: j10: it may decide by rows, and a statement of it runs outside a transaction
import sqlalchemy as sa
from alembic import op

revision = "j10"
down_revision = "i9"


def upgrade():
    if op.get_bind().execute(sa.text("SELECT count(*) FROM t")).scalar() > 0:
        with op.get_context().autocommit_block():
            op.execute("CREATE INDEX CONCURRENTLY ix ON t (name)")
