"""Brokers and clients for the tests of the whole system."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.system.processes import Broker, Client, House, Process, environment, level, unique
from tests.system.screens import Open, Terminal


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Starts processes for one test; what no process may ever do fails the test after it."""
    with House(tmp_path) as house:
        yield house
    assert not house.faults(), house.report()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house for all tests of one module."""
    with House(tmp_path_factory.mktemp("shared")) as house:
        yield house
    assert not house.faults(), house.report()


@pytest.fixture(scope="module")
def broker(shared: House) -> Broker:
    """A broker for all tests of one module, in which every user has a name of his own."""
    return shared.broker("--rate", "0", "--title", "Lab")


@pytest.fixture(scope="module")
def trio(shared: House, broker: Broker) -> list[Client]:
    """Alice, Bob and Carol, who stay for all tests of one module."""
    return shared.join(broker, unique("alice"), unique("bob"), unique("carol"))


@pytest.fixture
def three(trio: list[Client]) -> list[Client]:
    """Alice, Bob and Carol, in no party, for a test that ends neither of them; nothing that came before is seen."""
    for each in trio:
        each.types("/party leave", "/back")
    level(*trio)
    # Whoever left last has dissolved the party, and ended the invitations to it: twice, because they are told of it.
    level(*trio)
    for each in trio:
        each.forget()
    return trio


@pytest.fixture
def fresh(house: House, broker: Broker) -> list[Client]:
    """Alice, Bob and Carol for one test alone."""
    return house.join(broker, unique("alice"), unique("bob"), unique("carol"))


@pytest.fixture
def at_terminal(house: House, broker: Broker) -> Iterator[Open]:
    """Opens terminals: ``at_terminal(name)``, with further variables of the environment by keyword."""
    opened: list[Terminal] = []

    def open_terminal(
        name: str | None = None,
        *options: str,
        port: int | None = None,
        columns: int = 120,
        lines: int = 40,
        folder: str | None = None,
        **variables: str,
    ) -> Terminal:
        data = house.folder / (folder or f"terminal-{len(opened)}")
        given = [] if name is None else ["--name", name]
        arguments = ["--port", str(port or broker.port), "--data", str(data), *given, *options]
        settings = {"TERM": "xterm-256color", "XDG_CONFIG_HOME": str(data / "config")} | variables
        terminal = Terminal(arguments, environment(house.folder, settings), columns, lines)
        opened.append(terminal)
        return terminal

    yield open_terminal
    for terminal in opened:
        terminal.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows all that every process of a failed test has printed."""
    report = yield
    if report.failed and isinstance(item, pytest.Function):
        for name, value in item.funcargs.items():
            if isinstance(value, (House, Process)):
                report.sections.append((f"processes of {name}", value.report()))
    return report
