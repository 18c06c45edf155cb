# SPDX-License-Identifier: Apache-2.0
"""Rates, unknown and suspended recipients: the right code, and for whom."""
import email
import email.policy
import time

import scene
from kit import check, equal, within
from mail import message
from octroi import held, set_mailbox
from proc import wait_until
from scene import (TOWN, accepted, mailbox, only_held, person, probe, refused,
                   send)

ALERTS = "astreinte@cdg.test"
EDGE = scene.edge({"challenge": {"alerts": ALERTS}, "limits": {
    "guess": "5/1h", "network_rate_recipients_in": "30/1h",
    # The product's own defaults.
    "rate_messages_out": "100/1h", "rate_recipients_out": "300/1h"}})
PASSWORD = "longue phrase 42"
NETS = (f"10.{n // 250}.{n % 250}.1" for n in range(1, 60000))


def deliver(edge, sender, rcpts, ip=None):
    """Every message from a network of its own."""
    return send(edge, sender, rcpts, message(sender, rcpts),
                ip=ip or next(NETS))


def over(result, limit):
    reply = result.rcpts[-1][1]
    equal((reply.code, reply.enhanced), (451, "4.7.1"), str(result))
    check(f"limit: {limit}" in reply.text, reply)


def test_a_mailbox_over_its_rate_defers_the_others_go_on(edge):
    # One more than is sent: scene.mailbox() asked once whether it is known.
    busy = mailbox(edge, "debit", mode="off", rate_in="4/1h")
    calm = mailbox(edge, "debit.calme", mode="off")
    for _ in range(3):
        accepted(deliver(edge, person(), busy))
    over(deliver(edge, person(), busy), "rate_messages_in 4/1h")
    result = deliver(edge, person(), [calm, busy])
    over(result, "rate_messages_in 4/1h")
    equal(result.accepted, [calm])
    edge.mailboxes.wait_for(calm)
    edge.mailboxes.wait_for(busy, count=3)
    edge.postfix.wait_empty()
    equal(len(edge.mailboxes.all(busy)), 3)


def test_a_domain_over_its_rate_defers(edge):
    from octroi import add_domain
    add_domain(edge.ctl, "petit.test", rate_in="4/1h")
    boxes = [mailbox(edge, f"b{n}", "petit.test", "off") for n in range(3)]
    spent = 0
    while spent < 10:
        result = deliver(edge, person(), boxes[spent % 3])
        if not result.accepted:
            break
        spent += 1
    # Less by the questions of scene.mailbox().
    check(spent <= 4, spent)
    over(result, "domain_rate_messages_in 4/1h")
    accepted(deliver(edge, person(), mailbox(edge, "ailleurs", mode="off")))


def test_a_client_network_over_its_rate_defers_itself_alone(edge):
    box = mailbox(edge, "reseau", mode="off")
    spent = 0
    while spent < 40:
        result = deliver(edge, person(), box, ip=f"172.16.9.{spent + 1}")
        if not result.accepted:
            break
        spent += 1
    equal(spent, 30, "messages of one network")
    over(result, "network")
    accepted(deliver(edge, person(), box, ip="172.16.10.1"))


def test_refused_mail_is_not_charged(edge):
    from octroi import block
    box, foe = mailbox(edge, "rendu", mode="off", rate_in="4/1h"), person()
    block(edge, box, foe)
    wait_until(lambda: not deliver(edge, foe, box).accepted, 5, "the block")
    for _ in range(6):
        refused(deliver(edge, foe, box), 550, "5.7.1")
    accepted(deliver(edge, person(), box))


def test_several_windows_at_once(edge):
    busy = mailbox(edge, "fenetres", mode="off", rate_in="2/2s,5/1h")
    sent = 0

    def one():
        nonlocal sent
        result = deliver(edge, person(), busy)
        sent += bool(result.accepted)
        return result
    # One of each window went for the question of scene.mailbox().
    for _ in range(20):
        result = one()
        if not result.accepted:
            break
    over(result, "rate_messages_in 2/2s")
    wait_until(lambda: not (r := one()).accepted and
               "rate_messages_in 5/1h" in r.rcpts[-1][1].text, 20,
               "the wider window")
    equal(sent, 4)
    shown = edge.ctl_json("quota", "show", busy)
    wide = next(v for v in shown["limits"] if v["rate"] == "5/1h" and
                v["limit"] == "rate_messages_in")
    equal((wide["of"], wide["used"], wide["left"]), (busy, 5, 0))
    equal((wide["set_by"], wide["past"]), ("mailbox", "defer"))
    check(3000_000 < wide["recovered_in_ms"] <= 3600_000, wide)


def test_the_volume_of_a_mailbox(edge):
    box = mailbox(edge, "volume", mode="off", rate_volume_in="100k/1d")
    sender = person()
    big = message(sender, box, body=(b"x" * 998 + b"\r\n") * 60)
    accepted(send(edge, sender, box, big, ip=next(NETS)))
    # Not declared: refused at the end.
    refused(send(edge, sender, box, big, ip=next(NETS)), 451, "4.7.1")
    # Declared: at RCPT.
    with scene.client(edge, sender, ip=next(NETS)) as c:
        c.mail(sender, "SIZE=60000")
        reply = c.rcpt(box)
        equal((reply.code, reply.enhanced), (451, "4.7.1"), reply)
        check("rate_volume_in 100k/1d" in reply.text, reply)
    accepted(deliver(edge, sender, box))


def test_whom_a_mailbox_knows_is_not_kept_out_by_a_flood(edge):
    from octroi import allow
    box, friend = mailbox(edge, "inonde", mode="off", rate_in="5/1h"), person()
    allow(edge, box, friend)
    for _ in range(10):
        deliver(edge, person(), box)
    over(deliver(edge, person(), box), "rate_messages_in 5/1h")
    for _ in range(5):
        accepted(deliver(edge, friend, box))
    over(deliver(edge, friend, box), "rate_messages_in 5/1h")


def test_mail_past_a_limit_is_held_where_that_was_chosen(edge):
    box = mailbox(edge, "retenu", mode="off", rate_in="2/1h",
                  past_messages_in="hold")
    for _ in range(4):
        accepted(deliver(edge, person(), box))
    reasons = [h["reason"] for h in held(edge, box)]
    equal(set(reasons), {"limit"})
    check(2 <= len(reasons) <= 3, reasons)


def submit_until_stopped(edge, login, rcpts, most):
    """How many messages and recipients a thief gets through."""
    messages = recipients = 0
    with edge.submit(login, PASSWORD) as c:
        for _ in range(most):
            result = c.send(login, rcpts, message(login, rcpts))
            recipients += len(result.accepted)
            messages += bool(result.accepted)
            if len(result.accepted) < len(rcpts):
                return messages, recipients, result
    raise AssertionError("nobody stopped him")


def told_of(edge, reader, account):
    """The mail about that account's suspension."""
    got = edge.world.wait_for(
        reader, lambda m: account in told_text(m), timeout=40)
    return told_text(got)


def told_text(got):
    mail = email.message_from_bytes(got.data, policy=email.policy.default)
    return f"{mail['Subject']}\n{mail.get_content()}"


def test_a_stolen_password_is_stopped(edge):
    from octroi import add_domain
    edge.ctl("tenant", "add", "vole", "contact=mairie.vole@citoyen.test")
    add_domain(edge.ctl, "vole.test", tenant="vole")
    login = mailbox(edge, "accueil", "vole.test", "off")
    edge.postfix.add_user(login, PASSWORD)
    messages, _, result = submit_until_stopped(
        edge, login, ["victime@dehors.test"], 150)
    # One every 36 s comes back meanwhile.
    check(100 <= messages <= 102, messages)
    over(result, "rate_messages_out 100/1h")
    shown = wait_until(
        lambda: (v := edge.ctl_json("quota", "show", login)) and
        v["sending"] == "suspended" and v, 5, "the suspension")
    check("rate_messages_out 100/1h" in shown["sending_reason"], shown)
    with edge.submit(login, PASSWORD) as c:
        result = c.send(login, ["x@dehors.test"], message(login, "x@y.test"))
        reply = result.rcpts[-1][1]
        equal((reply.code, reply.enhanced), (451, "4.7.1"), reply)
        check("suspended" in reply.text, reply)
    # People are told, each once: his town hall, and who runs the filter.
    for reader in ("mairie.vole@citoyen.test", ALERTS):
        text = told_of(edge, reader, login)
        for word in ("Envois suspendus", "100 messages en 1 h",
                     "rate_messages_out 100/1h", "192.0.2.200",
                     f"octroictl mailbox set {login} --sending=active"):
            check(word in text, (word, text))
    equal(len([m for m in edge.world.all(ALERTS)
               if login in told_text(m)]), 1)
    # He still gets his mail; and sends again when somebody has looked.
    accepted(deliver(edge, person(), login))
    set_mailbox(edge.ctl, login, sending="active")

    def sends():
        with edge.submit(login, PASSWORD) as c:
            return c.send(login, ["x@dehors.test"],
                          message(login, "x@dehors.test")).accepted
    wait_until(sends, 5, "sending again")


def test_recipients_of_a_stolen_password_are_counted(edge):
    login = mailbox(edge, "vole2", mode="off")
    edge.postfix.add_user(login, PASSWORD)
    rcpts = [f"v{n}@dehors.test" for n in range(40)]
    _, recipients, result = submit_until_stopped(edge, login, rcpts, 20)
    check(300 <= recipients <= 303, recipients)
    over(result, "rate_recipients_out 300/1h")


def test_a_change_of_limits_is_seen_within_a_second(edge):
    box = mailbox(edge, "vite", mode="off", rate_in="1/1h")
    over(deliver(edge, person(), box), "rate_messages_in 1/1h")
    set_mailbox(edge.ctl, box, rate_messages_in="none")
    changed = time.monotonic()
    wait_until(lambda: deliver(edge, person(), box).accepted, 5, "the change")
    within(time.monotonic() - changed, 1, "the change")


def test_a_tenant_cannot_raise_what_is_a_maximum(edge):
    from octroi import add_domain
    edge.ctl("tenant", "add", "borne", "--limits_maximum=yes",
             "--rate_messages_in=3/1h")
    add_domain(edge.ctl, "borne.test", tenant="borne",
               rate_messages_in="900/1h")
    box = mailbox(edge, "b", "borne.test", "off", rate_messages_in="none")
    for _ in range(3):
        result = deliver(edge, person(), box)
    over(result, "rate_messages_in 3/1h")
    rows = [v for v in edge.ctl_json("quota", "show", box)["limits"]
            if v["limit"] == "rate_messages_in"]
    equal([(v["rate"], v["set_by"], v["lift"]) for v in rows],
          [("3/1h", "tenant", "octroictl tenant set borne "
            "rate_messages_in=...")])
    with open(edge.octroi["milter"].log, errors="replace") as f:
        log = f.read()
    check('limit="rate_messages_in 3/1h" account=b@borne.test' in log and
          'level=tenant lift="octroictl tenant set borne '
          'rate_messages_in=..."' in log, "the alarm")
    shown = edge.ctl_json("quota", "show", "--tenant=borne")
    check(shown["sending"] == "active" and {v["of"] for v in shown["limits"]}
          == {"borne.test"}, shown)


def test_unknown_recipients_are_refused_until_it_is_guessing(edge):
    box = mailbox(edge, "devine", mode="off")
    with scene.client(edge, person(), ip="172.20.1.1") as c:
        for n in range(5):
            reply = probe(c, f"personne{n}@{TOWN}")
            equal((reply.code, reply.enhanced), (550, "5.1.1"), reply)
        reply = probe(c, f"personne5@{TOWN}")
        equal((reply.code, reply.enhanced), (451, "4.7.1"), reply)
        check("limit: guess" in reply.text, reply)
        check(probe(c, box).ok, "a known one is still served")
    with scene.client(edge, person(), ip="172.20.2.1") as c:
        equal(probe(c, f"personne9@{TOWN}").code, 550, "another network")


def test_states_answer_as_they_should(edge):
    box = mailbox(edge, "etat", mode="off")
    with scene.client(edge, person()) as c:
        for state, code, enhanced in (("suspended", 450, "4.2.1"),
                                      ("closed", 550, None),
                                      ("active", 250, "2.1.5")):
            set_mailbox(edge.ctl, box, state=state)
            reply = wait_until(lambda: (r := probe(c, box)).code == code and
                               r, 5, f"{state}: {code}")
            if enhanced:
                equal(reply.enhanced, enhanced, state)
    accepted(deliver(edge, person(), box))


def test_foreign_domains_are_not_ours_to_judge(edge):
    with scene.client(edge, person()) as c:
        reply = probe(c, "x@elsewhere.test")
        equal((reply.code, reply.enhanced), (554, "5.7.1"), reply)


def test_a_full_mailbox_of_held_mail_defers(edge):
    """Twenty messages of one unknown sender wait; the next comes later."""
    box, sender = mailbox(edge, "plein"), person()
    for n in range(20):
        accepted(send(edge, sender, box, message(sender, box, str(n)),
                      ip="192.0.2.10"))
    refused(send(edge, sender, box, ip="192.0.2.10"), 452, "4.2.2")
    equal(len(held(edge, box)), 20)
    # Nobody else is locked out by him.
    other = person("voisin.test")
    accepted(send(edge, other, box))
    equal(len(held(edge, box)), 21)


def test_a_message_over_the_size_limit_is_refused(edge):
    edge.change_conf({"limits": {"body": "100k"}})
    edge.octroi["milter"].restart()
    box, sender = mailbox(edge, "lourd", unproven="hold"), person()
    big = message(sender, box, body=b"x" * 70 * 1024 + b"\r\n")
    accepted(send(edge, sender, box, big, ip=next(NETS)))
    only_held(edge, box)
    refused(send(edge, sender, box, message(
        sender, box, body=(b"x" * 998 + b"\r\n") * 110), ip=next(NETS)),
        552, "5.3.4")
