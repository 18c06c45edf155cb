# SPDX-License-Identifier: Apache-2.0
"""Old mailboxes elsewhere: collected by the real fetchmail from a real Dovecot, or
forwarded, as a probe shows."""
import datetime
import os
import stat

import scene
from edge import CHALLENGE
from kit import check, equal, limit
from mail import message
from octroi import allow, held, verdicts
from oldmail import OldServer, collect, make_authority
from proc import wait_until
from scene import TOWN, mailbox, person

PASSWORDS = ['a"b\\c', "é1a #{n}", "'; poll \"x\" {", "$x%s \\n\\x41", "0" * 40,
             ' spaces at the ends ']
LOGINS = [f"old.{i}" for i in range(len(PASSWORDS))]


def prepare(e):
    e.old = OldServer(e.tmp, dict(zip(LOGINS, PASSWORDS)))
    e.old.start()
    e.extra.append(e.old)
    e.change_conf({"legacy": {"ca_file": e.old.authority}})
    e.dns.minimum = 0    # nobody remembers that a key was not there
    scene.prepare(e)


EDGE = {"prepare": prepare}


def add_legacy(edge, i, local, **settings):
    """An old mailbox of that number, collected into a new one."""
    box = mailbox(edge, local, **settings)
    old = f"{local}@isp.test"
    edge.ctl("legacy", "add", old, box, "how=collected",
             f"server={edge.old.url}", f"login={LOGINS[i]}")
    edge.ctl("legacy", "password", old, TOWN, stdin=PASSWORDS[i] + "\n")
    return old, box


def written(edge):
    path = f"{edge.state}/fetchmailrc"
    out = edge.ctl("feed", "fetchmail", f"--to={path}")
    return path, out.stderr


def remove(edge, *olds):
    for old in olds:
        edge.ctl("legacy", "close", old, TOWN)


def test_whatever_a_password_holds_it_is_read_right(edge):
    olds, boxes = zip(*(add_legacy(edge, i, f"boite.{i}", mode="off")
                        for i in range(len(PASSWORDS))))
    for i, box in enumerate(boxes):
        edge.old.put(LOGINS[i], message("a@citoyen.test", f"{i}@isp.test",
                                        f"numero {i}"))
    path, said = written(edge)
    equal((stat.S_IMODE(os.stat(path).st_mode), said), (0o600, ""))
    out = collect(edge, path)
    equal(out.returncode, 0, f"{out.stdout}{out.stderr}")
    for i, box in enumerate(boxes):
        check(f"numero {i}" in edge.mailboxes.wait_for(box).field("Subject"))
        wait_until(lambda: edge.old.count(LOGINS[i]) == 0, 5, "moved")
    # Nobody sees a password but fetchmail.
    shown = "".join(edge.ctl(*words).stdout for words in (
        ("legacy", "show", olds[0], TOWN), ("legacy", "list", TOWN),
        ("export",), ("history", "legacy", olds[0], TOWN),
        ("feed", "fetchmail"), ("export", "--secrets")))
    for p in PASSWORDS:
        check(p not in shown, p)
    check("s1." in edge.ctl("export", "--secrets").stdout)
    check("set" in edge.ctl_json("legacy", "show", olds[0],
                                 TOWN)["password"])
    remove(edge, *olds)
    equal(written(edge)[1], "")
    with open(path, encoding="utf-8") as f:
        check("poll" not in f.read())


def test_collected_mail_is_never_asked_nor_refused(edge):
    old, box = add_legacy(edge, 0, "jeanne.martin")
    friend, stranger = person(), person("nu.test")
    allow(edge, box, friend)
    for sender in (friend, stranger):
        octets = message(sender, old)
        if sender is friend:
            octets = edge.keys["citoyen.test"].sign(octets)
        edge.old.put(LOGINS[0], octets)
    # Its account is gone here, but not there: the mail waits.
    path, _ = written(edge)
    equal(collect(edge, path).returncode, 0)
    edge.mailboxes.wait_for(box)
    wait_until(lambda: held(edge, box), 5, "the stranger's is held")
    equal([v["dir"] if "dir" in v else v.get("direction")
           for v in verdicts(edge, rcpt=box)], ["collected"] * 2)
    equal(edge.old.count(LOGINS[0]), 0)
    equal(scene.challenges(edge, stranger), 0)
    remove(edge, old)


@limit(90)
def test_nothing_is_lost_while_the_edge_is_down(edge):
    old, box = add_legacy(edge, 1, "mairie", mode="off")
    sender = person()
    texts = [f"perdu {i}" for i in range(5)]
    for t in texts:
        edge.old.put(LOGINS[1], message(sender, old, t))
    path, _ = written(edge)
    edge.octroi["milter"].stop()
    collect(edge, path)
    equal(edge.old.count(LOGINS[1]), 5)
    edge.octroi["milter"].start()
    # An unknown recipient is no reason to throw away either.
    edge.ctl("mailbox", "close", box)
    scene.wait_until(lambda: not scene.probe(
        edge.client(scene.PROBE, "probe.test"), box).ok, 5, "closed")
    collect(edge, path)
    equal(edge.old.count(LOGINS[1]), 5)
    edge.ctl("mailbox", "reopen", box)
    scene.wait_known(edge, box)
    equal(collect(edge, path).returncode, 0)
    edge.mailboxes.wait_for(box, count=5)
    edge.postfix.wait_empty()
    equal(sorted(d.field("Subject") for d in edge.mailboxes.all(box)), texts)
    equal(edge.old.count(LOGINS[1]), 0)
    remove(edge, old)


def test_only_by_tls_to_who_it_is_and_until_its_day(edge):
    old, box = add_legacy(edge, 2, "ccas", mode="off")
    edge.old.put(LOGINS[2], message(person(), old))
    other, _ = make_authority(edge.old.dir, "other")
    edge.change_conf({"legacy": {"ca_file": other}})
    out = collect(edge, written(edge)[0])
    check(out.returncode != 0 and PASSWORDS[2] not in out.stdout, out)
    edge.change_conf({"legacy": {"ca_file": edge.old.authority}})
    edge.ctl("legacy", "set", old, TOWN, f"server=imap://localhost")
    check("with TLS" in written(edge)[1])
    edge.ctl("legacy", "set", old, TOWN, f"server={edge.old.url}")
    edge.ctl("legacy", "password", old, TOWN, "--none")
    check("octroictl legacy password" in written(edge)[1])
    out = edge.ctl("legacy", "set", old, TOWN, "password=clear", check=False)
    check(out.returncode != 0 and "sealed" in out.stderr, out)
    edge.ctl("legacy", "password", old, TOWN, stdin=PASSWORDS[2] + "\n")
    yesterday = datetime.date.today() - datetime.timedelta(days=2)
    edge.ctl("legacy", "set", old, TOWN, f"until={yesterday}")
    path, said = written(edge)
    with open(path, encoding="utf-8") as f:
        check(said == "" and "poll" not in f.read(), said)
    edge.ctl("legacy", "set", old, TOWN, "until=")
    equal(collect(edge, written(edge)[0]).returncode, 0)
    edge.mailboxes.wait_for(box)
    # What Postfix must hold is said too.
    feed = edge.ctl("feed", "postfix").stdout
    check(f"{edge.conf['legacy']['listener']} inet" in feed and
          "milter_macro_daemon_name=COLLECT" in feed, feed)
    remove(edge, old)


# -- does an old address forward? ---------------------------------------------------
ISP = "203.0.113.77"           # the old provider's server


def add_forwarded(edge, local, **settings):
    box = mailbox(edge, local, **settings)
    old = f"{local}@isp.test"
    edge.ctl("legacy", "add", old, box, "how=forwarded")
    return old, box


def probe_of(edge, old):
    """What the world gets; sent by a verify that does not wait."""
    out = edge.ctl("legacy", "verify", old, TOWN, "--wait=0", check=False)
    check(out.returncode == 1 and "octroictl" not in out.stderr, out)
    return edge.world.wait_for(old)


def forward(edge, octets, box, sender="SRS0=x=y=isp.test=a@isp.test", **kw):
    """As the old provider does."""
    received = b"Received: from a by b; Sat, 21 Nov 2026 10:00:00 +0000\r\n"
    with edge.client(ISP, "smtp.isp.test") as c:
        return c.send(sender, box, received + octets, **kw)


def shown(edge, old):
    return edge.ctl_json("legacy", "verify", old, TOWN, "--status",
                         check=False)


def test_a_probe_shows_that_an_old_address_forwards(edge):
    # A private mailbox: nobody unknown gets through, but the probe is no mail.
    old, box = add_forwarded(edge, "paul.durand")
    sent = probe_of(edge, old)
    check(sent.sender.startswith("bounce+") and
          "redirection" in sent.text() and old in sent.text(), sent.text())
    equal(sent.field("Auto-Submitted"), "auto-generated")
    check("nothing came yet" in shown(edge, old)["advice"], "advice")
    accepted = scene.accepted(forward(edge, sent.data, box))
    got = wait_until(lambda: (s := shown(edge, old))["state"] == "arrived" and
                     s, 5, "arrived")
    equal((got["hops"], got["host"], got["path"], got["mailbox"]),
          (got["hops"], f"{ISP} smtp.isp.test", "isp.test", box))
    check(got["hops"] >= 1, got)
    # It is written down for whoever judges mail, and nobody reads it.
    entry = wait_until(lambda: (e := edge.ctl_json(
        "legacy", "show", old, TOWN))["verified"] and e, 5, "recorded")
    equal((entry["verified_host"], entry["verified_path"]),
          (f"{ISP} smtp.isp.test", "isp.test"))
    check(entry["verified"] >= str(datetime.date.today()), entry)
    edge.postfix.wait_empty()
    equal((edge.mailboxes.all(box), held(edge, box)), ([], []))
    check(accepted.end.ok)
    # The token has counted: what comes with it again is any mail.
    scene.accepted(forward(edge, sent.data, box))
    wait_until(lambda: held(edge, box), 5, "held like a stranger's")


def test_a_signature_is_seen_whole_broken_or_missing(edge):
    edge.ctl("dkim", "add", CHALLENGE, "p1", "--algorithm=rsa2048")
    key = edge.ctl_json("dkim", "show", CHALLENGE, "p1")
    edge.dns.add(key["name"], "TXT", key["record"]).apply()
    edge.ctl("dkim", "activate", CHALLENGE, "p1")
    for local, change, want, says in (
            ("lea.petit", lambda m: m, "kept", None),
            ("zoe.petit", lambda m: m + b"-- \r\nVotre FAI\r\n", "broken",
             "changes messages"),
            ("eve.petit", lambda m: m.replace(b"DKIM-Signature", b"X-Old"),
             "none", "not on it")):
        old, box = add_forwarded(edge, local)
        scene.accepted(forward(edge, change(probe_of(edge, old).data), box))
        got = wait_until(lambda: (s := shown(edge, old))["state"] ==
                         "arrived" and s, 5, "arrived")
        equal(got["dkim"], want)
        check(says is None and "advice" not in got or
              says in got["advice"], got)
        wait_until(lambda: edge.ctl_json("legacy", "show", old, TOWN)[
            "verified_dkim"] == want, 5, "recorded")


def test_a_token_is_for_its_mailbox_alone(edge):
    old, box = add_forwarded(edge, "luc.morel")
    _, other = add_forwarded(edge, "marc.morel")
    sent = probe_of(edge, old)
    # To somebody else, or altered, or to two: it is any mail.
    scene.accepted(forward(edge, sent.data, other))
    wait_until(lambda: held(edge, other), 5, "held for the other")
    token = sent.field("X-Octroi-Probe").encode()
    bad = (b"a" if token[:1] != b"a" else b"b") + token[1:]
    scene.accepted(forward(edge, sent.data.replace(token, bad), box))
    scene.accepted(forward(edge, sent.data, [box, other]))
    wait_until(lambda: len(held(edge, box)) == 2, 5, "held")
    equal(shown(edge, old)["state"], "sent")
    scene.accepted(forward(edge, sent.data, box))
    wait_until(lambda: shown(edge, old)["state"] == "arrived", 5, "arrived")


def test_what_does_not_arrive_says_what_to_do(edge):
    old, box = add_forwarded(edge, "anne.roux")
    sent = probe_of(edge, old)
    report = (b"From: mailer-daemon@isp.test\r\nTo: x\r\nSubject: failed\r\n"
              b"Content-Type: multipart/report; report-type=delivery-status;"
              b" boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-"
              b"status\r\n\r\nReporting-MTA: dns; isp.test\r\n\r\n"
              b"Final-Recipient: rfc822; x\r\nAction: failed\r\n"
              b"Status: 5.1.1\r\n\r\n--b--\r\n")
    with edge.client(ISP, "smtp.isp.test") as c:
        c.send("", sent.sender, report)
    got = wait_until(lambda: (s := shown(edge, old))["state"] == "bounced" and
                     s, 5, "bounced")
    check("is gone, or forwards" in got["advice"], got)
    # Round and round it would go.
    edge.ctl("mailbox", "set", box, f"forward={old}")
    out = edge.ctl("legacy", "verify", old, TOWN, check=False)
    check(out.returncode == 1 and "forwards back" in out.stderr, out)
    edge.ctl("mailbox", "set", box, "forward=")
    edge.ctl("mailbox", "close", box)
    out = edge.ctl("legacy", "verify", old, TOWN, check=False)
    check(out.returncode == 1 and "must be active" in out.stderr, out)
    out = edge.ctl("legacy", "verify", "never@isp.test", TOWN, "--status",
                   check=False)
    check(out.returncode == 1 and "was not verified" in out.stderr, out)
