"""Events as JSON: one object per line, as the contract fixes it."""

import json
from dataclasses import fields
from typing import Final

from zchat_client import events as e
from zchat_common.durations import as_utc

_NAMES: Final[dict[type[e.Event], str]] = {
    e.Connected: "connected",
    e.Disconnected: "disconnected",
    e.Reconnected: "reconnected",
    e.Message: "message",
    e.Whisper: "whisper",
    e.Sent: "sent",
    e.Presence: "presence",
    e.Delivered: "delivered",
    e.Pending: "pending",
    e.Invited: "invited",
    e.Party: "party",
    e.Moderated: "moderated",
    e.Bans: "bans",
    e.Ignored: "ignored",
    e.Who: "who",
    e.PartyWho: "party_who",
    e.SafetyCode: "safety_code",
    e.Trusted: "trusted",
    e.History: "history",
    e.Help: "help",
    e.Lagged: "lagged",
    e.Error: "error",
    e.Bye: "bye",
}
_TIMES: Final = frozenset({"at", "since", "until"})
# These are left out when there is nothing to say; every other field is always there.
_OPTIONAL: Final = frozenset(
    {"sender", "recipient", "delivery", "reason", "typed", "id", "retry_after_s", "warning", "topic", "seq"}
)
# These are for who shows the events, not for who reads the lines.
_INNER: Final = frozenset({"place"})
# And these when they are false or empty.
_MARKS: Final = frozenset({"announcement", "admins", "delivered"})


def json_line(event: e.Event) -> str:
    """The line for an event, without its newline."""
    return json.dumps(_object(event), ensure_ascii=False, separators=(",", ":"))


def iso_time(at: int) -> str:
    """Milliseconds since the epoch as ISO 8601 in UTC."""
    return as_utc(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _object(event: e.Event) -> dict[str, object]:
    found: dict[str, object] = {"event": _NAMES[type(event)]}
    for field in fields(event):
        value = getattr(event, field.name)
        if field.name in _INNER:
            continue
        if (value is None and field.name in _OPTIONAL) or (not value and field.name in _MARKS):
            continue
        found[field.name] = _field(field.name, value)
    return found


def _field(name: str, value: object) -> object:
    return iso_time(value) if name in _TIMES and isinstance(value, int) else _value(value)


def _value(value: object) -> object:
    match value:
        case e.Event():
            return _object(value)
        case e.PartyMembers():
            return {"leader": value.leader, "members": list(value.members)}
        case e.Restraint():
            return {name: _field(name, each) for name, each in value._asdict().items()}
        case e.Member() | e.HelpLine():
            return value._asdict()
        case tuple():
            return [_value(each) for each in value]
        case _:
            return value
