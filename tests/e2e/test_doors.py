# SPDX-License-Identifier: Apache-2.0
"""Doors (challenge.md 7 and 8): whom our users write to may answer, whom they
expect may come once, whom they gave a tagged address may write to it, whom they
know already is let in; institutions are not asked; arrivals of held mail are in
a ledger."""
import json
import os
import re
import time

import scene
from kit import check, equal, fresh, within
from mail import message, message_id
from octroi import block, held, verdicts
from proc import own, wait_until
from scene import (STRANGER, TOWN, accepted, mailbox, nothing_held, only_held,
                   send, verdict)

PASSWORD = "secret"


def prepare(edge):
    scene.prepare(edge)
    edge.institutional = f"{edge.tmp}/institutional"
    write_institutions(edge, "# nobody yet\n")
    edge.change_conf({"challenge": {"institutional": edge.institutional}})


def write_institutions(edge, text):
    with open(edge.institutional, "w", encoding="utf-8") as f:
        f.write(text)
    own(edge.institutional, 0o644)


EDGE = {"prepare": prepare}


# -- steps ------------------------------------------------------------------------
def submit(edge, box, rcpt, **fields):
    """Sent by the owner of the box; the message's id."""
    edge.postfix.add_user(box, PASSWORD)
    octets = message(box, rcpt, **fields)
    with edge.submit(box, PASSWORD) as c:
        accepted(c.send(box, rcpt, octets))
    edge.world.wait_for(rcpt)
    return message_id(octets)


def delivered(edge, result, box, typed=None):
    accepted(result)
    got = verdict(edge, result, box)
    equal(got["verdict"], "deliver", f"verdict of {got}")
    edge.mailboxes.wait_for(typed or box)


def bounce(edge, box, original):
    """A DSN for a message of that id (RFC 3464)."""
    octets = message(
        f"MAILER-DAEMON@{'citoyen.test'}", box, "Undelivered Mail",
        headers=[("Auto-Submitted", "auto-replied")],
        Content_Type='multipart/report; report-type=delivery-status;'
                     ' boundary="=_b"',
        body="--=_b\r\n\r\nNot delivered.\r\n\r\n--=_b\r\n"
             "Content-Type: message/delivery-status\r\n\r\n"
             "Reporting-MTA: dns; mx.citoyen.test\r\n\r\n"
             "Final-Recipient: rfc822; jean@citoyen.test\r\n"
             "Action: failed\r\nStatus: 5.1.1\r\n\r\n--=_b\r\n"
             "Content-Type: text/rfc822-headers\r\n\r\n"
             f"From: {box}\r\nMessage-ID: {original}\r\n\r\n--=_b--\r\n")
    return send(edge, "", box, octets, ip="192.0.2.10",
                helo="mx.citoyen.test")


# -- whom our users write to ----------------------------------------------------------
def test_who_was_written_to_may_write(edge):
    box = mailbox(edge, "ecrit")
    submit(edge, box, "jean@citoyen.test")
    delivered(edge, send(edge, "jean@citoyen.test", box), box)
    nothing_held(edge, box)
    row = edge.ctl_json("allow", "list", box)["items"]
    equal([(r["sender"], r["origin"]) for r in row],
          [("jean@citoyen.test", "sent")])
    check(row[0]["until"] > time.strftime("%Y"), row)
    # The name alone, without its proof, is a stranger's.
    send(edge, "jean@citoyen.test", box, ip=STRANGER)
    equal(len(edge.mailboxes.all(box)), 1, "deliveries")


def test_an_answer_of_that_organisation_is_let_in(edge):
    box = mailbox(edge, "repond")
    original = submit(edge, box, "accueil@citoyen.test")
    octets = message("collegue@citoyen.test", box,
                     headers=[("In-Reply-To", original)])
    delivered(edge, send(edge, "collegue@citoyen.test", box, octets), box)
    # Another organisation that knows the id, and the same one without it.
    octets = message("x@voisin.test", box, headers=[("References", original)])
    accepted(send(edge, "x@voisin.test", box, octets))
    accepted(send(edge, "autre@citoyen.test", box))
    equal(sorted(i["reason"] for i in held(edge, box)),
          ["first-contact", "first-contact"])


def test_writing_to_somebody_who_waits_lets_him_in(edge):
    box = mailbox(edge, "attendu")
    accepted(send(edge, "impatient@citoyen.test", box))
    only_held(edge, box)
    submit(edge, box, "impatient@citoyen.test")
    edge.mailboxes.wait_for(box)
    nothing_held(edge, box)


def test_robots_and_lists_make_no_friends(edge):
    box = mailbox(edge, "robot")
    submit(edge, box, "a@citoyen.test",
           headers=[("Auto-Submitted", "auto-replied")])
    submit(edge, box, "a@citoyen.test", headers=[("List-Id", "<x.test>")])
    equal(edge.ctl_json("allow", "list", box)["items"], [])


def test_a_bounce_passes_and_a_forged_one_waits(edge):
    box = mailbox(edge, "bounce")
    original = submit(edge, box, "parti@citoyen.test")
    delivered(edge, bounce(edge, box, original), box)
    accepted(bounce(edge, box, "<made.up@ville.test>"))
    only_held(edge, box, "unmatched-bounce")


def test_writing_undoes_no_block(edge):
    box = mailbox(edge, "fache")
    block(edge, box, "jean@citoyen.test")
    submit(edge, box, "jean@citoyen.test")
    wait_until(lambda: not send(edge, "jean@citoyen.test", box).end or
               verdicts(edge, reason="blocked", rcpt=box), 5,
               "still blocked")
    nothing_held(edge, box)


# -- doors opened beforehand ------------------------------------------------------------
def test_an_expected_sender_comes_once(edge):
    box = mailbox(edge, "attend")
    edge.ctl("expect", "open", box, "citoyen.test", "--for", "10min")
    equal([i["domain"] for i in
           edge.ctl_json("expect", "list", box)["items"]], ["citoyen.test"])
    delivered(edge, send(edge, "code@citoyen.test", box), box)
    equal(edge.ctl_json("expect", "list", box)["items"], [])
    accepted(send(edge, "autre@citoyen.test", box))
    only_held(edge, box)


def test_a_tagged_address_works_and_dies(edge):
    box = mailbox(edge, "etiquette")
    tag = edge.ctl_json("tag", "make", box, "boutique")["address"]
    check(re.fullmatch(r"etiquette\+boutique-\d{6}-[a-z2-7]{8}@ville\.test",
                       tag), tag)
    edge.ctl("tag", "check", box, tag)
    delivered(edge, send(edge, "vente@citoyen.test", tag), box, tag)
    name, _, domain = tag.partition("@")
    wrong = name[:-1] + ("b" if name[-1] == "a" else "a") + "@" + domain
    accepted(send(edge, "vente@voisin.test", wrong))
    edge.ctl("tag", "revoke", box, tag)
    equal(edge.ctl("tag", "check", box, tag, check=False).returncode, 1)
    accepted(send(edge, "autre@citoyen.test", tag))
    equal([i["reason"] for i in held(edge, box)], ["first-contact"] * 2)
    check(edge.ctl_json("tag", "list", box)["items"][0]["revoked"], "revoked")


# -- whom they know already --------------------------------------------------------------
BOOK = ("Nom;Adresse de messagerie\r\n"
        "Élodie;Jean <jean@citoyen.test>\r\n"
        "\"Dupont; fils\";signe@voisin.test\r\n"
        "moi;moi@ville.test\r\nrobot;noreply@voisin.test\r\n"
        "rien;pas une adresse\r\nbis;JEAN@citoyen.test\r\n")


def test_an_address_book_lets_in(edge):
    box = mailbox(edge, "carnet")
    path = f"{edge.tmp}/carnet.csv"
    with open(path, "w", encoding="utf-8-sig") as f:
        f.write(BOOK)
    own(path, 0o644)
    want = {"found": 5, "known": 0, "again": 1, "own": 1, "robots": 1,
            "malformed": 1, "too_long": 0, "records": 6}
    got = edge.ctl_json("seed", "--dry-run", box, path)
    equal({k: got[k] for k in want}, want)
    equal(got["would_add"], 2)
    equal(edge.ctl_json("allow", "list", box)["items"], [])
    equal(edge.ctl_json("seed", box, path)["added"], 2)
    again = edge.ctl_json("seed", box, path)
    equal((again["added"], again["known"]), (0, 2))
    equal({r["origin"] for r in
           edge.ctl_json("allow", "list", box)["items"]}, {"seed"})
    delivered(edge, send(edge, "jean@citoyen.test", box), box)
    edge.ctl("allow", "remove", box, "jean@citoyen.test")
    edge.ctl("allow", "remove", box, "signe@voisin.test")
    equal(edge.ctl_json("allow", "list", box)["items"], [])


def test_a_folder_of_sent_mail_lets_in(edge):
    box = mailbox(edge, "envoyes")
    folder = f"{edge.tmp}/Sent"
    for name in ("cur", "new", "tmp"):
        os.makedirs(f"{folder}/{name}")
    for i, to in enumerate(("jean@citoyen.test", "anne@voisin.test")):
        with open(f"{folder}/cur/{i}:2,S", "wb") as f:
            f.write(message(box, f"=?utf-8?Q?=C3=89lodie=2C_x?= <{to}>",
                            headers=[("Cc", "c@citoyen.test")]))
    for top, _, files in os.walk(folder):
        own(top, 0o755)
        for name in files:
            own(f"{top}/{name}", 0o644)
    equal(edge.ctl_json("seed", box, folder)["added"], 3)
    card = "BEGIN:VCARD\nEMAIL;TYPE=HOME:d@citoyen.test\nEND:VCARD\n"
    equal(edge.ctl_json("seed", box, "-", stdin=card)["added"], 1)


def test_fifty_thousand_take_seconds(edge):
    box = mailbox(edge, "grand")
    text = "mail\n" + "".join(f"u{i}@d{i % 997}.test\n" for i in range(50000))
    start = time.monotonic()
    got = edge.ctl_json("seed", "--quiet", box, "-", stdin=text)
    took = time.monotonic() - start
    equal(got["added"], 50000)
    within(took, 20, "50,000 addresses")


# -- institutions ---------------------------------------------------------------------------
def test_an_institution_is_not_asked(edge):
    box = mailbox(edge, "citoyenne")
    accepted(send(edge, "caisse@citoyen.test", box))
    only_held(edge, box)
    write_institutions(edge, "# a bank\ncitoyen.test # of the town\nfaux\n")
    wait_until(lambda: "institutional=left-out" in
               edge.octroi["milter"].tail(3000), 10, "the file is read again")
    delivered(edge, send(edge, "impots@citoyen.test", box), box)
    send(edge, "forge@citoyen.test", box, ip=STRANGER)
    equal(len(edge.mailboxes.all(box)), 1, "deliveries")
    reads = edge.octroi["milter"].tail(3000).count("institutional=read")
    write_institutions(edge, "")
    wait_until(lambda: edge.octroi["milter"].tail(3000).count(
        "institutional=read") > reads, 10, "the file is read again")


# -- the ledger -----------------------------------------------------------------------------
def ledger(edge, *words):
    out = edge.ctl("ledger", *words, "--json")
    return json.loads(out.stdout)


def test_arrivals_are_in_the_ledger(edge):
    box = mailbox(edge, "registre")
    octets = message("jean@citoyen.test", box)
    accepted(send(edge, "jean@citoyen.test", box, octets))
    item = only_held(edge, box)["id"]
    entry, = ledger(edge, "find", item)
    equal(entry["reason"], "first-contact")
    equal(entry["size"], held(edge, box)[0]["size"])
    for who in (box, "Jean@citoyen.test"):
        check(item in [e["item"] for e in ledger(edge, "find", who)], who)
    path = f"{edge.tmp}/sent.eml"
    with open(path, "wb") as f:
        f.write(octets)
    own(path, 0o644)
    equal(ledger(edge, "digest", path)["digest"], entry["digest"])
    edge.ctl("held", "release", item)
    data = edge.mailboxes.wait_for(box).data.decode()
    quoted = re.search(r"X-Octroi-Held:.*?ledger=(\d+)/([0-9a-f]{16})", data,
                       re.S)
    check(quoted, data[:600])
    equal(int(quoted[1]), entry["n"])
    check(entry["hash"].startswith(quoted[2]), entry)
    equal(ledger(edge, "verify")["faults"], 0)


@fresh()
def test_the_ledger_outlives_a_kill_and_tells_of_changes(edge):
    box = mailbox(edge, "preuve")
    for i in range(3):
        accepted(send(edge, f"a{i}@citoyen.test", box))
    milter = edge.octroi["milter"]
    milter.kill()
    path = f"{edge.spool}/ledger/main-{time.strftime('%Y-%m', time.gmtime())}"\
           ".log"
    with open(path, "ab") as f:
        f.write(b"1 4 179525520")      # what a crash leaves
    milter.start()
    scene.wait_known(edge, box, 15)
    accepted(send(edge, "a3@citoyen.test", box))
    seen = ledger(edge, "verify")
    equal((seen["entries"], seen["torn"], seen["faults"]), (4, 1, 0))
    rows = edge.ctl("ledger", "export", "--csv").stdout.splitlines()
    equal(len(rows), 5)
    with open(path, "rb") as f:
        lines = f.read().splitlines(keepends=True)
    with open(path, "wb") as f:
        f.write(b"".join(lines[:1] + lines[2:]))
    out = edge.ctl("ledger", "verify", check=False)
    equal(out.returncode, 1, out.stdout)
    check("does not follow" in out.stderr, out.stderr)


@fresh(conf={"spool": {"ledger": "/proc/nowhere/ledger"}})
def test_a_ledger_that_fails_stops_no_mail(edge):
    box = mailbox(edge, "sans")
    accepted(send(edge, "jean@citoyen.test", box))
    item = only_held(edge, box)["id"]
    check("ledger=failed" in edge.octroi["milter"].tail(3000), "it is told")
    edge.ctl("held", "release", item)
    data = edge.mailboxes.wait_for(box).data
    check(b"ledger=" not in data, data[:600])
