"""Whether a link can be opened, or only be copied."""

import os
import sys


def can_open_links() -> bool:
    """Whether a browser would appear on this person's display."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(
        (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) and not os.environ.get("SSH_CONNECTION")
    )
