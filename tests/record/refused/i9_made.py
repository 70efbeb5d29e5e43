"""a count that nothing can be held to"""
# why: i9: it was told of rows in a way that nothing can be held to at a deploy: CREATE TABLE u AS SELECT
import sqlalchemy as sa
from alembic import op

revision = "i9"
down_revision = "h8"


def upgrade():
    assert op.get_bind().execute(sa.text("CREATE TABLE u AS SELECT * FROM t")).rowcount > 0
