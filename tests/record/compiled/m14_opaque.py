"""code that commits, outside of any transaction"""
# class: blind
# holds: -- lockgate:no-transaction
from alembic import op

revision = "m14"
down_revision = "l13"


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("DO $$ BEGIN FOR i IN 1..2 LOOP INSERT INTO app.in_app VALUES (i); COMMIT; END LOOP; END $$")
    op.execute("SELECT setval('public.t_id_seq', 100)")
