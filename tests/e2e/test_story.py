# SPDX-License-Identifier: Apache-2.0
"""First contact: held, asked, confirmed, delivered, and known from then on."""
import os
import time

import browser
import scene
from kit import check, equal, fresh, limit, same_octets
from mail import message, untraced
from octroi import held_state, relations, release
from proc import wait_until
from scene import accepted, challenge, challenges, mailbox, only_held, send

EDGE = scene.edge()


@limit(90)
def test_a_first_contact_is_asked_and_delivered_as_it_was_sent(edge):
    """The story in its true order, the page in a browser."""
    box, jean = mailbox(edge, "urbanisme"), "jean.dupont@citoyen.test"
    octets = edge.keys["citoyen.test"].sign(message(
        jean, box, "Permis de construire",
        body="Bonjour,\r\n.point\r\n\r\nligne à accent  \r\n\r\n",
        headers=[("X-Outil", "a\r\n\tb")]))
    result = accepted(send(edge, jean, box, octets))
    decided = scene.verdict(edge, result, box)
    equal({k: decided[k] for k in ("verdict", "reason", "row", "class",
                                   "ask", "merged")},
          {"verdict": "hold", "reason": "first-contact", "row": "12",
           "class": "A", "ask": "yes", "merged": "no"})
    item = only_held(edge, box)
    equal(item["id"], decided["item"])
    equal((item["class"], item["from"], item["typed"]), ("A", jean, box))

    ask = challenge(edge, jean)
    equal(edge.mailboxes.all(box), [], "delivered before the confirmation")
    check(box in ask.text, f"typed address in {ask.text!r}")
    with browser.Browser(lang="fr", javascript=False) as b:
        wait_until(lambda: b.open(ask.url) and
                   not b.all("form #code-confirm"), 10, "no code is asked")
        check(box in b.text, b.text)
        check("Permis" not in b.text, "the page shows the subject")
        shot = b.screenshot(f"{edge.tmp}/confirm.png", 400, 800)
        check(os.path.getsize(shot) > 5000, "screenshot")
        b.size(1000, 800)
        b.screenshot(f"{edge.tmp}/confirm-wide.png")
        b.css("form button.button").click()
        wait_until(lambda: "Merci" in b.text, 10, "the page of thanks")
        b.screenshot(f"{edge.tmp}/confirmed.png")

    delivered = edge.mailboxes.wait_for(box)
    equal((delivered.sender, delivered.with_rcpts), (jean, [box]))
    same_octets(untraced(delivered.data), octets, "the message")
    check(delivered.field("X-Octroi-Held"), delivered.head)
    wait_until(lambda: held_state(edge, item["id"]) == "released", 5,
               "the item is released")
    scene.nothing_held(edge, box)

    again = message(jean, box, "Re: Permis de construire")
    result = accepted(send(edge, jean, box, again))
    equal(scene.verdict(edge, result, box)["reason"], "allowed")
    same_octets(untraced(edge.mailboxes.wait_for(box, count=2).data), again)
    edge.postfix.wait_empty()
    equal(challenges(edge, jean), 1, "challenges")
    equal(len(edge.mailboxes.all(box)), 2, "deliveries")
    equal(set(relations(edge, box).values()), {"A"})


def test_the_challenge_mail_is_what_it_must_be(edge):
    box, sender = mailbox(edge, "voirie"), "marie@citoyen.test"
    octets = message(sender, box, "Un sujet secret", "Un corps secret\r\n",
                     headers=[("References", "<un@citoyen.test>")])
    accepted(send(edge, sender, box, octets))
    ask = challenge(edge, sender)
    m, d = ask.mail, ask.delivery
    check(d.sender.startswith("bounce+"), d.sender)
    check("NOTIFY" not in " ".join(d.rcpt_params), "hides a bounce")
    equal(m["From"].addresses[0].addr_spec, f"filtre@{scene.CHALLENGE}")
    check(m["Reply-To"].addresses[0].username.startswith("reply+"))
    equal(m["To"].addresses[0].addr_spec, sender)
    equal(m["Auto-Submitted"], "auto-replied")
    equal(m["X-Auto-Response-Suppress"], "All")
    original = next(x for x in octets.decode().splitlines()
                    if x.startswith("Message-ID: "))[12:]
    equal(m["In-Reply-To"].strip(), original)
    check("<un@citoyen.test>" in m["References"], m["References"])
    for name in ("Date", "Message-ID"):
        equal(len(m.get_all(name)), 1, name)
    equal(m.get_content_type(), "text/plain")
    check(b"secret" not in d.data, "something of the sender's text")
    check(len(d.body) <= 2048, f"{len(d.body)} octets of body")
    check(len(ask.url) < 90, ask.url)
    tokens = {ask.url.rsplit("/", 1)[1], d.sender.split("@")[0][7:],
              m["Reply-To"].addresses[0].username[6:]}
    equal(len(tokens), 3, "three different tokens")


def test_further_messages_wait_without_a_second_challenge(edge):
    box, sender = mailbox(edge, "sport"), "paul@citoyen.test"
    for n in range(3):
        result = accepted(send(edge, sender, box, message(
            sender, box, f"Message {n}")))
        equal(scene.verdict(edge, result)["reason"], "first-contact")
    ask = challenge(edge, sender)
    equal(len(scene.held(edge, box)), 3, "held")
    page = scene.confirm_when_ripe(ask)
    equal(page.status, 200)
    edge.mailboxes.wait_for(box, count=3)
    edge.postfix.wait_empty()
    got = sorted(d.field("Subject") for d in edge.mailboxes.all(box))
    equal(got, ["Message 0", "Message 1", "Message 2"])
    equal(challenges(edge, sender), 1, "challenges")


def test_one_message_to_two_boxes_is_one_challenge(edge):
    boxes = [mailbox(edge, "ecole"), mailbox(edge, "creche")]
    sender = "lea@citoyen.test"
    accepted(send(edge, sender, boxes))
    ask = challenge(edge, sender)
    for box in boxes:
        check(box in ask.text, ask.text)
        only_held(edge, box)
    scene.confirm_when_ripe(ask)
    for box in boxes:
        equal(edge.mailboxes.wait_for(box).with_rcpts, [box])
    edge.postfix.wait_empty()
    equal(challenges(edge, sender), 1, "challenges")


def test_two_towns_ask_and_show_for_themselves_alone(edge):
    here = mailbox(edge, "etatcivil")
    there = mailbox(edge, "etatcivil", scene.OTHER_TOWN)
    sender = "anne@citoyen.test"
    accepted(send(edge, sender, [here, there]))
    asks = [challenge(edge, sender, n) for n in (1, 2)]
    equal(sorted(here in a.text for a in asks), [False, True])
    equal(sorted(there in a.text for a in asks), [False, True])
    mine = next(a for a in asks if here in a.text)
    scene.confirm_when_ripe(mine)
    edge.mailboxes.wait_for(here)
    edge.postfix.wait_empty()
    equal(edge.mailboxes.all(there), [], "a token of another town")
    only_held(edge, there)


def test_a_confirmation_is_for_that_sender_only(edge):
    box = mailbox(edge, "culture")
    first, second = "un@citoyen.test", "deux@citoyen.test"
    accepted(send(edge, first, box))
    accepted(send(edge, second, box))
    scene.confirm_when_ripe(challenge(edge, first))
    equal(edge.mailboxes.wait_for(box).sender, first)
    challenge(edge, second)
    edge.postfix.wait_empty()
    equal(len(edge.mailboxes.all(box)), 1, "deliveries")
    equal(only_held(edge, box)["rpath"], second)


def test_confirming_twice_says_that_it_is_done(edge):
    box, sender = mailbox(edge, "fetes"), "noe@citoyen.test"
    accepted(send(edge, sender, box))
    ask = challenge(edge, sender)
    page = wait_until(lambda: (p := ask.page()) and
                      not scene.wants_code(p) and p, 10, "no code")
    equal(page.confirm().status, 200)
    again = page.confirm()
    equal(again.status, 200)
    check("déjà" in again.text, again.text)
    equal(ask.page().forms, [], "a form after the confirmation")
    edge.mailboxes.wait_for(box)
    edge.postfix.wait_empty()
    equal(len(edge.mailboxes.all(box)), 1, "deliveries")


def test_the_page_speaks_the_visitors_language(edge):
    box, sender = mailbox(edge, "tourisme"), "john@citoyen.test"
    accepted(send(edge, sender, box))
    ask = challenge(edge, sender)
    page = ask.page(headers={"Accept-Language": "en-GB, en;q=0.9"})
    check('lang="en"' in page.text and "Confirm" in page.text, page.text)
    page = ask.page(headers={"Accept-Language": "fr-FR"})
    check('lang="fr"' in page.text and "Confirmer" in page.text, page.text)


@fresh(conf={"challenge": {"settle": "4s", "button": "1s"}})
def test_nothing_acts_on_a_message_before_it_has_settled(edge):
    """Until then the client may come again, because Postfix failed."""
    asked, released = mailbox(edge, "pose"), mailbox(edge, "pose.sortie")
    sender = scene.person()
    begin = time.monotonic()
    accepted(send(edge, sender, asked))
    accepted(send(edge, sender, released))
    release(edge, only_held(edge, released)["id"])
    challenge(edge, sender)
    edge.mailboxes.wait_for(released)
    check(time.monotonic() - begin >= 3.9, "acted too soon")
    ask_seen = edge.world.all(sender, scene.is_challenge)[0].time
    got_seen = edge.mailboxes.all(released)[0].time
    equal(held_state(edge, only_held(edge, asked)["id"]), "stored")
    early = time.time() - (time.monotonic() - begin) + 3.9
    check(min(ask_seen, got_seen) >= early, "one of both acted too soon")
