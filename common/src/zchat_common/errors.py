"""The error codes of the protocol. Codes are contract; the sentences beside them are for people and may change."""

from enum import StrEnum


class Code(StrEnum):
    """Why something was refused. The value is what stands on the wire and in ``--json``."""

    NAME_IN_USE = "name_in_use"
    NAME_OWNED = "name_owned"
    NAME_LOOKALIKE = "name_lookalike"
    BAD_NAME = "bad_name"
    NO_SUCH_USER = "no_such_user"
    NOT_YOURSELF = "not_yourself"
    NOBODY_TO_REPLY = "nobody_to_reply"
    NOT_IN_PARTY = "not_in_party"
    ALREADY_IN_PARTY = "already_in_party"
    ALREADY_MEMBER = "already_member"
    ALREADY_INVITED = "already_invited"
    NO_INVITATION = "no_invitation"
    NOT_LEADER = "not_leader"
    NOT_MEMBER = "not_member"
    EMPTY_TEXT = "empty_text"
    TOO_LONG = "too_long"
    BAD_TEXT = "bad_text"
    RATE_LIMITED = "rate_limited"
    UNKNOWN_COMMAND = "unknown_command"
    USAGE = "usage"
    ACCESS_DENIED = "access_denied"
    NOT_ADMIN = "not_admin"
    MUTED = "muted"
    BROKER_KEY_CHANGED = "broker_key_changed"
    BROKER_UNREACHABLE = "broker_unreachable"
    CONTACT_KEY_CHANGED = "contact_key_changed"
    CANNOT_OPEN = "cannot_open"
    STREAM_FORGED = "stream_forged"
    HISTORY_CHANGED = "history_changed"
    MALFORMED = "malformed"
    UNKNOWN_TYPE = "unknown_type"
    NO_SESSION = "no_session"
    VERSION = "version"
    STORAGE_FAILED = "storage_failed"


class ZchatError(Exception):
    """A refusal with its code: what a library call raises when broker or client says no.

    ``retry_after_s`` is set only for ``rate_limited``. ``in_doubt``: the client ended before the broker answered a
    command that had been sent, which may be kept or not.
    """

    def __init__(self, code: Code, text: str, retry_after_s: float | None = None, *, in_doubt: bool = False) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.retry_after_s = retry_after_s
        self.in_doubt = in_doubt
