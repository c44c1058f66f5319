"""One's own lines, from Enter until the broker and the recipient have them; and where to look for them."""

from zchat_client import events as e
from zchat_client import typed as t
from zchat_client.tui.conversation import PARTY, PUBLIC, Conversation
from zchat_client.tui.conversations import Conversations
from zchat_client.tui.line import Kind, Line, State
from zchat_common.errors import Code, ZchatError


class UnderWay:
    """Keeps the lines under way in their conversations."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations
        # Where one has just said something that was entered elsewhere; whoever shows it sets it back.
        self.said_in: str | None = None
        self._said_from = PUBLIC
        # The line entered last and its id: only what is said by it may open another conversation.
        self._entered: str | None = None
        self._entered_id = 0
        # To whom the whispers under way are, by id; and with whom one has whispered last of what has been shown.
        self._whispers: dict[int, str] = {}
        self._partner: str | None = None

    @property
    def partner(self) -> str | None:
        """The last one whispered with, sent or received, as far as it was shown; what one sends oneself is last."""
        return next(reversed(self._whispers.values()), self._partner)

    @property
    def whispers(self) -> bool:
        """Whether that is under way still."""
        return bool(self._whispers)

    def whispering(self, name: str, pending_id: int) -> None:
        """A whisper is under way."""
        self._whispers[pending_id] = name

    def whispered(self, name: str) -> None:
        """A whisper is shown that was not under way."""
        self._partner = name

    def entered(self, line: str) -> None:
        """A line was entered in the open conversation. What it says is shown where it is said, unless another follows
        it: that is meant for where it is typed.
        """
        self._entered, self._entered_id, self.said_in = line, 0, None
        self._said_from = self._conversations.open_key

    def pending(self, event: e.Pending, name: str, *, waits: bool) -> None:
        """The client has it, under one's own ``name``; ``waits``: it may be long until the broker has it too."""
        try:
            said = t.parse(event.typed)
        except ZchatError:
            return
        if not isinstance(said, (t.Say, t.PartySay, t.WhisperTo)):
            return
        conversation = self._target(said, event.recipient)
        if conversation is None:
            return
        text = said.text.replace("\r\n", "\n").strip()
        action = text.startswith("/me ") if isinstance(said, t.WhisperTo) else said.action
        text = text.removeprefix("/me ") if isinstance(said, t.WhisperTo) else text
        line = Line(Kind.SAID, event.at, text, name, action, own=True, state=State.PENDING, pending_id=event.id)
        conversation.send(line)
        conversation.hidden = False
        if event.typed == self._entered:
            self._entered, self._entered_id = None, event.id
            if waits:
                # Meanwhile one sees it wait.
                self._follow(conversation)

    def _target(self, said: t.Say | t.PartySay | t.WhisperTo, recipient: str | None) -> Conversation | None:
        match said:
            case t.Say():
                return self._conversations.public
            case t.PartySay():
                return self._conversations.party()
            case t.WhisperTo():
                name = recipient or said.recipient
                return None if name is None else self._conversations.whispers_with(name)

    def sent(self, event: e.Sent) -> None:
        """The broker has it."""
        if self._whispers.pop(event.id, None) is not None:
            self._partner = event.recipient
        if event.recipient is not None:
            self._conversations.whispers_with(event.recipient, told=True)
        if event.id == self._entered_id:
            self._follow(self._said_to(event))
        state = _state_of(event)
        for conversation in self._conversations:
            line = next((each for each in conversation.pending if each.pending_id == event.id), None)
            if line is not None:
                # It shows no time before those of the lines above it, which the broker had before.
                line.seq, line.at = event.seq, event.at
                if (placed := conversation.by_seq(event.seq)) is not None:
                    # It was published first; then its twin is in its place already.
                    conversation.pending.remove(line)
                    line = placed
                line.recipient = event.recipient or ""
                conversation.become(line, state)
                return
        if event.recipient is not None:
            conversation = self._conversations.whispers_with(event.recipient)
            placed = conversation.by_seq(event.seq)
            if placed is not None and placed.state is State.KEPT:
                conversation.become(placed, state)

    def _said_to(self, event: e.Sent) -> Conversation:
        if event.recipient is not None:
            return self._conversations.whispers_with(event.recipient)
        return self._conversations.get(event.topic) or self._conversations.open

    def delivered(self, event: e.Delivered) -> None:
        """The recipient of a whisper that waited for him has it."""
        conversation = self._conversations.whispers_with(event.recipient, told=True)
        line = conversation.by_seq(event.seq)
        line = line or next((each for each in conversation.pending if each.seq == event.seq), None)
        if line is not None:
            conversation.become(line, State.DELIVERED)

    def refused(self, pending_id: int, code: str) -> None:
        """The broker or the client did not take it."""
        self._whispers.pop(pending_id, None)
        for conversation in self._conversations:
            if conversation.withdraw(pending_id) is not None:
                self._leave_empty(conversation, code)

    def _leave_empty(self, conversation: Conversation, code: str) -> None:
        """Nothing was ever said there, perhaps since nobody has that name: back to where it was typed, if elsewhere."""
        if self._said_from == conversation.key:
            return
        if conversation.partner is None and not (conversation.key == PARTY and code == Code.NOT_IN_PARTY):
            return
        if conversation.over or conversation.pending or any(line.kind is Kind.SAID for line in conversation.lines):
            return
        if conversation.key == self._conversations.open_key:
            self.said_in = self._said_from
        elif self.said_in == conversation.key:
            # It was about to be opened.
            self.said_in = None
        conversation.hidden = True

    def _follow(self, conversation: Conversation) -> None:
        self._entered_id = 0
        if self._said_from == self._conversations.open_key:
            self.said_in = conversation.key


def _state_of(event: e.Sent) -> State:
    if event.recipient is None:
        return State.KEPT
    return State.WAITING if event.delivery == "stored" else State.DELIVERED
