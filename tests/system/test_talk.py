"""What everybody types most: public texts, whispers, who is here, and what was said before."""

import pytest

from tests.system.contract import Event
from tests.system.processes import Broker, Client, House, level, unique

Three = list[Client]


def test_a_text_reaches_everyone_and_its_sender_once(three: Three) -> None:
    alice, bob, carol = three
    alice.types("hello  world")
    messages = [each.wait("message", text="hello  world") for each in three]
    assert messages[0] == messages[1] == messages[2]
    assert {**messages[0], "at": "", "seq": 0} == {
        "event": "message",
        "at": "",
        "topic": "public",
        "seq": 0,
        "sender": alice.name,
        "text": "hello  world",
        "action": False,
        "replayed": False,
    }
    level(*three)
    assert [len(each.seen("message", text="hello  world")) for each in three] == [1, 1, 1]
    assert not bob.seen("sent", typed="hello  world")
    assert not carol.seen("pending", typed="hello  world")


def test_what_was_typed_is_pending_and_then_sent_under_the_same_id(three: Three) -> None:
    alice, bob, _ = three
    alice.types("one", "two")
    for typed in ("one", "two"):
        pending = alice.wait("pending", typed=typed)
        sent = alice.wait("sent", typed=typed, id=pending["id"])
        assert (sent["topic"], sent["seq"]) == ("public", bob.wait("message", text=typed)["seq"])


def test_me_says_it_as_an_action(three: Three) -> None:
    alice, bob, _ = three
    alice.types("/me waves")
    assert bob.wait("message", sender=alice.name, text="waves")["action"] is True


@pytest.mark.parametrize(("typed", "said"), [("//shrug", "/shrug"), ("///", "//"), ("  padded\t", "padded")])
def test_a_doubled_slash_and_blanks_around_a_text(typed: str, said: str, three: Three) -> None:
    alice, bob, _ = three
    alice.types(typed)
    assert bob.wait("message", text=said)["action"] is False
    assert alice.wait("sent", typed=typed)["topic"] == "public"


@pytest.mark.parametrize(
    "text",
    [
        "x" * 4000,
        "\N{GRINNING FACE}" * 4000,
        "👩‍👩‍👧 שלום العربية ‏ é 한국어 日本",
        "a\ttab",
        '{"json": "\\"}',
        "\ufeffbom",
    ],
)
def test_every_text_arrives_as_it_was_typed(text: str, three: Three) -> None:
    alice, bob, _ = three
    alice.types(text, f"/w {bob} {text}")
    assert bob.wait("message", text=text)["sender"] == alice.name
    assert bob.wait("whisper", text=text)["sender"] == alice.name


def test_a_line_of_blanks_says_nothing(three: Three) -> None:
    alice, bob, _ = three
    alice.types("", "   ", "\t")
    level(alice, bob)
    assert len(bob.texts()) == 2
    assert not alice.seen("error")


@pytest.mark.parametrize("command", ["/w", "/whisper", "/msg", "/W"])
def test_a_whisper_is_for_two(command: str, three: Three) -> None:
    alice, bob, carol = three
    secret = unique("secret")
    typed = f"{command} {bob.name.upper()} {secret}  it is"
    alice.types(typed)
    whispers = [each.wait("whisper", text=f"{secret}  it is") for each in (alice, bob)]
    for whisper in whispers:
        assert (whisper["sender"], whisper["recipient"]) == (alice.name, bob.name)
        assert whisper["replayed"] is False
    sent = alice.wait("sent", typed=typed)
    assert (sent["topic"], sent["delivery"], sent["seq"]) == ("user", "online", whispers[0]["seq"])
    assert sent["recipient"] == bob.name, "as everybody sees it, not as it was typed"
    level(*three)
    assert secret not in str(carol.events)
    assert not bob.seen("sent", typed=typed)


@pytest.mark.parametrize("reply", ["/r", "/reply"])
def test_a_reply_goes_to_the_last_one_whispered_with(reply: str, three: Three) -> None:
    alice, bob, carol = three
    bob.types(f"/w {alice} from bob")
    alice.wait("whisper", text="from bob")
    alice.types(f"{reply} back to bob")
    assert bob.wait("whisper", text="back to bob")["sender"] == alice.name
    alice.types(f"/w {carol} to carol", f"{reply} and again")
    assert carol.wait("whisper", text="and again")["sender"] == alice.name
    bob.types(f"/w {alice} once more")
    alice.wait("whisper", text="once more")
    alice.types(f"{reply} bob it is")
    assert bob.wait("whisper", text="bob it is")["sender"] == alice.name


def test_who_lists_everybody_online(house: House, broker: Broker) -> None:
    # The last one typed his name in capitals: the list is sorted by how names are compared.
    names = [unique("Zoe"), unique("anna"), unique("Ben")]
    zoe, anna, ben = house.join(broker, *names)
    anna.types("/away")
    zoe.wait("presence", name=anna.name, status="away")
    zoe.types("/who", "/list")
    for _ in range(2):
        users = [user for user in zoe.wait("who")["users"] if user["name"] in names]
        assert users == [
            {"name": anna.name, "status": "away"},
            {"name": ben.name, "status": "online"},
            {"name": zoe.name, "status": "online"},
        ]


def test_being_away_and_back_is_told_to_everyone_once(three: Three) -> None:
    alice, bob, carol = three
    alice.types("/away gone fishing", "/back", "/back", "/away", "/back")
    for each in three:
        each.wait("presence", name=alice.name, status="away", text="")
    level(*three)
    for each in three:
        told = each.seen("presence", name=alice.name)
        assert [(event["status"], event["text"]) for event in told] == [
            ("away", "gone fishing"),
            ("online", ""),
            ("away", ""),
            ("online", ""),
        ]
        assert [event["since"] for event in told] == sorted(event["since"] for event in told)
    assert bob.seen("presence", name=alice.name) == carol.seen("presence", name=alice.name)


def test_who_comes_and_goes_is_told_to_everyone_else(house: House, broker: Broker, three: Three) -> None:
    alice, bob, _ = three
    (carol,) = house.join(broker, unique("carol"))
    for each in (alice, bob):
        assert each.wait("presence", name=carol.name)["status"] == "online"
    (connected,) = carol.seen("connected")
    assert connected["name"] == carol.name
    assert (connected["title"], connected["fingerprint"]) == ("Lab", broker.fingerprint)
    assert connected["party"] is None
    for each in (alice, carol):
        assert {"name": each.name, "status": "online"} in connected["users"]
    carol.types("/exit")
    for each in (alice, bob):
        assert each.wait("presence", name=carol.name)["status"] == "offline"
    alice.types("/who")
    assert carol.name not in [user["name"] for user in alice.wait("who")["users"]]


def test_history_shows_the_last_messages_of_public(three: Three) -> None:
    alice, bob, _ = three
    lines = [f"{alice} {number}" for number in range(25)]
    alice.types(*lines)
    alice.wait("sent", typed=lines[-1])
    bob.types("/history", "/history 3", "/history public 2")
    assert [_texts(bob.wait("history", topic="public")) for _ in range(3)] == [lines[-20:], lines[-3:], lines[-2:]]
    said = bob.seen("message", text=lines[-1])[0]
    kept = bob.seen("history")[1]["messages"][-1]
    assert kept == said | {"replayed": True}


def test_help_lists_every_command(three: Three) -> None:
    alice, _, _ = three
    alice.types("/help")
    commands = alice.wait("help")["commands"]
    usages = " ".join(command["usage"] for command in commands)
    for word in ("/me", "/w", "/r", "/p", "/who", "/away", "/back", "/history", "/help", "/exit"):
        assert word in usages
    for word in ("invite", "accept", "decline", "leave", "who", "kick", "lead"):
        assert f"/party {word}" in usages


def test_a_newcomer_is_shown_the_last_50_public_messages(house: House, broker: Broker, three: Three) -> None:
    alice, _, _ = three
    word = unique("line")
    lines = [f"{word} {number}" for number in range(55)]
    alice.types(*lines)
    alice.wait("sent", typed=lines[-1])
    (bob,) = house.join(broker, unique("bob"))
    alice.types("and now")
    bob.wait("message", text="and now", replayed=False)
    replayed = bob.seen("message", replayed=True)
    assert [message["text"] for message in replayed] == lines[-50:]
    assert {message["topic"] for message in replayed} == {"public"}
    assert [event["event"] for event in bob.events[:2]] == ["connected", "message"]


def test_who_comes_back_is_shown_only_what_he_missed(house: House, broker: Broker, three: Three) -> None:
    alice, _, _ = three
    (bob,) = house.join(broker, unique("bob"))
    alice.types("before")
    bob.wait("message", text="before")
    bob.types("/exit")
    assert bob.exit_code() == 0
    alice.types("meanwhile")
    alice.wait("sent", typed="meanwhile")
    (again,) = house.join(broker, bob.name)
    again.wait("message", text="meanwhile", replayed=True)
    assert again.texts() == ["meanwhile"]


def test_a_whisper_for_a_known_user_who_is_away_waits_for_him(house: House, broker: Broker, three: Three) -> None:
    alice, _, _ = three
    (bob,) = house.join(broker, unique("bob"))
    bob.types("/exit")
    assert bob.exit_code() == 0
    alice.types(f"/w {bob} see you")
    sent = alice.wait("sent", topic="user", delivery="stored")
    assert alice.wait("whisper", text="see you")["seq"] == sent["seq"]
    level(alice)
    assert not alice.seen("delivered")
    (again,) = house.join(broker, bob.name)
    whisper = again.wait("whisper", text="see you")
    assert (whisper["sender"], whisper["recipient"], whisper["replayed"]) == (alice.name, bob.name, True)
    assert alice.wait("delivered", recipient=bob.name)["seq"] == sent["seq"]
    again.types("/r got it")
    alice.wait("whisper", text="got it")
    level(alice, again)
    assert len(again.seen("whisper", text="see you")) == 1
    assert len(alice.seen("delivered")) == 1


def test_that_a_stored_whisper_was_delivered_is_told_to_a_sender_who_was_away_himself(
    house: House, broker: Broker
) -> None:
    alice, bob = house.join(broker, unique("alice"), unique("bob"))
    bob.types("/exit")
    assert bob.exit_code() == 0
    alice.types(f"/w {bob} bye for now", "/exit")
    assert alice.exit_code() == 0
    sent = alice.seen("sent", delivery="stored")[0]
    (bob_again,) = house.join(broker, bob.name)
    # He stays: who leaves at once tells of what he was shown when he comes the next time.
    bob_again.wait("whisper", text="bye for now")
    (alice_again,) = house.join(broker, alice.name)
    assert alice_again.wait("delivered", recipient=bob.name)["seq"] == sent["seq"]


def test_everybody_sees_one_order_that_keeps_each_senders_own(three: Three) -> None:
    word = unique("race")
    lines = {each: [f"{word} {each} {number}" for number in range(100)] for each in three}
    for each in three:
        each.types(*lines[each])
    for each in three:
        for sender in three:
            each.wait("message", text=lines[sender][-1])
    said = [[text for text in each.texts() if text.startswith(word)] for each in three]
    assert said[0] == said[1] == said[2]
    for sender in three:
        assert [text for text in said[0] if f" {sender} " in text] == lines[sender]


def _texts(history: Event) -> list[str]:
    return [message["text"] for message in history["messages"]]
