"""rate limits"""

import sqlalchemy as sa
from alembic import op

revision = "4b77dfea8799"
down_revision = "0c4f6d2b81aa"


def upgrade():
    op.add_column("organisations", sa.Column("rate_limit_per_hour", sa.Integer(), server_default="1000", nullable=False))
    op.add_column("organisations", sa.Column("burst_limit", sa.Integer(), nullable=True))
    op.execute("UPDATE organisations SET rate_limit_per_hour = 5000, burst_limit = 50 WHERE plan = 'pro'")


def downgrade():
    op.drop_column("organisations", "burst_limit")
    op.drop_column("organisations", "rate_limit_per_hour")
