"""The three kinds of topic, and who they are for by their name alone."""

PUBLIC = "public"
_USER = "user."
_PARTY = "party."


def user_topic(folded: str) -> str:
    """The topic of one user; ``folded`` is the name as :func:`zchat_common.names.fold` gives it."""
    return _USER + folded


def party_topic(party_id: str) -> str:
    """The topic of one party."""
    return _PARTY + party_id


def user_of(topic: str) -> str | None:
    """The folded name that a user topic belongs to; None for any other topic."""
    return topic[len(_USER) :] if topic.startswith(_USER) else None


def party_of(topic: str) -> str | None:
    """The party id of a party topic; None for any other topic."""
    return topic[len(_PARTY) :] if topic.startswith(_PARTY) else None
