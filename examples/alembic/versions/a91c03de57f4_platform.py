"""platform"""

import sqlalchemy as sa
from alembic import op

revision = "a91c03de57f4"
down_revision = None


def upgrade():
    op.create_table(
        "organisations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan", sa.Text(), server_default="basic", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "module_usage_logs",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "player_wellness_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("readiness", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade():
    op.drop_table("player_wellness_state")
    op.drop_table("module_usage_logs")
    op.drop_table("organisations")
