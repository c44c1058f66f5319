"""Where the services run: each in a network namespace of its own under its name, or all on this machine's loopback.

In a namespace a process has what its container would give it, as far as Linux can without an engine: its own network
with the names of the services, a read-only file system but for its volume, no capabilities, no new privileges.
"""

import contextlib
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from demo.processes import free_port

BROKER_PORT: Final = 5555
_USUAL_PORT: Final = re.compile(r"\b555[5-7]\b")
_HOSTS: Final = Path("/etc/netns")
# $1 is the volume: made a mount of its own, it stays writable when everything else no longer is.
_CONFINE: Final = (
    'mount --bind "$1" "$1" && mount -o remount,bind,ro / && shift && '
    'exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs -- "$@"'
)
# What the confinement must give: an answer of the loop device, a file in the volume and none elsewhere.
_TRIAL: Final = 'touch "$1/here" && ! touch "$2/not-here" 2>/dev/null'


class Placed(NamedTuple):
    """A command and its environment, ready to be started."""

    command: list[str]
    environment: dict[str, str]


class Network(Protocol):
    """Gives services their place."""

    def place(self, service: str, command: Sequence[str], environment: Mapping[str, str], volume: Path) -> Placed:
        """How a command is started in the container of a service."""


class Namespaces:
    """Namespaces on a bridge, which hangs in a namespace of its own: nothing of it touches the machine's network."""

    def __init__(self, services: Sequence[str]) -> None:
        run = uuid.uuid4().hex[:8]
        self._names = {service: f"zchat-{run}-{service}" for service in services}
        self._switch = f"zchat-{run}-switch"

    @contextmanager
    def up(self) -> Iterator[None]:
        """Raises OSError and CalledProcessError where there are no namespaces; leaves nothing behind."""
        with ExitStack() as stack:
            stack.callback(_remove_if_empty, _HOSTS)
            for name in (self._switch, *self._names.values()):
                _ip("netns", "add", name)
                stack.callback(_ip, "netns", "delete", name)
            _ip("-n", self._switch, "link", "add", "switch", "type", "bridge")
            _ip("-n", self._switch, "link", "set", "switch", "up")
            addresses = {service: f"10.89.0.{number}" for number, service in enumerate(self._names, start=1)}
            hosts = "".join(f"{address} {service}\n" for service, address in addresses.items())
            for service, name in self._names.items():
                self._plug(service, name, addresses[service])
                _HOSTS.joinpath(name).mkdir(parents=True)
                stack.callback(shutil.rmtree, _HOSTS / name)
                _HOSTS.joinpath(name, "hosts").write_text(f"127.0.0.1 localhost\n{hosts}")
            yield

    def place(self, service: str, command: Sequence[str], environment: Mapping[str, str], volume: Path) -> Placed:
        """The command as it is, confined to the service's namespace."""
        confined = ["sh", "-c", _CONFINE, "sh", str(volume), *command]
        return Placed([_program("ip"), "netns", "exec", self._names[service], *confined], dict(environment))

    def _plug(self, service: str, name: str, address: str) -> None:
        cable = service[:15]
        _ip("-n", self._switch, "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("-n", self._switch, "link", "set", cable, "master", "switch", "up")
        _ip("-n", name, "address", "add", f"{address}/24", "dev", "eth0")
        for link in ("lo", "eth0"):
            _ip("-n", name, "link", "set", link, "up")


class Loopback:
    """This machine's own address in place of the services' names, and free ports in place of the usual ones."""

    def __init__(self) -> None:
        self._port = free_port()

    def place(self, service: str, command: Sequence[str], environment: Mapping[str, str], volume: Path) -> Placed:
        """The command with other ports, told a local address."""
        del volume
        words = [_USUAL_PORT.sub(lambda found: str(self._port + int(found[0]) - BROKER_PORT), each) for each in command]
        local = {"ZCHAT_HOST": "127.0.0.1", "ZCHAT_PORT": str(self._port)}
        return Placed(words, {**environment, **local})


@contextmanager
def best_network(services: Sequence[str], folder: Path, say: Callable[[str], None]) -> Iterator[Network]:
    """Namespaces where they work; else loopback, and ``say`` is told why."""
    with ExitStack() as stack:
        network: Network
        try:
            network = namespaces = Namespaces(services)
            stack.enter_context(namespaces.up())
            _try_out(namespaces, services[0], folder)
        except (OSError, subprocess.SubprocessError) as error:
            words = error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error)
            say(f"no network namespaces here, the services run on loopback: {words.strip() or error}")
            stack.close()
            network = Loopback()
        yield network


def _try_out(namespaces: Namespaces, service: str, folder: Path) -> None:
    inside, outside = folder / "trial", folder / "trial-outside"
    inside.mkdir()
    outside.mkdir()
    placed = namespaces.place(service, ["sh", "-c", _TRIAL, "sh", str(inside), str(outside)], os.environ, inside)
    subprocess.run(placed.command, env=placed.environment, check=True, capture_output=True, text=True, timeout=10)


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


def _ip(*words: str) -> None:
    subprocess.run([_program("ip"), *words], check=True, capture_output=True, text=True, timeout=10)


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        raise FileNotFoundError(f"there is no program {name}")
    return found
