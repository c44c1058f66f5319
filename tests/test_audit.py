"""`make audit` fails for a vulnerable dependency, and for nothing else."""

import json
from collections.abc import Mapping

from scripts.audit import judge

FINE = {"name": "click", "version": "8.4", "vulns": []}
SKIPPED = {"name": "msgpack", "skip_reason": "Dependency not found on PyPI and could not be audited: msgpack (1.2.4)"}
BAD = {"name": "pyzmq", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"], "aliases": []}]}


def report(*dependencies: Mapping[str, object]) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


def test_a_vulnerable_dependency_fails_and_is_named() -> None:
    code, words = judge("dev.lock", report(FINE, BAD))
    assert code == 1
    assert "pyzmq 1.0 has PYSEC-1, mended in 1.1" in words[-1]
    assert judge("dev.lock", report(SKIPPED, BAD))[0] == 1


def test_a_clean_report_passes() -> None:
    assert judge("dev.lock", report(FINE, FINE)) == (0, ["dev.lock: 2 of 2 dependencies checked"])


def test_what_there_is_no_data_about_is_named() -> None:
    code, words = judge("dev.lock", report(FINE, SKIPPED))
    assert (code, words[1]) == (0, "dev.lock: there is no data about msgpack")


def test_without_data_it_passes_and_says_that_nothing_was_checked() -> None:
    for text in ("", "ConnectionError", "[]", report(SKIPPED, SKIPPED), report()):
        code, (words,) = judge("dev.lock", text)
        assert code == 0
        assert "not checked" in words
