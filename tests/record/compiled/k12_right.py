"""the other branch, whose function keeps its ends of lines"""
# class: blind
from alembic import op

revision = "2026_k12"
down_revision = "j10"


def upgrade():
    op.execute("CREATE FUNCTION app.f() RETURNS int LANGUAGE plpgsql AS $$\r\nBEGIN\r\n  -- one\r\n  RETURN 1;\r\nEND $$")
