"""A party in the terminal UI: it is opened when it begins, and left when it is over."""

from pathlib import Path

from textual import events

from tests.client.tui.stage import on_stage, play, user
from tests.system.processes import Broker, House, unique
from zchat_client.tui import words


def test_a_party_opens_when_it_begins_and_public_when_it_is_over(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, name = unique("bob"), unique("alice")
        async with user(broker, tmp_path / "bob", bob_name) as bob, on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab", bob_name)
            await stage.types(f"/party invite {bob_name}", "escape", "enter")
            await stage.sees("party ›", "2 party", f"{bob_name} is invited to the party")
            await bob.party_accept()
            await stage.sees(f"{bob_name} joined the party")
            await stage.types("", "alt+1")
            await stage.sees("public ›")
            assert not stage.shows(f"{bob_name} joined the party"), "it was no talk to everyone"
            await bob.party_leave()
            await stage.sees(f"{bob_name} left the party")
            assert f"{bob_name} left the party" in stage.rows()[-1], "a note on the status line"
            await stage.types("", "alt+2")
            await stage.types("/party leave", "escape", "enter")
            await stage.sees("public ›", "You left the party")
            await stage.misses("2 party")

    play(scenario())


def test_who_is_typing_when_a_party_begins_or_ends_stays_where_he_types(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, name = unique("bob"), unique("alice")
        async with user(broker, tmp_path / "bob", bob_name) as bob, on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab", bob_name)
            await bob.party_invite(name)
            await stage.sees("Accept F2")
            await stage.types("", "f2")
            await stage.sees("party ›", "You joined the party")
            await stage.types("by the way")
            await bob.party_kick(name)
            await stage.sees(
                "You were removed from the party", "You are in this party no more; go to another", "party ›"
            )
            assert stage.screen.entry.text == "by the way"
            await stage.types("", "alt+1")
            await stage.sees("public ›", "party ✎")
            await stage.types("what I say to all")
            assert stage.app.chat is not None
            stage.app.chat.console.enter(f"/party invite {bob_name}")
            await stage.sees("/p TEXT talks to the party", "public › what I say to all")

    play(scenario())


def test_what_one_says_to_a_party_that_put_one_out_is_said_to_nobody(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, name = unique("bob"), unique("alice")
        async with user(broker, tmp_path / "bob", bob_name) as bob, on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab", bob_name)
            await bob.party_invite(name)
            await stage.sees("Accept F2")
            await stage.types("", "f2")
            await stage.sees("party › Say something to your party", "You joined the party")
            await bob.party_kick(name)
            await stage.sees("You were removed from the party", "party › You are in it no more; go elsewhere")
            await stage.reads()
            await stage.types("meet at my place", "enter")
            await stage.sees("You are in this party no more")
            assert stage.shows("party › meet at my place")
            await stage.reads()
            await stage.types("", "ctrl+u", "alt+1")
            await stage.sees("public › Say something to everyone")
            await stage.misses("2 party")
            await stage.types("hello", "enter")
            await stage.sees("hello ✓")
            assert stage.said()[-1] == "hello"
            assert "meet at my place" not in stage.said()

    play(scenario())


def test_each_of_two_invitations_is_answered_where_it_stands_and_says_until_when(
    broker: Broker, tmp_path: Path
) -> None:
    async def scenario() -> None:
        bob_name, carol_name, name = unique("bob"), unique("carol"), unique("alice")
        async with (
            user(broker, tmp_path / "bob", bob_name) as bob,
            user(broker, tmp_path / "carol", carol_name) as carol,
            on_stage(broker, tmp_path, name) as stage,
        ):
            await stage.sees("at Lab")
            await bob.party_invite(name)
            await stage.sees(f"{bob_name} invites you")
            await carol.party_invite(name)
            assert stage.app.chat is not None
            await stage.sees(f"{carol_name} invites you")
            times = [words.clock(card.expires) for card in stage.app.chat.story.cards]
            await stage.sees(f"{bob_name} invites you to a party, until {times[0]}")
            await stage.sees(f"{carol_name} invites you to a party, until {times[1]}")
            await stage.reads()
            await stage.clicks("#older-card-decline")
            await stage.misses(f"{bob_name} invites you to a party, until")
            await stage.sees(f"{carol_name} invites you to a party, until", "You declined the invitation")
            await stage.types("begun", "f2")
            await stage.sees("party ›", "You joined the party")
            await stage.types("", "alt+1")
            await stage.sees("public › begun")

    play(scenario())


def test_an_answer_by_key_that_is_refused_is_told_and_nothing_is_typed(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, carol_name, name = unique("bob"), unique("carol"), unique("alice")
        async with (
            user(broker, tmp_path / "bob", bob_name) as bob,
            user(broker, tmp_path / "carol", carol_name) as carol,
            on_stage(broker, tmp_path, name) as stage,
        ):
            await stage.sees("at Lab", bob_name, carol_name)
            await stage.enters(f"/party invite {carol_name}")
            await stage.sees("party › Say something")
            await carol.party_accept()
            await stage.sees(f"{carol_name} joined")
            await bob.party_invite(name)
            await stage.sees("Accept F2")
            trouble = "You are in a party already"
            await stage.reads()
            await stage.types("", "f2")
            await stage.sees(trouble, "party › Say something")
            await stage.types("", "f3")
            await stage.misses("Accept F2", trouble)
            await bob.party_invite(name)
            await stage.sees("Accept F2")
            await stage.types("begun", "f2")
            await stage.sees(trouble, "party › begun")
            await stage.types("", "f3")
            await stage.misses("Accept F2", trouble)
            assert stage.shows("party › begun")

    play(scenario())


def test_who_is_not_in_the_party_yet_stays_where_he_is(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        own = house.broker("--title", "Lab")
        async with user(own, tmp_path / "bob", "bob") as bob, on_stage(own, tmp_path, "alice") as stage:
            await stage.sees("at Lab")
            await bob.party_invite("alice")
            await stage.sees("Accept F2")
            own.kill()
            await stage.sees("reconnecting, for")
            await stage.types("", "f2")
            await stage.sees("1 queued", "public ›")
            assert not stage.shows("2 party")

    play(scenario())


def test_what_was_typed_for_one_party_is_not_said_to_the_next(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            user(broker, tmp_path / "carol", unique("carol")) as carol,
            on_stage(broker, tmp_path, name) as stage,
        ):
            await stage.sees("at Lab", bob.name, carol.name)
            await bob.party_invite(name)
            await stage.sees("Accept F2")
            await stage.types("", "f2")
            await stage.sees("party › Say something")
            await stage.types("about carol")
            await bob.party_kick(name)
            await stage.sees("You were removed from the party", "party › about carol")
            await carol.party_invite(name)
            await stage.sees(f"{carol.name} invites you")
            await stage.types("", "f2")
            await stage.sees("You joined the party", "party › Say something")
            await stage.types("", "up")
            assert stage.screen.entry.text == "about carol"

    play(scenario())


def test_what_was_typed_for_a_party_that_ended_meanwhile_is_forgotten(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with user(broker, tmp_path / "bob", unique("bob")) as bob:
            async with on_stage(broker, tmp_path, name) as stage:
                await stage.sees("at Lab", bob.name)
                assert stage.app.chat is not None
                notes = stage.app.chat.client.notes
                notes.set("draft.party", "about bob")
                notes.flush()
            async with on_stage(broker, tmp_path, name) as stage:
                await stage.sees("at Lab", bob.name)
                assert stage.app.chat is not None
                assert stage.app.chat.client.notes.get("draft.party") is None

    play(scenario())


def test_a_key_answers_the_invitation_that_was_read_and_not_one_that_has_just_come(
    broker: Broker, tmp_path: Path
) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            user(broker, tmp_path / "carol", unique("carol")) as carol,
            on_stage(broker, tmp_path, name) as stage,
        ):
            await stage.sees("at Lab", bob.name, carol.name)
            assert stage.app.chat is not None
            await bob.party_invite(name)
            await stage.sees(f"{bob.name} invites you to a party, until")
            await stage.reads()
            accept = events.Key("f2", None)
            await carol.party_invite(name)
            await stage.sees(f"{carol.name} invites you to a party, until")
            stage.app.post_message(accept)
            await stage.sees("You joined the party")
            party = stage.app.chat.client.party()
            assert party is not None
            assert party.leader == bob.name

    play(scenario())


def test_invitations_leave_room_to_type_in_the_lowest_window(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        names = [unique("bob" * 9), unique("carol" * 5)]
        async with (
            user(broker, tmp_path / "bob", names[0]) as bob,
            user(broker, tmp_path / "carol", names[1]) as carol,
            on_stage(broker, tmp_path, unique("alice"), size=(40, 10)) as stage,
        ):
            await stage.sees("public ›")
            assert stage.app.chat is not None
            story = stage.app.chat.story
            for inviter in (bob, carol):
                await inviter.party_invite(stage.app.chat.client.name)
            await stage.until(lambda: len(story.cards) == 2, "both")
            await stage.sees("Accept F2", "public › Say")
            await stage.types("seen")
            await stage.sees("public › seen")

    play(scenario())


def test_whoever_is_ignored_takes_his_invitation_along(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, name = unique("bob"), unique("alice")
        async with user(broker, tmp_path / "bob", bob_name) as bob, on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab", bob_name)
            await bob.party_invite(name)
            await stage.sees("Accept F2")
            await stage.enters(f"/ignore {bob_name}")
            await stage.sees("You ignore")
            await stage.misses("Accept F2")
            await stage.enters(f"/unignore {bob_name}")
            await stage.sees("Accept F2")

    play(scenario())


def test_an_invitation_that_has_just_ended_says_so_to_who_accepts_it(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, name = unique("bob"), unique("alice")
        async with user(broker, tmp_path / "bob", bob_name) as bob, on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab", bob_name)
            await bob.party_invite(name)
            await stage.sees("Accept F2")
            assert stage.app.chat is not None
            (card,) = stage.app.chat.story.cards
            await bob.party_leave()
            await stage.misses("Accept F2")
            # It is on the screen still, as for who presses the key just then.
            stage.app.chat.story.cards = [card]
            stage.screen.level()
            await stage.sees("Accept F2")
            await stage.reads()
            await stage.types("", "f2")
            await stage.misses("Accept F2")
            await stage.sees(f"You have no open invitation from {bob_name}.")
            assert stage.screen.entry._trouble

    play(scenario())


def test_a_card_says_that_one_is_in_a_party_already(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            user(broker, tmp_path / "carol", unique("carol")) as carol,
            on_stage(broker, tmp_path, unique("alice")) as stage,
        ):
            await stage.sees("at Lab")
            assert stage.app.chat is not None
            # Whoever is alone in his party leaves it by accepting.
            await stage.enters(f"/party invite {carol.name}")
            await stage.sees("party ›")
            for inviter in (bob, carol):
                await inviter.party_invite(stage.app.chat.client.name)
                await stage.sees("Accept F2")
                assert stage.shows("/party leave leaves yours") is (inviter is carol)
                await stage.reads()
                await stage.types("", "f2")
                if inviter is bob:
                    await stage.sees("You joined the party")
                    await stage.misses("Accept F2")

    play(scenario())
