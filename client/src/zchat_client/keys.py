"""What a client keeps of keys: its own, one for each name, and those of the brokers and people it knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from zchat_common.errors import Code, ZchatError
from zchat_common.identity import DamagedKey, Identity, load_or_create_identity
from zchat_common.introduction import KEY_BYTES, fingerprint
from zchat_common.private_files import append_private, write_private


def key_file(data: Path, folded: str) -> Path:
    """Where the key pair of a name is kept."""
    return data / "keys" / f"{folded}.key"


def names_with_keys(data: Path) -> list[str]:
    """The folded names whose key pairs are kept here, sorted."""
    return sorted([path.stem for path in (data / "keys").glob("*.key")])


def identity_of(data: Path, folded: str) -> Identity:
    """The key pair of a name, made at its first use. Raises DamagedKey and OSError."""
    return load_or_create_identity(key_file(data, folded))


@dataclass(frozen=True, slots=True)
class KnownBrokers:
    """The keys that brokers showed at first contact, one line ``HOST:PORT KEY`` each, like ssh's known_hosts.

    Lines are only ever added, the last one of a broker counts: so two clients that meet brokers at the same time
    both keep their pins.
    """

    path: Path

    def knows(self, host: str, port: int) -> bool:
        """Whether there was a first contact with this broker. Raises ZchatError(storage_failed) for a damaged file."""
        return f"{host}:{port}" in self._read()

    def check(self, host: str, port: int, key: bytes, accept: str | None) -> bool:
        """Compares the key with the one pinned, or pins it at first contact: True then.

        ``accept`` is the fingerprint of a new key that the user agreed to. Raises ZchatError(broker_key_changed), and
        (storage_failed) for a damaged file.
        """
        pins = self._read()
        address = f"{host}:{port}"
        pinned = pins.get(address)
        if pinned == key.hex():
            return False
        if pinned is None and accept not in (None, fingerprint(key)):
            raise ZchatError(
                Code.BROKER_KEY_CHANGED,
                f"The broker at {address} shows the key {fingerprint(key)}, not the one that --accept-key names.",
            )
        if pinned is not None and accept != fingerprint(key):
            raise ZchatError(
                Code.BROKER_KEY_CHANGED,
                f"The broker at {address} shows another key than before: {fingerprint(key)}. Somebody may be in "
                "between, or the broker was set up anew. If you know why, start with "
                f"--accept-key {fingerprint(key)}",
            )
        append_private(self.path, f"{address} {key.hex()}".encode())
        return pinned is None

    def _read(self) -> dict[str, str]:
        try:
            lines = self.path.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return {}
        except UnicodeDecodeError:
            raise self._damaged() from None
        pins: dict[str, str] = {}
        for line in lines:
            address, _, key = line.strip().partition(" ")
            if address and key:
                pins[address] = key
        return pins

    def _damaged(self) -> ZchatError:
        """A pin that is lost unseen protects nobody."""
        return ZchatError(
            Code.STORAGE_FAILED,
            f"{self.path}, the keys of your brokers, is damaged; restore it from a backup, "
            "or move it away and compare fingerprints anew (zchat-broker key)",
        )


@dataclass(frozen=True, slots=True)
class KnownContacts:
    """The keys of those with whom one user whispers at one broker, one line ``NAME KEY`` each."""

    path: Path

    def read(self) -> dict[str, bytes]:
        """The keys by folded name. Raises DamagedKey and OSError: a pin that is lost unseen protects nobody."""
        try:
            lines = self.path.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return {}
        except UnicodeDecodeError:
            raise self._damaged() from None
        return dict([self._pin(line) for line in lines])

    def keep(self, new: Mapping[str, bytes]) -> None:
        """Pins keys by folded name, each in place of the one before: all or none. Raises DamagedKey and OSError.

        Each call costs two waits for the disk (measured: 7 ms), however many they are.
        """
        assert all(name.split() == [name] for name in new), "a name with blanks would be read as another line"
        pins = self.read() | dict(new)
        write_private(self.path, "".join(f"{name} {pin.hex()}\n" for name, pin in pins.items()).encode())

    def _pin(self, line: str) -> tuple[str, bytes]:
        name, _, digits = line.partition(" ")
        try:
            key = bytes.fromhex(digits)
        except ValueError:
            raise self._damaged() from None
        if not name or len(key) != KEY_BYTES:
            raise self._damaged()
        return name, key

    def _damaged(self) -> DamagedKey:
        return DamagedKey(
            f"{self.path}, the keys of your contacts, is damaged; restore it from a backup, "
            "or move it away and compare safety codes anew (/verify NAME)"
        )
