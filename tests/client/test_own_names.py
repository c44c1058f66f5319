"""Whoever starts without a name is offered one that he may well want."""

from pathlib import Path

import pytest

from zchat_client.keys import identity_of
from zchat_client.own_names import OwnNames, login_name


def names(data: Path, port: int = 5555) -> OwnNames:
    return OwnNames(data, "192.0.2.1", port)


def test_the_name_used_last_at_this_broker_is_offered_as_the_broker_spells_it(tmp_path: Path) -> None:
    for name in ("dora", "emil"):
        identity_of(tmp_path, name)
    first = names(tmp_path)
    first.let_in("Emil")
    first.let_in("Dora")
    names(tmp_path, port=6666).let_in("Emil")
    assert names(tmp_path).offered("login") == "Dora"


def test_elsewhere_the_only_name_with_a_key_is_offered(tmp_path: Path) -> None:
    identity_of(tmp_path, "dora")
    names(tmp_path).let_in("Dora")
    assert names(tmp_path, port=6666).offered("login") == "dora"
    identity_of(tmp_path, "emil")
    assert names(tmp_path, port=6666).offered("login") == "login", "of two nobody knows which"


@pytest.mark.parametrize(("login", "offered"), [("root", "root"), ("John Doe", ""), ("", ""), ("_apt", "")])
def test_at_the_first_start_the_login_name_is_offered_if_it_can_be_one(
    tmp_path: Path, login: str, offered: str
) -> None:
    assert names(tmp_path).offered(login) == offered


def test_a_refused_name_is_not_offered_until_the_broker_lets_it_in(tmp_path: Path) -> None:
    identity_of(tmp_path, "dora")
    first = names(tmp_path)
    first.let_in("Dora")
    first.refused("DORA")
    assert names(tmp_path).offered("dora") == ""
    assert names(tmp_path, port=6666).offered("") == "dora", "another broker may know better"
    first.let_in("Dora")
    assert names(tmp_path).offered("") == "Dora"


def test_a_folder_that_cannot_be_written_or_read_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "names").write_text("no folder")
    names(tmp_path).let_in("Dora")
    assert names(tmp_path).offered("") == ""
    (tmp_path / "names").unlink()
    (tmp_path / "names").mkdir()
    (tmp_path / "names" / "192.0.2.1_5555.json").write_text('{"last": 5}')
    assert names(tmp_path).offered("") == ""


def test_the_login_name_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "dora")
    assert login_name() == "dora"
