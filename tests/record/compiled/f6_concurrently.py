"""outside a transaction"""
# class: blind
# holds: CREATE INDEX CONCURRENTLY ix_slug ON t (slug);
from alembic import op

revision = "f6"
down_revision = "e5"


def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_slug", "t", ["slug"], postgresql_concurrently=True)
