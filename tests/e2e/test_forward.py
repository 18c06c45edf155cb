# SPDX-License-Identifier: Apache-2.0
"""Mail that mailboxes forward: copies, SRS by a real postsrsd, loops."""
import json
import re

import scene
import srs
from kit import check, equal
from mail import message
from octroi import ask_map, held, verdicts
from proc import wait_until
from scene import OTHER_TOWN, TOWN, accepted, mailbox, person, refused, send

SRS = "srs.edge.test"       # the domain that forwarded mail leaves in
AWAY = "dehors.test"        # where it goes: the recording world


def prepare(e):
    scene.prepare(e)
    srs.adopt(e, SRS)


EDGE = {"prepare": prepare}


def forwarding(edge, local, *targets, domain=TOWN, keep="yes", mode="off"):
    """A mailbox that is forwarded, when Postfix knows that it is."""
    box = mailbox(edge, local, domain, mode)
    edge.ctl("mailbox", "set", box, f"forward={', '.join(targets)}",
             f"keep_copy={keep}")
    wait_until(lambda: ask_map(edge, "valias", box)[0] == "OK", 5,
               f"Postfix is told of {targets}")
    return box


def deliver(edge, sender, rcpts, subject="Bonjour"):
    return accepted(send(edge, sender, rcpts,
                         message(sender, rcpts, subject)))


def is_rewritten(path, sender):
    local, _, domain = sender.partition("@")
    return re.fullmatch(rf"SRS0=[^=]+=[^=]+={re.escape(domain)}="
                        rf"{re.escape(local)}@{re.escape(SRS)}", path)


def bounce(edge, sender, path, **keywords):
    """What a far server says of a message that it could not deliver."""
    octets = message("MAILER-DAEMON@" + AWAY, path, "Undelivered",
                     headers=[("Auto-Submitted", "auto-replied")])
    return send(edge, "", path, octets, ip="192.0.2.99",
                helo="mx." + AWAY, **keywords)


def test_what_is_forwarded_leaves_in_our_name(edge):
    for keep, copies in (("yes", 1), ("no", 0)):
        there, sender = f"agent.{keep}@{AWAY}", person()
        box = forwarding(edge, f"suivi.{keep}", there, keep=keep)
        deliver(edge, sender, box)
        gone = edge.world.wait_for(there)
        check(is_rewritten(gone.sender, sender), gone.sender)
        equal(gone.field("From"), sender, "the author stays")
        edge.postfix.wait_empty()
        # Here nothing is rewritten.
        equal([d.sender for d in edge.mailboxes.all(box)], [sender] * copies)


def test_a_bounce_finds_the_first_sender(edge):
    there, sender = f"rebond@{AWAY}", person()
    deliver(edge, sender, forwarding(edge, "rebond", there, keep="no"))
    path = edge.world.wait_for(there).sender
    result = bounce(edge, "", path)
    accepted(result)
    back = edge.world.wait_for(sender)
    equal((back.sender, back.with_rcpts), ("", [sender]))
    # Nobody was asked, nothing held: it is none of our recipients.
    equal(verdicts(edge, result.queue_id, verdict="hold"), [])
    # Servers may change case.
    accepted(bounce(edge, "", path.lower()))
    edge.world.wait_for(sender, count=2)


def test_what_postfix_itself_gives_up_goes_back_too(edge):
    there, sender = f"plein@{AWAY}", person()
    rule = edge.world.answer(there, "550 5.1.1 Nobody here")
    try:
        deliver(edge, sender, forwarding(edge, "plein", there, keep="no"))
        back = edge.world.wait_for(sender)
    finally:
        edge.world.forget(rule)
    equal(back.sender, "")
    check(b"Nobody here" in back.data, back.data)


def test_what_postsrsd_did_not_write_is_nobodys(edge):
    for path in (f"SRS0=AAAA=ZZ=citoyen.test=x@{SRS}", f"marie@{SRS}",
                 f"srs0=abcd@{SRS}"):
        refused(bounce(edge, "", path), 550, "5.1.1")
    # The foreign domain is nobody's still.
    refused(bounce(edge, "", "x@ailleurs.test"), 554, "5.7.1")


def test_within_the_house_nothing_is_rewritten(edge):
    end = mailbox(edge, "fin", OTHER_TOWN, mode="off")
    box, sender = forwarding(edge, "interne", end), person()
    deliver(edge, sender, box)
    for address in (box, end):
        equal(edge.mailboxes.wait_for(address).sender, sender)
    # Our own sender needs no other name, wherever it goes.
    there = f"exterieur@{AWAY}"
    out = forwarding(edge, "relais", there, keep="no")
    edge.postfix.add_user(end, "un mot de passe")
    with edge.submit(end, "un mot de passe") as c:
        accepted(c.send(end, [out], message(end, out)))
    equal(edge.world.wait_for(there).sender, end)


def test_held_mail_is_rewritten_when_it_is_released(edge):
    there, sender = f"retenu@{AWAY}", person()
    box = forwarding(edge, "retenu", there, mode="first-contact")
    deliver(edge, sender, box)
    item = scene.only_held(edge, box)["id"]
    equal(edge.world.all(there), [], "before it was released")
    edge.ctl("held", "release", item, "--once")
    gone = edge.world.wait_for(there)
    check(is_rewritten(gone.sender, sender), gone.sender)
    equal(edge.mailboxes.wait_for(box).sender, sender)
    equal(held(edge, box), [])


def found(edge):
    out = edge.ctl("doctor", f"--postfix-dir={edge.postfix.etc}", "--json",
                   check=False).stdout
    return {x["on"] if x["check"] == "postfix" else x["check"]: x["state"]
            for x in json.loads(out)["findings"]}


def test_the_doctor_asks_postsrsd_and_finds_the_listener(edge):
    states = found(edge)
    for name in ("postsrsd", "postfix srs listener",
                 "sender_dependent_default_transport_maps"):
        equal(states.get(name), "ok", name)
    edge.change_conf({"srs": {"domain": "autre.test"}})
    try:
        equal(found(edge)["postsrsd"], "fail")
    finally:
        edge.change_conf({"srs": {"domain": SRS}})


def test_without_postsrsd_only_forwarded_mail_waits(edge):
    there, sender = f"attente@{AWAY}", person()
    box, other = forwarding(edge, "attente", there), mailbox(
        edge, "voisin.libre", mode="off")
    edge.srs.stop()
    try:
        deliver(edge, sender, [box, other])
        edge.mailboxes.wait_for(box)
        edge.mailboxes.wait_for(other)
        wait_until(lambda: any(r["address"] == there for q in
                               edge.postfix.queue()
                               for r in q["recipients"]), 10, "it waits")
        equal(edge.world.all(there), [])
    finally:
        edge.srs.start()

    def gone():
        edge.postfix.flush()
        return edge.world.all(there)
    wait_until(gone, 30, "it leaves when postsrsd is back")


def test_what_has_gone_round_too_often_is_refused_at_the_door(edge):
    """A circle by way of another house: Postfix counts, its sender is told."""
    box, sender = forwarding(edge, "tourne", f"tourne@{AWAY}"), person()
    octets = b"".join(b"Received: from a by b; Fri, 1 Jan 2021 00:00:00 +0000"
                      b"\r\n" for _ in range(60)) + message(sender, box)
    check(send(edge, sender, box, octets).end.code == 554, "too many hops")
    equal(edge.mailboxes.all(box) + edge.world.all(f"tourne@{AWAY}"), [])


# -- round in a circle ----------------------------------------------------------
def not_done(edge, *words):
    out = edge.ctl(*words, check=False)
    check(out.returncode != 0 and "come back to it" in out.stderr, out)


def test_a_circle_is_refused_when_it_is_made(edge):
    a, b = (mailbox(edge, f"rond.{x}", mode="off") for x in "ab")
    edge.ctl("mailbox", "set", a, f"forward={b}")
    not_done(edge, "mailbox", "set", b, f"forward=Rond.A+x@{TOWN}")
    edge.ctl("group", "add", f"rond@{TOWN}", a, f"rond.vide@{TOWN}")
    not_done(edge, "mailbox", "set", b, f"forward=rond@{TOWN}")
    not_done(edge, "alias", "add", f"rond.vide@{TOWN}", f"rond@{TOWN}")
    not_done(edge, "domain", "set", TOWN, f"catch_all=rond@{TOWN}")
    text = f"mailbox {b}\n\tforward = {a}\n"
    out = edge.ctl("plan", "-", stdin=text, check=False)
    check(out.returncode != 0 and "come back to it" in out.stderr, out)


def store(edge, domain, local, value):
    """As an older version, or two hands at the same moment, left it."""
    found = [k for k in edge.redis.cmd("KEYS", f"oct:{{{domain}}}:*")
             if edge.redis.cmd("TYPE", k) == "hash" and
             edge.redis.cmd("HEXISTS", k, local)]
    check(len(found) == 1, found)
    edge.redis.cmd("HSET", found[0], local, value)


def test_a_circle_that_is_there_loses_nothing(edge):
    """Each mailbox on it has the message once, and nobody else is kept from it."""
    for keep in ("yes", "no"):
        a, b = (mailbox(edge, f"cercle.{x}.{keep}", mode="off")
                for x in "ab")
        for box, to in ((a, b), (b, a)):
            store(edge, TOWN, box.partition("@")[0],
                  json.dumps({"challenge": "off", "forward": to,
                              "keep_copy": keep}))
        # Read again with the next change of the domain.
        other = mailbox(edge, f"tiers.{keep}", mode="off")
        equal(ask_map(edge, "valias", a)[0],
              "OK" if keep == "yes" else "NOTFOUND")
        deliver(edge, person(), [a, other])
        edge.mailboxes.wait_for(other)
        edge.postfix.wait_empty()
        copies = [len(edge.mailboxes.all(x)) for x in (a, b)]
        equal(copies, [1, 1] if keep == "yes" else [1, 0], keep)


def test_a_group_with_a_circle_in_it_is_delivered(edge):
    box = mailbox(edge, "hors.cercle", mode="off")
    for name in ("ping", "pong"):
        edge.ctl("alias", "add", f"{name}@{TOWN}", box)
    store(edge, TOWN, "pong",
          json.dumps({"targets": [f"ping@{TOWN}"]}))
    store(edge, TOWN, "ping",
          json.dumps({"targets": [f"pong@{TOWN}", box]}))
    mailbox(edge, "suivant", mode="off")
    deliver(edge, person(), f"ping@{TOWN}")
    edge.mailboxes.wait_for(box)
    edge.postfix.wait_empty()
    equal(len(edge.mailboxes.all(box)), 1)


def test_forwarded_to_nobody_stays(edge):
    gone = mailbox(edge, "bientot.ferme", OTHER_TOWN, mode="off")
    box = forwarding(edge, "vers.personne", gone, keep="no")
    edge.ctl("mailbox", "close", gone)
    wait_until(lambda: ask_map(edge, "valias", box)[0] == "NOTFOUND", 5,
               "Postfix is told")
    deliver(edge, person(), box)
    edge.mailboxes.wait_for(box)
