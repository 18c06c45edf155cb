# SPDX-License-Identifier: Apache-2.0
"""Hostile and odd messages: a defined verdict, the rest untouched, no crash."""
import scene
from kit import check, equal, limit, same_octets
from mail import message, untraced
from octroi import held, release
from scene import TOWN, accepted, mailbox, person, refused, send

EDGE = scene.edge()


def both(edge, name, sender, octets, **keywords):
    """Delivered to one box and held for another; both then have the octets."""
    off = mailbox(edge, f"{name}.off", mode="off", hold="900", reject="999")
    on = mailbox(edge, f"{name}.on", hold="900", reject="999")
    accepted(send(edge, sender, [off, on], octets, **keywords))
    got = edge.mailboxes.wait_for(off)
    (item,) = held(edge, on)
    release(edge, item["id"])
    released = edge.mailboxes.wait_for(on)
    return got, released


def exact(edge, name, octets, sender=None):
    """octets arrive unchanged, straight and by way of the spool."""
    got, released = both(edge, name, sender or person(), octets)
    same_octets(untraced(got.data), octets, f"{name}, delivered")
    same_octets(untraced(released.data), octets, f"{name}, released")


def test_no_header_at_all(edge):
    sender = person()
    got, released = both(edge, "sanstete", sender, b"\r\nseulement un corps\r\n")
    for d in (got, released):
        check(d.data.endswith(b"\r\n\r\nseulement un corps\r\n"), d.data)


def test_a_body_that_begins_at_once(edge):
    """Postfix puts the missing empty line; nothing else changes."""
    got, released = both(edge, "sansvide", person(), b"bonjour\r\nrien\r\n")
    for d in (got, released):
        check(b"bonjour\r\nrien\r\n" in d.data, d.data)


def test_an_empty_message(edge):
    got, released = both(edge, "vide", person(), b"")
    for d in (got, released):
        equal(untraced(d.data).strip(), b"")


@limit(120)
def test_ten_thousand_headers(edge):
    """At the limit it is judged; beyond, it is refused by the limit's name."""
    sender = person()
    head = message(sender, f"x@{TOWN}").split(b"\r\n\r\n")[0]
    count = head.count(b"\r\n") + 1
    many = b"".join(b"\r\nX-%d: v" % i for i in range(9900 - count))
    exact(edge, "milliers", head + many + b"\r\n\r\ncorps\r\n", sender)
    box = mailbox(edge, "dixmille", mode="off")
    more = b"".join(b"\r\nX-%d: v" % i for i in range(10001))
    reply = refused(send(edge, sender, box, head + more + b"\r\n\r\nc\r\n"),
                    552, "5.3.4")
    check("limit" in reply.text, reply)


def test_a_header_beyond_measure_is_refused(edge):
    sender, box = person(), mailbox(edge, "gros", mode="off")
    lines = b"".join(b"X-%d: " % i + b"v" * 900 + b"\r\n"
                     for i in range(1300))
    refused(send(edge, sender, box, lines + message(sender, box)), 552,
            "5.3.4")


def test_nul_octets(edge):
    sender = person()
    exact(edge, "nulcorps", message(sender, f"x@{TOWN}", body=b"a\0b\0\r\n\0"
                                    b"\r\n"), sender)
    octets = message(sender, f"x@{TOWN}", headers=[("X-Nul", "a\0b")])
    got, released = both(edge, "nultete", sender, octets)
    equal(untraced(got.data).split(b"\r\n\r\n", 1)[1],
          untraced(released.data).split(b"\r\n\r\n", 1)[1])


def test_a_line_of_eight_kilobytes_and_more(edge):
    sender = person()
    exact(edge, "ligne", message(
        sender, f"x@{TOWN}", headers=[("X-Long", "h" * 8192)],
        body=b"x" * 8192 + b"\r\n" + b"y" * 100000 + b"\r\n"), sender)


def test_no_final_newline(edge):
    """SMTP ends the last line; nothing is added to it."""
    sender = person()
    octets = message(sender, f"x@{TOWN}", body=b"sans fin de ligne")
    got, released = both(edge, "sansfin", sender, octets)
    for d in (got, released):
        same_octets(untraced(d.data), octets + b"\r\n")


def test_odd_octets_survive(edge):
    sender = person()
    exact(edge, "impair", b"From: " + sender.encode() + b"\r\n"
          b"Subject: \xe9\xff\xfe caf\xe9\r\nX-Vide:\r\nX-Fin: v  \t\r\n"
          b"X-Pli:\r\n  un\r\n\tdeux  \r\nx-CASSE:sans blanc\r\n"
          b"To: x@" + TOWN.encode() + b"\r\n\r\n"
          b".\r\n..\r\n \t \r\n\xc0\x80\r\n\r\n\r\n", sender)


@limit(180)
def test_a_thousand_recipients(edge):
    lines = [f"mailbox add mille{n}@{TOWN} --mode="
             f"{'off' if n % 2 else 'first-contact'}" for n in range(1000)]
    edge.ctl("batch", "-", stdin="\n".join(lines) + "\n", timeout=120)
    boxes = [f"mille{n}@{TOWN}" for n in range(1000)]
    scene.wait_known(edge, boxes[-1])
    sender = person()
    accepted(send(edge, sender, boxes, message(sender, boxes[0])))
    edge.mailboxes.wait_for(None, lambda d: d.rcpt.startswith("mille"), 60,
                            500)
    edge.postfix.wait_empty()
    got = {d.rcpt for d in edge.mailboxes.all(
        None, lambda d: d.rcpt.startswith("mille"))}
    kept = {i["rcpt"] for i in held(edge, TOWN)
            if i["rcpt"].startswith("mille")}
    equal((len(got), len(kept), len(got & kept)), (500, 500, 0))
    with scene.client(edge, sender) as c:
        c.mail(sender)
        for box in boxes:
            check(c.rcpt(box).ok)
        equal((r := c.rcpt(boxes[0])).code, 452, r)


def test_addresses_of_two_kilobytes(edge):
    box = mailbox(edge, "longue", mode="off")
    with scene.client(edge, person()) as c:
        for address in ("a" * 2000 + "@citoyen.test",
                        "a@" + "b." * 1000 + "test"):
            reply = c.mail(address)
            check(not reply.ok or not c.rcpt(box).ok, f"sender: {reply}")
            c.command("RSET")
            check(c.mail(person()).ok)
            reply = c.rcpt(address.replace("citoyen.test", TOWN))
            check(500 <= reply.code < 600, f"recipient: {reply}")
            c.command("RSET")
        got = c.send(sender := person(), box, message(sender, box))
        accepted(got)


def test_smtputf8(edge):
    box = mailbox(edge, "été", mode="off")
    on = mailbox(edge, "noël")
    sender = "hélène@citoyen.test"
    octets = message(sender, [box, on], "Été à Noël")
    accepted(send(edge, sender, [box, on], octets,
                  mail_params=["SMTPUTF8", "BODY=8BITMIME"]))
    got = edge.mailboxes.wait_for(box)
    same_octets(untraced(got.data), octets)
    item = scene.only_held(edge, on)
    equal((item["typed"], item["rpath"]), (on, sender))
    ask = scene.challenge(edge, sender)
    check("SMTPUTF8" in ask.delivery.sender_params, "challenge as SMTPUTF8")
    scene.confirm_when_ripe(ask)
    released = edge.mailboxes.wait_for(on)
    same_octets(untraced(released.data), octets)
    check("SMTPUTF8" in released.sender_params, released.sender_params)


FORGED = b"""Authentication-Results: mx.edge.test; spf=pass
 smtp.mailfrom=banque.test
authentication-RESULTS:mx.edge.test;dkim=pass header.d=banque.test
Authentication-Results:
\tMX.EDGE.TEST ; dmarc=pass
Authentication-Results: (un commentaire (imbriqu\xe9)) mx.edge.test 1; none
Authentication-Results: "mx.edge.test"; none
X-Octroi-Score: -50
x-octroi-sender: known
X-OCTROI-Anything:
X-Spam-Flag: NO
X-Spam-Status: No, score=-100
X-spam-
""".replace(b"\n", b"\r\n").replace(b"X-spam-\r\n", b"X-spam-X:\t\r\n")
KEPT = b"""Authentication-Results: autre.test; spf=pass
Authentication-Results: mx.edge.test.evil.test; spf=pass
X-Octroy: a
X-Spammer: b
"""


def test_forged_fields_are_removed(edge):
    sender = person()
    rest = message(sender, f"x@{TOWN}")
    kept = KEPT.replace(b"\n", b"\r\n")
    # Another field first: what is in front of it counts as trace.
    octets = b"X-First: 1\r\n" + FORGED + kept + rest
    got, released = both(edge, "forge", sender, octets)
    for what, d in (("delivered", got), ("released", released)):
        same_octets(untraced(d.data), b"X-First: 1\r\n" + kept + rest, what)
        ours = [v for v in d.fields("Authentication-Results")
                if v.strip().startswith("mx.edge.test;")]
        equal(len(ours), 1, f"{what}: results of ours")
        check("banque" not in d.head.decode("latin-1"), what)


def test_too_many_forged_fields_are_refused(edge):
    sender, box = person(), mailbox(edge, "faussaire")
    refused(send(edge, sender, box, b"X-Spam-Flag: NO\r\n" * 300 +
                 message(sender, box)), 550, "5.7.1")
    scene.nothing_held(edge, box)


def test_commands_in_an_odd_order_leave_nothing_behind(edge):
    box, sender = mailbox(edge, "ordre"), person()
    with scene.client(edge, sender) as c:
        c.mail(sender)
        c.rcpt(box)
        c.command("RSET")
        check(not c.data(b"x\r\n").ok, "DATA after RSET")
        c.mail(sender)
        c.rcpt(box)
        c.command("EHLO mx.citoyen.test")
        check(not c.rcpt(box).ok, "RCPT after EHLO")
        accepted(c.send(sender, box, message(sender, box)))
        accepted(c.send(sender, box, message(sender, box, "Deux")))
    equal(len(held(edge, box)), 2, "held")


def test_a_client_that_leaves_in_mid_message_leaves_nothing(edge):
    box, sender = mailbox(edge, "parti"), person()
    c = scene.client(edge, sender)
    c.mail(sender)
    c.rcpt(box)
    equal(c.command("DATA").code, 354)
    c.write(message(sender, box))
    c.drop()
    with scene.client(edge, sender) as c:
        accepted(c.send(sender, box, message(sender, box, "Entier")))
    equal([i["subject"] for i in held(edge, box)], ["Entier"])
