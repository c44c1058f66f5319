"""Every run of the laboratory, and how one is carried out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.laboratory import runs_broker, runs_clients, runs_links, runs_many, runs_store
from tests.laboratory.lab import Figures, Laboratory

Run = Callable[[Laboratory], None]

RUNS: Final[dict[str, Run]] = {
    run.__name__: run
    for run in (
        runs_broker.broker_killed,
        runs_broker.broker_stopped_under_fifty,
        runs_broker.broker_stands_still,
        runs_broker.clock_jumps,
        runs_links.topics_link_cut,
        runs_links.commands_link_cut,
        runs_links.both_links_half_open,
        runs_links.one_link_half_open,
        runs_links.slow_network,
        runs_links.reader_stopped,
        runs_links.reader_throttled,
        runs_clients.client_killed,
        runs_clients.two_invite_each_other,
        runs_clients.party_of_five,
        runs_clients.leaving_the_party,
        runs_many.thousand_subscribers,
        runs_many.readers_who_do_not_read,
        runs_store.disk_full_and_freed,
        runs_store.database_damaged,
        runs_store.older_backup,
    )
}


@dataclass(slots=True)
class Result:
    """What a run came to: ``failures`` is empty if every promise was kept."""

    name: str
    seed: int
    figures: Figures
    failures: list[str]
    report: str = ""


def carry_out(name: str, folder: Path, seed: int, size: float = 1.0) -> Result:
    """One run from its seed. Failures are told, not raised."""
    lab = Laboratory(folder, seed, size=size)
    result = Result(name, seed, lab.figures, [])
    with lab:
        try:
            RUNS[name](lab)
        except AssertionError as error:
            result.failures.append(str(error))
        verdict = lab.judge()
        result.failures += [f"{kind}: {text}" for kind, text in verdict.violations]
        if result.failures:
            result.report = lab.house.report()
    result.failures += lab.faults()
    return result
