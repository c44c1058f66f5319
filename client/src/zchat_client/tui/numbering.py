"""In which order conversations are listed, and the numbers by which keys reach them."""

from collections.abc import Collection

from zchat_client.tui.conversation import PARTY, PUBLIC, Conversation

_RANK = {PUBLIC: 0, PARTY: 2}


def listed(conversations: Collection[Conversation]) -> list[Conversation]:
    """Those that are listed. A number stays as it is once somebody may have seen it; fresh ones come after all others:
    public, whispers, the party.
    """
    fresh: list[Conversation] = []
    for each in conversations:
        if each.hidden and not each.lines and not each.pending:
            # It never came to anything.
            each.number = 0
        elif not each.number and not each.hidden:
            fresh.append(each)
    number = max(each.number for each in conversations)
    for each in sorted(fresh, key=lambda each: _RANK.get(each.key, 1)):
        number += 1
        each.number = number
    return sorted([each for each in conversations if not each.hidden], key=lambda each: each.number)
