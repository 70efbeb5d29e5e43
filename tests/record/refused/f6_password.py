"""a password"""
# why: f6: it sends a secret: CREATE ROLE
from alembic import op

revision = "f6"
down_revision = "e5"


def upgrade():
    op.execute("CREATE ROLE lockgate_recorded_nobody PASSWORD 'swordfish-1'")
    op.execute("DROP ROLE lockgate_recorded_nobody")
