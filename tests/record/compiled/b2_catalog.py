"""a guard that adds"""
# class: catalog
import sqlalchemy as sa
from alembic import op

revision = "b2"
down_revision = "a1"


def upgrade():
    columns = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("t")}
    if "slug" not in columns:
        op.add_column("t", sa.Column("slug", sa.Text()))
