"""The exit codes of the client, which all front ends share."""

from typing import Final

from zchat_client.results import End
from zchat_common.errors import Code

EXIT_REFUSED: Final = 1
EXIT_KEY_CHANGED: Final = 3
EXIT_NO_BROKER: Final = 4
EXIT_UNSENT: Final = 5
EXIT_TAKEN_OVER: Final = 6
EXIT_SIGNAL: Final = 128
# Also where there is no such signal.
SIGHUP: Final = 1


def exit_code_of(end: End | None, *, unsent: bool) -> int:
    """The exit code after this end; ``unsent``: something typed could not be sent."""
    if end is None or end.reason in ("exit", "end of input"):
        return EXIT_UNSENT if unsent else 0
    if end.reason == "taken over":
        return EXIT_TAKEN_OVER
    codes = {Code.BROKER_KEY_CHANGED: EXIT_KEY_CHANGED, Code.BROKER_UNREACHABLE: EXIT_NO_BROKER}
    return EXIT_REFUSED if end.code is None else codes.get(end.code, EXIT_REFUSED)
