"""every kind of value, in a savepoint that is released"""
# class: counts
import datetime
import decimal
import uuid

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "g7"
down_revision = "f6"

TYPES = {
    "kind": sa.Enum("a", "b", name="kind", create_type=False),
    "at": sa.DateTime(timezone=True),
    "day": sa.Date(),
    "d": sa.Numeric(),
    "f": sa.Float(),
    "j": postgresql.JSONB(),
    "u": postgresql.UUID(as_uuid=True),
    "ok": sa.Boolean(),
    "raw": sa.LargeBinary(),
    "big": sa.BigInteger(),
    "tags": postgresql.ARRAY(sa.Text()),
    "wait": sa.Interval(),
}
VALUES = {
    "kind": "b",
    "at": datetime.datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=datetime.timezone.utc),
    "day": datetime.date(2026, 1, 2),
    "d": decimal.Decimal("1.50"),
    "f": 0.1,
    "j": {"a": [1, None, "x\\"]},
    "u": uuid.UUID(int=7),
    "ok": True,
    "raw": b"\x00\xff",
    "big": 2**40,
    "tags": ["a", "b,c", 'd"'],
    "wait": datetime.timedelta(days=1, seconds=2),
}


def upgrade():
    op.create_table("v", *[sa.Column(name, kind) for name, kind in TYPES.items()])
    table = sa.table("v", *[sa.column(name, kind) for name, kind in TYPES.items()])
    with op.get_bind().begin_nested():
        op.get_bind().execute(table.insert().values(**VALUES))
    op.get_bind().execute(table.insert().values(d=None, j=None))
