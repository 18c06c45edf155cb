# SPDX-License-Identifier: Apache-2.0
"""Dovecot 2.3 behind octroi: logins, delivery, quotas, what people file as junk."""
import email
import os
import socket
import subprocess
import time

import scene
from dovecot import CLIENTS, Dovecot
from kit import check, equal
from mail import message
from octroi import add_alias, set_mailbox
from proc import wait_until
from scene import TOWN, accepted, mailbox, person, refused, send

PASSWORD, OTHER = "Une phrase assez longue, 47 fois", "Une autre phrase, 12"
REFERENT = f"referent@{TOWN}"


def prepare(e):
    d = e.dovecot = Dovecot(e.tmp)
    e.change_conf(d.settings(f"{e.run}/dict.sock"))
    scene.prepare(e)
    d.configure(e.ctl)
    d.start()
    e.extra.append(d)
    e.ctl("tenant", "add", "ville", f"--contact={REFERENT}")
    e.ctl("domain", "set", TOWN, "--tenant=ville")


EDGE = {"prepare": prepare, "groups": (CLIENTS,)}


def set_password(edge, address, password=PASSWORD):
    edge.ctl("mailbox", "password", address, stdin=password + "\n")


def box_with_login(edge, local, **settings):
    address = mailbox(edge, local, mode="off", **settings)
    set_password(edge, address)
    wait_until(lambda: edge.dovecot.lets_in(address, PASSWORD), 5,
               "the first login")
    return address


def inbox(edge, address, folder="INBOX"):
    """The messages of a folder, as parsed mail."""
    c = edge.dovecot.login(address, PASSWORD)
    try:
        c.select(folder, readonly=True)
        _, data = c.search(None, "ALL")
        out = []
        for number in data[0].split():
            _, parts = c.fetch(number, "(RFC822)")
            out.append(email.message_from_bytes(parts[0][1]))
        return out
    finally:
        c.logout()


def subjects(edge, address, **keywords):
    return [str(email.header.make_header(email.header.decode_header(
        m["Subject"]))) for m in inbox(edge, address, **keywords)]


def wait_mail(edge, address, text, count=1, timeout=20):
    return wait_until(
        lambda: len(got := [s for s in subjects(edge, address) if text in s])
        >= count and got, timeout, f"{address} has {text!r}")


def used(edge, address):
    row = edge.ctl_json("quota", "show", address)["storage"][0]
    return row["used"], row["quota"]


def heavy(sender, box, kilobytes, subject):
    return message(sender, box, Subject=subject,
                   body=(b"x" * 76 + b"\r\n") * (kilobytes * 1024 // 78))


def deliver(edge, box, kilobytes=1, subject="bonjour"):
    sender = person()
    return send(edge, sender, box, heavy(sender, box, kilobytes, subject))


def test_a_password_opens_the_mailbox_and_its_mail_is_there(edge):
    box = box_with_login(edge, "lecture")
    check(not edge.dovecot.lets_in(box, OTHER), "another password")
    check(not edge.dovecot.lets_in(f"personne@{TOWN}", PASSWORD), "nobody")
    accepted(deliver(edge, box, subject="une lettre"))
    wait_mail(edge, box, "une lettre")
    # Case and sub-addresses are one mailbox.
    accepted(deliver(edge, f"Lecture+Achats@{TOWN}", subject="achats"))
    wait_mail(edge, box, "achats")
    set_password(edge, box, OTHER)
    wait_until(lambda: edge.dovecot.lets_in(box, OTHER), 5, "the new password")
    check(not edge.dovecot.lets_in(box, PASSWORD), "the old password")


def test_who_is_suspended_logs_in_no_more(edge):
    box = box_with_login(edge, "suspendu.imap")
    set_mailbox(edge.ctl, box, state="suspended")
    wait_until(lambda: not edge.dovecot.lets_in(box, PASSWORD), 5,
               "the suspension")
    set_mailbox(edge.ctl, box, state="active")
    wait_until(lambda: edge.dovecot.lets_in(box, PASSWORD), 5, "its end")


def test_logins_and_mail_go_on_with_redis_away(edge):
    box = box_with_login(edge, "sans.redis")
    edge.redis.stop()
    try:
        for _ in range(5):
            check(edge.dovecot.lets_in(box, PASSWORD), "a login")
        accepted(deliver(edge, box, subject="sans Redis"))
        wait_mail(edge, box, "sans Redis")
    finally:
        edge.redis.start()
    # What was told meanwhile is written now.
    wait_until(lambda: used(edge, box)[0], 10, "usage in the store")


def test_a_mailbox_fills_is_refused_told_enlarged_and_receives(edge):
    referent = box_with_login(edge, "referent")
    box = box_with_login(edge, "pleine", storage="1M", storage_grace="0")
    add_alias(edge.ctl, f"alias.plein@{TOWN}", box)
    for number, percent in ((1, None), (2, None), (3, 80), (4, 90)):
        size = {1: 400, 2: 300, 3: 130, 4: 105}[number]
        accepted(deliver(edge, box, size, f"lettre {number}"))
        wait_mail(edge, box, f"lettre {number}")
        if percent:
            wait_mail(edge, box, f"pleine à {percent}")
            wait_mail(edge, referent, f"{box}\u00a0: pleine à {percent}")
    octets, quota = used(edge, box)
    equal(quota, 1 << 20)
    check(quota * 9 // 10 <= octets < quota, octets)
    # Too big for what is left, and said so: refused at RCPT.
    sender = person()
    with scene.client(edge, sender) as c:
        c.mail(sender, "SIZE=300000")
        reply = c.rcpt(box)
        equal((reply.code, reply.enhanced), (452, "4.2.2"), reply)
        c.command("RSET")
    fill_up(edge, box)
    refused(deliver(edge, box), 452, "4.2.2")
    # By its alias it is the same mailbox.
    wait_until(lambda: not deliver(edge, f"alias.plein@{TOWN}").accepted, 5,
               "the alias")
    refused(deliver(edge, f"alias.plein@{TOWN}"), 452, "4.2.2")
    wait_mail(edge, referent, f"{box}\u00a0: pleine à 100")
    equal(len([s for s in subjects(edge, referent) if "pleine à 80" in s]), 1)
    # From 5 to 10 GB, or here from 1 to 2 MB: it counts at once.
    set_mailbox(edge.ctl, box, storage="2M")
    wait_until(lambda: deliver(edge, box, subject="de nouveau").accepted, 2,
               "room at once")
    wait_mail(edge, box, "de nouveau")
    # His mail program shows what he may have.
    c = edge.dovecot.login(box, PASSWORD)
    try:
        told = c.getquotaroot("INBOX")[1][1][0]
        check(b"STORAGE" in told and b" 2048)" in told, told)
    finally:
        c.logout()


def test_the_last_message_may_pass_the_quota_by_its_grace(edge):
    """Dovecot and octroi agree: one goes over, the next is refused."""
    box = box_with_login(edge, "delai", storage="100k", storage_grace="50")
    accepted(deliver(edge, box, 80, "avant"))
    wait_mail(edge, box, "avant")
    wait_until(lambda: used(edge, box)[0] > 80 * 1024, 5, "usage")
    # Beyond quota and grace together, as it says itself.
    sender = person()
    with scene.client(edge, sender) as c:
        c.mail(sender, f"SIZE={80 * 1024}")
        equal(c.rcpt(box).code, 452)
    accepted(deliver(edge, box, 50, "par delai"))
    wait_mail(edge, box, "par delai")
    wait_until(lambda: used(edge, box)[0] > 130 * 1024, 5, "usage")
    refused(deliver(edge, box), 452, "4.2.2")
    # Room again as soon as something is thrown away.
    c = edge.dovecot.login(box, PASSWORD)
    try:
        c.select("INBOX")
        c.store("1", "+FLAGS", "\\Deleted")
        c.expunge()
    finally:
        c.logout()
    wait_until(lambda: deliver(edge, box, subject="apres").accepted, 10,
               "room again")
    wait_mail(edge, box, "apres")


def fill_up(edge, box):
    """By IMAP, to the last octet: what people file themselves counts too."""
    c = edge.dovecot.login(box, PASSWORD)
    try:
        while True:
            octets, quota = used(edge, box)
            left = quota - octets
            if left <= 0:
                return
            head = b"Subject: copie\r\n\r\n"
            text = head + b"y" * max(0, left - len(head) - 2) + b"\r\n"
            status, answer = c.append("INBOX", None, None, text)
            if status != "OK":
                equal(left, "nothing", answer)
            c.noop()
            wait_until(lambda: used(edge, box)[0] != octets, 20,
                       "usage after an append")
    finally:
        c.logout()


def test_what_is_full_for_dovecot_alone_waits_and_does_not_bounce(edge):
    """Redis is away: octroi does not know, and Dovecot defers."""
    box = box_with_login(edge, "attend", storage="100k", storage_grace="0")
    edge.redis.stop()
    try:
        accepted(deliver(edge, box, 150, "trop grand"))
        edge.postfix.wait_log(r"status=deferred.*4\.2\.2|452 4\.2\.2")
        equal([m for m in edge.world.all() if "Undelivered" in str(m)], [])
    finally:
        edge.redis.start()
    set_mailbox(edge.ctl, box, storage="1M")
    def arrived():
        edge.postfix.flush()
        return "trop grand" in subjects(edge, box)
    wait_until(arrived, 30, "delivery after the enlargement")


def labels(edge, word):
    """How many messages that people moved the stream of labels took."""
    with open(edge.octroi["courier"].log, errors="replace") as f:
        return sum("learn=said" in line and f" by=imap as={word} " in line
                   for line in f)


def stream(edge):
    return edge.redis.cmd("XLEN", "oct:learn")


def move(c, source, target):
    equal(c.select(source)[0], "OK", source)
    equal(c.uid("MOVE", "1:*", target)[0], "OK", f"{source} to {target}")


def test_what_is_filed_as_junk_teaches_and_what_is_taken_out_too(edge):
    box = box_with_login(edge, "tri")
    spam, ham, said = labels(edge, "spam"), labels(edge, "ham"), stream(edge)
    accepted(deliver(edge, box, subject="ordures"))
    wait_mail(edge, box, "ordures")
    c = edge.dovecot.login(box, PASSWORD)
    try:
        move(c, "INBOX", "Junk")
        wait_until(lambda: labels(edge, "spam") == spam + 1, 10, "a spam")
        move(c, "Junk", "INBOX")
        wait_until(lambda: labels(edge, "ham") == ham + 1, 10, "a ham")
        # A copy that a mail program files there itself.
        copy = message("escroc@loin.test", box, "gagnez")
        equal(c.append("Junk", None, None, copy)[0], "OK")
        wait_until(lambda: labels(edge, "spam") == spam + 2, 10, "a copy")
        # What is thrown away says nothing; the folder is there.
        check(any(b"\\Trash" in x for x in c.list()[1]), c.list())
        move(c, "Junk", "Trash")
    finally:
        c.logout()
    equal(stream(edge), said + 3)
    equal((labels(edge, "ham"), os.listdir(edge.dovecot.learn)),
          (ham + 1, []))


def test_what_is_filed_as_junk_without_redis_waits_in_its_folder(edge):
    box = box_with_login(edge, "tri.attente")
    before = labels(edge, "spam")
    accepted(deliver(edge, box, subject="plus tard"))
    wait_mail(edge, box, "plus tard")
    edge.redis.stop()
    try:
        c = edge.dovecot.login(box, PASSWORD)
        try:
            move(c, "INBOX", "Junk")
        finally:
            c.logout()
        left = wait_until(lambda: os.listdir(edge.dovecot.learn), 5, "a file")
        check(left[0].startswith(f"{box},"), left)
    finally:
        edge.redis.start()
    wait_until(lambda: labels(edge, "spam") == before + 1, 20, "it is learnt")
    wait_until(lambda: not os.listdir(edge.dovecot.learn), 5, "and removed")


def test_nobody_submits_as_somebody_else(edge):
    edge.postfix.auth.stop()
    edge.postfix.auth.path = edge.dovecot.auth
    edge.postfix.reload()
    own, other = box_with_login(edge, "moi"), box_with_login(edge, "autre")
    group = f"equipe@{TOWN}"
    add_alias(edge.ctl, group, own)
    def reply_to(sender):
        with edge.submit(own, PASSWORD) as c:
            c.mail(sender)
            return c.rcpt("x@dehors.test")
    equal(reply_to(own).code, 250)
    wait_until(lambda: reply_to(group).code == 250, 5, "an alias of his own")
    for sender in (other, f"personne@{TOWN}", "jean@citoyen.test"):
        equal(reply_to(sender).code, 553, sender)


def reconcile(edge):
    """The script that octroi-quota.timer runs, as it was written."""
    out = subprocess.run(
        [f"{edge.dovecot.feed}/bin/octroi-quota"], timeout=30, text=True,
        capture_output=True, cwd=edge.tmp, env={
            "PATH": os.environ["PATH"], "DOVEADM": edge.dovecot.doveadm,
            "OCTROICTL": f"{edge.bin}/octroictl -c {edge.conf_path}"})
    equal(out.returncode, 0, out)
    return out.stdout


def test_what_was_told_wrongly_is_put_right_from_dovecot(edge):
    box, other = box_with_login(edge, "derive"), box_with_login(edge, "exact")
    accepted(deliver(edge, [box, other], 40, "poids"))
    wait_mail(edge, box, "poids")
    wait_mail(edge, other, "poids")
    exact = wait_until(lambda: used(edge, other)[0], 5, "usage")
    # Filed while nobody listens: what Dovecot tells then is lost.
    c = edge.dovecot.login(box, PASSWORD)
    edge.octroi["mapd"].stop()
    try:
        c.append("INBOX", None, None, heavy("a@b.test", box, 300, "lourd"))
        c.logout()
        before = used(edge, box)[0]
        check(before < 100 * 1024, before)
    finally:
        edge.octroi["mapd"].start()
    # The script knows whole seconds: what was told in this one is newer.
    told = int(time.time())
    wait_until(lambda: int(time.time()) > told, 3, "the next second")
    reconcile(edge)
    octets = used(edge, box)[0]
    check(340 * 1024 < octets < 400 * 1024, octets)
    # What was known to the octet is not rounded.
    equal(used(edge, other)[0], exact)
    reconcile(edge)
    equal(used(edge, box)[0], octets)


def test_what_was_told_since_is_newer_than_what_is_read_in(edge):
    box = box_with_login(edge, "recent")
    accepted(deliver(edge, box, 40, "poids"))
    octets = wait_until(lambda: used(edge, box)[0], 10, "usage")
    line = "\t".join([box, "User quota", "STORAGE", "7", "5242880", "0"])
    early = f"--as-of={int(time.time()) - 60}"
    edge.ctl("quota", "import", early, "-", stdin=line + "\n")
    equal(used(edge, box)[0], octets)
    edge.ctl("quota", "import", "-", stdin=line + "\n")
    equal(used(edge, box)[0], 7 * 1024)


def test_the_quota_of_dovecot_can_be_read_in(edge):
    box = box_with_login(edge, "releve")
    users = edge.ctl("quota", "users").stdout.split()
    check(box in users, users)
    line = "\t".join([box, "User quota", "STORAGE", "7", "5242880", "0"])
    edge.ctl("quota", "import", "-", stdin="Username\tQuota name\tType\tValue"
             f"\tLimit\t%\n{line}\n")
    equal(used(edge, box)[0], 7 * 1024)


def test_garbage_does_not_disturb_the_others(edge):
    box = box_with_login(edge, "calme.imap")
    path = f"{edge.run}/dict.sock"
    for octets in (b"\0" * 5000, b"GET / HTTP/1.1\r\n\r\n", b"L" * 4000,
                   b"H3\t2\t0\t\tauth\n" + b"B1\tx\n" * 20,
                   b"H3\t2\t0\t\tquota\nS1\tpriv/quota/storage\t1\n"):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(path)
            try:
                s.sendall(octets)
                check(s.recv(100) == b"", octets[:20])
            except (BrokenPipeError, ConnectionResetError):
                pass
    check(edge.dovecot.lets_in(box, PASSWORD), "a login")
