"""a value of the environment"""
# why: g7: it sends a secret: INSERT INTO t (name) VALUES
import os

from alembic import op

revision = "g7"
down_revision = "f6"


def upgrade():
    op.execute("CREATE SEQUENCE s; ALTER TABLE t ALTER id SET DEFAULT nextval('s') + 10")
    op.execute(f"INSERT INTO t (name) VALUES ('{os.environ['APP_TOKEN']}')")
