"""another connection, whose work is rolled back"""
# why: d4: it rolled back a part of its work: CREATE TABLE lost (id int)
import os

import sqlalchemy as sa
from alembic import op

revision = "d4"
down_revision = "c3"


def upgrade():
    engine = sa.create_engine(os.environ["APP_DATABASE"])
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE TABLE lost (id int)"))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE kept (id int)"))
