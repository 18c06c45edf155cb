# SPDX-License-Identifier: Apache-2.0
"""Unproven strangers are refused with a link; who confirms there gets through
for three messages.  What the option does not stand before, and what it would
have done."""
import re

import scene
from kit import check, equal
from mail import message
from octroi import held, relations, set_mailbox
from scene import (STRANGER, TOWN, Page, accepted, challenges, mailbox,
                   nothing_held, only_held, person, refused, send)

EDGE = scene.edge()

LINK = re.compile(r"confirmez sur (http://\S+/[a-z0-9]+) puis renvoyez\. "
                  r"First contact: confirm, then resend\.")


def link(reply):
    """The link of a refusal, which is one short line of ASCII."""
    equal(len(reply.lines), 1, f"lines of {reply}")
    check(len(reply.text.encode("ascii")) + 12 < 300, f"length: {reply}")
    m = LINK.search(reply.text)
    check(m, f"no link in {reply}")
    check(len(m[1]) < 90, m[1])
    return m[1]


def turned_away(edge, sender, box, **keywords):
    return link(refused(send(edge, sender, box, **keywords), 550, "5.7.1"))


def test_a_refusal_is_answered_on_its_page(edge):
    box, other = mailbox(edge, "lien"), mailbox(edge, "lien.deux")
    before = set(edge.redis.keys(f"oct:{{{TOWN}}}:*"))
    url = turned_away(edge, "qui@nu.test", box)
    # Numbers, and nothing else.
    new = set(edge.redis.keys(f"oct:{{{TOWN}}}:*")) - before
    equal([k for k in new if ":stat:" not in k and ":rate:" not in k], [],
          "kept of a refusal")
    page = Page(url)
    equal(page.status, 200)
    equal(page.submit(0, address="autre@nu.test").status, 403)
    refused(send(edge, "qui@nu.test", box), 550, "5.7.1")
    equal(page.submit(0, address="qui@nu.test").status, 200)
    for i, to in enumerate((box, other, box), 1):
        accepted(send(edge, "qui@nu.test", to,
                      message("qui@nu.test", to, f"message {i}")))
        got = edge.mailboxes.wait_for(to, count=2 if i == 3 else 1)
        equal(got.field("X-Octroi-Sender"), "unproven")
    turned_away(edge, "qui@nu.test", box)
    # Never an allowance, and nobody was written to.
    equal(relations(edge, box), {})
    equal(challenges(edge, "qui@nu.test"), 0)
    nothing_held(edge, box)


def test_who_else_has_no_link(edge):
    on, off = mailbox(edge, "sans.on"), mailbox(edge, "sans.off", mode="off")
    accepted(send(edge, "qui@nu.test", [on, off]))
    edge.mailboxes.wait_for(off)
    only_held(edge, on)
    quiet = mailbox(edge, "sans.attente", unproven="hold")
    accepted(send(edge, "qui@nu.test", quiet))
    only_held(edge, quiet)
    # A signature proves From; its holder may be refused with a link too.
    turned_away(edge, "qui@signe.test", on)
    # A name that another server uses.
    turned_away(edge, "ami@liste.test", on, ip=STRANGER)
    equal(challenges(edge, "qui@nu.test"), 0)


def test_a_bounce_of_nothing_waits_or_is_refused(edge):
    box, off = mailbox(edge, "rebond"), mailbox(edge, "rebond.off", mode="off")
    octets = message("mailer-daemon@nu.test", box)
    accepted(send(edge, "", box, octets, ip=STRANGER))
    only_held(edge, box, "unmatched-bounce")
    set_mailbox(edge.ctl, box, outbound_here="yes")
    scene.wait_until(
        lambda: send(edge, "", box, message("mailer-daemon@nu.test", box),
                     ip=STRANGER).reply.code == 550, 5, "it is refused")
    accepted(send(edge, "", off, octets, ip=STRANGER))
    edge.mailboxes.wait_for(off)


def test_only_doubtful_mail_is_asked_about(edge):
    clear = mailbox(edge, "clair", mode="doubtful")
    doubt = mailbox(edge, "doute", mode="doubtful", tag="-100")
    sender = person()
    accepted(send(edge, sender, clear))
    edge.mailboxes.wait_for(clear)
    accepted(send(edge, sender, doubt))
    only_held(edge, doubt)
    scene.challenge(edge, sender)
    equal(challenges(edge, sender), 1)


def test_a_simulation_delivers_and_counts(edge):
    box, sender = mailbox(edge, "essai", mode="simulate"), person()
    got = scene.verdict(edge, accepted(send(edge, sender, box)))
    equal((got["verdict"], got["reason"], got["simulated"]),
          ("deliver", "simulate", "12:hold:ask"))
    got = scene.verdict(edge, accepted(send(edge, "qui@nu.test", box)))
    equal(got["simulated"], "13:refuse")
    edge.mailboxes.wait_for(box, count=2)
    nothing_held(edge, box)
    equal((challenges(edge, sender), held(edge, box)), (0, []))
    day, = edge.redis.keys(f"oct:{{{TOWN}}}:stat:*")
    flat = edge.redis.cmd("HGETALL", day)
    counted = dict(zip(flat[::2], flat[1::2]))
    equal((counted["simulate-12-hold-ask"], counted["simulate-13-refuse"]),
          ("1", "1"))
