"""updated at"""

import sqlalchemy as sa
from alembic import op

revision = "28e1ce4c3187"
down_revision = "5d21aa90c3e7"


def upgrade():
    op.add_column("player_wellness_state", sa.Column("updated_at", sa.DateTime(), server_default=sa.text("now()"), nullable=False))
    op.create_index("idx_player_wellness_state_updated_at", "player_wellness_state", ["updated_at"])


def downgrade():
    op.drop_index("idx_player_wellness_state_updated_at", "player_wellness_state")
    op.drop_column("player_wellness_state", "updated_at")
