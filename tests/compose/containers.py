"""Services as local processes: what an engine would start, as near as it can be had without one."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.compose.compose_file import ROOT, Compose, HealthCheck, Service
from tests.compose.images import Image, image_of
from tests.compose.networks import Network

_PROGRAMS: Final = Path(sys.executable).parent
_POLL_S: Final = 0.05
# An engine gives a container this long between the stop signal and SIGKILL.
STOP_S: Final = 10.0


class Project:
    """What ``docker compose`` keeps between its commands: the volumes, and the folders of the images."""

    def __init__(self, compose: Compose, network: Network, folder: Path) -> None:
        self.compose = compose
        self._network = network
        self._folder = folder
        self._logs = 0
        for volume in compose.volumes:
            (folder / volume).mkdir()

    @contextmanager
    def running(
        self,
        name: str,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        terminal: int | None = None,
    ) -> Iterator["Container"]:
        """A container of the service. ``arguments`` stand in place of its command, as behind ``docker compose run``.
        Without a ``terminal`` it has a pipe for its input, and a log for its output.
        """
        service = self.compose.services[name]
        image = image_of(service.dockerfile, service.target)
        command = [*image.entry_point, *(arguments or service.command)]
        settings = self._environment(service, image) | dict(environment or {})
        placed = self._network.place(name, command, settings, self._volume(service))
        self._logs += 1
        log = self._folder / f"{self._logs}-{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                placed.command,
                env=placed.environment,
                cwd=self._image_folder(image),
                stdin=subprocess.PIPE if terminal is None else terminal,
                stdout=output if terminal is None else terminal,
                stderr=output if terminal is None else terminal,
                start_new_session=True,
            )
        container = Container(service, process, log)
        try:
            yield container
        finally:
            container.kill()

    def is_healthy(self, name: str) -> bool:
        """Runs the health check of the service once, in its container."""
        service = self.compose.services[name]
        image = image_of(service.dockerfile, service.target)
        health = self.health(name)
        placed = self._network.place(name, health.command, self._environment(service, image), self._volume(service))
        checked = subprocess.run(
            placed.command,
            env=placed.environment,
            cwd=self._image_folder(image),
            capture_output=True,
            timeout=health.timeout_s,
        )
        return checked.returncode == 0

    def wait_until_healthy(self, name: str) -> None:
        """As ``depends_on`` waits. Fails when the service is not well within its start period."""
        health = self.health(name)
        deadline = time.monotonic() + health.start_period_s
        while not self.is_healthy(name):
            assert time.monotonic() < deadline, f"{name} was not healthy after {health.start_period_s} s"
            time.sleep(_POLL_S)

    def health(self, name: str) -> HealthCheck:
        """The health check of a service that has one."""
        health = self.compose.services[name].health
        assert health is not None
        return health

    def _volume(self, service: Service) -> Path:
        (volume,) = service.volumes
        return self._folder / volume

    def _environment(self, service: Service, image: Image) -> dict[str, str]:
        """The image's and the service's; paths of the image are those of this machine that stand for them."""
        (mount_point,) = service.volumes.values()
        here = {mount_point: str(self._volume(service)), "/opt/zchat/bin": str(_PROGRAMS), "$PATH": os.environ["PATH"]}
        own = dict(image.environment)
        for path, place in here.items():
            own = {name: value.replace(path, place) for name, value in own.items()}
        base = {"HOME": str(self._volume(service)), "LANG": "C.UTF-8"}
        terminal = {"TERM": "xterm"} if service.interactive else {}
        return base | terminal | own | service.environment

    def _image_folder(self, image: Image) -> Path:
        """The folder that the image starts in, with what its COPY instructions put there and nothing else."""
        folder = self._folder / f"image-{image.name or 'broker'}"
        if not folder.exists():
            folder.mkdir()
            for copy in image.copies:
                if not copy.stage:
                    (source,) = copy.sources
                    shutil.copytree(ROOT / source, folder / copy.target)
        return folder


class Container:
    """A running service."""

    def __init__(self, service: Service, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._service = service
        self.process = process
        self._log = log

    @property
    def log(self) -> str:
        """What it has written so far."""
        return self._log.read_text("utf-8", "replace")

    @property
    def peak_memory_bytes(self) -> int:
        """The most physical memory that it has had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024

    def wait(self, timeout_s: float) -> int:
        """Its exit code. Fails, with its log, when it has not ended in time."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self._service.name} is not over after {timeout_s} s:\n{self.log}") from None

    def end_input(self) -> None:
        """Closes the pipe that is its input."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def stop(self) -> int:
        """Sends the stop signal, as ``docker compose stop`` does; the exit code."""
        self.process.send_signal(signal.Signals[self._service.stop_signal or "SIGTERM"])
        return self.wait(STOP_S)

    def kill(self) -> None:
        """Ends it if it has not ended."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()
