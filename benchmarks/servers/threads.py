"""A chat as it is usually written first: a thread for each client, and ``sendall`` to everybody for each line."""

import contextlib
import socket
import sys
import threading

room: list[socket.socket] = []
lock = threading.Lock()


def serve(connection: socket.socket) -> None:
    """Reads one client's lines for as long as it is there."""
    with connection, connection.makefile("rb") as lines, contextlib.suppress(OSError):
        for line in lines:
            if line == b"/join\n":
                connection.sendall(b"joined\n")
                with lock:
                    room.append(connection)
            else:
                broadcast(line)


def broadcast(line: bytes) -> None:
    """Sends a line to everybody in the room."""
    with lock:
        for client in list(room):
            try:
                client.sendall(line)
            except OSError:
                room.remove(client)


def main() -> None:
    """Listens on the port given."""
    threading.stack_size(256 * 1024)
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096) as listener:
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
