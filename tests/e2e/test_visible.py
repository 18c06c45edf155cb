# SPDX-License-Identifier: Apache-2.0
"""Every kind of change is in force in every process within a second of its
commit: measured, and then looked for without another wait."""
import calendar
import contextlib
import json
import re
import socket
import time

import scene
from kit import check, equal, within
from mail import message
from octroi import add_domain, ask_map
from proc import wait_until
from scene import accepted, mailbox, person, probe, send

PASSWORD = "longue phrase 42"
PROGRAMS = ("milter", "mapd", "web", "courier")
SEEN = re.compile(r"^(\S+)Z octroi-\w+\[\d+\]: debug: directory: "
                  r"domains_changed=", re.MULTILINE)
DOMAIN, TENANT = "visible.test", "visible"
AT_MOST = 1.0


def prepare(e):
    e.change_conf({"dovecot": {"socket": f"unix:{e.run}/dict.sock"}})
    for program in e.octroi.values():
        program.argv.append("-v")   # they say when a change is in force
    scene.prepare(e)
    e.ctl("tenant", "add", TENANT)
    add_domain(e.ctl, DOMAIN, tenant=TENANT)


EDGE = {"prepare": prepare}


# -- the clock ------------------------------------------------------------------
def log_end(edge, name):
    with open(edge.octroi[name].log, "rb") as f:
        return f.seek(0, 2)


def seen_since(edge, name, offset):
    """When the program took up a change, in ms since 1970; None: not yet."""
    with open(edge.octroi[name].log, "rb") as f:
        f.seek(offset)
        m = SEEN.search(f.read().decode("utf-8", "replace"))
    if not m:
        return None
    day, _, fraction = m[1].partition(".")
    return calendar.timegm(time.strptime(day, "%Y-%m-%dT%H:%M:%S")) * 1000 \
        + int(fraction)


class Clock:
    """The worst so far, of each program: (ms, kind of change)."""

    def __init__(self, edge):
        self.edge = edge
        self.worst = {name: (0, "") for name in PROGRAMS}

    def change(self, kind, *words):
        """Make a change; return when all programs have it."""
        ends = {name: log_end(self.edge, name) for name in PROGRAMS}
        self.edge.ctl(*words)
        commit = int(self.edge.redis.cmd(
            "XREVRANGE", "oct:changes", "+", "-", "COUNT", "1"
        )[0][0].partition("-")[0])
        for name, end in ends.items():
            at = wait_until(lambda: seen_since(self.edge, name, end), 10,
                            f"{kind}: octroi-{name} has it")
            took = max(0, at - commit)
            within(took / 1000, AT_MOST, f"{kind}, octroi-{name}")
            self.worst[name] = max(self.worst[name], (took, kind))

    def tell(self):
        print("        slowest: " + ", ".join(
            f"{name} {ms} ms ({kind})"
            for name, (ms, kind) in self.worst.items()))


# -- what the programs do ---------------------------------------------------------
def rcpt(edge, box, *params):
    """The milter's answer."""
    with scene.client(edge, person()) as c:
        c.mail("a@citoyen.test", *params)
        return c.rcpt(box)


def ask_dict(edge, what, box):
    """octroi-mapd's answer to Dovecot; None: nobody."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(5)
        s.connect(f"{edge.run}/dict.sock")
        s.sendall(b"H3\t2\t0\t\tauth\n" +
                  f"Lshared/{what}/{box}\t{box}\n".encode())
        with s.makefile("rb") as f:
            line = f.readline().decode()
    return json.loads(line[1:]) if line.startswith("O") else None


def test_limits_of_every_level(edge):
    clock, box = Clock(edge), mailbox(edge, "limite", DOMAIN, "off")
    for level, name in (("mailbox", box), ("domain", DOMAIN),
                        ("tenant", TENANT)):
        clock.change(f"limit of a {level}", level, "set", name,
                     "max_size_in=10k")
        reply = rcpt(edge, box, "SIZE=20000")
        equal((reply.code, reply.enhanced), (552, "5.3.4"), level)
        clock.change(f"its end, {level}", level, "set", name,
                     "max_size_in=inherit")
        check(rcpt(edge, box, "SIZE=20000").ok, f"{level}: lifted")
    clock.change("rate of a mailbox", "mailbox", "set", box,
                 "rate_messages_in=3/1h")
    # All at once: what is given up is given back.
    with contextlib.ExitStack() as open_ones:
        codes = []
        for _ in range(4):
            c = open_ones.enter_context(scene.client(edge, person()))
            c.mail("a@citoyen.test")
            codes.append(c.rcpt(box).code)
    equal(codes, [250, 250, 250, 451])
    clock.tell()


def test_quotas(edge):
    clock, box = Clock(edge), mailbox(edge, "quota", DOMAIN, "off")
    for level, name, size in (("mailbox", box, "10M"), ("mailbox", box, "20M"),
                              ("mailbox", box, ""), ("domain", DOMAIN, "30M"),
                              ("tenant", TENANT, "40M")):
        clock.change(f"quota of a {level}", level, "set", name,
                     f"storage={size}")
        if level == "tenant":
            clock.change("its end", "domain", "set", DOMAIN, "storage=")
        rule = ask_dict(edge, "userdb", box)["quota_rule"]
        equal(rule, "*:bytes=%d" % ((int(size[:-1] or 0) << 20) or 5 << 30),
              f"{level} {size}")
    clock.change("its end", "tenant", "set", TENANT, "storage=")
    # The milter goes by the new one.
    edge.ctl("quota", "import", "-", stdin=f"{box}\tq\tSTORAGE\t2048\t0\t0\n")
    clock.change("a smaller quota", "mailbox", "set", box, "storage=1M")
    equal(rcpt(edge, box).code, 452)
    clock.change("a larger quota", "mailbox", "set", box, "storage=10M")
    equal(rcpt(edge, box).code, 250)
    clock.tell()


def test_suspensions(edge):
    clock, box = Clock(edge), mailbox(edge, "suspendu", DOMAIN, "off")
    edge.ctl("mailbox", "password", box, stdin=PASSWORD + "\n")
    edge.postfix.add_user(box, PASSWORD)
    for level, name in (("mailbox", box), ("domain", DOMAIN)):
        clock.change(f"suspension of a {level}", level, "set", name,
                     "state=suspended")
        equal(rcpt(edge, box).code, 450, level)
        equal(ask_dict(edge, "passdb", box), None, level)
        equal(ask_map(edge, "vmailbox", box)[0], "OK", level)
        clock.change(f"its end, {level}", level, "set", name, "state=active")
        equal(rcpt(edge, box).code, 250, level)
        check(ask_dict(edge, "passdb", box), level)
    for level, name in (("mailbox", box), ("domain", DOMAIN),
                        ("tenant", TENANT)):
        for state, code in (("suspended", 451), ("active", 250)):
            clock.change(f"sending of a {level} {state}", level, "set", name,
                         f"sending={state}")
            with edge.submit(box, PASSWORD) as c:
                c.mail(box)
                equal(c.rcpt("x@dehors.test").code, code, (level, state))
    clock.change("a closed mailbox", "mailbox", "close", box)
    equal(rcpt(edge, box).code, 550)
    equal(ask_map(edge, "vmailbox", box)[0], "NOTFOUND")
    clock.tell()


def test_options_on_the_page_and_at_the_courier(edge):
    clock, box = Clock(edge), mailbox(edge, "option", DOMAIN)
    sender = person()
    accepted(send(edge, sender, box))
    ask = scene.challenge(edge, sender)
    wait_until(lambda: not scene.wants_code(ask.page()), 10,
               "the page asks for no code")
    for level, name in (("mailbox", box), ("domain", DOMAIN),
                        ("tenant", TENANT)):
        for word, wanted in (("code", True), ("inherit", False)):
            clock.change(f"option of a {level}", level, "set", name,
                         f"proof={word}")
            equal(scene.wants_code(ask.page()), wanted, (level, word))
    # Nobody is asked for a mailbox whose cap is 0; and again when it is not.
    clock.change("cap of a domain", "domain", "set", DOMAIN, "cap_mailbox=0")
    silent = person()
    accepted(send(edge, silent, box))
    with_log = edge.octroi["courier"].log

    def unsent():
        with open(with_log, errors="replace") as f:
            return "sent=no reason=" in f.read()
    wait_until(unsent, 10, "a challenge that is not sent")
    clock.change("its end", "domain", "set", DOMAIN, "cap_mailbox=inherit")
    again = person()
    accepted(send(edge, again, box))
    scene.challenge(edge, again)
    equal(scene.challenges(edge, silent), 0)
    clock.tell()


def test_many_at_once_are_seen_in_time(edge):
    """The last of a hundred changes made in one go."""
    clock = Clock(edge)
    boxes = [f"lot{n}@{DOMAIN}" for n in range(100)]
    edge.ctl("batch", "-", stdin="".join(f"mailbox add {b}\n" for b in boxes))
    begin = time.monotonic()
    wait_until(lambda: ask_map(edge, "vmailbox", boxes[-1])[0] == "OK", 5,
               "mapd")
    with scene.client(edge, person()) as c:
        wait_until(lambda: probe(c, boxes[-1]).ok, 5, "the milter")
    within(time.monotonic() - begin, AT_MOST, "the last of a hundred")
    clock.change("after them", "mailbox", "set", boxes[0], "lang=en")
    octets = message(person(), boxes[0])
    accepted(send(edge, person(), boxes[0], octets))
