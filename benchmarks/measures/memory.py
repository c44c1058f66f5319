"""(f) What an idle client costs the server in memory."""

from socket import socket
from typing import Final

from benchmarks.bench import Bench, fresh_folder, say
from benchmarks.figures import Memory
from benchmarks.running import Running
from benchmarks.servers import Server
from benchmarks.users import Crowd, raw_reader

TITLE: Final = "memory per idle client"


def measure(bench: Bench) -> None:
    """Every server with as many idle clients."""
    clients = bench.scale.idle
    for server in bench.servers:
        say(f"{server.name}, {clients} idle clients")
        with bench.attempt(server, TITLE), fresh_folder() as folder, server.run(folder) as running:
            kib = _with_sessions(running, clients) if server is bench.zchat else _connected(server, running, clients)
            bench.note(Memory(server.name, clients, kib / clients))


def _with_sessions(running: Running, clients: int) -> float:
    """Registered, with both links, and each has had a pong."""
    crowd = Crowd(running.port)
    sockets: list[socket] = []
    try:
        crowd.join(["first"])
        before = running.resident_kib()
        users = crowd.join(f"idle{number}" for number in range(clients))
        sockets = [raw_reader(running.port, "public", user.topic) for user in users]
        crowd.ping(users)
        for each in sockets:
            each.recv(1)
        return running.resident_kib() - before
    finally:
        for each in sockets:
            each.close()
        crowd.close()


def _connected(server: Server, running: Running, clients: int) -> float:
    sockets = [server.reader(running)]
    before = running.resident_kib()
    sockets += [server.reader(running) for _ in range(clients)]
    after = running.resident_kib()
    for each in sockets:
        each.close()
    return after - before
