"""hierarchy"""

import sqlalchemy as sa
from alembic import op

revision = "5d21aa90c3e7"
down_revision = "4b77dfea8799"

LEVEL = sa.Enum("organisation", "group", "site", name="hierarchylevel")


def upgrade():
    LEVEL.create(op.get_bind())
    op.add_column("organisations", sa.Column("level", LEVEL, nullable=True))


def downgrade():
    op.drop_column("organisations", "level")
    LEVEL.drop(op.get_bind())
