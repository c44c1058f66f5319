"""Which name to offer whoever starts without one. A name that was refused is not offered again at that broker."""

import contextlib
import getpass
from pathlib import Path

from zchat_client.core.roster import name_key
from zchat_client.folder import broker_folder, data_folder
from zchat_client.keys import names_with_keys
from zchat_client.notes import Notes
from zchat_common.names import BadName, check_name

_LAST = "last"


class OwnNames:
    """The names of whoever uses a data folder, as they stand at one broker. Front ends for people keep them."""

    def __init__(self, data: Path | str | None, host: str, port: int) -> None:
        folder = data_folder(data)
        self._folder = folder
        self._notes = Notes(folder / "names" / f"{broker_folder(host, port)}.json")

    def offered(self, login: str) -> str:
        """The name used last at this broker, else the only one that has a key here, else ``login``, else none: ""."""
        keys = [name for name in names_with_keys(self._folder) if self._may_be(name)]
        last = self._notes.get(_LAST)
        if isinstance(last, str) and self._may_be(last):
            return last
        if len(keys) == 1:
            return keys[0]
        return login if self._may_be(login) else ""

    def let_in(self, name: str) -> None:
        """The broker has let one in with this name, which it spells so."""
        self._notes.set(_refused(name), None)
        self._notes.set(_LAST, name)
        self._write()

    def refused(self, name: str) -> None:
        """The broker did not let one have this name."""
        self._notes.set(_refused(name), True)
        self._write()

    def _may_be(self, name: str) -> bool:
        try:
            check_name(name)
        except BadName:
            return False
        return self._notes.get(_refused(name)) is None

    def _write(self) -> None:
        # Nothing in it is dear, and a folder that cannot be written is told of elsewhere.
        with contextlib.suppress(OSError):
            self._notes.flush()


def _refused(name: str) -> str:
    return f"refused.{name_key(name)}"


def login_name() -> str:
    """Who has logged in on this machine; nothing if it does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
