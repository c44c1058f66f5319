"""docker-compose.yml as podman-compose reads it, and no key in it that these tests do not know."""

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
FILE: Final = ROOT / "docker-compose.yml"
_PARSER: Final = Path(sys.executable).parent / "podman-compose"
_UNITS: Final = {"s": 1.0, "m": 1024.0**2, "g": 1024.0**3}


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A command that succeeds when the service is well."""

    command: tuple[str, ...]
    interval_s: float
    timeout_s: float
    retries: int
    start_period_s: float


@dataclass(frozen=True, slots=True)
class Service:
    """One service; what the file leaves out is empty."""

    name: str
    dockerfile: Path
    target: str
    command: tuple[str, ...]
    environment: dict[str, str]
    volumes: dict[str, str]
    """Where each named volume is mounted."""
    depends_on: dict[str, str]
    """The condition of each service that is waited for."""
    health: HealthCheck | None
    restart: str
    stop_signal: str
    memory_bytes: int | None
    ports: tuple[str, ...]
    profiles: tuple[str, ...]
    interactive: bool
    locked_down: bool
    """Init process, read-only root with a /tmp, no capabilities, no new privileges."""


@dataclass(frozen=True, slots=True)
class Compose:
    """The services that a profile starts, and the named volumes."""

    services: dict[str, Service]
    volumes: frozenset[str]


@cache
def read_compose(*profiles: str) -> Compose:
    """The file with these profiles switched on."""
    options = [option for profile in profiles for option in ("--profile", profile)]
    command = [str(_PARSER), "--dry-run", *options, "-f", str(FILE), "config"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COMPOSE_")}
    parsed = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=30)
    raw = yaml.safe_load(parsed.stdout)
    # What stands under x-... is only there to be repeated.
    raw = {name: value for name, value in raw.items() if not name.startswith("x-")}
    services = {name: _service(name, fields) for name, fields in raw.pop("services").items()}
    volumes = frozenset(raw.pop("volumes"))
    assert not raw, f"keys that these tests do not know: {raw}"
    return Compose(services, volumes)


def _service(name: str, raw: dict[str, Any]) -> Service:
    build = raw.pop("build")
    assert Path(build.pop("context")) == ROOT
    service = Service(
        name=name,
        dockerfile=ROOT / build.pop("dockerfile"),
        target=build.pop("target", ""),
        command=tuple(raw.pop("command", ())),
        environment=dict(raw.pop("environment", {})),
        volumes=dict(volume.split(":") for volume in raw.pop("volumes", ())),
        depends_on={each: waited.pop("condition") for each, waited in raw.pop("depends_on", {}).items()},
        health=_health(raw.pop("healthcheck")) if "healthcheck" in raw else None,
        restart=raw.pop("restart"),
        stop_signal=raw.pop("stop_signal", ""),
        memory_bytes=int(_number(raw.pop("mem_limit"))) if "mem_limit" in raw else None,
        ports=tuple(raw.pop("ports", ())),
        profiles=tuple(raw.pop("profiles", ())),
        interactive=raw.pop("stdin_open", False) and raw.pop("tty", False),
        locked_down=_is_locked_down(raw),
    )
    assert not raw, f"{name} has keys that these tests do not know: {raw}"
    assert not build, f"the build of {name} has keys that these tests do not know: {build}"
    return service


def _health(raw: dict[str, Any]) -> HealthCheck:
    kind, *command = raw.pop("test")
    assert kind == "CMD"
    health = HealthCheck(
        command=tuple(command),
        interval_s=_number(raw.pop("interval")),
        timeout_s=_number(raw.pop("timeout")),
        retries=raw.pop("retries"),
        start_period_s=_number(raw.pop("start_period")),
    )
    assert not raw, f"a health check has keys that these tests do not know: {raw}"
    return health


def _is_locked_down(raw: dict[str, Any]) -> bool:
    wanted = {
        "init": True,
        "read_only": True,
        "tmpfs": ["/tmp"],  # noqa: S108 - a mount point in a container
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
    }
    return {name: raw.pop(name, None) for name in wanted} == wanted


def _number(text: str) -> float:
    return float(text[:-1]) * _UNITS[text[-1]]
