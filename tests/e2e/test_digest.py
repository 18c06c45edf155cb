# SPDX-License-Identifier: Apache-2.0
"""Digests: at the owner's hours, once, of what he was not told of."""
import email
import email.policy
import os
import re
import time
import unittest

import scene
from browser import Browser
from edge import CHALLENGE
from kit import check, equal, limit
from mail import message, untraced
from octroi import held, provision, set_mailbox
from owners import clone
from pages import DESKTOP, PHONE, axe_source, violations
from proc import wait_until
from scene import TOWN, accepted, mailbox, person, send, wait_known
from test_signing import new_key, prepare, signatures

# Every four hours of every day: one of them is within the last day.
OFTEN = "daily@0,4,8,12,16,20"
DAY_MS = 86_400_000

EDGE = scene.edge({"digest": {"schedule": OFTEN},
                   "challenge": {"settle": "1s"}}, prepare=prepare)


def key(kind, box):
    local, _, domain = box.partition("@")
    return f"oct:{{{domain}}}:{kind}:{local}"


def unlisted(edge, box):
    """{id: arrival} of what no digest has listed."""
    flat = edge.redis.cmd("ZRANGE", key("unlisted", box), 0, -1, "WITHSCORES")
    return dict(zip(flat[::2], map(int, flat[1::2])))


def all_listed(edge, *boxes):
    """Written down after the mail was accepted."""
    wait_until(lambda: not any(unlisted(edge, b) for b in boxes), 10,
               f"what {boxes} was told of is listed")


def settled(edge, box, count):
    def done():
        items = held(edge, box)
        return len(items) == count and \
            all(i["state"] == "stored" for i in items) and items
    return wait_until(done, 15, f"{count} items of {box} have settled")


def an_hour_comes(edge, *boxes):
    """As if it had come, and been looked at, yesterday: an hour of the schedule
    has passed since."""
    for box in boxes:
        local, _, domain = box.partition("@")
        for item, arrival in unlisted(edge, box).items():
            edge.redis.cmd("ZADD", key("unlisted", box), arrival - DAY_MS,
                           item)
        set_state(edge, box, 2, lambda looked: max(0, looked - DAY_MS))
        nudge(edge, domain)


def set_state(edge, box, word, change):
    """One number of the state of a digest (policy/digest.c)."""
    local, _, domain = box.partition("@")
    name = f"oct:{{{domain}}}:digeststate"
    words = (edge.redis.cmd("HGET", name, local) or "").split()
    if words:
        words[word] = str(change(int(words[word])))
        edge.redis.cmd("HSET", name, local, " ".join(words))


def nudge(edge, domain):
    edge.redis.cmd("ZADD", "oct:due:main", 1, f"digest {domain} -")


class Digest:
    def __init__(self, delivery):
        self.delivery = delivery
        self.mail = email.message_from_bytes(delivery.data,
                                             policy=email.policy.default)
        self.text = self.mail.get_body(("plain",)).get_content()
        self.html = self.mail.get_body(("html",)).get_content()
        links = re.findall(r"https?://\S+", self.text)
        # What is kept of its reader; the others are his alone.
        self.notice = links.pop()
        self.links = links
        self.one_click = self.mail["List-Unsubscribe"].strip("<> \r\n")


def is_digest(delivery):
    return b"List-Unsubscribe" in delivery.data


def digest(edge, box, count=1, timeout=20, sink=None):
    sink = edge.mailboxes if sink is None else sink
    return Digest(sink.wait_for(box, is_digest, timeout, count))


def digests(edge, box):
    return len(edge.mailboxes.all(box, is_digest))


def test_it_comes_at_its_hour_and_lists_what_waits(edge):
    box, sender = mailbox(edge, "heure"), person()
    accepted(send(edge, sender, box, message(
        sender, box, "Permis <b>de</b> http://piege.test/x & construire")))
    accepted(send(edge, "noreply@citoyen.test", box))
    settled(edge, box, 2)
    equal((len(unlisted(edge, box)), digests(edge, box)), (2, 0))
    an_hour_comes(edge, box)
    got = digest(edge, box)
    equal(got.delivery.sender, "")
    equal(got.mail["Subject"], f"2 messages en attente pour {box}")
    equal(got.mail["Auto-Submitted"], "auto-generated")
    equal(got.mail["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
    check("/d/" in got.one_click, got.one_click)
    for part in (got.text, got.html):
        check(sender in part and "noreply@citoyen.test" in part, part)
        check("piege.test" not in part and "[lien retiré]" in part, part)
        check("<b>de" not in got.html, part)
        check("adresse vérifiée" in part, part)
        check("à qui nous avons demandé de le confirmer" in part, part)
        check("message automatique" in part, part)
    acts = [u.rpartition("/")[2] for u in got.links]
    equal([a for a in acts if len(a) < 20],
          ["release", "accept", "refuse"] * 2)
    check(all("/m/" in u for u in got.links), got.links)
    check(got.notice.endswith("/donnees-personnelles"), got.notice)
    # It is not told again, and waits as long as was said.
    all_listed(edge, box)
    nudge(edge, TOWN)
    accepted(send(edge, "notification@citoyen.test", box))
    settled(edge, box, 3)
    an_hour_comes(edge, box)
    again = digest(edge, box, 2)
    equal(again.mail["Subject"], f"1 message en attente pour {box}")
    check("notification@citoyen.test" in again.text, again.text)
    check(sender not in again.text, again.text)
    check("2 autres messages, déjà signalés, attendent toujours." in
          again.text, again.text)


LONG = "Re: " + "Demande de permis de construire en zone humide " * 6
MIXED = (
    ("a.tres.longue.adresse.que.rien.ne.coupe." + "x" * 60 + "@citoyen.test",
     "=?utf-8?q?R=C3=A9union_publique_de_jeudi?=", {}),
    ("promo@bonnes-affaires.test", "GAGNEZ 1000 EUROS !!!" + "z" * 90,
     {"class": "N", "reason": "spam", "challenge": "", "sid": ""}),
    ("direction@ville.test", "Virement urgent", {
        "class": "X", "reason": "spoof", "challenge": "", "sid": ""}),
    ("facture@louche.test", "Facture 2026-1184", {
        "class": "N", "reason": "virus", "challenge": "", "sid": ""}),
    ("ne-pas-repondre@impots.test", "", {
        "reason": "automatic", "challenge": ""}))


def test_it_reads_on_a_phone(edge):
    """As a browser shows it: nothing runs over the side, nothing is hidden from
    those who do not see, and each button says of which message it is."""
    box = mailbox(edge, "telephone")
    accepted(send(edge, person(), box, message(person(), box, LONG)))
    item = settled(edge, box, 1)[0]
    for n, (sender, subject, changes) in enumerate(MIXED):
        ident = clone(edge, item, subject=subject, **{
            "from": sender, **changes})
        edge.redis.cmd("ZADD", key("unlisted", box), item_time(n), ident)
    an_hour_comes(edge, box)
    path, got = f"{edge.tmp}/digest.html", digest(edge, box)
    with open(path, "w", encoding="utf-8") as f:
        f.write(got.html)
    shots, found = os.environ.get("OCTROI_SHOTS"), []
    try:
        source, absent = axe_source(), None
    except unittest.SkipTest as e:
        source, absent = None, e
    with Browser() as b:
        for width, dark in ((PHONE, False), (DESKTOP, False), (PHONE, True)):
            b.dark(dark)
            b.open(f"file://{path}")
            b.size(width, 800)
            where = f"digest.{width}{'.nuit' if dark else ''}"
            wide = b.driver.execute_script(
                "return document.documentElement.scrollWidth")
            check(wide <= width, f"{where}: {wide} wide")
            if shots:
                b.whole(f"{shots}/o-{where}.png", width)
            if source:
                found += [f"{where}: {v}" for v in violations(b, source)]
        named = [a.get_attribute("aria-label") for a in b.all("li a")]
    equal(found, [], "what axe-core found")
    check(len(set(named)) == len(named) == 15, named)
    if absent:
        raise absent


def item_time(n):
    return int(time.time() * 1000) - n


def test_its_headers_are_signed(edge):
    edge.dns.minimum = 0
    new_key(edge, CHALLENGE, "d1")
    box = mailbox(edge, "signee")
    accepted(send(edge, "noreply@citoyen.test", box))
    settled(edge, box, 1)
    an_hour_comes(edge, box)
    octets = untraced(digest(edge, box).delivery.data)
    equal(signatures(edge, octets), {"rsa-sha256": (CHALLENGE, "d1")})
    signed = re.search(rb"\bh=([^;]*);", octets)[1].lower()
    names = b"".join(signed.split()).split(b":")
    for name in (b"list-unsubscribe", b"list-unsubscribe-post",
                 b"auto-submitted", b"subject", b"date"):
        check(name in names, (name, names))


def test_no_hour_no_digest(edge):
    off = mailbox(edge, "sans", mode="off", digest="off")
    late = mailbox(edge, "lundi", digest="mon@8")
    for box in (off, late):
        accepted(send(edge, "noreply@citoyen.test", box))
    settled(edge, late, 1)
    equal(held(edge, off), [])
    nudge(edge, TOWN)
    box = mailbox(edge, "temoin")
    accepted(send(edge, "noreply@citoyen.test", box))
    settled(edge, box, 1)
    an_hour_comes(edge, box)
    digest(edge, box)
    equal([digests(edge, b) for b in (off, late)], [0, 0])
    equal(len(unlisted(edge, late)), 1)


def test_a_listed_message_may_end_and_another_may_not(edge):
    told, untold = mailbox(edge, "dit"), mailbox(edge, "tu", digest="off")
    for box in (told, untold):
        accepted(send(edge, "noreply@citoyen.test", box))
        settled(edge, box, 1)
    an_hour_comes(edge, told)
    digest(edge, told)
    all_listed(edge, told)
    for box in (told, untold):
        item = held(edge, box)[0]["id"]
        edge.redis.cmd("HSET", f"oct:{{{TOWN}}}:held:{item}", "expires", 1)
        edge.redis.cmd("ZADD", "oct:due:main", 1, f"expire {TOWN} {item}")
    wait_until(lambda: held(edge, told) == [], 15, "the listed one has ended")
    wait_until(lambda: edge.redis.cmd(
        "HGET", f"oct:{{{TOWN}}}:held:{item}", "extended") == "1", 15,
        "the other one is kept longer")


def test_each_of_those_who_share_a_mailbox_gets_one(edge):
    people = ["claire@ville.test", "paul@dehors.test"]
    mailbox(edge, "claire", mode="off")
    box = mailbox(edge, "partagee", owners=",".join(people))
    accepted(send(edge, "noreply@citoyen.test", box))
    settled(edge, box, 1)
    an_hour_comes(edge, box)
    one = digest(edge, people[0])
    two = digest(edge, people[1], sink=edge.world)
    for got, who in ((one, people[0]), (two, people[1])):
        equal(got.mail["To"], who)
        equal(got.mail["Subject"], f"1 message en attente pour {box}")
    check(set(one.links).isdisjoint(two.links), one.links)
    equal(digests(edge, box), 0)


def test_english_first_for_an_english_mailbox(edge):
    box = mailbox(edge, "english", lang="en")
    accepted(send(edge, "noreply@citoyen.test", box))
    settled(edge, box, 1)
    an_hour_comes(edge, box)
    got = digest(edge, box)
    equal(got.mail["Subject"], f"1 message held for {box}")
    check("Deliver and accept" in got.text, got.text)
    equal(got.mail.get_body(("plain",))["Content-Language"], "en, fr")


def test_a_suspended_mailbox_hears_of_it_when_it_is_back(edge):
    box = mailbox(edge, "conge")
    accepted(send(edge, "noreply@citoyen.test", box))
    settled(edge, box, 1)
    set_mailbox(edge.ctl, box, state="suspended")
    since = edge.octroi["courier"].log
    an_hour_comes(edge, box)
    wait_until(lambda: f"digest=postponed account={box} why=suspended" in
               open(since).read(), 15, "it is postponed")
    set_mailbox(edge.ctl, box, state="active")

    def told():
        nudge(edge, TOWN)
        return digests(edge, box) == 1
    wait_until(told, 15, "the digest comes")


def test_postfix_away_and_back(edge):
    box = mailbox(edge, "panne")
    accepted(send(edge, "noreply@citoyen.test", box))
    settled(edge, box, 1)
    edge.postfix.stop()
    an_hour_comes(edge, box)
    log = edge.octroi["courier"].log
    wait_until(lambda: f"digest=failed account={box}" in open(log).read(), 15,
               "it failed")
    edge.postfix.start()
    equal(len(unlisted(edge, box)), 1)
    # Nobody waits ten minutes here.
    set_state(edge, box, 3, lambda lease: 0)
    nudge(edge, TOWN)
    digest(edge, box)
    all_listed(edge, box)


def test_killed_while_it_sends_it_sends_again(edge):
    """Its own lease does not keep a courier that died from its duty."""
    box = mailbox(edge, "meurt")
    accepted(send(edge, "noreply@citoyen.test", box))
    settled(edge, box, 1)
    edge.octroi["courier"].kill()
    edge.redis.cmd("HSET", f"oct:{{{TOWN}}}:digeststate", "meurt",
                   f"1 0 0 {10**13} 0 main")
    an_hour_comes(edge, box)
    edge.octroi["courier"].start()
    digest(edge, box)
    all_listed(edge, box)


@limit(120)
def test_hundreds_due_at_once_are_all_served(edge):
    town, count = "grande.test", 150
    boxes = [f"agent.{i}@{town}" for i in range(count)]
    provision(edge.ctl, town, [b.partition("@")[0] for b in boxes],
              challenge="first-contact")
    wait_known(edge, boxes[-1])
    with scene.client(edge, "noreply@citoyen.test") as c:
        for i in range(0, count, 50):
            some = boxes[i:i + 50]
            accepted(c.send("noreply@citoyen.test", some,
                            message("noreply@citoyen.test", some)))
    wait_until(lambda: all(
        i["state"] == "stored" for i in held(edge, town)), 20, "settled")
    an_hour_comes(edge, *boxes)
    wait_until(lambda: len(edge.mailboxes.all(None, lambda d: is_digest(d) and
                                              town in d.rcpt)) == count,
               60, "each has its digest")
    all_listed(edge, *boxes)
    wait_until(lambda: edge.redis.cmd(
        "HLEN", f"oct:{{{town}}}:digest") == 0, 10, "nothing is left to tell")


def test_one_that_is_asked_for_shows_all_that_waits(edge):
    box = mailbox(edge, "encore", digest="mon@8")
    accepted(send(edge, "noreply@citoyen.test", box))
    settled(edge, box, 1)
    edge.ctl("digest", "send", box)
    digest(edge, box)
    all_listed(edge, box)
    edge.ctl("digest", "send", box)
    again = digest(edge, box, 2)
    check("noreply@citoyen.test" in again.text, again.text)


def test_an_old_log_is_redacted(edge):
    log = (f"2020-01-01T00:00:00Z x: from=jean@citoyen.test rcpt=a@{TOWN} "
           "client=192.0.2.10\n  jean@citoyen.test\n")
    out = edge.ctl("log", "redact", stdin=log + log.replace("2020", "2999"))
    lines = out.stdout.splitlines()
    check("jean" not in lines[0] + lines[1], lines)
    check(f"a@{TOWN}" in lines[0] and "192.0.2.0/24" in lines[0], lines)
    equal(lines[2:], log.replace("2020", "2999").splitlines())
