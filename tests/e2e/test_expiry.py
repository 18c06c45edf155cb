# SPDX-License-Identifier: Apache-2.0
"""The end of time, and the owner's hand: release, drop, notice."""
import email
import email.policy
import os
import time

import scene
from kit import check, equal
from mail import message, untraced
from octroi import add_domain, drop, held, held_state, release
from proc import wait_until
from scene import (accepted, challenge, mailbox, nothing_held, only_held,
                   person, send)

# Both ends come a second after each other: the extension for want of a digest.
EDGE = scene.edge({"challenge": {"hold": "4s", "hold_silent": "4s",
                                 "extend": "1s"}})


def gone(edge, item, state="expired", timeout=15):
    wait_until(lambda: held_state(edge, item["id"]) == state, timeout,
               f"{item['id']} is {state}")
    wait_until(lambda: not spool_files(edge, item["id"]), timeout,
               f"the file of {item['id']} is removed")


def spool_files(edge, item):
    return [f"{root}/{f}" for root, _, files in os.walk(edge.spool)
            for f in files if item in f]


def is_notice(delivery):
    return delivery.sender == ""


def test_the_asked_sender_is_told_once_that_it_ended(edge):
    box, sender = mailbox(edge, "fin"), person()
    octets = message(sender, box, "Perdu", "corps secret\r\n")
    accepted(send(edge, sender, box, octets))
    item = only_held(edge, box)
    check(spool_files(edge, item["id"]), "no file in the spool")
    ask = challenge(edge, sender)
    got = edge.world.wait_for(sender, is_notice, 20)
    report = email.message_from_bytes(got.data, policy=email.policy.default)
    equal(report.get_content_type(), "multipart/report")
    equal(report.get_param("report-type"), "delivery-status")
    text, status, original = report.iter_parts()
    equal(text.get_content_type(), "text/plain")
    equal(status.get_content_type(), "message/delivery-status")
    of_message, of_rcpt = status.get_payload()
    check(of_message["Reporting-MTA"].startswith("dns;"), of_message)
    check(of_message["Arrival-Date"], of_message)
    equal(of_rcpt["Final-Recipient"].replace(" ", ""), f"rfc822;{box}")
    equal(of_rcpt["Action"], "failed")
    check(of_rcpt["Status"].startswith("5.7."), of_rcpt)
    equal(original.get_content_type(), "text/rfc822-headers")
    check("Perdu" in original.get_payload(), original)
    check(b"corps secret" not in got.data, "more than the header")
    equal(report["Auto-Submitted"].split(";")[0], "auto-replied")
    gone(edge, item)
    nothing_held(edge, box)
    page = ask.page()
    equal(page.forms, [], "a form after the end")
    edge.postfix.wait_empty()
    equal(len(edge.world.all(sender, is_notice)), 1, "notices")
    equal(edge.mailboxes.all(box), [], "deliveries")


def test_nobody_outside_is_told_of_silent_items(edge):
    box = mailbox(edge, "silence", unproven="hold")
    unproven, robot = "x@nu.test", "noreply@citoyen.test"
    accepted(send(edge, unproven, box))
    accepted(send(edge, robot, box))
    accepted(send(edge, "", box, message("x@citoyen.test", box)))
    items = held(edge, box)
    equal(len(items), 3)
    for item in items:
        gone(edge, item)
    # Told later than all of them: an asked one of the same mailbox.
    sender = person()
    accepted(send(edge, sender, box))
    edge.world.wait_for(sender, is_notice, 20)
    for address in (unproven, robot):
        equal(edge.world.all(address), [], address)


def test_a_released_item_does_not_expire(edge):
    box, sender = mailbox(edge, "avant"), person()
    octets = message(sender, box)
    accepted(send(edge, sender, box, octets))
    item = only_held(edge, box)
    release(edge, item["id"])
    equal(untraced(edge.mailboxes.wait_for(box).data), octets)
    gone(edge, item, "released")
    time.sleep(6)          # past its end: nothing more may happen
    equal(held_state(edge, item["id"]), "released")
    equal(edge.world.all(sender, is_notice), [], "notices")
    equal(len(edge.mailboxes.all(box)), 1, "deliveries")


def test_release_once_lets_in_that_message_only(edge):
    box, sender = mailbox(edge, "unefois"), person()
    accepted(send(edge, sender, box))
    release(edge, only_held(edge, box)["id"], "--once")
    edge.mailboxes.wait_for(box)
    result = accepted(send(edge, sender, box))
    equal(scene.verdict(edge, result)["verdict"], "hold")


def test_a_dropped_item_is_gone_and_nobody_is_told(edge):
    box, sender = mailbox(edge, "jeter"), person()
    accepted(send(edge, sender, box))
    item = only_held(edge, box)
    challenge(edge, sender)
    drop(edge, item["id"])
    nothing_held(edge, box)
    gone(edge, item, "dropped")
    equal(release_fails(edge, item["id"]), True, "release after a drop")
    time.sleep(6)
    equal(edge.world.all(sender, is_notice), [], "notices")
    equal(edge.mailboxes.all(box), [], "deliveries")


def test_the_referent_is_told_of_what_nobody_was_told_of(edge):
    referent, town = "referent@cdg.test", "prolonge.test"
    edge.ctl("tenant", "add", "prolonge", f"contact={referent}")
    add_domain(edge.ctl, town, tenant="prolonge")
    box = mailbox(edge, "urbanisme", town)
    senders = [person(), person()]
    for sender in senders:
        accepted(send(edge, sender, box, message(sender, box, "Discret")))
    got = edge.world.wait_for(referent, timeout=40)
    report = email.message_from_bytes(got.data, policy=email.policy.default)
    equal(report["Auto-Submitted"], "auto-generated")
    text = report.get_content()
    check(box in text, text)
    check("Discret" not in text, text)
    check(all(s not in text for s in senders), text)
    # Once a day, also if the courier starts anew.
    edge.octroi["courier"].restart()
    time.sleep(12)
    equal(len(edge.world.all(referent)), 1, "mails to the referent")


def release_fails(edge, item):
    return edge.ctl("held", "release", item, check=False).returncode != 0


def test_an_unproven_item_is_released_without_a_way_back(edge):
    """Nothing of ours may bounce to a path that nobody proved."""
    box = mailbox(edge, "inconnu", unproven="hold")
    octets = message("x@nu.test", box)
    accepted(send(edge, "x@nu.test", box, octets))
    item = only_held(edge, box)
    release(edge, item["id"])
    got = edge.mailboxes.wait_for(box)
    check(got.sender.startswith("bounce+") and
          got.sender.endswith("@" + scene.CHALLENGE), got.sender)
    equal(got.field("X-Octroi-Return-Path"), "<x@nu.test>")
    equal(untraced(got.data), octets)


def test_a_refused_release_stays_held_with_its_reason(edge):
    box, sender = mailbox(edge, "refuse"), person()
    edge.mailboxes.answer(box, "550 5.2.0 cannot", "rcpt")
    accepted(send(edge, sender, box))
    item = only_held(edge, box)
    since = edge.postfix.log_size()
    release(edge, item["id"])
    # Postfix took it, so that the bounce goes to the proven sender.
    edge.postfix.wait_log(f"to=<{box}>.*status=bounced", since)
    edge.world.wait_for(sender, is_notice)
    edge.mailboxes.forget()


def test_the_raw_message_is_shown_as_it_came(edge):
    box, sender = mailbox(edge, "brut"), person()
    octets = message(sender, box)
    accepted(send(edge, sender, box, octets))
    item = only_held(edge, box)
    out = edge.ctl("held", "raw", item["id"]).stdout
    check(octets.decode().replace("\r\n", "\n") in out.replace("\r\n", "\n"),
          out)
