"""What the broker needs of the machine: a folder of its own, an address, descriptors; clear words if one lacks."""

import ipaddress
import os
import subprocess
import sys
from pathlib import Path

import pytest

from zchat_broker.machine import CannotStart, claim_folder, joining_addresses, kept_from_starting, numeric_address

posix = pytest.mark.skipif(sys.platform == "win32", reason="a thing of POSIX")


def test_a_folder_is_made_and_claimed(tmp_path: Path) -> None:
    with claim_folder(tmp_path / "deep" / "data"):
        assert (tmp_path / "deep" / "data").is_dir()


@posix
def test_nobody_else_may_look_into_it(tmp_path: Path) -> None:
    with claim_folder(tmp_path / "data"):
        assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def test_two_brokers_cannot_use_one_folder(tmp_path: Path) -> None:
    told = rf"another broker \(process {os.getpid()}\) uses .* --data"
    with claim_folder(tmp_path), pytest.raises(CannotStart, match=told):
        claim_folder(tmp_path)


def test_another_broker_is_told_of_when_it_has_not_said_who_it_is(tmp_path: Path) -> None:
    with claim_folder(tmp_path):
        (tmp_path / "pid").write_text("")
        with pytest.raises(CannotStart, match=r"another broker uses .* --data"):
            claim_folder(tmp_path)


def test_a_folder_is_free_again_after_its_broker(tmp_path: Path) -> None:
    for _ in range(2):
        with claim_folder(tmp_path):
            pass


def test_a_folder_is_free_again_when_its_broker_was_killed(tmp_path: Path) -> None:
    claim = (
        "import sys, os, pathlib; from zchat_broker.machine import claim_folder as c; l = c(pathlib.Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", f"{claim}; os._exit(9)", str(tmp_path)], check=False, timeout=30)
    with claim_folder(tmp_path):
        pass


def test_no_broker_starts_while_somebody_looks_at_a_stopped_ones_folder(tmp_path: Path) -> None:
    with claim_folder(tmp_path):
        pass
    with kept_from_starting(tmp_path) as alone:
        assert alone
        with pytest.raises(CannotStart):
            claim_folder(tmp_path)
    with claim_folder(tmp_path), kept_from_starting(tmp_path) as alone:
        assert not alone
    with claim_folder(tmp_path):
        pass


def test_who_looks_where_no_broker_was_leaves_nothing_behind(tmp_path: Path) -> None:
    with kept_from_starting(tmp_path) as alone:
        assert alone
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["file", "file/data"])
def test_a_folder_that_cannot_be_is_said(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match="choose another --data"):
        claim_folder(tmp_path / folder)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1", "::"])
def test_an_address_stands_for_itself(host: str) -> None:
    assert numeric_address(host) == host


def test_a_host_name_becomes_an_address() -> None:
    assert ipaddress.ip_address(numeric_address("localhost")).is_loopback


@pytest.mark.parametrize("host", ["not an address", "a..b", "x" * 70, "127.0.0.1:5555", "tcp://127.0.0.1"])
def test_what_is_no_address_is_said(host: str) -> None:
    with pytest.raises(CannotStart, match=r"no address of this machine; use --host 0\.0\.0\.0"):
        numeric_address(host)


@pytest.mark.parametrize("host", ["192.0.2.7", "::1", "chat.example"])
def test_who_listens_on_one_address_is_joined_there(host: str) -> None:
    assert joining_addresses(host) == [host]


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_who_listens_on_all_addresses_is_joined_on_any_of_them(host: str) -> None:
    addresses = joining_addresses(host)
    assert addresses
    assert all(ipaddress.ip_address(address) for address in addresses)
    assert "0.0.0.0" not in addresses


@posix
@pytest.mark.parametrize(("soft", "hard", "warns"), [(64, 512, True), (64, 20_000, False)])
def test_the_descriptor_limit_is_raised_as_far_as_it_goes(soft: int, hard: int, warns: bool) -> None:
    """In a process of its own: a limit that was raised stays so."""
    program = (
        "import logging, resource, sys\n"
        "from zchat_broker.machine import raise_descriptor_limit\n"
        "logging.basicConfig(stream=sys.stdout)\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))\n"
        "raise_descriptor_limit()\n"
        "print('now', *resource.getrlimit(resource.RLIMIT_NOFILE))\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert f"now {hard} {hard}" in ran.stdout
    assert ("ulimit -Hn" in ran.stdout) is warns
