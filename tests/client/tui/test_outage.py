"""What one sees while the broker is away, and after."""

from pathlib import Path

from tests.client.tui.stage import on_stage, play, user
from tests.system.processes import House


def test_nobody_stays_online_in_an_outage_and_what_waits_is_named(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = house.broker("--title", "Lab", "--rate", "0")
        async with user(broker, tmp_path / "bob"), on_stage(broker, tmp_path, "alice") as stage:
            await stage.sees("at Lab", "● bob", "Here (2)")
            broker.kill()
            await stage.sees("connection lost", "As of ", "· bob", "· alice")
            assert not stage.shows("● bob")
            await stage.types("/away lunch", "escape", "enter")
            await stage.sees("1 queued, sent on return: /away lunch")
            house.broker("--title", "Lab", "--rate", "0", port=broker.port, data=broker.data)
            await stage.sees("connected again after", "Here (2)", "● bob", "◐ alice at Lab · away · lunch")
            await stage.types("/back", "escape", "enter")
            await stage.misses("away · lunch")

    play(scenario())
