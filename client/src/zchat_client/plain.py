"""Events as lines for people."""

from datetime import datetime

from zchat_client import events as e


def plain_line(event: e.Event) -> str | None:
    """What a person reads of an event; None for those that say nothing new to him."""
    words = _words(event)
    if words is None:
        return None
    time = datetime.fromtimestamp(event.at / 1000).astimezone().strftime("%H:%M")
    return "\n".join(f"{time} {line}" for line in words.split("\n"))


def _words(event: e.Event) -> str | None:
    match event:
        case e.Connected():
            return _connected(event)
        case e.Disconnected():
            return f"-- disconnected: {event.reason}; coming back by itself"
        case e.Reconnected():
            return f"-- back again, {event.replayed} missed messages"
        case e.Message():
            where = "[party] " if event.topic == "party" else ""
            return f"{where}* {event.sender} {event.text}" if event.action else f"{where}<{event.sender}> {event.text}"
        case e.Whisper():
            return f"[{event.sender} -> {event.recipient}] {event.text}"
        case e.Sent():
            return f"-- {event.recipient} is away and will get it" if event.delivery == "stored" else None
        case e.Presence():
            return f"-- {event.name} is {event.status}" + (f": {event.text}" if event.text else "")
        case e.Delivered():
            return f"-- {event.recipient} has got your whisper"
        case e.Invited():
            members = ", ".join(event.members)
            return f"-- {event.inviter} invites you to a party ({members}): /party accept or /party decline"
        case e.Party():
            return f"-- party: {event.name} {_CHANGES.get(event.change, event.change)}" + (
                f" ({event.reason})" if event.reason else ""
            )
        case e.Who():
            return "-- here: " + _users(event.users)
        case e.PartyWho():
            return f"-- party of {event.leader}: " + ", ".join(event.members)
        case e.History():
            return "\n".join(filter(None, (_words(message) for message in event.messages))) or "-- nothing yet"
        case e.Help():
            width = max(len(line.usage) for line in event.commands)
            return "\n".join(f"{line.usage.ljust(width)}  {line.does}" for line in event.commands)
        case e.Error():
            return f"!! {event.text}"
        case e.Lagged():
            return f"!! {event.dropped} events could not be shown in time"
        case e.Bye():
            return f"-- bye ({event.reason})"
        case _:
            return None


_CHANGES = {
    "created": "began it",
    "invited": "is invited",
    "joined": "joined",
    "declined": "declined",
    "expired": "did not answer in time",
    "left": "left",
    "kicked": "was removed",
    "leader": "leads now",
    "dissolved": "was the last one; the party is over",
}


def _connected(event: e.Connected) -> str:
    first = f"-- first contact with this broker, key {event.fingerprint}\n" if event.first_contact else ""
    party = f"\n-- your party: {', '.join(event.party.members)}" if event.party else ""
    return f"{first}-- {event.title}: you are {event.name}. Here: {_users(event.users)}{party}"


def _users(users: tuple[e.Member, ...]) -> str:
    shown = [user.name if user.status == "online" else f"{user.name} ({user.status})" for user in users]
    return ", ".join(shown) or "nobody"
