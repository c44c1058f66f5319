"""The real broker under the benchmarks' own hands, small."""

import pytest

from benchmarks.bench import fresh_folder
from benchmarks.measures.fanout import fanout
from benchmarks.native import CannotBuild, readers_program
from benchmarks.servers.peers import THREADS
from benchmarks.servers.plain import PlainServer
from benchmarks.servers.zchat import Zchat


@pytest.fixture(autouse=True)
def _compiler() -> None:
    try:
        readers_program()
    except CannotBuild as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("server", [Zchat(), PlainServer(THREADS)], ids=lambda server: server.name)
def test_a_room_is_measured_and_nothing_is_lost(server: Zchat | PlainServer) -> None:
    with fresh_folder() as folder, server.run(folder) as running:
        figure = fanout(server, running, 5, 0.05)
    assert (figure.server, figure.readers) == (server.name, 5)
    assert figure.messages >= 100
    assert 0.0 < figure.cpu_us < 10_000.0
