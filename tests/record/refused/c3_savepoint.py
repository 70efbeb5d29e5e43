"""a savepoint that is rolled back"""
# why: c3: it rolled back a part of its work: ROLLBACK TO SAVEPOINT
from alembic import op

revision = "c3"
down_revision = "b2"


def upgrade():
    nested = op.get_bind().begin_nested()
    op.execute("UPDATE t SET name = 'lost'")
    nested.rollback()
