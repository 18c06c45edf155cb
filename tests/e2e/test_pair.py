# SPDX-License-Identifier: Apache-2.0
"""Two installations of octroi that write to each other: each one's questions
reach people of the other as what they are, answers to their own messages, and
nobody waits for somebody who waits for him."""
import contextlib

import scene
from edge import Edge
from kit import check, equal, limit
from mail import message, message_id, untraced
from octroi import add_domain, add_mailbox, held
from proc import wait_until

PASSWORD = "secret"
SPF = "v=spf1 ip4:127.0.0.1 -all"


class Side:
    """One installation with one hosted domain."""

    def __init__(self, name):
        self.name, self.town = name, f"{name}.test"
        self.own = f"filtre.{name}.test"
        self.edge = Edge(
            prepare=self.prepare,
            conf={"platform": {"hostname": f"mx.{name}.test"},
                  "challenge": {"domain": self.own}},
            postfix={"myhostname": f"mx.{name}.test",
                     "relay_domains": self.own})
        # A link to a bare address would be a mark of spam.
        self.edge.change_conf({"challenge": {
            "url": f"http://localhost:{self.edge.web_port}"}})

    def meet(self, other):
        """What is not hosted here goes to the other one."""
        self.edge.postfix.settings["default_transport"] = \
            f"smtp:[127.0.0.1]:{other.edge.postfix.public}"

    @staticmethod
    def prepare(e):
        for name in ("nord", "sud"):
            for domain in (f"{name}.test", f"filtre.{name}.test"):
                e.dns.add(domain, "TXT", SPF)
                e.dns.add(domain, "MX", f"10 mx.{name}.test.")
            e.dns.add(f"mx.{name}.test", "A", "127.0.0.1")
        e.dns.apply()

    def person(self, local):
        box = f"{local}@{self.town}"
        add_mailbox(self.edge.ctl, box, challenge="first-contact")
        scene.wait_known(self.edge, box)
        self.edge.postfix.add_user(box, PASSWORD)
        return box

    def submit(self, sender, rcpt, subject, **keywords):
        """The octets that a user of this side sent."""
        octets = message(sender, rcpt, subject, **keywords)
        with self.edge.submit(sender, PASSWORD) as c:
            scene.accepted(c.send(sender, rcpt, octets))
        return octets

    def got(self, box, subject, timeout=20):
        return self.edge.mailboxes.wait_for(
            box, lambda d: subject in (d.field("Subject") or ""), timeout)


@contextlib.contextmanager
def pair():
    nord, sud = Side("nord"), Side("sud")
    nord.meet(sud)
    sud.meet(nord)
    try:
        for side in (nord, sud):
            side.edge.start()
            add_domain(side.edge.ctl, side.town)
        yield nord, sud
        for side in (nord, sud):
            side.edge.postfix.wait_empty()
    except Exception:
        print(nord.edge.dump(), sud.edge.dump())
        raise
    finally:
        faults = [f for side in (nord, sud) for f in side.edge.close()]
        for side in (nord, sud):
            side.edge.remove()
    equal(faults, [], "ends")


QUESTION = "confirmation de votre message"


def question(side, box):
    """The challenge of the other side, as it reached a mailbox of this one."""
    d = side.edge.mailboxes.wait_for(
        box, lambda d: QUESTION in str(scene.Challenge(d).mail["Subject"])
        if d.sender.startswith("bounce+") else False, 20)
    return scene.Challenge(d)


def verdict_of(side, box, text):
    """Why the milter let in the message to box whose log line has text."""
    from octroi import verdicts
    return [v for v in verdicts(side.edge, rcpt=box) if text in v["from"]]


def nothing_waits(*sides):
    for side in sides:
        equal([(i["from"], i["reason"]) for i in held(side.edge, side.town)],
              [], f"held in {side.name}")


@limit(120)
def test_first_contacts_cross_between_two_installations():
    with pair() as (nord, sud):
        by_page(nord, sud)
        by_mail(nord, sud)
        both_at_once(nord, sud)
        robots(nord, sud)
        nothing_waits(nord, sud)


def by_page(nord, sud):
    """a writes to b: b's installation asks, the question reaches a though a is
    asked about strangers too; a confirms, b has the message, and answers."""
    a, b = nord.person("alice"), sud.person("bernard")
    octets = nord.submit(a, b, "Demande")
    ask = question(nord, a)
    equal(ask.mail["In-Reply-To"].strip(), message_id(octets))
    why = verdict_of(nord, a, sud.own)
    equal([(v["verdict"], v["row"]) for v in why], [("deliver", "9")],
          "the question")
    equal(scene.confirm_when_ripe(ask).status, 200)
    check(untraced(sud.got(b, "Demande").data).endswith(
        octets.split(b"\r\n\r\n", 1)[1]), "the message")
    sud.submit(b, a, "Re: Demande", headers=[("In-Reply-To",
                                              message_id(octets))])
    nord.got(a, "Re: Demande")
    # And again, unasked, both ways.
    nord.submit(a, b, "Merci")
    sud.got(b, "Merci")
    nothing_waits(nord, sud)


def by_mail(nord, sud):
    """The question is answered by mail: the answer is to the other
    installation, which asks nobody about it."""
    a, b = nord.person("agathe"), sud.person("benoit")
    nord.submit(a, b, "Par retour")
    ask = question(nord, a)
    to = ask.mail["Reply-To"].addresses[0].addr_spec
    nord.submit(a, to, "Re: " + QUESTION,
                headers=[("In-Reply-To", ask.mail["Message-ID"])])
    sud.got(b, "Par retour")
    nothing_waits(nord, sud)


def both_at_once(nord, sud):
    """Each has written before the other's message is there: both are answers of
    people who were written to, and nobody is asked."""
    a, b = nord.person("anne"), sud.person("basile")
    for side in (nord, sud):
        side.edge.postfix.settings["defer_transports"] = "smtp"
        side.edge.postfix.reload()
    nord.submit(a, b, "De nord")
    sud.submit(b, a, "De sud")
    for side in (nord, sud):
        wait_until(lambda s=side: any(
            q["queue_name"] == "deferred" for q in s.edge.postfix.queue()),
            10, "it waits to leave")
    for side in (nord, sud):
        del side.edge.postfix.settings["defer_transports"]
        side.edge.postfix.reload()
        side.edge.postfix.flush()
    sud.got(b, "De nord")
    nord.got(a, "De sud")
    nothing_waits(nord, sud)
    for side, box in ((nord, a), (sud, b)):
        equal(len(side.edge.mailboxes.all(box)), 1, f"mail for {box}")


def robots(nord, sud):
    """A vacation responder of one side, whom the other would ask if it were a
    person: neither a question nor a loop."""
    a, b = nord.person("absent"), sud.person("bruno")
    sud.submit(b, a, "Etes-vous la")
    ask = question(sud, b)
    scene.confirm_when_ripe(ask)
    octets = nord.got(a, "Etes-vous la").data
    nord.submit(a, b, "Absente", headers=[
        ("Auto-Submitted", "auto-replied"),
        ("In-Reply-To", message_id(octets))])
    sud.got(b, "Absente")
    for side, box in ((nord, a), (sud, b)):
        side.edge.postfix.wait_empty()
        check(len(side.edge.mailboxes.all(box)) <= 2, "a loop")
