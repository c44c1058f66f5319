"""What a broker is: its title, its ports, and its settings."""

from typing import NamedTuple

from zchat_broker.guard import ADDRESS_CONNECTIONS
from zchat_broker.rules import Settings


class Profile(NamedTuple):
    """``rate`` in commands per second and user (0: no limit), ``burst`` in commands.

    ``address_connections`` may be open from one address at once (0: no limit).
    """

    title: str
    commands_port: int
    topics_port: int
    settings: Settings = Settings()
    rate: float = 10.0
    burst: int = 30
    history_days: float = 30.0
    address_connections: int = ADDRESS_CONNECTIONS
