"""Who keeps order: names that whoever starts the broker gives, and what he has to know about them."""

import logging

import click

from zchat_broker.machine import CannotStart
from zchat_broker.rules import State
from zchat_common.introduction import fingerprint
from zchat_common.names import BadName, check_name, skeleton

_log = logging.getLogger("zchat.broker")


def folded_admins(_context: click.Context, _option: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names as they are compared. Raises click.BadParameter."""
    looks: dict[str, str] = {}
    for name in names:
        try:
            folded = check_name(name)
        except BadName as error:
            raise click.BadParameter(f"{name!r}: {error}") from None
        if looks.setdefault(skeleton(folded), folded) != folded:
            raise click.BadParameter(f"{name!r} looks like another admin's name")
    return tuple(looks.values())


def look_at_admins(state: State, admins: tuple[str, ...]) -> None:
    """Says whose keys the admins have. Raises CannotStart for a name that looks like another user's."""
    for admin in admins:
        owner = state.users.get(admin)
        double = state.looks.get(skeleton(admin))
        if owner is not None:
            _log.info("admin %s has the key %s", owner.name, fingerprint(owner.key))
        elif double is not None:
            raise CannotStart(f"--admin {admin} looks like {state.name_of(double)}, who is somebody else")
        else:
            _log.warning("nobody has the name %s yet: whoever takes it first is an admin; take it now", admin)
