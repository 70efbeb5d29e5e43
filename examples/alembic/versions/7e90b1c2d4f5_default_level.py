"""default level"""

import sqlalchemy as sa
from alembic import op

# How many rows are left decides what is done.
revision = "7e90b1c2d4f5"
down_revision = "28e1ce4c3187"

FEW = sa.text("UPDATE organisations SET level = 'site' WHERE id IN (SELECT id FROM organisations WHERE level IS NULL LIMIT 1000)")


def upgrade():
    while op.get_bind().execute(FEW).rowcount > 0:
        pass


def downgrade():
    pass
