"""a guard that sends nothing on a fresh database"""
# class: runner
import sqlalchemy as sa
from alembic import op

revision = "e5"
down_revision = "d4"


def upgrade():
    if sa.inspect(op.get_bind()).has_table("legacy"):
        op.drop_table("legacy")
