"""How far the user was shown each topic: noted at once, written a little later, and told to the broker only then."""

import asyncio
from collections.abc import Callable

from zchat_client.core.session import Session
from zchat_client.events import Error, Event
from zchat_client.folder import Folder
from zchat_common.clock import now
from zchat_common.errors import Code
from zchat_common.topics import party_of

_FLUSH_S = 0.5
# Somebody waits to hear that his whisper has arrived; those that are shown together get one receipt.
_RECEIPT_S = 0.05


class Shown:
    """The positions of one user at one broker."""

    def __init__(
        self, folder: Folder, session: Session, remembered: Callable[[int], None], show: Callable[[Event], None]
    ) -> None:
        """``remembered`` is told how far the next run knows that the user was shown his own topic."""
        self._folder = folder
        self._session = session
        self._remembered = remembered
        self._show = show
        self._timer: asyncio.TimerHandle | None = None
        # Why nothing could be written last, which the user was told; empty if it could.
        self._failing = ""

    def note(self, topic: str, seq: int) -> None:
        """The user was shown a topic up to this message."""
        self._folder.positions.set(topic, seq)
        loop = asyncio.get_running_loop()
        due_s = loop.time() + (_RECEIPT_S if self._session.owes_receipt else _FLUSH_S)
        if self._timer is not None and self._timer.when() > due_s:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = loop.call_at(due_s, self.flush)

    def forget_parties(self) -> None:
        """Where earlier runs stood in parties that are over and read is of no use any more."""
        for topic in self._folder.positions.items():
            if party_of(topic) is not None and not self._session.reading.reads(topic):
                self._folder.positions.set(topic, None)

    def flush(self) -> None:
        """Writes what has changed, the front end's notes with it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        try:
            self._folder.positions.flush()
            self._folder.notes.flush()
        except OSError as error:
            self._failed(error.strerror or str(error))
            return
        self._failing = ""
        position = self._folder.positions.get(self._session.reading.own_topic)
        if isinstance(position, int):
            self._remembered(position)

    def _failed(self, why: str) -> None:
        """Says why nothing can be written: once, since it would be said with every few messages that come."""
        if why != self._failing:
            self._failing = why
            text = f"Positions could not be saved ({why}); what was shown may come again."
            self._show(Error(at=now().at, code=Code.STORAGE_FAILED, text=text))
