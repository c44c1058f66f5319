"""The proxy does to bytes what its methods say."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.laboratory.proxy import BROKER_HOST, Proxy
from tests.system.processes import free_port, wait_until


class Echo:
    """Stands where a broker's commands port would be and sends back what it hears."""

    def __init__(self, port: int) -> None:
        self.listener = socket.create_server((BROKER_HOST, port))
        self.heard = bytearray()
        self.lost = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while data := connection.recv(65536):
                self.heard += data
                connection.sendall(data)
        self.lost += 1


@pytest.fixture
def echo() -> Iterator[Echo]:
    echo = Echo(free_port())
    yield echo
    echo.listener.shutdown(socket.SHUT_RDWR)
    echo.listener.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    proxy = Proxy(echo.listener.getsockname()[1])
    yield proxy
    proxy.close()


@pytest.fixture
def caller(proxy: Proxy) -> Iterator[socket.socket]:
    with call(proxy) as caller:
        yield caller


def call(proxy: Proxy) -> socket.socket:
    return socket.create_connection((proxy.host, proxy.port), timeout=10)


def ask(caller: socket.socket, words: bytes) -> bytes:
    caller.sendall(words)
    return read(caller, len(words))


def read(caller: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count and (more := caller.recv(count - len(data))):
        data += more
    return data


def is_silent(caller: socket.socket, for_s: float = 0.3) -> bool:
    caller.settimeout(for_s)
    try:
        caller.recv(1)
    except TimeoutError:
        return True
    finally:
        caller.settimeout(10)
    return False


def test_it_carries_everything_both_ways(caller: socket.socket) -> None:
    assert ask(caller, b"x" * 300_000) == b"x" * 300_000


def test_a_hangup_is_carried_on(echo: Echo, caller: socket.socket) -> None:
    ask(caller, b"hello")
    caller.close()
    wait_until(lambda: echo.lost == 1, "the other side to hear of it")


def test_a_reset_ends_what_is_and_lets_new_ones_in(proxy: Proxy, caller: socket.socket) -> None:
    ask(caller, b"hello")
    assert proxy.commands.reset() == 1
    with pytest.raises(ConnectionResetError):
        caller.recv(1)
    with call(proxy) as again:
        assert ask(again, b"again") == b"again"


def test_a_cut_lets_nobody_through_until_it_is_open(proxy: Proxy, caller: socket.socket) -> None:
    ask(caller, b"hello")
    proxy.commands.cut()
    # The reset may come before the connection is said to stand, or after it.
    with pytest.raises(ConnectionResetError), call(proxy) as refused:
        refused.recv(1)
    proxy.open()
    with call(proxy) as again:
        assert ask(again, b"again") == b"again"


def test_a_half_open_link_swallows_old_and_new_ones_and_resets_them_after(
    echo: Echo, proxy: Proxy, caller: socket.socket
) -> None:
    ask(caller, b"hello")
    proxy.commands.swallow()
    with call(proxy) as new:
        for each in (caller, new):
            each.sendall(b"lost")
            assert is_silent(each)
        proxy.open()
        for each in (caller, new):
            with pytest.raises(ConnectionResetError):
                each.recv(1)
    assert echo.heard == b"hello"


def test_a_frozen_link_loses_nothing(proxy: Proxy, caller: socket.socket) -> None:
    ask(caller, b"hello")
    proxy.commands.freeze()
    with call(proxy) as new:
        for each in (caller, new):
            each.sendall(b"wait")
            assert is_silent(each)
        proxy.open()
        for each in (caller, new):
            assert read(each, 4) == b"wait"


@pytest.mark.parametrize("how", ["freeze", "swallow"])
def test_a_hangup_behind_a_half_open_link_is_heard_of_when_it_is_open(
    echo: Echo, proxy: Proxy, caller: socket.socket, how: str
) -> None:
    ask(caller, b"hello")
    getattr(proxy.commands, how)()
    caller.close()
    with call(proxy) as another:
        assert is_silent(another)
        assert echo.lost == 0
        proxy.open()
        wait_until(lambda: echo.lost == 1, "the other side to hear of it")


def test_a_delay_is_one_way(proxy: Proxy, caller: socket.socket) -> None:
    ask(caller, b"hello")
    proxy.commands.delay(0.2)
    start_s = time.monotonic()
    ask(caller, b"slow")
    assert time.monotonic() - start_s >= 0.4


def test_a_throttled_link_carries_so_many_bytes_a_second(proxy: Proxy) -> None:
    proxy.commands.throttle(20_000)
    with call(proxy) as caller:
        start_s = time.monotonic()
        ask(caller, b"x" * 10_000)
        assert time.monotonic() - start_s >= 0.5


def test_the_other_doors_have_weather_of_their_own(proxy: Proxy, caller: socket.socket) -> None:
    proxy.topics.cut()
    assert ask(caller, b"hello") == b"hello"
