"""`make fuzz`: gives every decoder what atheris finds, led by the branches that it takes, for some minutes in all.

Atheris is put into a folder of its own (it has no build for every Python that zchat runs on), as are the inputs that
were found to be interesting: the next run begins with them. Ends with 1 when a decoder failed; the input is kept.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
HOME: Final = ROOT / ".run" / "fuzz"
ATHERIS: Final = "atheris==3.0.0"
LONGEST_BYTES: Final = 4096


def install() -> bool:
    """Whether atheris is there; puts it there if need be."""
    if (HOME / "lib" / "atheris").exists():
        return True
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--only-binary", ":all:"]
    return subprocess.run([*pip, "--target", str(HOME / "lib"), ATHERIS], check=False).returncode == 0


def run(decoder: str, seconds: int) -> int:
    """Fuzzes one decoder in a process of its own; returns its exit code."""
    folder = HOME / decoder
    folder.mkdir(parents=True, exist_ok=True)
    limits = [f"-max_total_time={seconds}", f"-max_len={LONGEST_BYTES}", "-timeout=10", "-rss_limit_mb=2048"]
    command = [sys.executable, __file__, "--one", decoder, *limits, f"-artifact_prefix={folder}-failed-", str(folder)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def fuzz_one(decoder: str, options: list[str]) -> None:
    """Never returns: the process belongs to the fuzzer from here on."""
    sys.path[:0] = [str(ROOT), str(HOME / "lib")]
    import atheris

    with atheris.instrument_imports(include=["zchat_common", "zchat_broker", "zchat_client"]):
        from tests.security.decoders import DECODERS, seeds
    for number, seed in enumerate(seeds(decoder)):
        (HOME / decoder / f"seed-{number}").write_bytes(seed)
    atheris.Setup([decoder, *options], DECODERS[decoder])
    atheris.Fuzz()


def main() -> int:
    """All decoders, one after another."""
    if sys.argv[1:2] == ["--one"]:
        fuzz_one(sys.argv[2], sys.argv[3:])
    sys.path.insert(0, str(ROOT))
    from tests.security.decoders import DECODERS

    if not install():
        print(f"{ATHERIS} cannot be installed for this Python; nothing was fuzzed", file=sys.stderr)
        return 2
    each_s = max(1, int(float(sys.argv[1]) * 60 / len(DECODERS)))
    failed = [decoder for decoder in DECODERS if run(decoder, each_s) != 0]
    print("fuzzed:", ", ".join(DECODERS), f"for {each_s} s each;", "failed:", ", ".join(failed) or "none")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
