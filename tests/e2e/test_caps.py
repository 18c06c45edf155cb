# SPDX-License-Identifier: Apache-2.0
"""Who is not asked though he proved himself: caps, shares, targets, breakers,
and the levers."""
import email
import email.policy
import time

import scene
from kit import check, equal, within
from mail import message
from octroi import held, relations
from proc import Failure, wait_until
from scene import TOWN, accepted, challenge, challenges, mailbox, send

FLOOD = 500
# Each of a network of its own, so that none spends another's part.
DOMAINS = {"jetable.test": "198.18.1.1", "unique.test": "198.18.2.1",
           "casse.test": "198.18.3.1", "pas-moi.test": "198.18.4.1",
           "sain.test": "198.18.5.1", "calme.test": "198.18.6.1"}
HONEST = 60                    # senders of as many domains and networks
ALERTS = "equipe@cdg.test"
VICTIM = "203.0.113.9"

CONF = {"challenge": {
    "cap_sender": 3, "cap_domain": 1000, "cap_network": 40,
    "cap_network_provider": 500, "cap_platform": 100000,
    "breaker_volume_org": 1000, "breaker_volume": 100000}}


def prepare(e):
    for domain, ip in DOMAINS.items():
        e.sender_domain(domain, ip, dkim=False, apply=False)
    for n in range(HONEST):
        e.sender_domain(f"h{n}.test", honest_ip(n), dkim=False, dmarc="",
                        apply=False)
    d = e.dns
    d.add("mx.victime.test", "A", VICTIM)
    for domain, mx in (("nul.test", "0 ."), ("ailleurs.test",
                                             "10 mx.victime.test.")):
        e.sender_domain(domain, "198.18.9.1", dkim=False, apply=False)
        d.remove(domain, "MX").add(domain, "MX", mx)
    scene.prepare(e)


EDGE = {"prepare": prepare, "conf": CONF}


def honest_ip(n):
    return f"198.19.{n}.1"


def status(edge):
    return edge.ctl_json("challenge", "status")


def states(edge, box):
    return sorted(relations(edge, box).values())


def settled(edge, box, count, timeout=60):
    """Until no relation of box is undecided: asked ones are sent."""
    wait_until(lambda: len(relations(edge, box)) == count and
               status(edge)["today"]["pending"] == 0, timeout,
               f"{count} relations of {box} are decided")


def silent(edge, why, count):
    """So many were not asked for that reason: stored after each round."""
    wait_until(lambda: status(edge)["silent"].get(why) == count, 10,
               f"{count} silent by {why}")


def write(edge, sender, box, ip):
    return accepted(send(edge, sender, box, ip=ip))


def test_a_throw_away_domain_spends_its_share_alone(edge):
    box, other = mailbox(edge, "inonde", share_mailbox=3,
                         space_messages=20000), mailbox(edge, "voisin")
    started = time.monotonic()
    with edge.client(DOMAINS["jetable.test"], "mx.jetable.test") as c:
        for n in range(FLOOD):
            sender = f"jetable{n}@jetable.test"
            accepted(c.send(sender, box, message(sender, box)))
    for n in range(HONEST):
        write(edge, f"jean@h{n}.test", other, honest_ip(n))
    sent = time.monotonic()
    settled(edge, box, FLOOD)
    settled(edge, other, HONEST)
    took = time.monotonic() - sent
    equal(states(edge, box), ["K"] * 3 + ["S"] * (FLOOD - 3),
          "asked of the throw-away domain")
    equal(states(edge, other), ["K"] * HONEST, "the others")
    within(took, 60, f"{FLOOD + HONEST} decisions after the sending, which "
           f"took {sent - started:.0f} s")
    equal(len(held(edge, box)), FLOOD, "held")
    silent(edge, "share-mailbox", FLOOD - 3)
    seen = status(edge)
    top = {c["name"]: c for c in seen["caps"]}
    # A little comes back every minute.
    check(3 + HONEST - 3 <= top[TOWN]["used"] <= 3 + HONEST, top[TOWN])
    check(top["all"]["left"] < 100000, top["all"])
    # The cap that counts is the domain's own.
    equal(top[TOWN]["limit"], 1000)
    edge.ctl("domain", "set", TOWN, "cap_domain=900")
    equal({c["name"]: c for c in status(edge)["caps"]}[TOWN]["limit"], 900)
    edge.ctl("domain", "set", TOWN, "cap_domain=inherit")


def test_one_sender_is_asked_once(edge):
    box = mailbox(edge, "souvent")
    for _ in range(6):
        write(edge, "un@unique.test", box, DOMAINS["unique.test"])
    settled(edge, box, 1)
    equal(states(edge, box), ["K"])
    # Of all mailboxes three a day, whoever they are.
    others = [mailbox(edge, f"autre{n}") for n in range(4)]
    for other in others:
        write(edge, "un@unique.test", other, DOMAINS["unique.test"])
    for other in others:
        settled(edge, other, 1)
    equal(sorted(states(edge, other)[0] for other in others),
          ["K", "K", "S", "S"])
    edge.postfix.wait_empty()
    equal(challenges(edge, "un@unique.test"), 3)


def test_no_mail_where_none_is_taken_or_elsewhere(edge):
    box = mailbox(edge, "cible")
    for domain in ("nul.test", "ailleurs.test"):
        write(edge, f"a@{domain}", box, "198.18.9.1")
    settled(edge, box, 2)
    equal(states(edge, box), ["S", "S"])
    silent(edge, "no-mx", 1)
    silent(edge, "mx-elsewhere", 1)
    item = held(edge, box)[0]
    shown = edge.ctl_json("held", "show", item["id"])
    check(shown["state"] in ("tentative", "stored"), shown)
    for domain in ("nul.test", "ailleurs.test"):
        equal(challenges(edge, f"a@{domain}"), 0)


def asked_now(edge, sender, box):
    """Does one more message make the only relation of box ASKED?"""
    write(edge, sender, box, DOMAINS["calme.test"])
    try:
        return wait_until(lambda: states(edge, box) == ["K"], 2, "asked")
    except Failure:
        return False


def test_the_stop_lever(edge):
    box = mailbox(edge, "arret")
    edge.ctl("challenge", "stop")
    wait_until(lambda: "lever=stop state=on" in log_of(edge, "courier"), 5,
               "said in the courier's log")
    check(status(edge)["levers"]["stopped"], "stopped")
    found = edge.ctl("doctor", "--no-postfix", check=False).stdout
    check("octroictl challenge start" in found, found)
    write(edge, "a@calme.test", box, DOMAINS["calme.test"])
    settled(edge, box, 1)
    equal(states(edge, box), ["S"])
    check("lever=stop state=on" in log_of(edge, "milter"),
          "said in the milter's log")
    edge.ctl("challenge", "start")
    wait_until(lambda: "lever=stop state=off" in log_of(edge, "courier"), 5,
               "said in the courier's log")
    # The milter looks at the lever once a second, when there is mail.
    wait_until(lambda: asked_now(edge, "a@calme.test", box), 20,
               "asked after all")
    challenge(edge, "a@calme.test")
    edge.ctl("bypass", "--for=2h")
    levers = status(edge)["levers"]
    check(levers["bypass"] and levers["bypass_until"], levers)
    edge.ctl("bypass", "--off")
    check(not status(edge)["levers"]["bypass"], "off")
    for words in (("bypass",), ("bypass", "--for=1s"),
                  ("bypass", "--for=2h", "--off")):
        equal(edge.ctl(*words, check=False).returncode, 64, words)
    audit = str(edge.redis.cmd("XRANGE", "oct:audit", "-", "+"))
    for act in ("challenge.stop", "challenge.start", "bypass.on",
                "bypass.off"):
        check(act in audit, f"{act} in the audit")


def log_of(edge, program):
    with open(edge.octroi[program].log, errors="replace") as f:
        return f.read()


def ask_all(edge, box, domain, count):
    ip = DOMAINS[domain]
    for n in range(count):
        write(edge, f"p{n}@{domain}", box, ip)
    settled(edge, box, count)
    equal(states(edge, box), ["K"] * count, box)


def bounce(edge, ask):
    """The sender's server cannot deliver the challenge after all."""
    to = ask.delivery.sender
    text = (f"From: <>\r\nTo: {to}\r\nSubject: failed\r\n"
            "MIME-Version: 1.0\r\nContent-Type: multipart/report; "
            "report-type=delivery-status; boundary=b\r\n\r\n--b\r\n"
            "Content-Type: message/delivery-status\r\n\r\n"
            "Reporting-MTA: dns; mx.casse.test\r\n\r\n"
            "Final-Recipient: rfc822; x@casse.test\r\nAction: failed\r\n"
            "Status: 5.1.1\r\n\r\n--b--\r\n")
    return send(edge, "", to, text.encode(), ip=DOMAINS["casse.test"],
                helo="mx.casse.test")


def open_breakers(edge):
    return {b["name"]: b for b in status(edge)["breakers"]
            if b["kind"] == "org"}


def test_bounces_and_not_me_open_that_domains_breaker(edge):
    box = mailbox(edge, "casse")
    edge.change_conf({"challenge": {"share_percent": 100,
                                    "alerts": ALERTS}})
    edge.octroi["courier"].restart()
    ask_all(edge, box, "casse.test", 20)
    for n in range(5):
        accepted(bounce(edge, challenge(edge, f"p{n}@casse.test")))
    seen = wait_until(lambda: open_breakers(edge).get("casse.test"), 10,
                      "the breaker of casse.test")
    equal((seen["state"], seen["why"], seen["bounced"]),
          ("open", "bounces", 5))
    check("breaker=open kind=org name=casse.test why=bounces"
          in log_of(edge, "milter"), "the alarm")
    got = edge.world.wait_for(ALERTS, timeout=30)
    told = email.message_from_bytes(got.data, policy=email.policy.default)
    check("casse.test" in told["Subject"], told["Subject"])
    moi = mailbox(edge, "moi")
    ask_all(edge, moi, "pas-moi.test", 3)
    for n in range(3):
        ask = challenge(edge, f"p{n}@pas-moi.test")
        ask.page().not_me(ask.code)
    seen = wait_until(lambda: open_breakers(edge).get("pas-moi.test"), 10,
                      "the breaker of pas-moi.test")
    equal((seen["why"], seen["not_me"]), ("not-me", 3))
    # They are silent; nobody else is.
    last = mailbox(edge, "dernier")
    for domain in ("casse.test", "pas-moi.test", "sain.test"):
        write(edge, f"nouveau@{domain}", last, DOMAINS[domain])
    settled(edge, last, 3)
    asked = [sid for sid, s in relations(edge, last).items() if s == "K"]
    equal(len(asked), 1, asked)
    check("sain.test" in asked[0], asked)
    equal(sorted(open_breakers(edge)), ["casse.test", "pas-moi.test"])
    silent(edge, "breaker-org", 2)
    started = time.monotonic()
    text = edge.ctl("challenge", "status").stdout
    within(time.monotonic() - started, 2, "the status")
    for word in ("casse.test", "open", "bounces", "breaker-org", TOWN,
                 "pas-moi.test"):
        check(word in text, f"{word} in {text}")
