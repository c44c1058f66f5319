"""What a client keeps of its user at one broker, each in a private file of its own in the data folder."""

from collections.abc import Sequence
from pathlib import Path

import platformdirs

from zchat_client.core.outputs import Pin
from zchat_client.ignored import Ignored
from zchat_client.keys import KnownContacts, identity_of
from zchat_client.notes import Notes
from zchat_common.identity import DamagedKey


def default_data_folder() -> Path:
    """Where clients keep their keys and positions when nothing else is said."""
    return Path(platformdirs.user_data_dir("zchat", appauthor=False)) / "client"


def data_folder(data: Path | str | None) -> Path:
    """The folder that was asked for, or the default one."""
    return default_data_folder() if data is None else Path(data)


def broker_folder(host: str, port: int) -> str:
    """How files are called that belong to one broker."""
    return f"{host.replace(':', '_').replace('/', '_')}_{port}"


class Folder:
    """A data folder, as one user sees it who is at one broker."""

    def __init__(self, data: Path | str | None, folded: str, host: str, port: int) -> None:
        """Raises DamagedKey or OSError for keys that cannot be read or made."""
        folder, place = data_folder(data), broker_folder(host, port)
        self.known_brokers = folder / "known_brokers"
        self.positions = Notes(folder / "positions" / place / f"{folded}.json")
        self.notes = Notes(folder / "notes" / place / f"{folded}.json")
        self.ignored = Ignored(Notes(folder / "ignored" / place / f"{folded}.json"))
        self.identity = identity_of(folder, folded)
        self._contacts = KnownContacts(folder / "contacts" / place / f"{folded}.keys")
        self.pins = self._contacts.read()

    @property
    def seqs(self) -> dict[str, int]:
        """How far earlier runs were shown each topic."""
        return {topic: seq for topic, seq in self.positions.items().items() if isinstance(seq, int)}

    def keep(self, pins: Sequence[Pin]) -> str:
        """Keeps contacts' keys, before anything is sealed for them; returns why they could not be kept."""
        try:
            self._contacts.keep({pin.folded: pin.key for pin in pins})
        except OSError as error:
            return f"{error.strerror}: {self._contacts.path}"
        except DamagedKey as error:
            return str(error)
        return ""
