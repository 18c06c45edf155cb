# SPDX-License-Identifier: Apache-2.0
"""Answers to a challenge by mail: a reply confirms, a bounce ends it."""
import scene
from kit import equal
from mail import message
from octroi import relations, set_mailbox
from pages import asked
from proc import wait_until
from scene import (STRANGER, accepted, challenge, mailbox, nothing_held,
                   only_held, person, send, verdict)


EDGE = scene.edge()


def answer(ask, sender, **headers):
    return message(sender, ask.mail["Reply-To"].addresses[0].addr_spec,
                   "Re: " + ask.mail["Subject"], headers=[
                       ("In-Reply-To", ask.mail["Message-ID"])], **headers)


def reply_to(ask):
    return ask.mail["Reply-To"].addresses[0].addr_spec


def outcome(edge, result):
    """What the milter's log says became of a service message."""
    qid = accepted(result).queue_id
    found = wait_until(lambda: [x for x in open(
        edge.octroi["milter"].log, errors="replace") if f"{qid}: verdict="
        "service kind=" in x], 5, "the service message is logged")
    return found[0].rsplit("outcome=", 1)[1].split()[0]


def test_a_reply_confirms(edge):
    sender = person()
    box, ask = asked(edge, "reponse", sender)
    equal(outcome(edge, send(edge, sender, reply_to(ask),
                             answer(ask, sender))), "done")
    edge.mailboxes.wait_for(box)
    nothing_held(edge, box)
    equal(set(relations(edge, box).values()), {"A"})
    edge.postfix.wait_empty()
    equal(edge.world.all(reply_to(ask)), [], "the reply went on")
    equal(outcome(edge, send(edge, sender, reply_to(ask),
                             answer(ask, sender))), "already")


def test_a_reply_in_another_case_confirms(edge):
    sender = person()
    box, ask = asked(edge, "majuscule", sender)
    equal(outcome(edge, send(edge, sender, reply_to(ask).upper(),
                             answer(ask, sender))), "done")
    edge.mailboxes.wait_for(box)


def test_a_reply_is_weighed_as_its_mailbox_weighs(edge):
    sender = person()
    box, ask = asked(edge, "pese", sender)
    # What is like any other message is spam for this one.
    set_mailbox(edge.ctl, box, tag="-9", hold="-8")

    wait_until(lambda: verdict(edge, accepted(send(
        edge, person(), box)))["reason"] == "spam", 10,
        "the milter knows the threshold")
    equal(outcome(edge, send(edge, sender, reply_to(ask),
                             answer(ask, sender))), "impossible")
    equal(edge.mailboxes.all(box), [])


def test_a_reply_that_proves_nothing_changes_nothing(edge):
    sender, other = person(), person()
    box, ask = asked(edge, "doute", sender)
    for who, octets, ip in (
            (sender, answer(ask, sender), STRANGER),
            (other, answer(ask, other), None),
            (other, answer(ask, sender), None),
            (sender, answer(ask, sender, Auto_Submitted="auto-replied"),
             None)):
        equal(outcome(edge, send(edge, who, reply_to(ask), octets, ip=ip)),
              "impossible")
    equal(outcome(edge, send(edge, "", reply_to(ask), answer(ask, sender),
                             ip="192.0.2.10")), "impossible")
    only_held(edge, box)
    equal(set(relations(edge, box).values()), {"K"})
    # The bounce address confirms nothing at all.
    accepted(send(edge, sender, ask.delivery.sender, answer(ask, sender)))
    only_held(edge, box)
    equal(set(relations(edge, box).values()), {"K"})


def test_a_made_up_service_address_is_taken_and_forgotten(edge):
    sender = person()
    for local in ("reply+" + "a" * 40, "bounce+" + "a" * 40, "reply+x"):
        accepted(send(edge, sender, f"{local}@{scene.CHALLENGE}"))
    edge.postfix.wait_empty()
    equal(edge.world.all(None, lambda d: "+" in d.rcpt and
                         d.rcpt.endswith(scene.CHALLENGE)), [])


def test_a_refused_challenge_ends_the_question(edge):
    """The sender's server says that nobody is there: Postfix writes a bounce,
    and nobody is asked there again."""
    sender, box = person(), mailbox(edge, "rebond")
    edge.world.answer(sender, "550 5.1.1 nobody here", "rcpt")
    accepted(send(edge, sender, box))
    wait_until(lambda: set(relations(edge, box).values()) == {"L"}, 15,
               "the relation has lapsed")
    only_held(edge, box)
    edge.world.forget()
    accepted(send(edge, sender, box))
    late = person()
    accepted(send(edge, late, box))
    challenge(edge, late)
    equal(scene.challenges(edge, sender), 0, "asked again")


def test_a_delay_report_ends_nothing(edge):
    sender = person()
    box, ask = asked(edge, "retard", sender)
    report = message("mailer-daemon@citoyen.test", ask.delivery.sender,
                     body="--x\r\nContent-Type: message/delivery-status\r\n"
                     "\r\nReporting-MTA: dns; mx.citoyen.test\r\n\r\n"
                     f"Final-Recipient: rfc822; {sender}\r\n"
                     "Action: delayed\r\nStatus: 4.0.0\r\n--x--\r\n",
                     Content_Type="multipart/report; report-type="
                     "delivery-status; boundary=x")
    accepted(send(edge, "", ask.delivery.sender, report, ip="192.0.2.10"))
    only_held(edge, box)
    equal(set(relations(edge, box).values()), {"K"})
    accepted(send(edge, "", ask.delivery.sender,
                  report.replace(b"delayed", b"failed"), ip="192.0.2.10"))
    wait_until(lambda: set(relations(edge, box).values()) == {"L"}, 5,
               "the relation has lapsed")
