"""Whom a reply goes to: the last one whispered with, sent or received."""

from collections.abc import Coroutine
from typing import Any, TypeVar

from zchat_client.core.roster import name_key
from zchat_client.events import Whisper
from zchat_common.errors import Code, ZchatError

_T = TypeVar("_T")


def nobody_to_reply() -> ZchatError:
    """There was nobody to whisper with yet."""
    return ZchatError(Code.NOBODY_TO_REPLY, "You have not whispered with anybody yet; type /w NAME TEXT.")


class Partner:
    """Goes by what the user has been shown, and by the whispers under way that he has not been shown yet."""

    def __init__(self) -> None:
        self._name: str | None = None
        self._shown: str | None = None
        # Whom whispers under way were meant for: the last of them is the partner until it is shown or refused.
        self._under_way: list[str] = []

    @property
    def name(self) -> str:
        """Raises ZchatError(nobody_to_reply)."""
        if self._name is None:
            raise nobody_to_reply()
        return self._name

    @property
    def name_or_none(self) -> str | None:
        """None if there was nobody yet."""
        return self._name

    def shown(self, whisper: Whisper, own: bool) -> None:
        """The user has been shown this whisper, which is his own or one to him."""
        self._shown = whisper.recipient if own else whisper.sender
        if not own or not self._is_overtaken(name_key(whisper.recipient)):
            self._name = self._shown

    def whispering(self, recipient: str, sending: Coroutine[Any, Any, _T]) -> Coroutine[Any, Any, _T]:
        """Replies go to ``recipient`` from this call on, unless ``sending`` fails; await it as what is returned."""
        self._name = recipient
        self._under_way.append(name_key(recipient))

        async def watched() -> _T:
            try:
                return await sending
            except ZchatError:
                self._not_whispered(recipient)
                raise

        return watched()

    def _is_overtaken(self, recipient: str) -> bool:
        """Takes note that a whisper of one's own was shown; True if others went out after it, and are not shown yet."""
        if recipient not in self._under_way:
            return False
        self._under_way.remove(recipient)
        return bool(self._under_way)

    def _not_whispered(self, recipient: str) -> None:
        """A refused whisper was none: one replies to whoever came before."""
        self._under_way.remove(name_key(recipient))
        if self._name == recipient:
            self._name = self._under_way[-1] if self._under_way else self._shown
