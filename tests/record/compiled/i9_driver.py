"""COPY, and a pipeline, by the driver itself"""
# class: counts
import io

from alembic import op

revision = "i9"
down_revision = "h8"


def upgrade():
    connection = op.get_bind()
    raw = connection.connection.driver_connection
    if connection.dialect.driver == "psycopg2":
        raw.cursor().copy_expert("COPY t (id, name) FROM STDIN", io.StringIO("10\tten\n11\t\\N\n"))
        raw.cursor().execute("UPDATE t SET n = 9 WHERE id = 10; UPDATE t SET n = 8 WHERE id = 11")
    elif connection.dialect.driver == "psycopg":
        with raw.cursor() as cursor:
            with cursor.copy("COPY t (id, name) FROM STDIN") as copy:
                copy.write_row((10, "ten"))
                copy.write_row((11, None))
        with raw.pipeline(), raw.cursor() as cursor:
            cursor.execute("UPDATE t SET n = %s WHERE id = %s", (9, 10))
            cursor.execute("UPDATE t SET n = %b WHERE id = %b", (8, 11))
    else:
        connection.exec_driver_sql("INSERT INTO t (id, name, n) VALUES ($1, $2, 9), ($3, $4, 8)", (10, "ten", 11, None))
