# SPDX-License-Identifier: Apache-2.0
"""Old mailboxes elsewhere: collected by the real fetchmail from a real Dovecot."""
import datetime
import os
import stat

import scene
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
