"""The Dockerfiles as dockerfile-parse reads them."""

import json
import re
import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from dockerfile_parse import DockerfileParser

from tests.compose.compose_file import ROOT

_IGNORE_FILE: Final = ROOT / ".dockerignore"


@dataclass(frozen=True, slots=True)
class Copy:
    """What one COPY takes and where it puts it; ``stage`` when it takes it from there and not from the context."""

    sources: tuple[str, ...]
    target: str
    stage: str


@dataclass(frozen=True, slots=True)
class Image:
    """What one stage makes, with what it has from the stage it is built on."""

    name: str
    base: str
    """The image outside of this Dockerfile at the bottom."""
    copies: tuple[Copy, ...] = ()
    runs: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = ""
    volumes: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    stop_signal: str = ""
    entry_point: tuple[str, ...] = ()


def read_images(dockerfile: Path) -> list[Image]:
    """The images of all stages, in order. An instruction that is not known here fails."""
    parser = DockerfileParser(path=str(dockerfile), env_replace=False)
    arguments: dict[str, str] = {}
    images: list[Image] = []
    for instruction in parser.structure:
        kind, value = str(instruction["instruction"]), str(instruction["value"])
        if kind == "ARG":
            name, _, default = value.partition("=")
            arguments[name] = default
        elif kind == "FROM":
            images.append(_new_image(_filled(value, arguments), images))
        elif kind != "COMMENT":
            images[-1] = _added(images[-1], kind, value)
    return images


def image_of(dockerfile: Path, target: str) -> Image:
    """The image that a build makes: the stage named, or the last one."""
    images = read_images(dockerfile)
    return next(image for image in images if image.name == target) if target else images[-1]


def is_in_context(path: str) -> bool:
    """Whether the .dockerignore lets a path at the top of the repository into the build."""
    lines = [line for line in _IGNORE_FILE.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*", "nothing is in the context but what is named"
    assert all(line.startswith(("!", "**/")) for line in lines[1:]), "only names and patterns for all depths"
    return f"!{path}" in lines


def _new_image(value: str, images: list[Image]) -> Image:
    base, name = re.fullmatch(r"(\S+)(?: AS (\S+))?", value, re.IGNORECASE).groups("")  # type: ignore[union-attr]
    below = next((image for image in images if image.name == base), None)
    return Image(name, base) if below is None else replace(below, name=name)


def _added(image: Image, kind: str, value: str) -> Image:
    match kind:
        case "COPY":
            return replace(image, copies=(*image.copies, _copy(value)))
        case "RUN":
            return replace(image, runs=(*image.runs, value))
        case "ENV":
            pairs = dict(word.split("=", 1) for word in shlex.split(value))
            return replace(image, environment=image.environment | pairs)
        case "WORKDIR":
            return replace(image, folder=value)
        case "USER":
            return replace(image, user=value)
        case "VOLUME":
            return replace(image, volumes=(*image.volumes, value))
        case "EXPOSE":
            return replace(image, ports=tuple(value.split()))
        case "STOPSIGNAL":
            return replace(image, stop_signal=value)
        case "ENTRYPOINT":
            return replace(image, entry_point=tuple(json.loads(value)))
        case _:
            raise AssertionError(f"an instruction that these tests do not know: {kind} {value}")


def _copy(value: str) -> Copy:
    words = value.split()
    options = dict(word.removeprefix("--").split("=") for word in words if word.startswith("--"))
    *sources, target = [word for word in words if not word.startswith("--")]
    assert options.keys() <= {"from", "chown"}
    return Copy(tuple(sources), target, options.get("from", ""))


def _filled(text: str, arguments: dict[str, str]) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda found: arguments[found[1]], text)
