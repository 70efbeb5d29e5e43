"""a setting of the session, which lasts"""
# class: blind
from alembic import op

revision = "j10"
down_revision = "i9"


def upgrade():
    op.execute("CREATE SCHEMA app")
    op.execute("SET search_path TO app, public")
