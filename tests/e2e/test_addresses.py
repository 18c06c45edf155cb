# SPDX-License-Identifier: Apache-2.0
"""Spellings of recipients through the real Postfix: what it asks octroi-mapd for,
what the milter makes of it, and where the message arrives."""
import scene
from kit import check, equal
from mail import message
from octroi import add_alias, add_domain, ask_map, release
from proc import free_port, wait_until
from scene import (TOWN, accepted, mailbox, person, probe, refused, send,
                   wait_known)
from sinks import Sink

EDGE = scene.edge()
IDN = "mairie-d-été.test"


def deliver(edge, rcpt, **keywords):
    sender = person()
    return accepted(send(edge, sender, rcpt, message(sender, rcpt),
                         **keywords))


def arrived(edge, rcpt, count=1):
    """It was handed on as RCPT says, once; the envelope of the last one."""
    got = edge.mailboxes.wait_for(rcpt, count=count)
    edge.postfix.wait_empty()
    equal(len(edge.mailboxes.all(rcpt)), count, f"copies of {rcpt}")
    return got


def test_every_spelling_is_delivered_as_it_was_written(edge):
    mailbox(edge, "jean", mode="off")
    add_alias(edge.ctl, f"j.d@{TOWN}", f"jean@{TOWN}")
    wait_known(edge, f"j.d@{TOWN}")
    for n, (rcpt, handed) in enumerate((
            (f"jean+Achats@{TOWN}", f"jean+Achats@{TOWN}"),
            (f"JEAN@{TOWN.upper()}", f"jean@{TOWN}"),
            (f'"jean"@{TOWN}', f"jean@{TOWN}"),
            (f"J.D+x@{TOWN}", f"jean@{TOWN}"))):
        deliver(edge, rcpt)
        wait_until(lambda: len(edge.mailboxes.all()) == n + 1, 10,
                   f"{rcpt} is delivered")
        edge.postfix.wait_empty()
        equal(len(edge.mailboxes.all()), n + 1, f"copies for {rcpt}")
        got = edge.mailboxes.all()[-1].rcpt
        equal(got.replace('"', "").lower(), handed.lower(), rcpt)


def test_a_catch_all_takes_what_nobody_has(edge):
    domain = "attrape.test"
    add_domain(edge.ctl, domain)
    target = mailbox(edge, "accueil", domain, "off")
    mailbox(edge, "maire", domain, "off")
    equal(refused(send(edge, person(), f"qui@{domain}"), 550).enhanced,
          "5.1.1")
    edge.ctl("domain", "set", domain, f"catch_all={target}")
    wait_known(edge, f"nimporte@{domain}")
    for n, rcpt in enumerate((f"nimporte@{domain}", f"Qui+X@{domain}",
                              f'"un deux"@{domain}', f'"a,b"@{domain}')):
        deliver(edge, rcpt)
        arrived(edge, target, n + 1)
    # Who is there gets his own.
    deliver(edge, f"maire+y@{domain}")
    arrived(edge, f"maire+y@{domain}")
    equal(len(edge.mailboxes.all(target)), 4)


def test_a_catch_all_is_held_and_released_like_its_target(edge):
    domain = "attrape-option.test"
    add_domain(edge.ctl, domain)
    target = mailbox(edge, "claire", domain)
    edge.ctl("domain", "set", domain, f"catch_all={target}")
    wait_known(edge, f"autre@{domain}")
    deliver(edge, f'"un deux"@{domain}')
    item = scene.only_held(edge, target)
    equal(edge.mailboxes.all(target), [], "held and delivered")
    release(edge, item["id"], "--once")
    arrived(edge, target)


def test_a_domain_with_accents_by_both_of_its_names(edge):
    edge.ctl("domain", "add", IDN)
    ascii_name = edge.ctl_json("domain", "show", IDN)["domain"]
    check(ascii_name.startswith("xn--") and ascii_name.isascii(), ascii_name)
    edge.ctl("mailbox", "add", f"accueil@{IDN}", "--challenge=off")
    edge.ctl("mailbox", "add", f"secrétariat@{IDN}", "--challenge=off")
    wait_known(edge, f"accueil@{ascii_name}")
    deliver(edge, f"Accueil+x@{ascii_name}")
    edge.mailboxes.wait_for(f"Accueil+x@{ascii_name}")
    utf8 = {"mail_params": ["SMTPUTF8"]}
    for rcpt in (f"accueil@{IDN}", f"secrétariat@{IDN}",
                 f"secrétariat@{ascii_name}"):
        before = len(edge.mailboxes.all())
        deliver(edge, rcpt, **utf8)
        wait_until(lambda: len(edge.mailboxes.all()) == before + 1, 10,
                   f"{rcpt} is delivered")
    refused(send(edge, person(), f"personne@{IDN}", **utf8), 550, "5.1.1")
    with scene.client(edge, person()) as c:
        c.mail("", "SMTPUTF8")
        check(c.rcpt(f"accueil@{IDN.upper()}").ok, "in capitals")


def test_a_domain_is_delivered_where_its_transport_says(edge):
    domain = "ailleurs-heberge.test"
    other = Sink("other", f"{edge.tmp}/other", port=free_port())
    other.start()
    try:
        add_domain(edge.ctl, domain,
                   transport=f"smtp:[127.0.0.1]:{other.port}")
        box = mailbox(edge, "dehors", domain)
        off = mailbox(edge, "libre", domain, "off")
        add_alias(edge.ctl, f"tous@{domain}", off)
        wait_known(edge, f"tous@{domain}")
        for rcpt, final in ((off, off), (f"Libre+x@{domain}", None),
                            (f"tous@{domain}", off)):
            deliver(edge, rcpt)
            other.wait_for(final or rcpt)
        # What is released goes there too.
        deliver(edge, box)
        release(edge, scene.only_held(edge, box)["id"], "--once")
        other.wait_for(box)
        equal(edge.mailboxes.all(box) + edge.mailboxes.all(off), [])
        # And elsewhere when it moves, without a restart of anything.
        edge.ctl("domain", "set", domain, "transport=")
        wait_until(lambda: ask_map(edge, "transport", off)[1].startswith(
            "lmtp:"), 5, "Postfix is told")
        # trivial-rewrite remembers what it was told for a moment.
        wait_until(lambda: deliver(edge, off) and wait_empty(edge) and
                   edge.mailboxes.all(off), 45, "the new place")
    finally:
        other.stop()


def wait_empty(edge):
    edge.postfix.wait_empty()
    return True


def test_strangers_are_nobodys_in_any_spelling(edge):
    with scene.client(edge, person()) as c:
        for rcpt in ("x@ailleurs.test", f"x@sub.{TOWN}", f"x%ailleurs.test@"
                     f"nulle-part.test", '"x@ailleurs.test"@autre.test'):
            reply = probe(c, rcpt)
            equal((reply.code, reply.enhanced), (554, "5.7.1"), rcpt)
        # A local part is no route: nobody here is called so.
        for rcpt in (f"x%ailleurs.test@{TOWN}", f'"x@ailleurs.test"@{TOWN}',
                     f"ailleurs.test!x@{TOWN}"):
            check(probe(c, rcpt).code in (550, 554), rcpt)
