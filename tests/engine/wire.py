"""PostgreSQL's protocol, as far as simple queries need it: many statements through one session, without a psql for each."""

import socket
import struct


class ServerError(Exception):
    """What the server said: its SQLSTATE, its message, and where in the query (characters, from 1)."""

    def __init__(self, fields):
        self.sqlstate = fields.get("C", "")
        self.text = fields.get("M", "")
        self.detail = fields.get("D", "")
        self.position = int(fields["P"]) if "P" in fields else None
        super().__init__(f"{self.sqlstate}: {self.text}" + (f" ({self.detail})" if self.detail else ""))


class Session:
    """One connection. `query` returns the rows of every statement of the text, values as text."""

    def __init__(self, place, database, settings=None):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(120)
        self.socket.connect(f"{place.socket_directory}/.s.PGSQL.{place.port}")
        self.buffer = b""
        words = {"user": place.user, "database": database, "client_encoding": "UTF8", **(settings or {})}
        body = struct.pack("!i", 196608) + b"".join(f"{k}\0{v}\0".encode() for k, v in words.items()) + b"\0"
        self.socket.sendall(struct.pack("!i", len(body) + 4) + body)
        self._until_ready()

    def query(self, sql):
        """All rows of all statements; raises the first error."""
        return [row for rows in self.results(sql) for row in rows]

    def results(self, sql):
        """The rows of each statement that returned rows."""
        body = sql.encode() + b"\0"
        self.socket.sendall(b"Q" + struct.pack("!i", len(body) + 4) + body)
        return self._until_ready()

    def value(self, sql):
        rows = self.query(sql)
        return rows[0][0] if rows else None

    def attempt(self, sql):
        """None where it succeeded, else the error."""
        try:
            self.results(sql)
        except ServerError as error:
            return error
        return None

    def close(self):
        try:
            self.socket.sendall(b"X\0\0\0\4")
            # The backend is gone when the socket ends: only then may its database be copied or dropped.
            while self.socket.recv(4096):
                pass
        except OSError:
            pass
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _take(self, count):
        while len(self.buffer) < count:
            more = self.socket.recv(262144)
            if not more:
                raise ConnectionError("the server closed the connection")
            self.buffer += more
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def _until_ready(self):
        results, rows, error = [], None, None
        while True:
            head = self._take(5)
            kind = head[:1]
            body = self._take(struct.unpack("!i", head[1:])[0] - 4)
            if kind == b"T":
                rows = []
                results.append(rows)
            elif kind == b"D":
                rows.append(_values(body))
            elif kind == b"E":
                error = error or ServerError(_fields(body))
            elif kind == b"G":
                self.socket.sendall(b"f" + struct.pack("!i", 8) + b"no\0\0")
            elif kind == b"Z":
                if error:
                    raise error
                return results
            if kind == b"E" and error.sqlstate.startswith(("28", "3D", "57P", "53")):
                raise error


def _values(body):
    count, at, values = struct.unpack_from("!h", body)[0], 2, []
    for _ in range(count):
        length = struct.unpack_from("!i", body, at)[0]
        at += 4
        if length < 0:
            values.append(None)
        else:
            values.append(body[at:at + length].decode("utf-8", "replace"))
            at += length
    return values


def _fields(body):
    parts = body.rstrip(b"\0").split(b"\0")
    return {part[:1].decode(): part[1:].decode("utf-8", "replace") for part in parts if part}


def literal(text):
    """As an SQL string."""
    return "NULL" if text is None else "'" + str(text).replace("'", "''") + "'"


def ident(name):
    return '"' + name.replace('"', '""') + '"'
