"""Small private files of a client: the positions it has read to, and whatever its front end wants to remember."""

import json
from pathlib import Path

from zchat_common.private_files import write_private

Value = str | int | float | bool | None


class Notes:
    """A few named values in one private file. A file that cannot be read counts as empty: nothing in it is dear."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values = _read(path)
        self._changed = False

    def get(self, name: str, default: Value = None) -> Value:
        """The value of a name, or ``default``."""
        return self._values.get(name, default)

    def set(self, name: str, value: Value) -> None:
        """Remembers a value (None forgets it); it reaches the disk with the next ``flush``."""
        if value is None:
            self._values.pop(name, None)
        else:
            self._values[name] = value
        self._changed = True

    def items(self) -> dict[str, Value]:
        """All values by name."""
        return dict(self._values)

    def flush(self) -> None:
        """Writes what has changed. Raises OSError; the next flush tries again."""
        if self._changed:
            write_private(self._path, json.dumps(self._values).encode(), durable=False)
            self._changed = False


def _read(path: Path) -> dict[str, Value]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {name: value for name, value in content.items() if isinstance(value, (str, int, float, bool))}
