"""The chat rules as a pure, deterministic state machine: ``Rules.apply(entry) -> effects``.

Nothing here knows a socket, a clock, a database, randomness or a key. See ``docs/architecture.md``.
"""

from zchat_broker.rules.machine import Rules
from zchat_broker.rules.state import Settings, State

__all__ = ["Rules", "Settings", "State"]
