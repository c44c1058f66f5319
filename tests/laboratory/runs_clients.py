"""Runs in which users lose their clients, or do things to each other."""

import time
from functools import partial

from tests.laboratory.lab import Laboratory, let_pass
from tests.laboratory.person import Person
from tests.laboratory.proxy import Proxy

FIVE = ("alice", "bob", "carol", "dave", "erin")
# A client killed and started again is back within this time whatever became of its connection.
_BACK_S = 8.0


def client_killed(lab: Laboratory) -> None:
    """A client is killed and started again at once with the same name, its connection closed or half-open."""
    lab.start_broker()
    alice, proxy = lab.person("alice"), lab.proxy()
    bob = lab.person("bob", proxy)
    for _ in range(round(lab.scaled(8, 2))):
        for each, other in ((alice, bob), (bob, alice)):
            for to in ("public", "user", "public"):
                each.write(to, other.name if to == "user" else "")
        half_open = lab.dice.random() < 0.5
        if half_open:
            # The broker hears nothing of the end; the owner comes back on another way.
            for door in proxy.doors:
                door.freeze()
        if lab.dice.random() < 0.5:
            label = bob.write("public")
            if not half_open:
                bob.await_sent(label)
        lab.fault("client killed, half-open" if half_open else "client killed")
        bob.crash()
        for to in ("user", "public", "user"):
            alice.write_and_wait(to, "bob" if to == "user" else "")
        invited = lab.dice.random() < 0.5
        if invited:
            alice.client.forget()
            alice.client.types("/party invite bob")
            alice.client.wait("party", change="invited", name="bob")
        start_s = time.monotonic()
        client = bob.start(host="127.0.0.2" if half_open else None)
        took_s = time.monotonic() - start_s
        lab.figures.returns_s.append(took_s)
        assert took_s < _BACK_S, f"the name was blocked for its owner for {took_s:.1f} s"
        assert not client.seen("error"), client.report()
        if invited:
            _meet(alice, bob)
        proxy.open()
    alice.write_and_wait("public")
    bob.write_and_wait("user", "alice")


def _meet(alice: Person, bob: Person) -> None:
    """Bob accepts the invitation that came while he was away; they talk, and part."""
    bob.client.wait("invited")
    bob.client.types("/party accept")
    bob.client.wait("party", change="joined", name="bob")
    alice.client.types("/p welcome back")
    bob.client.wait("message", topic="party", text="welcome back")
    for each in (bob, alice):
        each.client.types("/party leave")
        each.client.wait("party", change="left", name=each.name)


def two_invite_each_other(lab: Laboratory) -> None:
    """Two invite each other at once and accept at once, also while the broker is killed: they end in one party."""
    lab.start_broker()
    alice, bob = lab.person("alice"), lab.person("bob")
    for number in range(round(lab.scaled(6, 2))):
        both = (alice, bob)
        for each in both:
            each.client.forget()
        alice.client.types("/party invite bob")
        bob.client.types("/party invite alice")
        for each in both:
            each.client.wait("invited")
        for each in both:
            each.client.types("/party accept")
        if number % 2:
            lab.fault("broker killed")
            lab.broker.kill()
            for each in both:
                each.client.wait("disconnected")
            lab.start_broker()
        for each in both:
            each.client.wait_for(partial(_outcome, each), "an answer to the acceptance")
        for each in both:
            each.client.types("/party who")
        members = [sorted(each.client.wait("party_who")["members"]) for each in both]
        assert members == [["alice", "bob"]] * 2, f"they are in different parties: {members}"
        for each in both:
            each.client.types(f"/p round {number} by {each.name}")
            for reader in both:
                reader.client.wait("message", topic="party", text=f"round {number} by {each.name}")
        for each in (bob, alice):
            each.client.forget()
            each.client.types("/party leave")
            each.client.wait("party", change="left", name=each.name)


def _outcome(person: Person) -> bool | None:
    """Whether the acceptance of this person has its answer: sent is never said of it, but joined or a refusal is."""
    joined = person.client.seen("party", change="joined")
    refused = person.client.seen("error", typed="/party accept")
    return True if joined or refused else None


def party_of_five(lab: Laboratory) -> None:
    """A party of five whose members are cut off, killed, kicked, leave, and come back at random; one stays."""
    lab.start_broker("--rate", "0", "--grace", "60")
    proxies = {name: lab.proxy() for name in FIVE}
    party = {name: lab.person(name, proxies[name]) for name in FIVE}
    lab.witness = FIVE[0]
    for name in FIVE[1:]:
        _join(party[FIVE[0]], party[name])
    for _ in range(round(lab.scaled(24, 6))):
        _chat(lab, list(party.values()))
        _strike(lab, party, proxies, lab.dice.choice(FIVE[1:]))
    for proxy in proxies.values():
        proxy.open()
    _chat(lab, list(party.values()))
    for person in party.values():
        person.write_and_wait("party")


def leaving_the_party(lab: Laboratory) -> None:
    """Whoever leaves right after writing, or is kicked while he is cut off, is shown all up to his end, his own too."""
    lab.start_broker()
    proxy = lab.proxy()
    alice, bob = lab.person("alice"), lab.person("bob", proxy)
    lab.witness = "alice"
    for number in range(round(lab.scaled(20, 4))):
        _join(alice, bob)
        for each in (alice, bob):
            each.write("party")
        if number % 2:
            lab.fault("left right after writing")
            bob.write_all("party", "party", last="/party leave")
            bob.client.wait("party", change="left", name="bob")
        else:
            lab.fault("kicked while cut off")
            proxy.topics.cut()
            bob.client.wait("disconnected")
            for _ in range(3):
                alice.write("party")
            alice.client.types("/party kick bob")
            alice.client.wait("party", change="kicked", name="bob")
            proxy.open()
            bob.client.wait("party", change="kicked", name="bob")
    alice.write_and_wait("party")


def _chat(lab: Laboratory, persons: list[Person]) -> None:
    for _ in range(lab.dice.randint(5, 15)):
        person = lab.dice.choice(persons)
        to = lab.dice.choice(("party", "party", "public", "user"))
        other = lab.dice.choice([each.name for each in persons if each is not person])
        person.write(to, other if to == "user" else "")


def _join(inviter: Person, member: Person) -> None:
    member.client.forget()
    inviter.client.types(f"/party invite {member.name}")
    member.client.wait("invited")
    member.client.types("/party accept")
    member.client.wait("party", change="joined", name=member.name)


def _strike(lab: Laboratory, party: dict[str, Person], proxies: dict[str, Proxy], name: str) -> None:
    """Something happens to a member, and he comes back."""
    person, proxy, witness = party[name], proxies[name], party[FIVE[0]]
    what = lab.dice.choice(("links cut", "topics link cut", "client killed", "left", "kicked", "broker killed"))
    lab.fault(what)
    person.client.forget()
    match what:
        case "links cut" | "topics link cut":
            for door in proxy.doors if what == "links cut" else (proxy.topics,):
                door.cut()
            person.client.wait("disconnected")
            _chat(lab, list(party.values()))
            proxy.open()
            person.client.wait("reconnected")
        case "client killed":
            person.crash()
            _chat(lab, [each for each in party.values() if each is not person])
            person.start()
        case "left":
            if not lab.hasty:
                _settle(person, witness)
            person.client.types("/party leave")
            person.client.wait("party", change="left", name=name)
            _chat(lab, [each for each in party.values() if each is not person])
            _join(witness, person)
        case "kicked":
            if not lab.hasty:
                _settle(person, witness)
            witness.client.types(f"/party kick {name}")
            person.client.wait("party", change="kicked", name=name)
            _join(witness, person)
        case _:
            for each in party.values():
                each.client.forget()
            lab.broker.kill()
            for each in party.values():
                each.client.wait("disconnected")
            lab.start_broker()
            for each in party.values():
                each.client.wait("reconnected")
    let_pass(lab.dice.uniform(0.0, 0.3))


def _settle(person: Person, witness: Person) -> None:
    """Both were shown what was written to the party so far."""
    for each in (person, witness):
        label = each.write_and_wait("party")
        for reader in (person, witness):
            reader.await_shown(label)
