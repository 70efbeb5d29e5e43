"""another value each time"""
# why: e5: two recordings of it are not the same: UPDATE t SET name = ?
import uuid

from alembic import op

revision = "e5"
down_revision = "d4"


def upgrade():
    op.execute(f"UPDATE t SET name = '{uuid.uuid4()}'")
