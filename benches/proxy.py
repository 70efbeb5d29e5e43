#!/usr/bin/env python3
"""A distance between a client and its server: proxy.py LISTEN_PORT SERVER_PORT MILLISECONDS_EACH_WAY

Every byte arrives that much later, and a connection takes a round trip to make, as over a network. A line on stdin asks how
many round trips there were since the last one; the answer waits until every connection is closed.

A round trip begins where a client sends after something came back to it. At a distance that count is exact: what a client
sends without waiting, it sends long before the first answer can be there. It starts where the handshake ends, with the
server's first ReadyForQuery; the farewell (Terminate) asks for no answer.
"""

import json
import queue
import socket
import sys
import threading
import time

TERMINATE = b"X\x00\x00\x00\x04"


class Count:
    def __init__(self):
        self.changed = threading.Condition()
        self.clear()
        self.open = 0

    def clear(self):
        self.connections = self.round_trips = self.received = 0

    def add(self, **what):
        with self.changed:
            for name, by in what.items():
                setattr(self, name, getattr(self, name) + by)
            self.changed.notify_all()

    def report(self):
        with self.changed:
            self.changed.wait_for(lambda: self.open == 0, timeout=10)
            seen = {"connections": self.connections, "round_trips": self.round_trips, "received": self.received}
            self.clear()
            return seen


class Connection:
    """One client's connection: what it received last, and whether its handshake is over."""

    def __init__(self, client, port, delay, count):
        self.client, self.delay, self.count = client, delay, count
        self.server = socket.create_connection(("127.0.0.1", port))
        for end in (client, self.server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ready = self.answered = False
        self.start = b""

    def run(self):
        self.count.add(open=1, connections=1)
        time.sleep(2 * self.delay)
        ways = [(self.client, self.server, self.asked, self.nothing), (self.server, self.client, self.nothing, self.told)]
        threads = [thread for way in ways for thread in self.way(*way)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.client.close()
        self.server.close()
        self.count.add(open=-1)

    def way(self, source, sink, arrived, delivered):
        """Two threads, so that reading never waits for what is still under way."""
        under_way = queue.Queue()

        def read():
            while True:
                try:
                    data = source.recv(1 << 16)
                except OSError:
                    data = b""
                arrived(data)
                under_way.put((time.monotonic() + self.delay, data))
                if not data:
                    return

        def write():
            while True:
                due, data = under_way.get()
                time.sleep(max(0, due - time.monotonic()))
                delivered(data)
                try:
                    if not data:
                        return sink.shutdown(socket.SHUT_WR)
                    sink.sendall(data)
                except OSError:
                    return

        return [threading.Thread(target=read, daemon=True), threading.Thread(target=write, daemon=True)]

    def nothing(self, data):
        pass

    def asked(self, data):
        if self.answered and data not in (b"", TERMINATE):
            self.answered = False
            self.count.add(round_trips=1)

    def told(self, data):
        if self.ready:
            self.answered = True
            self.count.add(received=len(data))
        else:
            self.start += data
            self.ready = self.answered = is_ready(self.start)


def is_ready(start):
    """Whether what a server said so far ends the handshake. A refused SSLRequest is answered by a bare N."""
    at = 1 if start[:1] == b"N" else 0
    while at + 5 <= len(start):
        if start[at:at + 1] == b"Z":
            return True
        at += 1 + int.from_bytes(start[at + 1:at + 5], "big")
    return False


def main():
    listen, port, delay = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000
    # A thread that is due soon must not wait for the interpreter's usual 5 ms.
    sys.setswitchinterval(0.0002)
    count = Count()
    listener = socket.create_server(("127.0.0.1", listen), backlog=64)

    def accept():
        while True:
            client, _ = listener.accept()
            threading.Thread(target=Connection(client, port, delay, count).run, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    print("listening", flush=True)
    for _ in sys.stdin:
        print(json.dumps(count.report()), flush=True)


if __name__ == "__main__":
    main()
