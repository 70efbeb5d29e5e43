"""one branch, which the setting reaches"""
# class: blind
# holds: SET search_path TO app, public;
from alembic import op

revision = "k11"
down_revision = "j10"


def upgrade():
    op.execute("CREATE TABLE in_app (id int)")
