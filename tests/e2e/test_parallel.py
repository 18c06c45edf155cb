# SPDX-License-Identifier: Apache-2.0
"""64 sessions at once: judged, signed and held side by side, with one question
for what they all want to know.  Meant for ThreadSanitizer above all."""
import collections
import heapq
import socket
import threading
import time

import scene
from kit import check, equal, limit
from mail import message
from octroi import held
from scene import TOWN, mailbox
from smtpc import stuff
from test_signing import both_keys, signatures

SESSIONS = 64
VOLLEYS = 3
DOMAINS = ("citoyen.test", "voisin.test", "strict.test", "liste.test")
LOGIN, PASSWORD = f"maire@{TOWN}", "secret"
SLOW = 0.3           # the resolver's pace: long enough to ask meanwhile


class SlowDns:
    """A resolver before nsd that takes its time and counts what it is asked."""

    def __init__(self, port):
        self.behind = ("127.0.0.1", port)
        self.asked = collections.Counter()   # by question, as octets
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        self.late, self.count = [], 0
        self.lock = threading.Condition()
        for work in (self.listen, self.answer):
            threading.Thread(target=work, daemon=True).start()

    def listen(self):
        while True:
            data, who = self.sock.recvfrom(65535)
            with self.lock:
                self.asked[question(data)] += 1
                self.count += 1
                heapq.heappush(self.late, (time.monotonic() + SLOW,
                                           self.count, data, who))
                self.lock.notify()

    def answer(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(2)
            s.connect(self.behind)
            while True:
                with self.lock:
                    while not self.late:
                        self.lock.wait()
                    due, _, data, who = heapq.heappop(self.late)
                time.sleep(max(0, due - time.monotonic()))
                try:
                    s.send(data)
                    self.sock.sendto(s.recv(65535), who)
                except OSError:
                    pass  # as a resolver would: asked again


def question(data):
    """(name, type) of a query."""
    at, labels = 12, []
    while data[at]:
        labels.append(data[at + 1:at + 1 + data[at]].decode("latin-1"))
        at += 1 + data[at]
    return ".".join(labels).lower(), int.from_bytes(data[at + 1:at + 3], "big")


SLOW_DNS = []


def prepare(e):
    SLOW_DNS[:] = [SlowDns(e.dns.port)]
    e.change_conf({"dns": {"servers": [f"127.0.0.1:{SLOW_DNS[0].port}"]}})
    e.dns.minimum = 0    # keys sign at once
    scene.prepare(e)


EDGE = {"prepare": prepare}


class Session(threading.Thread):
    """One connection; every message waits for the others twice."""

    def __init__(self, edge, number, rcpts, gate):
        super().__init__(daemon=True)
        self.edge, self.number, self.gate = edge, number, gate
        self.rcpts, self.wrong, self.got = rcpts, None, []
        self.domain = DOMAINS[number // 4 % len(DOMAINS)]
        self.submits = number % 4 == 3
        self.sender = LOGIN if self.submits else f"s{number}@{self.domain}"

    def octets(self, rcpt, volley):
        octets = message(self.sender, rcpt, f"{self.number} {volley}")
        return octets if self.submits else \
            self.edge.keys[self.domain].sign(octets)

    def client(self):
        if self.submits:
            return self.edge.submit(LOGIN, PASSWORD)
        return scene.client(self.edge, self.sender)

    def run(self):
        try:
            with self.client() as c:
                for volley, rcpt in enumerate(self.rcpts):
                    self.one(c, rcpt, self.octets(rcpt, volley))
        except BaseException as e:
            self.wrong = e
            self.gate.abort()

    def one(self, c, rcpt, octets):
        self.gate.wait()
        for reply in (c.mail(self.sender), c.rcpt(rcpt)):
            check(reply.ok, f"{self.sender}: {reply}")
        check(c.command("DATA").code == 354, "DATA")
        text = stuff(octets)
        c.write(text[:-3])
        self.gate.wait()
        c.write(text[-3:])
        reply = c.read()
        check(reply.ok, f"{self.sender}: {reply}")
        self.got.append(reply)


def rcpts_of(n, boxes):
    """Delivered, held, delivered; submitted mail leaves."""
    if n % 4 == 3:
        return [f"loin.{n}.{v}@dehors.test" for v in range(VOLLEYS)]
    return [boxes[v % 2] for v in range(VOLLEYS)]


@limit(240)
def test_sixty_four_sessions_at_once(edge):
    slow = SLOW_DNS[0]
    want = both_keys(edge, TOWN, LOGIN)
    # What is not there is remembered from now on.
    edge.dns.minimum = 5
    edge.dns.apply()
    boxes = mailbox(edge, "foule", mode="off"), mailbox(edge, "attente")
    slow.asked.clear()
    gate = threading.Barrier(SESSIONS, timeout=100)
    sessions = [Session(edge, n, rcpts_of(n, boxes), gate)
                for n in range(SESSIONS)]
    for s in sessions:
        s.start()
    for s in sessions:
        s.join(200)
    wrong = [s.wrong for s in sessions
             if s.wrong and not isinstance(s.wrong,
                                           threading.BrokenBarrierError)]
    equal(wrong, [], "what went wrong")
    equal([len(s.got) for s in sessions], [VOLLEYS] * SESSIONS)
    outside = SESSIONS // 4
    inbound = SESSIONS - outside
    edge.mailboxes.wait_for(boxes[0], count=2 * inbound, timeout=60)
    equal(len(held(edge, boxes[1])), inbound, "held")
    for got in edge.mailboxes.all(boxes[0]):
        field = got.field("Authentication-Results")
        for part in ("spf=pass", "dkim=pass"):
            check(part in field, f"{part} in {field}")
    for n in range(3, SESSIONS, 4):
        for rcpt in rcpts_of(n, boxes):
            equal(signatures(edge, edge.world.wait_for(rcpt).data), want)
    check_questions(slow)


def check_questions(slow):
    """Twelve messages of a domain begin at once, and ask as one.  (Twice: the
    first datagram may be late on a busy machine.)"""
    for domain in DOMAINS:
        for name in (domain, f"_dmarc.{domain}", f"s1._domainkey.{domain}"):
            count = slow.asked[name, 16]
            check(1 <= count <= 2, f"{name} TXT asked {count} times")
