# SPDX-License-Identifier: Apache-2.0
"""A domain may have strangers wait at their own server: 451, one question, and
the next try passes once it was answered."""
import scene
from kit import check, equal
from mail import message, untraced
from octroi import add_domain, add_mailbox, held
from scene import (accepted, challenge, challenges, mailbox, nothing_held,
                   only_held, person, refused, send)

EDGE = scene.edge()


def deferring(edge, local):
    return mailbox(edge, local, first_contact="defer")


def test_the_retry_passes_once_it_was_confirmed(edge):
    box, sender = deferring(edge, "plus.tard"), person()
    octets = message(sender, box)
    refused(send(edge, sender, box, octets), 451, "4.7.1")
    ask = challenge(edge, sender)
    nothing_held(edge, box)
    # His server tries again before he has read it: once is enough.
    refused(send(edge, sender, box, octets), 451, "4.7.1")
    equal(scene.confirm_when_ripe(ask).status, 200)
    accepted(send(edge, sender, box, octets))
    equal(untraced(edge.mailboxes.wait_for(box).data), octets)
    edge.postfix.wait_empty()
    equal((len(edge.mailboxes.all(box)), challenges(edge, sender)), (1, 1))
    nothing_held(edge, box)


def test_beside_others_it_is_held(edge):
    box, off = deferring(edge, "cote"), mailbox(edge, "cote.off", mode="off")
    sender = person()
    octets = message(sender, [box, off])
    accepted(send(edge, sender, [box, off], octets))
    edge.mailboxes.wait_for(off)
    only_held(edge, box)
    scene.confirm_when_ripe(challenge(edge, sender))
    equal(untraced(edge.mailboxes.wait_for(box).data), octets)


def test_unproven_strangers_are_refused_all_the_same(edge):
    box = deferring(edge, "inconnu")
    refused(send(edge, "qui@nu.test", box), 550, "5.7.1")


def test_a_whole_domain_may_choose_it(edge):
    add_domain(edge.ctl, "campagne.test", first_contact="defer",
               challenge="first-contact")
    edge.dns.add("campagne.test", "MX", "10 mx.edge.test.")
    edge.dns.apply()
    for local in ("un", "deux"):
        add_mailbox(edge.ctl, f"{local}@campagne.test")
        scene.wait_known(edge, f"{local}@campagne.test")
    boxes = ["un@campagne.test", "deux@campagne.test"]
    sender = person()
    refused(send(edge, sender, boxes), 451, "4.7.1")
    ask = challenge(edge, sender)
    check(all(b in ask.text for b in boxes), ask.text)
    scene.confirm_when_ripe(ask)
    accepted(send(edge, sender, boxes))
    for box in boxes:
        edge.mailboxes.wait_for(box)
        equal(held(edge, box), [])
    equal(challenges(edge, sender), 1)
