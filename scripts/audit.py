"""`make audit`: looks all pinned dependencies up among the known vulnerabilities.

Ends with 1 when one is vulnerable, with 0 when none is, and with 0 and a word when the data cannot be reached: whether
a change is good must not depend on somebody else's server.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
LOCKS: Final = tuple([f"requirements/{name}.lock" for name in ("runtime-broker", "runtime-client", "dev")])
_TIMEOUT_S = 300


def judge(name: str, report: str) -> tuple[int, list[str]]:
    """The exit code for one lock file's report (pip-audit's JSON, or nothing), and what to say about it."""
    try:
        dependencies = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return 0, [f"{name}: not checked, the data about vulnerabilities cannot be reached from here"]
    skipped = [each["name"] for each in dependencies if "skip_reason" in each]
    found = [
        f"{name}: {each['name']} {each['version']} has {vulnerability['id']}, "
        f"mended in {', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for each in dependencies
        for vulnerability in each.get("vulns", ())
    ]
    if len(skipped) == len(dependencies):
        return 0, [f"{name}: not checked, the data about vulnerabilities cannot be reached from here"]
    words = [f"{name}: {len(dependencies) - len(skipped)} of {len(dependencies)} dependencies checked"]
    if skipped:
        words.append(f"{name}: there is no data about {', '.join(skipped)}")
    return int(bool(found)), words + found


def audit(lock: str) -> str:
    """The report on one lock file; empty if there is none to be had."""
    tool = [str(Path(sys.executable).parent / "uv"), "tool", "run", "--quiet", "pip-audit"]
    options = ["--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off", "-r", lock]
    try:
        done = subprocess.run(
            [*tool, *options], cwd=ROOT, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def main() -> int:
    """Audits all lock files."""
    worst = 0
    for lock in LOCKS:
        code, words = judge(lock, audit(lock))
        print("\n".join(words))
        worst = max(worst, code)
    return worst


if __name__ == "__main__":
    sys.exit(main())
