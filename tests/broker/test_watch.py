"""Each connection of the two sockets is known by its descriptor, measured, and shut when it is to be."""

import contextlib
import os
import socket
import sys
from collections.abc import Iterator

import pytest
import zmq

from tests.system.processes import wait_until
from zchat_broker.guard import Account, Guard, Kind
from zchat_broker.watch import Watch, _TcpInfo, can_measure, shut
from zchat_common.clock import now

pytestmark = pytest.mark.skipif(not can_measure(), reason="this system does not tell what a connection has sent")


@contextlib.contextmanager
def connected(address: str = "127.0.0.1") -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection: who connected, and who accepted."""
    with (
        socket.create_server((address, 0)) as listener,
        socket.create_connection(listener.getsockname()) as near,
        listener.accept()[0] as far,
    ):
        yield near, far


def account_of(connection: socket.socket, peer: socket.socket) -> Account:
    address, port = peer.getsockname()
    return Account(Kind.TOPICS, connection.fileno(), address, port, 0.0)


def test_the_system_tells_what_was_received_and_what_of_the_sent_was_acknowledged() -> None:
    with connected() as (near, far):
        near.sendall(b"x" * 12_345)
        far.sendall(b"y" * 678)
        info = _TcpInfo()
        wait_until(lambda: info.of(far.fileno()) == (678, 12_345), "what was sent to be counted")
        number = far.fileno()
    assert _TcpInfo().of(number) is None
    with open(os.devnull) as file:
        assert _TcpInfo().of(file.fileno()) is None


def test_shutting_resets_the_connection() -> None:
    with connected() as (near, far):
        shut(account_of(far, near))
        assert near.recv(10) == b""


def test_a_number_that_is_another_connection_s_by_now_is_left_alone() -> None:
    with connected() as (near, far), connected() as (other, _):
        shut(account_of(far, other))
        far.sendall(b"still here")
        assert near.recv(10) == b"still here"


def test_a_number_that_is_no_connection_s_any_more_is_left_alone() -> None:
    with connected() as (near, far):
        account = account_of(far, near)
    shut(account)
    with open(os.devnull) as file:
        account.descriptor = file.fileno()
        shut(account)
        assert not file.closed


class Listener:
    """A ROUTER and a PUB under watch."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self.context = zmq.Context()
        self.router, self.pub = self.context.socket(zmq.ROUTER), self.context.socket(zmq.PUB)
        self.watch = Watch(guard, self.context, self.router, self.pub)
        self.ports = [each.bind_to_random_port("tcp://127.0.0.1") for each in (self.router, self.pub)]
        self.watch.start()

    def close(self) -> None:
        self.watch.stop()
        self.router.close(0)
        self.pub.close(0)
        self.context.term()


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener(Guard(1))
    yield found
    found.close()


def test_connections_come_and_go_without_a_descriptor_kept(listener: Listener) -> None:
    def accounts() -> int:
        return len(listener.watch._accounts)

    before = len(os.listdir("/proc/self/fd")) if sys.platform.startswith("linux") else 0
    for port in listener.ports:
        with socket.create_connection(("127.0.0.1", port)):
            wait_until(lambda: accounts() == 1, "the connection to be known")
        wait_until(lambda: accounts() == 0, "its end to be known")
    if before:
        wait_until(lambda: len(os.listdir("/proc/self/fd")) == before, "all descriptors to be given back")


def test_what_was_taken_is_put_down_to_its_connection(listener: Listener) -> None:
    with listener.context.socket(zmq.DEALER) as dealer:
        dealer.connect(f"tcp://127.0.0.1:{listener.ports[0]}")
        wait_until(lambda: len(listener.watch._accounts) == 1, "the connection to be known")
        dealer.send(b"x" * 1000)
        route = listener.router.recv()
        frame = listener.router.recv(copy=False)
        listener.watch.took(route, frame, 1000)
        listener.watch.answered(route, 500)
        (account,) = listener.watch._accounts.values()
        assert account.taken >= 1000
        assert account.answered == 500
        assert account.address == "127.0.0.1"
        wait_until(lambda: account.received > 1000, "its bytes to be measured")
        listener.watch.condemn(route, "is condemned")
        wait_until(lambda: account.is_over, "the connection to be shut")


def test_a_new_connection_of_an_address_that_is_held_off_is_shut_at_once(listener: Listener) -> None:
    listener.watch.hold("127.0.0.1", "floods")
    wait_until(lambda: listener.guard.holds("127.0.0.1", now().steady_s), "the address to be held off")
    with socket.create_connection(("127.0.0.1", listener.ports[1])) as first:
        first.settimeout(20)
        with contextlib.suppress(ConnectionResetError):
            while first.recv(100):
                pass
