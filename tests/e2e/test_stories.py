# SPDX-License-Identifier: Apache-2.0
"""The stories of a first contact, from the first message to its end.  These are
told here:

    ask, "not me", a later message is silent
    ask, expire, the sender is told
    ask, the owner releases
    ask, the owner blocks, a later confirmation does nothing
    a clean message asked and confirmed beside spam of the same sender
    refuse, confirm, resend, passes
    defer, confirm, retry, passes
    robots of the corpus are not asked
    scanners of links change nothing, in no mode

and these elsewhere, in detail: ask, confirm (test_story), answers by mail
(test_answers), codes (test_code), ends (test_expiry), doors (test_doors), and
two installations that write to each other (test_pair).
"""
import email
import email.policy
import re
import tempfile

import corpus
import scene
from browser import Browser
from kit import check, equal, fresh, need_file
from mail import message, untraced
from octroi import block, held, held_state, relations, release
from pages import passes
from proc import wait_until
from scene import (TOWN, Page, accepted, challenge, challenges, fetch, mailbox,
                   nothing_held, only_held, person, refused, send)

LIST = "url.liste.test"
SPAM = "http://mechant.test/"


def prepare(e):
    e.dns.add(f"connu.test.{LIST}", "A", "127.0.0.2", ttl=1)
    e.dns.add(f"mechant.test.{LIST}", "A", "127.0.0.9")
    for mark in ROBOTS:
        e.sender_domain(f"{mark}.test", "192.0.2.99", dkim=False, apply=False)
    scene.prepare(e)


# What marks them as such: found in the header, kept as it came.
ROBOTS = {
    "list": r"(?im)^List-Id:",
    "vacation": r"(?im)^(Auto-Submitted:|Precedence:)",
    "dsn": r"(?im)^Content-Type:\s*multipart/report",
    "calendar": r"(?im)^Auto-Submitted: auto-generated",
    "receipt": r"",
}

EDGE = {"prepare": prepare, "conf": {
    "lists": {"zones": [f"{LIST} url test=connu.test *=9"], "probe": "1s"}}}


def asked(edge, box, sender, octets=None):
    accepted(send(edge, sender, box, octets))
    return challenge(edge, sender)


def log(edge):
    with open(edge.octroi["milter"].log, errors="replace") as f:
        return f.read()


def press(browser, url, *steps):
    """Open the page and do what a person does there: click on what a selector
    finds, or (selector, text) type into it."""
    browser.open(url)
    for step in steps:
        if isinstance(step, tuple):
            browser.css(step[0]).send_keys(step[1])
        else:
            browser.css(step).click()


def states(edge, box):
    return set(relations(edge, box).values())


# -- asked -------------------------------------------------------------------
def test_not_me_makes_later_mail_silent(edge):
    box, sender = mailbox(edge, "pas.moi"), person()
    ask = asked(edge, box, sender)
    with Browser() as b:
        press(b, ask.url, "summary", ("#code-not-me", ask.code),
              "button[value=notme]")
        wait_until(lambda: "noté" in b.text, 10, "the page of \"not me\"")
    equal(states(edge, box), {"L"}, "relation")
    result = accepted(send(edge, sender, box))
    equal({k: scene.verdict(edge, result)[k] for k in ("verdict", "ask")},
          {"verdict": "hold", "ask": "no"})
    equal(len(held(edge, box)), 2, "held")
    # Who is asked later, is: so the silence is not for want of time.
    later = person()
    asked(edge, box, later)
    edge.postfix.wait_empty()
    equal(challenges(edge, sender), 1, "challenges")
    # His link confirms nothing any more.
    with Browser() as b:
        b.open(ask.url)
        equal(b.all("button[value=confirm]"), [], "a button to confirm")
    equal(edge.mailboxes.all(box), [], "deliveries")


@fresh(conf={"challenge": {"hold": "4s", "extend": "1s"}})
def test_what_nobody_confirms_ends_with_a_notice(edge):
    box, sender = mailbox(edge, "fin"), person()
    octets = message(sender, box, "Sans réponse")
    ask = asked(edge, box, sender, octets)
    item = only_held(edge, box)
    got = edge.world.wait_for(sender, lambda d: d.sender == "", 20)
    report = email.message_from_bytes(got.data, policy=email.policy.default)
    equal(report.get_content_type(), "multipart/report")
    _, status, _ = report.iter_parts()
    equal(status.get_payload()[1]["Action"], "failed")
    wait_until(lambda: held_state(edge, item["id"]) == "expired", 10,
               "the item is expired")
    with Browser() as b:
        b.open(ask.url)
        equal(b.all("form"), [], "a form after the end")
    equal(edge.mailboxes.all(box), [], "deliveries")


def test_the_owner_lets_in_whom_he_knows(edge):
    box, sender = mailbox(edge, "laisse"), person()
    octets = message(sender, box)
    ask = asked(edge, box, sender, octets)
    release(edge, only_held(edge, box)["id"])
    equal(untraced(edge.mailboxes.wait_for(box).data), octets)
    # Both have acted: nothing comes twice, and the sender hears no reproach.
    with Browser() as b:
        b.open(ask.url)
        check("404" not in b.text, b.text)
        for button in b.all("button[value=confirm]")[:1]:
            button.click()
        wait_until(lambda: not b.all("form"), 10, "a page without a form")
    accepted(send(edge, sender, box))
    edge.mailboxes.wait_for(box, count=2)
    edge.postfix.wait_empty()
    equal((len(edge.mailboxes.all(box)), states(edge, box)), (2, {"A"}))


def test_a_block_stands_against_a_later_confirmation(edge):
    box, sender = mailbox(edge, "barre"), person()
    ask = asked(edge, box, sender)
    item = only_held(edge, box)
    page = wait_until(lambda: (p := ask.page()) and not scene.wants_code(p)
                      and p, 10, "ripe")
    block(edge, box, sender)
    nothing_held(edge, box)
    # From the page that he had open, anew, and by mail.
    check(page.confirm().status != 303, "confirmed")
    check(page.confirm(ask.code).status != 303, "confirmed by the code")
    with Browser() as b:
        b.open(ask.url)
        for button in b.all("button[value=confirm]")[:1]:
            button.click()
        check("Merci" not in b.text, b.text)
    to = ask.mail["Reply-To"].addresses[0].addr_spec
    accepted(send(edge, sender, to, message(
        sender, to, headers=[("In-Reply-To", ask.mail["Message-ID"])])))
    refused(send(edge, sender, box), 550, "5.7.1")
    equal(states(edge, box), {"B"}, "relation")
    equal(held_state(edge, item["id"]), "dropped")
    edge.postfix.wait_empty()
    equal(edge.mailboxes.all(box), [], "deliveries")


def test_spam_stays_when_its_sender_confirms(edge):
    """Who confirms lets in what was held because he was unknown, and no more."""
    box, sender = mailbox(edge, "melange", hold=4), person()
    wait_until(lambda: f"list={LIST} state=used" in log(edge), 15, "the list")
    first = message(sender, box, "Gagnez", body=f"ici : {SPAM}\r\n")
    accepted(send(edge, sender, box, first))
    spam = only_held(edge, box, "spam")
    equal(challenges(edge, sender), 0, "asked about spam")
    clean = message(sender, box, "Une question")
    ask = asked(edge, box, sender, clean)
    again = message(sender, box, "Encore", body=f"et ici : {SPAM}?2\r\n")
    accepted(send(edge, sender, box, again))
    equal(sorted(i["reason"] for i in held(edge, box)),
          ["first-contact", "spam", "spam"])
    equal(scene.confirm_when_ripe(ask).status, 200)
    equal(untraced(edge.mailboxes.wait_for(box).data), clean)
    edge.postfix.wait_empty()
    equal(sorted(i["subject"] for i in held(edge, box)),
          ["Encore", "Gagnez"], "held")
    equal((len(edge.mailboxes.all(box)), challenges(edge, sender)), (1, 1))
    # The owner may, and it is that message alone.
    release(edge, spam["id"], "--once")
    equal(untraced(edge.mailboxes.wait_for(box, count=2).data), first)


# -- refused, deferred -------------------------------------------------------------
def test_refused_confirmed_sent_again_delivered(edge):
    box, sender = mailbox(edge, "renvoi"), "alice@nu.test"
    octets = message(sender, box)
    reply = refused(send(edge, sender, box, octets), 550, "5.7.1")
    url = re.search(r"http://\S+/[a-z2-7]{39}\b", reply.text)[0]
    wait_until(lambda: Page(url).status == 200, 10, "the page is there")
    with Browser() as b:
        press(b, url, ("#address", sender), "button.button")
        wait_until(lambda: "renvoyez" in b.text.lower() and
                   not b.all("#address"), 10, "a pass")
    accepted(send(edge, sender, box, octets))
    got = edge.mailboxes.wait_for(box)
    equal((untraced(got.data), got.field("X-Octroi-Sender")),
          (octets, "unproven"))
    equal(challenges(edge, sender), 0, "challenges")


def test_deferred_confirmed_tried_again_delivered(edge):
    box = mailbox(edge, "plus.tard", first_contact="defer")
    sender = person()
    octets = message(sender, box)
    refused(send(edge, sender, box, octets), 451, "4.7.1")
    ask = challenge(edge, sender)
    wait_until(lambda: not scene.wants_code(ask.page()), 10, "ripe")
    with Browser() as b:
        press(b, ask.url, "button[value=confirm]")
        wait_until(lambda: "Merci" in b.text, 10, "the page of thanks")
    accepted(send(edge, sender, box, octets))
    equal(untraced(edge.mailboxes.wait_for(box).data), octets)
    equal(challenges(edge, sender), 1, "challenges")
    nothing_held(edge, box)


# -- robots of the corpus -------------------------------------------------------------
def pick(messages, mark):
    """One message of that kind, as it was found."""
    pattern = ROBOTS[mark]
    for m, label, sub in messages:
        head = m.octets.split(b"\r\n\r\n", 1)[0].decode("latin-1")
        kind = {"list": label == "list" and sub == "discussion",
                "vacation": sub == "vacation",
                "dsn": label == "dsn" and sub == "report",
                "calendar": sub == "calendar",
                "receipt": m.sender.startswith(("noreply@", "no-reply@"))
                and label in ("transactional", "list")}[mark]
        if kind and re.search(pattern, head):
            return m
    check(False, f"no {mark} in the corpus")


def addressed(octets, box):
    """To the mailbox, as if it had been: not being named would be a reason."""
    head, _, body = octets.partition(b"\r\n\r\n")
    head = re.sub(rb"(?im)^(To|Cc|Resent-\w+|DKIM-Signature|Return-Path):"
                  rb"(?:[^\r\n]|\r\n[ \t])*(\r\n|\Z)", b"", head + b"\r\n")
    return b"To: " + box.encode() + b"\r\n" + head + b"\r\n" + body


def person_instead(octets, box, sender):
    """The same text without its marks, from a person."""
    return message(sender, box, body=octets.partition(b"\r\n\r\n")[2])


def robots():
    need_file(corpus.ARCHIVE, "the corpus")
    with tempfile.TemporaryDirectory() as folder:
        found = corpus.load(folder)
    with open(corpus.MANIFEST, encoding="utf-8") as f:
        names = f.readline().lstrip("#").rstrip("\n").split("\t")
        rows = [dict(zip(names, x.rstrip("\n").split("\t"))) for x in f]
    messages = [(m, r["label"], r["sub"]) for m, r in zip(found, rows)]
    return {mark: pick(messages, mark) for mark in ROBOTS}


def test_robots_of_the_corpus_are_not_asked(edge):
    found = robots()
    quiet, people = set(), []
    for mark, m in found.items():
        box, domain = mailbox(edge, f"robot.{mark}"), f"{mark}.test"
        local = m.sender.rpartition("@")[0]
        # In a proven name: he could be asked.
        sender = f"{local}@{domain}" if local and mark != "dsn" else ""
        octets = addressed(m.octets, box)
        result = accepted(send(edge, sender, box, octets, ip="192.0.2.99",
                               helo=f"mx.{domain}"))
        got = scene.verdict(edge, result, box)
        want = "unmatched-bounce" if not sender else "automatic"
        equal((got["verdict"], got["reason"], got["ask"]),
              ("hold", want, "no"), f"{mark}: {m.id}")
        quiet.add(sender)
        human = f"humain@{domain}"
        accepted(send(edge, human, box, person_instead(octets, box, human),
                      ip="192.0.2.99", helo=f"mx.{domain}"))
        people.append(human)
    for human in people:
        challenge(edge, human)
    edge.postfix.wait_empty()
    told = {d.rcpt for d in edge.world.all(None, lambda d: True)}
    equal(told & quiet, set(), "robots that got mail")


def test_an_answer_to_an_invitation_comes_through(edge):
    """A calendar's reply is written by a program in a person's name; our user
    wrote to that person, so it is no first contact."""
    box, guest = mailbox(edge, "agenda"), person()
    edge.postfix.add_user(box, "secret")
    with edge.submit(box, "secret") as c:
        accepted(c.send(box, guest, message(
            box, guest, "Réunion", Content_Type="text/calendar; "
            "method=REQUEST", body="BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n"
            "END:VCALENDAR\r\n")))
    edge.world.wait_for(guest)
    accepted(send(edge, guest, box, message(
        guest, box, "Accepté : Réunion", Content_Type="text/calendar; "
        "method=REPLY", body="BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n"
        "END:VCALENDAR\r\n")))
    edge.mailboxes.wait_for(box)
    equal(challenges(edge, guest), 0, "challenges")


# -- scanners -------------------------------------------------------------------------
PREFETCH = [{}, {"Sec-Purpose": "prefetch"}, {"Purpose": "prefetch"},
            {"X-Moz": "prefetch"}]


def scan(url, code=None):
    """All that a link scanner does with a link, at once; the statuses of the
    forms that it sends as it finds them, or filled with what it can make up."""
    statuses = []
    for headers in PREFETCH:
        for method in ("GET", "HEAD"):
            fetch(url, method, headers=headers)
    for attrs, fields, buttons in Page(url).forms:
        for headers in PREFETCH:
            for guess in ("", "a", "x@scan.test", code):
                if guess is None or (guess == code and not headers):
                    continue
                form = {**fields, buttons[0]["name"]: buttons[0]["value"]}
                form.update({k: guess for k in ("code", "address")
                             if k in form})
                statuses.append(fetch(url, "POST", form, headers)[0])
    return statuses


def test_scanners_change_nothing_in_any_mode(edge):
    """At delivery: the button is not yet enough.  The code, where it is always
    asked.  The address, which no scanner knows, on the page of a refusal."""
    edge.change_conf({"challenge": {"button": "1h"}})
    edge.octroi["web"].restart()
    try:
        for mode in ("button", "code"):
            box = mailbox(edge, f"scanner.{mode}", proof=mode)
            sender = person()
            ask = asked(edge, box, sender)
            got = scan(ask.url, ask.code)
            check(got and not set(got) & {200, 303}, f"{mode}: {got}")
            only_held(edge, box)
            equal(states(edge, box), {"K"}, mode)
            equal(edge.mailboxes.all(box), [], mode)
        box = mailbox(edge, "scanner.refus")
        reply = refused(send(edge, "bob@nu.test", box), 550, "5.7.1")
        url = re.search(r"http://\S+/[a-z2-7]{39}\b", reply.text)[0]
        before = passes(edge, TOWN)
        wait_until(lambda: Page(url).status == 200, 10, "the page is there")
        got = scan(url)
        check(got and not set(got) & {200, 303}, f"refusal: {got}")
        equal(passes(edge, TOWN), before, "passes")
        refused(send(edge, "bob@nu.test", box), 550, "5.7.1")
    finally:
        edge.change_conf({"challenge": {"button": "1s"}})
        edge.octroi["web"].restart()
