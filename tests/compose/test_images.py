"""The Dockerfiles, held against the tree."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.compose.compose_file import ROOT, read_compose
from tests.compose.images import Image, image_of, is_in_context, read_images

DOCKERFILES = sorted(ROOT.glob("*/Dockerfile"))
FINAL = sorted({(service.dockerfile, service.target) for service in read_compose("client").services.values()})


def _label(value: object) -> str:
    return str(value.relative_to(ROOT)) if isinstance(value, Path) else str(value)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=_label)
def test_every_image_stands_on_the_same_slim_python_of_a_fixed_version(dockerfile: Path) -> None:
    bases = {image.base for path in DOCKERFILES for image in read_images(path)}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", bases.pop())


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=_label)
def test_everything_copied_is_in_the_tree_and_in_the_context(dockerfile: Path) -> None:
    stages = {image.name for image in read_images(dockerfile)}
    for image in read_images(dockerfile):
        for copy in image.copies:
            if copy.stage:
                assert copy.stage in stages
            else:
                assert all((ROOT / source).exists() and is_in_context(source) for source in copy.sources)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=_label)
def test_everything_installed_is_pinned_by_a_lock_or_built_here(dockerfile: Path) -> None:
    commands = [command for run in read_images(dockerfile)[0].runs for command in run.split("&&")]
    installs = [command for command in commands if " install " in f" {command} "]
    assert len(installs) == 3
    for command in installs:
        locks = re.findall(r"-r (\S+)", command)
        assert all("--hash=sha256:" in (ROOT / lock).read_text("utf-8") for lock in locks)
        assert ("--require-hashes" in command) if locks else ("--no-index" in command and "--no-deps" in command)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=_label)
def test_the_stage_that_builds_leaves_only_the_environment_behind(dockerfile: Path) -> None:
    build, *others = read_images(dockerfile)
    assert build.name == "build"
    assert build.environment["PIP_NO_CACHE_DIR"] == "1"
    for image in others:
        taken = [copy.sources for copy in image.copies if copy.stage]
        assert taken == [("/opt/zchat",)]
        assert image.environment["PATH"].startswith("/opt/zchat/bin:")


@pytest.mark.parametrize(("dockerfile", "target"), FINAL, ids=_label)
def test_every_container_runs_as_a_fixed_user_who_is_not_root(dockerfile: Path, target: str) -> None:
    image = image_of(dockerfile, target)
    assert image.user == "10001:10001"
    makes_user, makes_folder = image.runs[0].split("&&")
    assert "useradd --uid 10001 --user-group" in makes_user
    assert makes_folder.split()[-1] == "/data"
    assert "--owner zchat --group zchat" in makes_folder


@pytest.mark.parametrize(("dockerfile", "target"), FINAL, ids=_label)
def test_every_entry_point_is_a_program_of_what_was_copied(dockerfile: Path, target: str) -> None:
    image = image_of(dockerfile, target)
    assert image.stop_signal == "SIGTERM"
    match image.entry_point:
        case (program,):
            assert program in _programs_built_in(dockerfile)
        case ("python", "-m", module):
            assert _module_file(image, module).is_file()
        case other:
            pytest.fail(f"an entry point that these tests do not know: {other}")


def _programs_built_in(dockerfile: Path) -> set[str]:
    """The programs of the distributions that the build stage makes wheels of."""
    build = read_images(dockerfile)[0]
    distributions = re.findall(r"\./(\w+)", next(run for run in build.runs if "pip wheel" in run))
    copied = {source for copy in build.copies for source in copy.sources}
    assert copied.issuperset(distributions)
    programs: set[str] = set()
    for each in distributions:
        project = tomllib.loads((ROOT / each / "pyproject.toml").read_text("utf-8"))["project"]
        programs |= project.get("scripts", {}).keys()
    return programs


def _module_file(image: Image, module: str) -> Path:
    """Where the tree has a module that is run in the image's folder."""
    package, _, rest = module.partition(".")
    (copy,) = [copy for copy in image.copies if copy.target == package]
    return ROOT / copy.sources[0] / f"{rest.replace('.', '/')}.py"
