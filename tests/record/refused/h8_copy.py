"""rows in a form that no script has"""
# why: h8: it copies rows in a form that no script has: COPY t FROM STDIN
# why: h8: it copies rows in a form that no script has: COPY t TO STDOUT
import io

from alembic import op

revision = "h8"
down_revision = "g7"


def upgrade():
    cursor = op.get_bind().connection.cursor()
    cursor.copy_expert("COPY t FROM STDIN WITH (FORMAT csv)", io.StringIO("5,b\n"))
    cursor.copy_expert("COPY t TO STDOUT", io.StringIO())
