"""What Tab makes of a line that is being typed: commands at its beginning, names anywhere."""

from collections.abc import Iterable

from zchat_client import typed
from zchat_client.core.roster import name_key


def completions(line: str, names: Iterable[str], for_admin: bool = False) -> tuple[str, list[str]]:
    """The end of ``line`` (the text before the cursor) that can be completed, and what may stand in its place."""
    words = typed.words(for_admin) if line.startswith("/") else ()
    found = [word for word in words if word.startswith(line.lower())]
    if found:
        return line, sorted(found)
    begun = line.split(" ")[-1]
    if not begun and not line.startswith("/"):
        return "", []
    # "@bob" is a habit from elsewhere.
    begun = begun.removeprefix("@")
    return begun, sorted([name for name in names if name_key(name).startswith(name_key(begun))], key=name_key)
