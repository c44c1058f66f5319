"""Commands that need a contact's key before they can go on: whispers are sealed, trust and verify are settled here.

Each waits at its place in the outbox until the broker has named the key and the key is kept for the next run, so that
nothing overtakes anything.
"""

from collections.abc import Callable
from typing import Final

from zchat_client.core.contacts import Contacts, changed_text, unkept_text
from zchat_client.core.outbox import Outbox, Pending
from zchat_client.core.outputs import Contact, Pin
from zchat_client.core.questions import ForContact, Make, Questions
from zchat_client.core.roster import name_key
from zchat_common import messages as m
from zchat_common.errors import Code
from zchat_common.introduction import KEY_BYTES
from zchat_common.text import clean_text
from zchat_common.whispers import BadKey

# The commands whose first argument is a contact's name; trust and verify are never sent.
OF_CONTACTS: Final = frozenset({"whisper", "trust", "verify"})

Settle = Callable[[Pending, m.Refusal | Contact], None]


class Sealer:
    """Looks after the command that the outbox holds back."""

    def __init__(self, outbox: Outbox, contacts: Contacts, questions: Questions, settle: Settle) -> None:
        """``settle`` is told the result of a command that ends here."""
        self._outbox = outbox
        self._contacts = contacts
        self._questions = questions
        self._settle = settle
        # What the broker said in this session: the keys by folded name, and its answer for the command at a place.
        self._named: dict[str, m.User] = {}
        self._answer: tuple[int, m.User | m.Denied] | None = None
        # The command for which a key was put out to be kept, by its place, and why that could not be.
        self._pinning_place = 0
        self._unkept: str | None = None

    def registered(self) -> None:
        """A new session: names may have passed to other keys in the meantime."""
        self._named.clear()
        self._answer = None

    def reply(self, place: int, reply: m.User | m.Denied) -> None:
        """The broker has answered for the command at this place."""
        self._answer = (place, reply)

    def forget(self, name: str) -> None:
        """The broker refused this contact's key: it is asked again the next time."""
        self._named.pop(name_key(name), None)

    def unkept(self, pin: Pin, why: str) -> bool:
        """A key could not be kept; False if no command waits for it."""
        held = self._outbox.held
        if held is None or self._pinning_place != self._outbox.held_place or name_key(str(held.args[0])) != pin.folded:
            return False
        self._unkept = why
        return True

    def advance(self) -> bool:
        """Makes the command held ready or settles it; False if there is none, or if something has to come first."""
        held = self._outbox.held
        found = None if held is None else self._find(held)
        if held is None or found is None:
            return False
        # Results come in the order of the commands.
        is_first = self._outbox.settled(self._outbox.held_place - 1)
        if (held.op != "whisper" and not is_first) or self._waits_for_pin(held, found):
            return False
        if held.op == "whisper" and self._seal(held, found):
            return True
        if not is_first:
            return False
        self._settle(self._outbox.withdraw(), self._result(held, found))
        return True

    def _find(self, held: Pending) -> m.User | m.Denied | None:
        """Whom the command is for, as the broker says; None while it has not."""
        name, place = str(held.args[0]), self._outbox.held_place
        if self._contacts.is_me(name):
            return m.Denied(0, Code.NOT_YOURSELF, "That is you.")
        if held.op == "whisper" and name_key(name) in self._named:
            return self._named[name_key(name)]
        if self._answer is not None and self._answer[0] == place:
            return self._checked(name, self._answer[1])
        if not self._questions.asks_for(ForContact(place)):
            self._questions.ask(_who_is(name), ForContact(place))
        return None

    def _checked(self, name: str, reply: m.User | m.Denied) -> m.User | m.Denied:
        if isinstance(reply, m.User):
            if name_key(reply.name) != name_key(name) or len(reply.key) != KEY_BYTES:
                return m.Denied(0, Code.MALFORMED, f"The broker does not say who {clean_text(name)} is.")
            self._named[name_key(name)] = reply
        return reply

    def _waits_for_pin(self, held: Pending, found: m.User | m.Denied) -> bool:
        """Whether the key has to be kept first, and it is not known yet whether it can be."""
        if isinstance(found, m.Denied) or self._contacts.is_kept(found.name, found.key):
            return False
        if held.op != "trust" and not self._contacts.knows(found.name, found.key):
            return False
        if self._pinning_place != self._outbox.held_place:
            self._pinning_place, self._unkept = self._outbox.held_place, None
            self._contacts.keep(found.name, found.key)
        return self._unkept is None

    def _seal(self, held: Pending, found: m.User | m.Denied) -> bool:
        """Seals a whisper once and for all; False if it may not or cannot be."""
        if isinstance(found, m.Denied) or not self._contacts.is_kept(found.name, found.key):
            return False
        try:
            body = self._contacts.seal(str(held.args[1]), found.name, found.key, *self._outbox.held_number)
        except BadKey:
            return False
        self._outbox.release((found.name, found.key, m.SEALED, body))
        return True

    def _result(self, held: Pending, found: m.User | m.Denied) -> m.Refusal | Contact:
        if isinstance(found, m.Denied):
            return _refusal(found.code, clean_text(found.text))
        if held.op != "trust" and not self._contacts.knows(found.name, found.key):
            return _refusal(Code.CONTACT_KEY_CHANGED, changed_text(found.name))
        if not self._contacts.is_kept(found.name, found.key):
            so = "without that nothing is sent to him. See to it and try again."
            return _refusal(Code.STORAGE_FAILED, unkept_text(name_key(found.name), self._unkept or "", so))
        if held.op == "whisper":
            return _refusal(Code.MALFORMED, f"Nothing can be sealed for the key of {clean_text(found.name)}.")
        return Contact(clean_text(found.name), self._contacts.code(found.name, found.key))


def _who_is(name: str) -> Make:
    return lambda token, ask: m.AskUser(token, ask, name)


def _refusal(code: str, text: str) -> m.Refusal:
    """A refusal of the client's own; the command never had a number."""
    return m.Refusal(0, 0, code, text, None)
