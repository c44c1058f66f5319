"""What the contract fixes of ``--json``: a table of every event, and what must hold of all that one client prints.

Every line that any client prints in any of these tests goes through here.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

Event = dict[str, Any]
"""One line of ``--json``, checked by :func:`read_line`."""

Check = Callable[[object], bool]

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_FINGERPRINT: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_SAFETY_CODE: Final = re.compile(r"\d{5}( \d{5}){11}")


def is_text(value: object) -> bool:
    return type(value) is str


def is_some_text(value: object) -> bool:
    return type(value) is str and value != ""


def is_flag(value: object) -> bool:
    return type(value) is bool


def is_seq(value: object) -> bool:
    return type(value) is int and value >= 1


def is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def is_seconds(value: object) -> bool:
    return type(value) in (int, float)


def is_time(value: object) -> bool:
    """ISO 8601, UTC, milliseconds."""
    if type(value) is not str or not _TIME.fullmatch(value):
        return False
    return datetime.fromisoformat(value).year >= 2020


def is_fingerprint(value: object) -> bool:
    return type(value) is str and _FINGERPRINT.fullmatch(value) is not None


def is_safety_code(value: object) -> bool:
    return type(value) is str and _SAFETY_CODE.fullmatch(value) is not None


def one_of(*values: str) -> Check:
    return lambda value: type(value) is str and value in values


def maybe(check: Check) -> Check:
    return lambda value: value is None or check(value)


def listed(check: Check) -> Check:
    return lambda value: type(value) is list and all(check(each) for each in value)


def shape(**fields: Check) -> Check:
    def has_shape(value: object) -> bool:
        if not isinstance(value, dict) or value.keys() != fields.keys():
            return False
        return all(check(value[name]) for name, check in fields.items())

    return has_shape


def is_message(value: object) -> bool:
    return isinstance(value, dict) and value.get("event") == "message" and not mistakes(value)


is_name = is_some_text
is_status = one_of("online", "away", "offline")
is_user = shape(name=is_name, status=is_status)
is_party = shape(leader=is_name, members=listed(is_name))
is_change = one_of("created", "invited", "joined", "declined", "expired", "left", "kicked", "leader", "dissolved")
is_goodbye = one_of("exit", "end of input", "taken over", "kicked", "refused")
is_act = one_of("kick", "ban", "unban", "mute", "unmute", "release")
is_restraint = shape(
    kind=one_of("ban", "mute"),
    name=is_name,
    by=is_name,
    since=is_time,
    until=maybe(is_time),
    address=is_text,
    reason=is_text,
)
is_help = shape(usage=is_some_text, does=is_some_text)


@dataclass(frozen=True)
class Row:
    """The fields of an event. An optional one may be left out; both together are all there are."""

    fields: dict[str, Check]
    optional: dict[str, Check] = field(default_factory=dict)


EVENTS: Final[dict[str, Row]] = {
    "connected": Row(
        {
            "name": is_name,
            "title": is_text,
            "fingerprint": is_fingerprint,
            "first_contact": is_flag,
            "users": listed(is_user),
            "party": maybe(is_party),
        },
        optional={"admins": listed(is_name)},
    ),
    "disconnected": Row({"reason": is_some_text}),
    "reconnected": Row({"replayed": is_count}),
    "message": Row(
        {
            "topic": one_of("public", "party"),
            "seq": is_seq,
            "sender": is_name,
            "text": is_some_text,
            "action": is_flag,
            "replayed": is_flag,
        },
        optional={"announcement": is_flag},
    ),
    "whisper": Row(
        {"seq": is_seq, "sender": is_name, "recipient": is_name, "text": is_some_text, "replayed": is_flag},
        optional={"stored": is_flag, "warning": one_of("contact_key_changed")},
    ),
    "sent": Row(
        {"topic": one_of("public", "party", "user"), "seq": is_seq, "typed": is_some_text, "id": is_seq},
        optional={"recipient": is_name, "delivery": one_of("online", "stored")},
    ),
    "presence": Row({"name": is_name, "status": is_status, "since": is_time, "text": is_text}),
    "delivered": Row({"recipient": is_name, "seq": is_seq}),
    "pending": Row({"typed": is_some_text, "id": is_seq}, optional={"recipient": is_name}),
    "invited": Row({"inviter": is_name, "members": listed(is_name)}),
    "party": Row(
        {"change": is_change, "name": is_name, "leader": is_text, "members": listed(is_name)},
        optional={"reason": is_some_text},
    ),
    "safety_code": Row({"name": is_name, "code": is_safety_code}),
    "trusted": Row({"name": is_name, "code": is_safety_code}),
    "who": Row({"users": listed(is_user)}, optional={"admins": listed(is_name)}),
    "moderated": Row(
        {"act": is_act, "name": is_name, "by": is_name, "until": maybe(is_time)}, optional={"reason": is_some_text}
    ),
    "bans": Row({"bans": listed(is_restraint)}),
    "ignored": Row({"names": listed(is_name)}),
    "party_who": Row({"leader": is_name, "members": listed(is_name)}),
    "history": Row({"topic": one_of("public", "party"), "messages": listed(is_message), "first": is_seq}),
    "help": Row({"commands": listed(is_help)}),
    "error": Row(
        {"code": is_some_text, "text": is_some_text},
        optional={
            "typed": is_some_text,
            "id": is_seq,
            "retry_after_s": is_seconds,
            "topic": is_some_text,
            "seq": is_seq,
            "sender": is_name,
            "recipient": is_name,
        },
    ),
    "bye": Row({"reason": is_goodbye}),
}

_CODES: Final = """
name_in_use name_owned name_lookalike bad_name no_such_user not_yourself nobody_to_reply not_in_party already_in_party
already_member already_invited no_invitation not_leader not_member empty_text too_long bad_text rate_limited
unknown_command usage access_denied muted not_admin broker_key_changed broker_unreachable contact_key_changed
cannot_open stream_forged history_changed malformed unknown_type no_session version storage_failed
"""
CODES: Final = frozenset(_CODES.split())


def read_line(line: bytes) -> tuple[Event, list[str]]:
    """The event on one line, and what is wrong with it."""
    try:
        event = json.loads(line.decode("utf-8"))
    except ValueError as error:
        return {}, [f"no JSON in UTF-8 ({error}): {line!r}"]
    if not isinstance(event, dict):
        return {}, [f"no object: {line!r}"]
    return event, mistakes(event)


def mistakes(event: Event) -> list[str]:
    """What of this event is not as the contract has it."""
    kind = event.get("event")
    if kind not in EVENTS:
        return [f"an event that the contract does not have: {event}"]
    row = EVENTS[kind]
    wanted = {"event": one_of(kind), "at": is_time, **row.fields}
    found = [f"{kind} lacks {name}: {event}" for name in wanted if name not in event]
    known = wanted | row.optional
    for name, value in event.items():
        if name not in known:
            found.append(f"{kind} has a field {name} that is in no table: {event}")
        elif not known[name](value):
            found.append(f"{kind} has a wrong {name}: {event}")
    return found or _more_mistakes(kind, event)


def _more_mistakes(kind: str, event: Event) -> list[str]:
    """What depends on more than one field."""
    match kind:
        case "sent":
            is_whisper = event["topic"] == "user"
            if is_whisper != ("recipient" in event) or is_whisper != ("delivery" in event):
                return [f"sent has recipient and delivery for a whisper, and for nothing else: {event}"]
        case "error":
            if event["code"] not in CODES:
                return [f"a code that the contract does not have: {event}"]
            if event["code"] == "rate_limited":
                return [f"rate_limited is never final, and so no user's business: {event}"]
        case "party":
            over = event["members"] == []
            if over != (event["leader"] == "") or (not over and event["leader"] not in event["members"]):
                return [f"a party that has members has a leader among them: {event}"]
        case "who" | "connected":
            folded = [user["name"].casefold() for user in event["users"]]
            if folded != sorted(set(folded)):
                return [f"users are sorted by folded name, each once: {event}"]
        case "history":
            seqs = [message["seq"] for message in event["messages"]]
            if seqs != sorted(set(seqs)) or any(seq < event["first"] for seq in seqs):
                return [f"a history is in order, from first on: {event}"]
        case _:
            pass
    return []


def story_mistakes(events: list[Event]) -> list[str]:
    """What must hold of all that one client printed, from its first line to its last."""
    kinds = [event.get("event") for event in events]
    found: list[str] = []
    if kinds.count("connected") > 1 or kinds.count("bye") > 1:
        found.append("connected and bye come once")
    if "bye" in kinds[:-1]:
        found.append("bye is the last event")
    before = kinds[: kinds.index("connected")] if "connected" in kinds else kinds
    if early := set(before) - {"pending", "sent", "error", "who", "party_who", "history", "help", "bye"}:
        found.append(f"connected comes before {early}")
    links = [kind for kind in kinds if kind in ("disconnected", "reconnected")]
    if links != (["disconnected", "reconnected"] * len(links))[: len(links)]:
        found.append(f"an outage is told once, and its end once: {links}")
    if not any(event.get("code") == "history_changed" for event in events):
        found += _order_mistakes(events)
    return found + _answer_mistakes(events)


def _order_mistakes(events: Iterable[Event]) -> list[str]:
    """Public messages come once each, without a hole, and in the order of their seq."""
    events = list(events)
    seqs = [event["seq"] for event in events if event["event"] == "message" and event["topic"] == "public"]
    forged = {event["seq"] for event in events if event.get("code") == "stream_forged" and event["topic"] == "public"}
    if forged:
        # In their places two were shown.
        true = [seq for seq in seqs if seq not in forged]
        return [] if true == sorted(set(true)) else [f"public messages are shown once each, in order: {seqs}"]
    if any(event["event"] == "ignored" and event["names"] for event in events):
        # What is ignored leaves holes, and nothing else changes.
        return [] if seqs == sorted(set(seqs)) else [f"public messages are shown once each, in order: {seqs}"]
    if seqs and seqs != list(range(seqs[0], seqs[0] + len(seqs))):
        return [f"public messages are shown once each, in order: {seqs}"]
    return []


def _answer_mistakes(events: Iterable[Event]) -> list[str]:
    """What is pending ends at most once, as sent or as an error, under its own id."""
    pending: dict[int, str] = {}
    found: list[str] = []
    for event in events:
        if event["event"] == "pending":
            if event["id"] in pending:
                found.append(f"an id is given once: {event}")
            pending[event["id"]] = event["typed"]
        elif event["event"] == "sent" and pending.pop(event["id"], None) != event["typed"]:
            found.append(f"sent names what was pending, once: {event}")
        elif event["event"] == "error" and "id" in event:
            pending.pop(event["id"], None)
    return found
