"""rows by a cursor of the server's"""
# class: rows
import sqlalchemy as sa
from alembic import op

revision = "h8"
down_revision = "g7"


def upgrade():
    connection = op.get_bind()
    found = connection.execute(sa.text("SELECT * FROM v ORDER BY d"), execution_options={"yield_per": 1})
    assert len([row for row in found]) == 2
    assert connection.execute(sa.text("DELETE FROM v WHERE d IS NULL RETURNING ok")).scalar() is None
