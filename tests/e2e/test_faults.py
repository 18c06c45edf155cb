# SPDX-License-Identifier: Apache-2.0
"""Anything may stop, at any time: nothing accepted is lost, nobody is asked
twice, and all is right again without a hand."""
import os
import signal
import subprocess

import scene
from cutter import Cutter
from kit import check, equal, fresh, limit
from mail import message, untraced
from octroi import held, held_state, release, verdicts
from proc import free_port, wait_until
from scene import (STRANGER, accepted, challenge, challenges, client,
                   mailbox, nothing_held, only_held, person, refused, send)
from sinks import Sink

EDGE = scene.edge()


def deferred(result, enhanced=None):
    reply = result.reply
    check(reply.code == 451, f"expected 451: {result}")
    if enhanced:
        equal(reply.enhanced, enhanced, str(result))
    return reply


def whole_story(edge, box, sender):
    """All is right: asked once, confirmed, delivered once."""
    octets = message(sender, box)
    accepted(send(edge, sender, box, octets))
    scene.confirm_when_ripe(challenge(edge, sender, timeout=30), 30)
    equal(untraced(edge.mailboxes.wait_for(box, timeout=30).data), octets)
    edge.postfix.wait_empty()
    equal((len(edge.mailboxes.all(box)), challenges(edge, sender)), (1, 1))


# -- Redis ----------------------------------------------------------------------
def test_redis_stopped_defers_first_contacts_only(edge):
    off, on = mailbox(edge, "r.off", mode="off"), mailbox(edge, "r.on")
    sender = person()
    octets = message(sender, [off, on])
    edge.redis.stop()
    try:
        got = accepted(send(edge, sender, off, octets))
        equal(scene.verdict(edge, got)["reason"], "option-off")
        edge.mailboxes.wait_for(off)
        deferred(send(edge, sender, on, octets), "4.3.0")
        # What the store has no say in goes on as well.
        refused(send(edge, "pdg@strict.test", on, ip=STRANGER), 550,
                "5.7.26")
    finally:
        edge.redis.start()
    wait_until(lambda: send(edge, sender, on, octets).accepted, 10,
               "first contacts are accepted again")
    challenge(edge, sender)
    edge.postfix.wait_empty()
    equal(len(edge.mailboxes.all(off)), 1, "deliveries to the one without")
    only_held(edge, on)
    whole_story(edge, mailbox(edge, "r.apres"), person())


@limit(180)
def test_redis_stopped_decides_later_what_others_are_not_kept_from(edge):
    off, on = mailbox(edge, "i.off", mode="off"), mailbox(edge, "i.on")
    known_box, friend, sender = mailbox(edge, "i.ami"), person(), person()
    accepted(send(edge, friend, known_box))
    release(edge, only_held(edge, known_box)["id"])
    edge.mailboxes.wait_for(known_box)
    octets = message(sender, [off, on])
    again = message(friend, [off, known_box])
    edge.redis.stop()
    try:
        accepted(send(edge, sender, [on, off], octets))
        accepted(send(edge, friend, [known_box, off], again))
        edge.mailboxes.wait_for(off, count=2)
    finally:
        edge.redis.start()
    # One who is known passes, the other waits for the owner, unasked.
    equal(untraced(edge.mailboxes.wait_for(known_box, timeout=120,
                                           count=2).data), again)
    item = wait_until(lambda: held(edge, on), 60, "the owner sees it")[0]
    equal(item["reason"], "undecided")
    # The sender's server had no answer and comes again: the same message.
    accepted(send(edge, sender, [on, off], octets))
    equal([i["id"] for i in held(edge, on)], [item["id"]])
    equal(challenges(edge, sender), 0)
    release(edge, item["id"])
    equal(untraced(edge.mailboxes.wait_for(on, timeout=30).data), octets)
    edge.postfix.wait_empty()
    equal(len(edge.mailboxes.all(on)), 1)


def test_redis_killed_loses_no_held_mail(edge):
    box, sender = mailbox(edge, "tue"), person()
    octets = message(sender, box)
    accepted(send(edge, sender, box, octets))
    edge.redis.restart(signal.SIGKILL)
    only_held(edge, box)
    scene.confirm_when_ripe(challenge(edge, sender), 20)
    equal(untraced(edge.mailboxes.wait_for(box, timeout=30).data), octets)
    edge.postfix.wait_empty()
    equal((len(edge.mailboxes.all(box)), challenges(edge, sender)), (1, 1))
    wait_until(lambda: send(edge, sender, box).accepted, 10, "accepted again")
    edge.mailboxes.wait_for(box, count=2)


def test_the_page_says_so_while_redis_is_away(edge):
    box, sender = mailbox(edge, "page"), person()
    accepted(send(edge, sender, box))
    ask = challenge(edge, sender)
    page = wait_until(lambda: (p := ask.page()) and
                      not scene.wants_code(p) and p, 10, "no code")
    edge.redis.stop()
    try:
        equal(ask.page().status, 503)
        equal(page.confirm().status, 503)
    finally:
        edge.redis.start()
    wait_until(lambda: page.confirm().status == 200, 10, "confirmed later")
    edge.mailboxes.wait_for(box)


# -- the courier ------------------------------------------------------------------
def test_the_courier_away_delays_and_loses_nothing(edge):
    box, sender = mailbox(edge, "messager"), person()
    edge.octroi["courier"].kill()
    octets = message(sender, box)
    accepted(send(edge, sender, box, octets))
    only_held(edge, box)
    equal(challenges(edge, sender), 0)
    edge.octroi["courier"].start()
    ask = challenge(edge, sender)
    page = wait_until(lambda: (p := ask.page()) and
                      not scene.wants_code(p) and p, 10, "no code")
    edge.octroi["courier"].kill()
    equal(page.confirm().status, 200, "truthfully: it will be delivered")
    edge.octroi["courier"].start()
    equal(untraced(edge.mailboxes.wait_for(box, timeout=40).data), octets)
    edge.postfix.wait_empty()
    equal((len(edge.mailboxes.all(box)), challenges(edge, sender)), (1, 1))


def own_sink(edge, section):
    """A sink in the place of one of Postfix's inner listeners."""
    sink = Sink(section, f"{edge.tmp}/{section}", port=free_port())
    sink.start()
    edge.change_conf({"courier": {section: f"127.0.0.1:{sink.port}"}})
    edge.octroi["courier"].restart()
    return sink


@fresh()
@limit(120)
def test_courier_killed_after_the_dot_asks_once(edge):
    """Killed with the challenge handed over, but not acknowledged."""
    box, sender = mailbox(edge, "point"), person()
    sink = own_sink(edge, "own")
    try:
        sink.answer("*", "hold", "data", 1)
        accepted(send(edge, sender, box))
        sink.wait_held()
        edge.octroi["courier"].kill()
        sink.let_go()
        sink.wait_for(sender)
        edge.octroi["courier"].start()
        # Something later has been done: it had its chance to ask again.
        late = person()
        accepted(send(edge, late, mailbox(edge, "tard")))
        sink.wait_for(late)
        equal(len(sink.all(sender)), 1, "challenges")
        ask = scene.Challenge(sink.all(sender)[0])
        scene.confirm_when_ripe(ask)
        edge.mailboxes.wait_for(box)
        edge.postfix.wait_empty()
        equal(len(edge.mailboxes.all(box)), 1, "deliveries")
    finally:
        sink.stop()


@fresh()
@limit(120)
def test_courier_killed_before_the_dot_asks_once(edge):
    """Killed in mid-transaction: nobody has it, so it is sent anew."""
    box, sender = mailbox(edge, "virgule"), person()
    sink = own_sink(edge, "own")
    try:
        sink.answer("*", "450 4.2.0 later", "rcpt", 1)
        accepted(send(edge, sender, box))
        wait_until(lambda: b"sent=no" in open(
            edge.octroi["courier"].log, "rb").read(), 10, "refused once")
        edge.octroi["courier"].kill()
        edge.octroi["courier"].start()
        sink.wait_for(sender, timeout=60)
        edge.octroi["courier"].restart()
        equal(len(sink.all(sender)), 1, "challenges")
    finally:
        sink.stop()


@fresh()
@limit(200)
def test_courier_killed_in_a_release_delivers(edge):
    """Twice at worst if it was taken, exactly once if it was not."""
    sink = own_sink(edge, "release")
    try:
        boxes = [mailbox(edge, "pris"), mailbox(edge, "perdu")]
        items = []
        for box in boxes:
            sender = person()
            accepted(send(edge, sender, box))
            items.append(only_held(edge, box)["id"])
        # Taken by the other side, which answers to nobody.
        sink.answer(boxes[0], "hold", "data", 1)
        release(edge, items[0])
        sink.wait_held()
        edge.octroi["courier"].kill()
        sink.let_go()
        sink.wait_for(boxes[0])
        # Lost by the other side.
        sink.answer(boxes[1], "close", "data", 1)
        edge.octroi["courier"].start()
        release(edge, items[1])
        for box, item in zip(boxes, items):
            wait_until(lambda: held_state(edge, item) == "released", 120,
                       f"{box} is released")
        check(1 <= len(sink.all(boxes[0])) <= 2, "taken and unacknowledged")
        equal(len(sink.all(boxes[1])), 1, "lost on the way")
    finally:
        sink.stop()


# -- Postfix ------------------------------------------------------------------------
def test_postfix_restarted_continues(edge):
    box, sender = mailbox(edge, "facteur"), person()
    accepted(send(edge, sender, box))
    edge.postfix.restart()
    challenge(edge, sender)
    whole_story(edge, mailbox(edge, "facteur.deux"), person())


@limit(120)
def test_postfix_away_when_it_is_time_to_ask_and_release(edge):
    box, sender = mailbox(edge, "greve"), person()
    octets = message(sender, box)
    accepted(send(edge, sender, box, octets))
    edge.postfix.kill()
    since = os.path.getsize(edge.octroi["courier"].log)
    wait_until(lambda: b"sent=no" in open(
        edge.octroi["courier"].log, "rb").read()[since:], 10,
        "the courier tried in vain")
    edge.postfix.start()
    ask = challenge(edge, sender, timeout=60)
    page = wait_until(lambda: (p := ask.page()) and
                      not scene.wants_code(p) and p, 10, "no code")
    edge.postfix.kill()
    equal(page.confirm().status, 200)
    edge.postfix.start()
    got = edge.mailboxes.wait_for(box, timeout=60)
    equal(untraced(got.data), octets)
    edge.postfix.wait_empty()
    equal((len(edge.mailboxes.all(box)), challenges(edge, sender)), (1, 1))


# -- the milter -----------------------------------------------------------------------
def test_a_stop_finishes_the_message_in_hand(edge):
    off, on = mailbox(edge, "main.off", mode="off"), mailbox(edge, "main.on")
    sender = person()
    octets = message(sender, [off, on])
    c = client(edge, sender)
    c.mail(sender)
    check(c.rcpt(off).ok and c.rcpt(on).ok)
    equal(c.command("DATA").code, 354)
    half = len(octets) // 2
    c.write(octets[:half])
    edge.octroi["milter"].send_signal(signal.SIGTERM)
    wait_until(lambda: b"stop=draining" in open(
        edge.octroi["milter"].log, "rb").read(), 5, "the milter drains")
    with client(edge, sender) as other:
        got = other.send(sender, off, message(sender, off))
        check(got.reply.code == 451, f"while it drains: {got}")
    c.write(octets[half:] + b".\r\n")
    check((r := c.read()).ok, r)
    c.close()
    equal(edge.octroi["milter"].wait(20), 0, "exit")
    edge.octroi["milter"].start()
    edge.mailboxes.wait_for(off)
    only_held(edge, on)
    whole_story(edge, mailbox(edge, "main.apres"), person())


def test_the_milter_away_defers_everything(edge):
    off = mailbox(edge, "absent", mode="off")
    edge.octroi["milter"].kill()
    sender = person()
    with client(edge, sender) as c:
        got = c.send(sender, off, message(sender, off))
        check(got.reply.code == 451, got)
    edge.octroi["milter"].start()
    wait_until(lambda: send(edge, sender, off).accepted, 10, "accepted")
    edge.mailboxes.wait_for(off)


def test_the_milter_killed_at_work_loses_nothing(edge):
    """Whatever was answered 250 is held or delivered, once."""
    off, on = mailbox(edge, "coup.off", mode="off"), mailbox(edge, "coup.on")
    told, n = {}, 0
    for round_ in range(3):
        sender = person()
        with client(edge, sender) as c:
            c.mail(sender)
            c.rcpt(off)
            c.rcpt(on)
            c.command("DATA")
            c.write(message(sender, [off, on], f"K{round_}") + b".\r\n")
            edge.octroi["milter"].kill()
            told[f"K{round_}"] = c.read().ok
        edge.octroi["milter"].start()
        for _ in range(2):
            n += 1
            got = send(edge, sender, [off, on], message(
                sender, [off, on], f"N{n}"))
            told[f"N{n}"] = bool(got.accepted)
    edge.postfix.wait_empty()
    delivered = [d.field("Subject") for d in edge.mailboxes.all(off)]
    kept = [i["subject"] for i in held(edge, on)]
    for subject, ok in told.items():
        if ok:
            equal((delivered.count(subject), kept.count(subject)), (1, 1),
                  subject)
    equal(edge.mailboxes.all(on), [], "delivered to the one that is held")


# -- the web ----------------------------------------------------------------------------
def test_the_web_away_delays_confirmations_only(edge):
    box, sender = mailbox(edge, "toile"), person()
    edge.octroi["web"].kill()
    accepted(send(edge, sender, box))
    ask = challenge(edge, sender)
    edge.octroi["web"].start()
    scene.confirm_when_ripe(ask)
    edge.mailboxes.wait_for(box)


# -- clients that come again -----------------------------------------------------------
def test_a_retry_after_our_answer_was_lost_is_one_item(edge):
    """We held it, Postfix could not say so: the client comes again."""
    box, sender = mailbox(edge, "encore"), person()
    octets = message(sender, box)
    for _ in range(3):
        c = client(edge, sender)
        c.mail(sender)
        c.rcpt(box)
        equal(c.command("DATA").code, 354)
        c.write(octets + b".\r\n")
        c.drop()                   # does not wait for the answer
        wait_until(lambda: verdicts(edge, rcpt=box), 5, "it was judged")
    accepted(send(edge, sender, box, octets))
    wait_until(lambda: len(verdicts(edge, rcpt=box)) == 4, 5,
               "all were judged")
    equal([v["merged"] for v in verdicts(edge, rcpt=box)].count("no"), 1,
          "items that were made")
    only_held(edge, box)
    scene.confirm_when_ripe(challenge(edge, sender))
    edge.mailboxes.wait_for(box)
    edge.postfix.wait_empty()
    equal((len(edge.mailboxes.all(box)), challenges(edge, sender)), (1, 1))


@fresh()
def test_a_retry_after_postfix_failed_is_one_item(edge):
    """The held copy is safe, but Postfix never heard our answer."""
    cutter = Cutter(f"{edge.run}/cutter.sock", edge.milter_socket)
    edge.postfix.milter = f"unix:{cutter.path}"
    edge.postfix.reload()
    off, on = mailbox(edge, "file.off", mode="off"), mailbox(edge, "file.on")
    try:
        for boxes in ([on], [off, on]):
            sender = person()
            octets = message(sender, boxes)
            cutter.cut = 2
            for _ in range(2):
                deferred(send(edge, sender, boxes, octets))
            equal(cutter.cut, 0, "answers still to be cut")
            only_held(edge, on)
            equal(edge.mailboxes.all(off), [], "delivered too soon")
            result = accepted(send(edge, sender, boxes, octets))
            equal(scene.verdict(edge, result, on)["merged"], "yes")
            scene.confirm_when_ripe(challenge(edge, sender))
            for box in boxes:
                edge.mailboxes.wait_for(box)
            edge.postfix.wait_empty()
            nothing_held(edge, on)
            for box in boxes:
                equal(len(edge.mailboxes.all(box)), 1, box)
            equal(challenges(edge, sender), 1, "challenges")
            edge.mailboxes.forget_mail()
    finally:
        cutter.stop()


def test_after_it_ended_the_same_message_is_a_new_one(edge):
    box, sender = mailbox(edge, "nouveau"), person()
    octets = message(sender, box)
    accepted(send(edge, sender, box, octets))
    release(edge, only_held(edge, box)["id"], "--once")
    edge.mailboxes.wait_for(box)
    wait_until(lambda: not held(edge, box), 5, "released")
    accepted(send(edge, sender, box, octets))
    only_held(edge, box)


# -- the spool ----------------------------------------------------------------------------
def small_disk(edge):
    """A full file system in the place of the spool."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700,"
                    f"uid={os.stat(edge.spool).st_uid}", "octroi-e2e",
                    edge.spool], check=True)


# A ledger in the spool is open for writing: nothing could be made read-only.
@fresh(conf={"spool": {"ledger": "none"}},
       prepare=lambda e: (scene.prepare(e), small_disk(e)))
def test_a_full_or_read_only_spool_defers_what_must_be_held(edge):
    if os.geteuid() != 0:
        return
    try:
        off, on = mailbox(edge, "d.off", mode="off"), mailbox(edge, "d.on")
        sender = person()
        big = message(sender, on, body=(b"x" * 998 + b"\r\n") * 2500)
        # Room for one (twice while it is written) beside the reserve of 1M.
        accepted(send(edge, sender, on, big))
        other = person()
        refused(send(edge, other, on, message(
            other, on, body=(b"y" * 998 + b"\r\n") * 2500)), 452, "4.3.1")
        accepted(send(edge, sender, off))
        edge.mailboxes.wait_for(off)
        subprocess.run(["mount", "-o", "remount,ro", edge.spool], check=True)
        refused(send(edge, other, on), 452, "4.3.1")
        accepted(send(edge, sender, off))
        edge.mailboxes.wait_for(off, count=2)
        subprocess.run(["mount", "-o", "remount,rw", edge.spool], check=True)
        accepted(send(edge, other, on))
        equal(len(held(edge, on)), 2, "held")
        release(edge, held(edge, on)[0]["id"])
        equal(untraced(edge.mailboxes.wait_for(on).data), big)
    finally:
        for name in ("milter", "courier", "web"):
            edge.octroi[name].stop()
        subprocess.run(["umount", edge.spool], check=True)


# -- DNS ------------------------------------------------------------------------------------
@fresh(conf={"dns": {"timeout": "200ms", "tries": 2, "budget": "2s"}})
def test_dns_away_defers_first_contacts_and_rejects_nobody(edge):
    off, on = mailbox(edge, "n.off", mode="off"), mailbox(edge, "n.on")
    edge.dns.stop()
    try:
        for sender in (person(), "pdg@strict.test", person("nu.test")):
            result = send(edge, sender, on)
            deferred(result, "4.4.3")
        for ip in ("192.0.2.50", STRANGER):
            got = accepted(send(edge, "pdg@strict.test", off, ip=ip))
            equal(scene.verdict(edge, got)["class"], "T")
        edge.mailboxes.wait_for(off, count=2)
        nothing_held(edge, on)
    finally:
        edge.dns.start()
    sender = person()
    wait_until(lambda: send(edge, sender, on).accepted, 15,
               "first contacts are accepted again")
    challenge(edge, sender)


def test_a_broken_zone_is_temporary(edge):
    box = mailbox(edge, "zone")
    got = send(edge, "x@brisee.servfail.test", box)
    deferred(got, "4.4.3")
    off = mailbox(edge, "zone.off", mode="off")
    accepted(send(edge, "x@brisee.servfail.test", off))
