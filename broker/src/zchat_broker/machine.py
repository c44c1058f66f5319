"""What the broker needs of the machine it runs on: descriptors, addresses, a folder of its own."""

import contextlib
import logging
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import ifaddr
from filelock import FileLock, Timeout

from zchat_common.private_files import sync_folder, write_private

_log = logging.getLogger("zchat.broker")

# Two connections for each client, and a few of our own.
_DESCRIPTORS_WANTED = 10_240


class CannotStart(Exception):
    """Something about this machine or the settings is in the way; the text says what to do."""


def raise_descriptor_limit() -> int:
    """Takes as many descriptors as the system lets this process have, and says so if they are few.

    Returns how many they are, 0 if there is no telling.
    """
    if sys.platform == "win32":
        return 0
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else max(soft, 2**20)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    if hard != resource.RLIM_INFINITY and hard < _DESCRIPTORS_WANTED:
        _log.warning(
            "only %d descriptors are allowed, enough for about %d clients; raise the hard limit (ulimit -Hn)",
            hard,
            max(0, hard // 2 - 32),
        )
    return max(0, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def claim_folder(folder: Path) -> FileLock:
    """Makes the data folder and locks it for this process, until it ends. Raises CannotStart."""
    try:
        new = [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for each in new:
            sync_folder(each.parent)
        lock = FileLock(folder / "lock", timeout=0)
        lock.acquire()
        write_private(folder / "pid", b"%d\n" % os.getpid(), durable=False)
    except Timeout:
        raise CannotStart(
            f"another broker{_process_of(folder)} uses {folder}; stop it, or give this one a --data of its own"
        ) from None
    except OSError as error:
        raise CannotStart(f"cannot write to {folder} ({error.strerror}); choose another --data") from None
    return lock


def _process_of(folder: Path) -> str:
    """Which process has the folder, as far as it has said so."""
    try:
        return f" (process {int((folder / 'pid').read_bytes())})"
    except (OSError, ValueError):
        return ""


@contextlib.contextmanager
def kept_from_starting(folder: Path) -> Iterator[bool]:
    """No broker starts in the folder meanwhile. False if one runs there already."""
    if not (folder / "lock").exists():
        yield True  # no broker has been here; who only looks leaves nothing behind
        return
    lock = FileLock(folder / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    except OSError:
        yield True  # not ours to write to: then SQLite needs no more than to read
        return
    try:
        yield True
    finally:
        lock.release()


def numeric_address(host: str) -> str:
    """The address that a host name stands for, to listen on. Raises CannotStart."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):  # the latter for a name that DNS cannot carry
        raise CannotStart(f"{host} is no address of this machine; use --host 0.0.0.0 for all of them") from None
    return str(found[0][4][0])


def joining_addresses(host: str) -> list[str]:
    """The addresses under which others on the network may reach a broker that listens on ``host``."""
    if host not in ("0.0.0.0", "::"):
        return [host]
    found = [ip for adapter in ifaddr.get_adapters() for ip in adapter.ips]
    addresses = [ip.ip for ip in found if isinstance(ip.ip, str) and not ip.ip.startswith("127.")]
    return addresses or ["127.0.0.1"]
