"""What is remembered between runs, in the client's notes: drafts and refused texts, what was read or closed, levels,
the theme.
"""

import asyncio
import contextlib
import json
from typing import Final

from zchat_client.notes import Notes
from zchat_client.tui.conversation import Conversation
from zchat_client.tui.conversations import Conversations
from zchat_client.tui.notices import NOTIFY_LEVELS
from zchat_client.tui.writing import Refused
from zchat_common.text import harmless

# So many are listed from the start, those whom one whispered with last.
_PARTNERS: Final = 20
# Drafts are worth more than read positions, which change with every message.
_SAVE_S: Final = 0.5
_SAVE_READ_S: Final = 5.0
# The note of how far whispers were there before the first run.
_WHISPERS: Final = "read.user"


class Memory:
    """Gives the conversations of a run what was remembered of them, and writes down what becomes of them."""

    def __init__(self, notes: Notes, conversations: Conversations) -> None:
        self._notes = notes
        self._conversations = conversations
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Restores what there was, and lists whom one whispered with last."""
        for conversation in self._conversations:
            self.restore(conversation)
        self._conversations.begun = self.restore
        keys = {
            key.partition(".")[2] for key in self._notes.items() if key.startswith(("draft.@", "refused.@", "read.@"))
        }
        names = [str(self._notes.get(f"name.{key}", key[1:])) for key in sorted(keys)]
        partners = [self._conversations.whispers_with(name) for name in names]
        for conversation in partners:
            self.know_read(conversation)
        partners.sort(key=lambda each: -each.news.read_seq)
        for place, conversation in enumerate(partners):
            is_old = place >= _PARTNERS or conversation.news.read_seq <= self.closed_at(conversation)
            conversation.hidden = is_old and not conversation.writing.has_begun

    def restore(self, conversation: Conversation) -> None:
        """Gives a conversation that begins what was remembered of it; a draft begun since stays."""
        writing = conversation.writing
        writing.draft = writing.draft or harmless(str(self._notes.get(f"draft.{conversation.key}", "")))
        writing.refused = writing.refused or _refused(str(self._notes.get(f"refused.{conversation.key}", "")))
        level = str(self._notes.get(f"notify.{conversation.key}", ""))
        conversation.notify = level if level in NOTIFY_LEVELS else ""
        conversation.news.read_seq = max(conversation.news.read_seq, self._number(f"read.{conversation.key}"))

    def know_read(self, conversation: Conversation) -> None:
        """Whispers of which nothing was noted are read as far as all were at the first run."""
        if conversation.partner is not None:
            conversation.news.read_seq = conversation.news.read_seq or self._number(_WHISPERS)

    def know_whispers(self, seq: int) -> None:
        """Those up to ``seq`` were there before the first run: whoever kept none of them open has not missed them."""
        if self._notes.get(_WHISPERS) is None:
            self._notes.set(_WHISPERS, seq)

    def closed_at(self, conversation: Conversation) -> int:
        """The message after which it was taken off the list."""
        return self._number(f"closed.{conversation.key}")

    def _number(self, key: str) -> int:
        found = self._notes.get(key, 0)
        return found if isinstance(found, int) else 0

    def forget_party(self) -> None:
        """One is in none: what was typed for one that has ended is for no other."""
        for key in ("draft.party", "refused.party"):
            if self._notes.get(key) is not None:
                self._notes.set(key, None)
                self._save_within(_SAVE_S)

    def know_broker(self, fingerprint: str) -> None:
        """A broker that was set up anew counts from 1 again: what was read of the one before says nothing."""
        if self._notes.get("broker", fingerprint) != fingerprint:
            for key in self._notes.items():
                if key.startswith(("read.", "closed.")):
                    self._notes.set(key, None)
            for conversation in self._conversations:
                conversation.news.read_seq = 0
                conversation.hidden = conversation.partner is not None and not conversation.writing.has_begun
        self._notes.set("broker", fingerprint)

    def keep_draft(self, text: str) -> None:
        """Something was begun in the open conversation."""
        if text != self._conversations.open.writing.draft:
            self._conversations.open.writing.draft = text
            self._save_within(_SAVE_S)

    def keep_refused(self) -> None:
        """Something was refused, and its writer may be typing on."""
        self._save_within(_SAVE_S)

    def keep_level(self, conversation: Conversation, level: str) -> None:
        """What one wants to be told of in it."""
        conversation.notify = level
        self._notes.set(f"notify.{conversation.key}", level)
        self._save_within(_SAVE_S)

    def keep_closed(self, conversation: Conversation) -> None:
        """It was taken off the list after what is last in it now."""
        self._notes.set(f"closed.{conversation.key}", conversation.last_seq)
        self._save_within(_SAVE_S)

    def keep_read(self) -> None:
        """Something came, and may have been read."""
        self._save_within(_SAVE_READ_S)

    def keep_theme(self, theme: str, setting: str) -> None:
        """A theme is used, while the settings name one."""
        self._notes.set("theme", f"{theme} {setting}")
        self.save()

    def theme(self, setting: str) -> str:
        """The theme used last, or nothing if the settings name another than then: what was changed last holds, so that
        choice is forgotten.
        """
        theme, _, then = str(self._notes.get("theme", "")).partition(" ")
        if then == setting:
            return theme
        self._notes.set("theme", None)
        return ""

    def _save_within(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None and self._timer.when() > loop.time() + seconds:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = loop.call_later(seconds, self.save)

    def save(self) -> None:
        """Writes drafts and read positions down, and whatever else was noted."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for conversation in self._conversations:
            writing = conversation.writing
            self._notes.set(f"draft.{conversation.key}", writing.draft or None)
            self._notes.set(f"refused.{conversation.key}", json.dumps(writing.refused) if writing.refused else None)
            self._notes.set(f"read.{conversation.key}", conversation.news.read_seq or None)
            if conversation.partner is not None:
                self._notes.set(f"name.{conversation.key}", conversation.partner)
        # Nothing in it is dear: whoever cannot write here has been told by the client already.
        with contextlib.suppress(OSError):
            self._notes.flush()


def _refused(noted: str) -> list[Refused]:
    """What was noted of refused texts; what cannot be read counts as nothing."""
    with contextlib.suppress(ValueError, TypeError, RecursionError):
        return [Refused(harmless(str(text)), str(why)) for text, why in json.loads(noted)]
    return []
