"""What changes by itself where somebody types: another conversation or address, a refused text that comes back.

It takes its turn among the keys: what was typed before is in the text by then, what comes behind is for what is shown.
"""

from collections.abc import Callable

from zchat_client.tui.entry import Entry
from zchat_client.tui.inputs import Inputs
from zchat_client.tui.story import Trouble
from zchat_client.tui.turning import Turning
from zchat_client.tui.writing import Refused
from zchat_common.errors import Code


class Changes:
    """``turning`` gives what turns to the conversations of the current chat; ``made`` is called after each change."""

    def __init__(
        self, entry: Entry, inputs: Inputs, turning: Callable[[], Turning | None], made: Callable[[], None]
    ) -> None:
        self._entry = entry
        self._inputs = inputs
        self._turning = turning
        self._made = made

    def follow(self) -> bool:
        """True if the story asks for some: they follow behind all that was typed."""
        asks = self._turning_that_asks() is not None
        if asks:
            self._inputs.in_order(self._make)
        return asks

    def _turning_that_asks(self) -> Turning | None:
        turning = self._turning()
        if turning is None or not (turning.is_told or turning.chat.story.troubles or not self._entry.is_level):
            return None
        return turning

    def _make(self) -> None:
        turning = self._turning_that_asks()
        if turning is None:
            return
        self._entry.level()
        turning.as_told()
        troubles = turning.chat.story.troubles
        while troubles:
            self._refuse(turning, troubles.pop(0))
        self._made()

    def _refuse(self, turning: Turning, trouble: Trouble) -> None:
        chat = turning.chat
        typed = chat.as_typed(trouble)
        if typed is None:
            turning.refused(trouble.text, has_gone=trouble.code == Code.NO_INVITATION)
            return
        conversation = chat.conversations.get(typed.key) or chat.conversations.open
        # What waits there is found only where it is listed.
        conversation.hidden = False
        self._entry.refuse(Refused(typed.text, trouble.text), conversation)
        chat.memory.keep_refused()
