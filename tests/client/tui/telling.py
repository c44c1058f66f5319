"""Events as a client tells them, and what of a conversation a test looks at."""

from zchat_client import events as e
from zchat_client.tui.conversation import Conversation
from zchat_client.tui.line import Kind, State


def message(
    seq: int, text: str = "hi", sender: str = "bob", *, topic: str = "public", replayed: bool = False
) -> e.Message:
    return e.Message(at=seq, topic=topic, seq=seq, sender=sender, text=text, action=False, replayed=replayed)


def whisper(seq: int, text: str = "psst", sender: str = "bob", recipient: str = "alice") -> e.Whisper:
    return e.Whisper(at=seq, seq=seq, sender=sender, recipient=recipient, text=text, replayed=False)


def connected() -> e.Connected:
    return e.Connected(
        at=0, name="Alice", title="Lab", fingerprint="SHA256:x", first_contact=False, users=(), party=None
    )


def texts(conversation: Conversation) -> list[str]:
    return [line.text for line in conversation.lines if line.kind is Kind.SAID]


def states(conversation: Conversation) -> list[State]:
    return [line.state for line in conversation.lines if line.kind is Kind.SAID]


def kinds(conversation: Conversation) -> list[Kind]:
    return [line.kind for line in conversation.lines]


def party(change: str, name: str = "alice", *members: str) -> e.Party:
    return e.Party(at=0, change=change, name=name, leader="alice", members=members)


def presence(status: str, name: str = "bob") -> e.Presence:
    return e.Presence(at=0, name=name, status=status, since=0, text="")


def forged(seq: int, topic: str = "public") -> e.Error:
    return e.Error(at=9, code="stream_forged", text="FORGED", topic=topic, seq=seq)
