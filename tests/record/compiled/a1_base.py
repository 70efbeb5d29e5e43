"""base"""
# class: blind
# holds: CHECK (name <> E'a\r')
import sqlalchemy as sa
from alembic import op

revision = "a1"
down_revision = None


def upgrade():
    op.create_table(
        "t",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.Text(), index=True),
        sa.Column("kind", sa.Enum("a", "b", name="kind"), index=True),
        sa.Column("n", sa.Integer(), index=True),
        sa.CheckConstraint("name <> 'a\r'", name="no_cr"),
    )
    op.bulk_insert(sa.table("t", sa.column("name")), [{"name": "it's"}, {"name": "100 %"}])
    op.execute("-- lockgate:run-as-is\nUPDATE t SET n = id /* not here */ WHERE n IS NULL")
