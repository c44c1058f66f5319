"""The same log makes the same state and effects: in every process, and however the state came to be in memory."""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path

import pytest

from tests.broker.rules.random_log import RandomLog
from tests.broker.rules.witness import Witness, frozen
from zchat_broker.rules import Rules, State
from zchat_broker.rules.effects import Answered, Posted
from zchat_common.messages import Answer, PartyChanged

ROOT = Path(__file__).parents[3]
ENTRIES = 3_000


def digest_in_a_process(hash_seed: str) -> str:
    command = [sys.executable, "-m", "tests.broker.rules.random_log", "7", str(ENTRIES)]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=50)
    return ran.stdout.strip()


def turned_round(state: State) -> State:
    """An equal state whose dictionaries are in another order, as one that was loaded from a store may be."""

    def turn(value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {key: turn(value[key]) for key in reversed(value)}

    copied = frozen(state)
    turned = {field.name: turn(getattr(copied, field.name)) for field in fields(copied)}
    return replace(copied, **turned)  # type: ignore[arg-type]


def test_two_processes_with_different_hash_seeds_agree() -> None:
    first, second = digest_in_a_process("1"), digest_in_a_process("4242")
    assert len(first) == 64
    assert first == second


@pytest.mark.parametrize("seed", range(3))
def test_a_state_that_was_loaded_decides_like_the_one_that_grew(seed: int) -> None:
    grown = Rules(State())
    loaded = Rules(State())
    for place, entry in enumerate(RandomLog(grown, seed).entries(1_200)):
        if place % 3 == 0:
            assert loaded.state == grown.state
            loaded = Rules(turned_round(grown.state))
        assert loaded.apply(entry) == grown.apply(entry), entry


def test_the_witness_finds_nothing_wrong_with_a_long_log() -> None:
    rules, witness = Rules(State()), Witness()
    for entry in RandomLog(rules, 3).entries(1_500):
        witness.see(entry, rules.apply(entry), rules.state)


def test_a_random_log_comes_by_everything_that_can_happen_to_a_party() -> None:
    """Else the tests above would say little."""
    rules = Rules(State())
    happened: Counter[str] = Counter()
    for entry in RandomLog(rules, 7).entries(ENTRIES):
        for effect in rules.apply(entry):
            if isinstance(effect, Posted) and isinstance(effect.message, PartyChanged):
                happened[effect.message.change] += 1
            if isinstance(effect, Answered):
                happened["refused" if not isinstance(effect.answer, Answer) else "accepted"] += 1
    changes = "created invited joined declined expired left kicked leader dissolved refused accepted"
    assert [change for change in changes.split() if happened[change] < 5] == []
