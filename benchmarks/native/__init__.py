"""The two programs in C: compiled when they are needed, into the folder of the run."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import zmq

_HERE = Path(__file__).parent
_BUILT = _HERE.parents[1] / ".run" / "benchmarks"


class CannotBuild(Exception):
    """There is no compiler, or nothing to link with. The text says what is missing."""


@cache
def readers_program() -> Path:
    """The program behind :mod:`benchmarks.readers`. Raises CannotBuild."""
    return _compiled("readers")


@cache
def forwarder_program() -> Path:
    """The bare forwarder, linked with the libzmq of pyzmq's wheel. Raises CannotBuild."""
    libraries = sorted(Path(zmq.__file__).parents[1].glob("pyzmq.libs/libzmq-*.so*"))
    if not libraries:
        raise CannotBuild("this pyzmq brings no libzmq of its own to link with")
    return _compiled("forwarder", str(libraries[0]), f"-Wl,-rpath,{libraries[0].parent}")


def _compiled(name: str, *link_with: str) -> Path:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise CannotBuild("there is no C compiler (gcc)")
    _BUILT.mkdir(parents=True, exist_ok=True)
    # Others may be at it at the same time, and may run what is there.
    program, fresh = _BUILT / name, _BUILT / f"{name}.{os.getpid()}"
    command = [compiler, "-O3", "-march=native", "-Wall", "-o", str(fresh), str(_HERE / f"{name}.c"), *link_with]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotBuild(f"{name}.c does not compile: {done.stderr.strip()[-300:]}")
    fresh.replace(program)
    return program
