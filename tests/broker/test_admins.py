"""Which names may be an admin's, and what whoever starts the broker is told about them."""

import logging

import click
import pytest

from zchat_broker.admins import folded_admins, look_at_admins
from zchat_broker.machine import CannotStart
from zchat_broker.rules.state import State, User
from zchat_common.introduction import fingerprint

KEY = b"k" * 32


def folded(*names: str) -> tuple[str, ...]:
    return folded_admins(click.Context(click.Command("x")), click.Option(["--admin"]), names)


def known(*names: str) -> State:
    state = State()
    for name in names:
        state.put(User(name.lower(), name, KEY, 1))
    return state


def test_admins_are_compared_like_all_names() -> None:
    assert folded("Root", "ROOT", "op") == ("root", "op")


@pytest.mark.parametrize("names", [("no/name",), ("",), ("root", "r00t")])
def test_a_name_that_nobody_can_have_is_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(click.BadParameter):
        folded(*names)


def test_a_name_that_looks_like_a_users_is_refused() -> None:
    with pytest.raises(CannotStart, match="looks like Alice"):
        look_at_admins(known("Alice"), ("a1ice",))


def test_whoever_starts_it_is_told_whose_key_an_admin_has_and_which_name_is_to_be_taken(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        look_at_admins(known("Root"), ("root", "op"))
    assert f"admin Root has the key {fingerprint(KEY)}" in caplog.text
    assert "nobody has the name op yet: whoever takes it first is an admin" in caplog.text
