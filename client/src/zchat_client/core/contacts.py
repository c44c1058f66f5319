"""The people one whispers with: their keys as pinned at first use, and what comes and goes under them.

The broker says who has which key; that it always says the same is what a pin holds against it.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from zchat_client.core.outputs import Output, Pin, Show
from zchat_client.core.roster import name_key
from zchat_client.events import Error
from zchat_common import messages as m
from zchat_common.errors import Code
from zchat_common.identity import Identity
from zchat_common.messages import SEALED
from zchat_common.text import clean_text
from zchat_common.whispers import CannotOpen, Party, Whisperer, safety_code


class Read(NamedTuple):
    """A whisper as it may be shown. ``changed``: its peer's key is not the one that was pinned."""

    text: str
    changed: bool


class Contacts:
    """Seals and opens the whispers of one user."""

    def __init__(self, name: str, identity: Identity, pins: Mapping[str, bytes], out: Callable[[Output], None]) -> None:
        """``pins`` are the keys kept in earlier runs, by folded name; new ones are put out to be kept."""
        self._me = Party(name_key(name), identity.public)
        self._whisperer = Whisperer(identity)
        # What keys are compared with, and what of it the next run will know: the first key of a name is known from then
        # on, also while it cannot be kept.
        self._pins = dict(pins)
        self._kept = dict(pins)
        self._offered: dict[str, bytes] = {}
        self._out = out
        self._warned: dict[Party, None] = {}

    def is_me(self, name: str) -> bool:
        """Whether this is one's own name."""
        return name_key(name) == self._me.folded

    def knows(self, name: str, key: bytes) -> bool:
        """Whether this is the key pinned for the name, or is now, because it is the first."""
        folded = name_key(name)
        if folded not in self._pins:
            self._pins[folded] = key
            self.keep(name, key)
        return self._pins[folded] == key

    def is_kept(self, name: str, key: bytes) -> bool:
        """Whether the next run knows this as the key of that name: only then anything may be sealed for it."""
        return self._kept.get(name_key(name)) == key

    def keep(self, name: str, key: bytes) -> None:
        """Puts the key out to be kept as that of the name, whatever it was before."""
        folded = name_key(name)
        if self._offered.get(folded) != key:
            self._offered[folded] = key
            self._out(Pin(folded, key))

    def pinned(self, pin: Pin, *, kept: bool) -> None:
        """What was put out is kept, or could not be: then it is as before."""
        self._offered.pop(pin.folded, None)
        if kept:
            self._pins[pin.folded] = self._kept[pin.folded] = pin.key

    def code(self, name: str, key: bytes) -> str:
        """The safety code that the owner of that name and key sees too."""
        return safety_code(self._me, Party(name_key(name), key))

    def seal(self, text: str, name: str, key: bytes, instance: int, n: int) -> bytes:
        """The body of a whisper, for the command that is sent first under these numbers. Raises BadKey."""
        return self._whisperer.seal(text, self._me.folded, Party(name_key(name), key), instance, n)

    def read(self, message: m.Whisper) -> Read:
        """Opens a whisper, sent or received. Raises CannotOpen."""
        peer, key, text = self._open(message)
        return Read(text, changed=self._pins.get(name_key(peer), key) != key)

    def meet(self, message: m.Whisper) -> Read:
        """Opens a whisper that is shown for the first time: the first key of its peer is pinned, and that another one
        came is said once. Raises CannotOpen.
        """
        peer, key, text = self._open(message)
        if self.knows(peer, key):
            return Read(text, changed=False)
        seen = Party(name_key(peer), key)
        if seen not in self._warned:
            self._warned[seen] = None
            self._out(Show(Error(at=message.at, code=Code.CONTACT_KEY_CHANGED, text=changed_text(peer))))
        return Read(text, changed=True)

    def _open(self, message: m.Whisper) -> tuple[str, bytes, str]:
        """The other one's name and key, and the text."""
        if message.kind != SEALED:
            raise CannotOpen("not sealed")
        if not (_may_be_a_name(message.sender) and _may_be_a_name(message.recipient)):
            raise CannotOpen("not between two who have names")
        own = self.is_me(message.sender)
        if own == self.is_me(message.recipient):
            raise CannotOpen("not between oneself and somebody else")
        sender, recipient = name_key(message.sender), name_key(message.recipient)
        opened = self._whisperer.open(message.body, sender, recipient, own=own)
        if own:
            return message.recipient, opened.recipient_key, opened.text
        return message.sender, opened.sender_key, opened.text


def _may_be_a_name(name: str) -> bool:
    """One word: pins are kept a line each, and a broker must not be able to write a second one into a name."""
    return name.split() == [name]


def changed_text(name: str) -> str:
    """What a user is told of a contact whose key is not the one pinned."""
    shown = clean_text(name)
    return (
        f"{shown} has another key than before: set up anew, or somebody else has the name, or is in between. "
        f"If you know why, /trust {shown} accepts it; then compare what /verify {shown} shows to both of you."
    )


def unkept_text(folded: str, why: str, so: str) -> str:
    """What a user is told of a contact whose key could not be saved, and what comes of it."""
    return f"The key of {folded} could not be saved ({why}); {so}"
