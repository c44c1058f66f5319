"""What docker-compose.yml promises, as a compose parser reads it."""

import signal

from tests.compose.compose_file import read_compose
from tests.compose.images import image_of

_USERS = {"alice", "bob", "dave"}


def test_up_starts_the_broker_and_one_container_for_each_user_of_the_demo() -> None:
    assert read_compose().services.keys() == {"broker"} | _USERS


def test_the_interactive_client_is_there_only_when_asked_for() -> None:
    client = read_compose("client").services["client"]
    assert client.profiles == ("client",)
    assert client.interactive
    assert image_of(client.dockerfile, client.target).entry_point == ("zchat-client",)


def test_the_broker_comes_back_is_watched_and_is_bounded() -> None:
    broker = read_compose().services["broker"]
    assert broker.restart == "unless-stopped"
    assert broker.memory_bytes == 512 * 1024**2
    assert signal.Signals[broker.stop_signal] is signal.SIGTERM
    assert broker.health is not None
    assert broker.health.timeout_s < broker.health.start_period_s


def test_the_broker_publishes_all_three_ports_under_their_own_numbers() -> None:
    broker = read_compose().services["broker"]
    # An introduction names the ports: they must be the same inside and outside.
    assert broker.ports == ("5555-5557:5555-5557",)
    assert image_of(broker.dockerfile, broker.target).ports == ("5555", "5556", "5557")


def test_every_client_waits_for_a_healthy_broker_and_ends_for_good() -> None:
    for name, service in read_compose("client").services.items():
        if name != "broker":
            assert service.depends_on == {"broker": "service_healthy"}
            assert service.environment == {"ZCHAT_HOST": "broker"}
            assert service.restart == "no"


def test_what_must_last_is_in_named_volumes() -> None:
    compose = read_compose("client")
    assert compose.volumes == {"messages", "identities"}
    for name, service in compose.services.items():
        assert service.volumes == {"messages" if name == "broker" else "identities": "/data"}
        image = image_of(service.dockerfile, service.target)
        assert image.volumes == ("/data",)
        assert image.environment["ZCHAT_DATA"] == "/data"


def test_every_service_is_locked_down() -> None:
    assert all(service.locked_down for service in read_compose("client").services.values())
