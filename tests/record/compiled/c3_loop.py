"""a batch loop, which ends by a count"""
# class: counts
# holds: -- lockgate:expect count 0
import sqlalchemy as sa
from alembic import op

revision = "c3"
down_revision = "b2"


def upgrade():
    while op.get_bind().execute(sa.text("UPDATE t SET n = 0 WHERE n IS NULL")).rowcount > 0:
        pass
