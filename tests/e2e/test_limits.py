# SPDX-License-Identifier: Apache-2.0
"""Rates, unknown and suspended recipients: the right code, and for whom."""
import scene
from kit import check, equal
from mail import message
from octroi import held, set_mailbox
from proc import wait_until
from scene import (TOWN, accepted, mailbox, only_held, person, probe, refused,
                   send)

EDGE = scene.edge({"limits": {"guess": "5/1h", "network": "30/1h"}})
NETS = (f"10.{n // 250}.{n % 250}.1" for n in range(1, 60000))


def deliver(edge, sender, rcpts, ip=None):
    """Every message from a network of its own."""
    return send(edge, sender, rcpts, message(sender, rcpts),
                ip=ip or next(NETS))


def over(result, limit):
    reply = result.rcpts[-1][1]
    equal((reply.code, reply.enhanced), (451, "4.7.1"), str(result))
    check(f"limit: {limit}" in reply.text, reply)


def test_a_mailbox_over_its_rate_defers_the_others_go_on(edge):
    # One more than is sent: scene.mailbox() asked once whether it is known.
    busy = mailbox(edge, "debit", mode="off", rate_in="4/1h")
    calm = mailbox(edge, "debit.calme", mode="off")
    for _ in range(3):
        accepted(deliver(edge, person(), busy))
    over(deliver(edge, person(), busy), "mailbox")
    result = deliver(edge, person(), [calm, busy])
    over(result, "mailbox")
    equal(result.accepted, [calm])
    edge.mailboxes.wait_for(calm)
    edge.mailboxes.wait_for(busy, count=3)
    edge.postfix.wait_empty()
    equal(len(edge.mailboxes.all(busy)), 3)


def test_a_domain_over_its_rate_defers(edge):
    from octroi import add_domain
    add_domain(edge.ctl, "petit.test", rate_in="4/1h")
    boxes = [mailbox(edge, f"b{n}", "petit.test", "off") for n in range(3)]
    spent = 0
    while spent < 10:
        result = deliver(edge, person(), boxes[spent % 3])
        if not result.accepted:
            break
        spent += 1
    # Less by the questions of scene.mailbox().
    check(spent <= 4, spent)
    over(result, "domain")
    accepted(deliver(edge, person(), mailbox(edge, "ailleurs", mode="off")))


def test_a_client_network_over_its_rate_defers_itself_alone(edge):
    box = mailbox(edge, "reseau", mode="off")
    spent = 0
    while spent < 40:
        result = deliver(edge, person(), box, ip=f"172.16.9.{spent + 1}")
        if not result.accepted:
            break
        spent += 1
    equal(spent, 30, "messages of one network")
    over(result, "network")
    accepted(deliver(edge, person(), box, ip="172.16.10.1"))


def test_refused_mail_is_not_charged(edge):
    from octroi import block
    box, foe = mailbox(edge, "rendu", mode="off", rate_in="4/1h"), person()
    block(edge, box, foe)
    wait_until(lambda: not deliver(edge, foe, box).accepted, 5, "the block")
    for _ in range(6):
        refused(deliver(edge, foe, box), 550, "5.7.1")
    accepted(deliver(edge, person(), box))


def test_unknown_recipients_are_refused_until_it_is_guessing(edge):
    box = mailbox(edge, "devine", mode="off")
    with scene.client(edge, person(), ip="172.20.1.1") as c:
        for n in range(5):
            reply = probe(c, f"personne{n}@{TOWN}")
            equal((reply.code, reply.enhanced), (550, "5.1.1"), reply)
        reply = probe(c, f"personne5@{TOWN}")
        equal((reply.code, reply.enhanced), (451, "4.7.1"), reply)
        check("limit: guess" in reply.text, reply)
        check(probe(c, box).ok, "a known one is still served")
    with scene.client(edge, person(), ip="172.20.2.1") as c:
        equal(probe(c, f"personne9@{TOWN}").code, 550, "another network")


def test_states_answer_as_they_should(edge):
    box = mailbox(edge, "etat", mode="off")
    with scene.client(edge, person()) as c:
        for state, code, enhanced in (("suspended", 450, "4.2.1"),
                                      ("closed", 550, None),
                                      ("active", 250, "2.1.5")):
            set_mailbox(edge.ctl, box, state=state)
            reply = wait_until(lambda: (r := probe(c, box)).code == code and
                               r, 5, f"{state}: {code}")
            if enhanced:
                equal(reply.enhanced, enhanced, state)
    accepted(deliver(edge, person(), box))


def test_foreign_domains_are_not_ours_to_judge(edge):
    with scene.client(edge, person()) as c:
        reply = probe(c, "x@elsewhere.test")
        equal((reply.code, reply.enhanced), (554, "5.7.1"), reply)


def test_a_full_mailbox_of_held_mail_defers(edge):
    """Twenty messages of one unknown sender wait; the next comes later."""
    box, sender = mailbox(edge, "plein"), person()
    for n in range(20):
        accepted(send(edge, sender, box, message(sender, box, str(n)),
                      ip="192.0.2.10"))
    refused(send(edge, sender, box, ip="192.0.2.10"), 452, "4.2.2")
    equal(len(held(edge, box)), 20)
    # Nobody else is locked out by him.
    other = person("voisin.test")
    accepted(send(edge, other, box))
    equal(len(held(edge, box)), 21)


def test_a_message_over_the_size_limit_is_refused(edge):
    edge.change_conf({"limits": {"body": "100k"}})
    edge.octroi["milter"].restart()
    box, sender = mailbox(edge, "lourd", unproven="hold"), person()
    big = message(sender, box, body=b"x" * 70 * 1024 + b"\r\n")
    accepted(send(edge, sender, box, big, ip=next(NETS)))
    only_held(edge, box)
    refused(send(edge, sender, box, message(
        sender, box, body=(b"x" * 998 + b"\r\n") * 110), ip=next(NETS)),
        552, "5.3.4")
