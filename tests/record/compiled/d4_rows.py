"""rows that decide"""
# class: rows
# holds: -- lockgate:expect rows 2 sha256:
import sqlalchemy as sa
from alembic import op

revision = "d4"
down_revision = "c3"


def upgrade():
    connection = op.get_bind()
    for row in connection.execute(sa.text("SELECT id, name FROM t WHERE id > :low ORDER BY id"), {"low": 0}).fetchall():
        connection.execute(sa.text("UPDATE t SET slug = :slug WHERE id = :id"), {"slug": row.name + "\r", "id": row.id})
    assert connection.execute(sa.text("SELECT id FROM t WHERE slug IS NULL")).fetchall() == []
