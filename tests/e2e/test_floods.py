# SPDX-License-Identifier: Apache-2.0
"""Floods, each beside 200 honest first contacts that must all be asked within a
minute of settling: what the flood costs, it costs itself.

OCTROI_FLOOD=full sends the whole numbers (20,000 messages in one flood);
otherwise a twentieth, which the shares and caps must stand as well.
"""
import collections
import concurrent.futures
import os
import re
import threading
import time

import scene
from edge import NO_CAPS
from kit import check, equal, fresh, limit
from mail import message
from octroi import options, relations
from proc import wait_until
from scene import challenges

FULL = os.environ.get("OCTROI_FLOOD") == "full"
TOWN = "grande-ville.test"
ORGS = BOXES = 40
HONEST = 200
GROWTH = 16 * 1024     # KiB that a program may have more after a flood
SETTLE = 1.0
MINUTE = 60
LIMIT = 1500 if FULL else 200


def many(full, quick):
    return full if FULL else quick


def org(n):
    return f"org{n}.test"


def network(n):
    """The server of the n-th honest organisation."""
    return f"198.18.{n}.10"


FLOODS = {"jetable.test": "198.19.1.10", "insistant.test": "198.19.2.10",
          "menteur.test": "198.19.4.10", "renieur.test": "198.19.6.10"}


def prepare(e):
    """Forty organisations, each with a network and an MX of its own."""
    for n in range(ORGS):
        e.sender_domain(org(n), network(n), dkim=False, apply=False)
    for domain, ip in FLOODS.items():
        e.sender_domain(domain, ip, dkim=False, apply=False)
    e.sender_domain("ouvert.test", "198.19.3.10", spf="v=spf1 +all",
                    dkim=False, dmarc="", apply=False)
    e.sender_domain("rejoue.test", "198.19.5.10",
                    spf="v=spf1 ip4:198.19.5.10 ?all", apply=False)
    scene.prepare(e)


# The caps and breakers that a platform has by itself.
DEFAULTS = {k: None for k in NO_CAPS}


def conf(**challenge):
    return {"challenge": {**DEFAULTS, **challenge},
            "milter": {"sessions": 200}}


EDGE = {"prepare": prepare, "conf": conf()}


# -- the honest -----------------------------------------------------------------
class Honest:
    """200 proven first contacts of this round; pause: between two of the same
    eight connections, so that they last as long as the flood."""

    def __init__(self, edge, round_, pause=0):
        self.edge, self.pause = edge, pause
        self.boxes = boxes(edge, round_)
        self.people = [(f"p{n}.{round_}@{org(n % ORGS)}",
                        self.boxes[(n + n // ORGS) % BOXES])
                       for n in range(HONEST)]
        self.accepted = {}
        self.trouble = []
        self.thread = threading.Thread(target=self._run)

    def _send(self, n):
        sender, box = self.people[n]
        time.sleep(self.pause)
        with self.edge.client(network(n % ORGS),
                              f"mx.{org(n % ORGS)}", timeout=120) as c:
            got = c.send(sender, box, message(sender, box))
        if got.end is None or not got.end.ok:
            self.trouble.append(f"{sender}: {got}")
        self.accepted[sender] = time.time()

    def _run(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for f in [pool.submit(self._send, n) for n in range(HONEST)]:
                try:
                    f.result()
                except Exception as e:  # told below, with the others
                    self.trouble.append(repr(e))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.thread.join()

    def all_asked(self):
        equal(self.trouble, [], "honest messages refused")
        world = self.edge.world
        late = []
        for sender, when in self.accepted.items():
            left = when + SETTLE + MINUTE - time.time()
            d = world.wait_for(sender, scene.is_challenge, max(left, 1))
            if d.time - when > SETTLE + MINUTE:
                late.append((sender, d.time - when))
        equal(late, [], "asked too late")
        waits = sorted(world.all(s, scene.is_challenge)[0].time - t
                       for s, t in self.accepted.items())
        print(f"        {len(waits)} honest senders asked; slowest after "
              f"{waits[-1]:.1f} s")


def boxes(edge, round_):
    """Forty mailboxes of a hosted domain of this round."""
    domain = f"{round_}.{TOWN}"
    lines = [f"domain add {domain}"]
    lines += [" ".join(["mailbox add", f"m{n}@{domain}",
                        *options({"challenge": "first-contact"})])
              for n in range(BOXES)]
    edge.ctl("batch", "-", stdin="\n".join(lines) + "\n")
    scene.wait_known(edge, f"m{BOXES - 1}@{domain}")
    return [f"m{n}@{domain}" for n in range(BOXES)]


# -- the flood ------------------------------------------------------------------
def flood(edge, letters, workers=12):
    """letters: (ip, helo, sender, box, octets).  The list of Results."""
    def run(part):
        out = []
        c, last = None, None
        for ip, helo, sender, box, octets in part:
            if last != (ip, helo):
                if c:
                    c.close()
                c, last = edge.client(ip, helo, timeout=120), (ip, helo)
            out.append(c.send(sender, box, octets))
            if not out[-1].end or out[-1].end.code == 421:
                c.drop()
                c = last = None
        if c:
            c.close()
        return out
    parts = [letters[n::workers] for n in range(workers)]
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return [r for f in [pool.submit(run, p) for p in parts if p]
                for r in f.result()]


def rss(process):
    """Resident KiB of a program."""
    with open(f"/proc/{process.pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])


def lasting(edge):
    """Keys that outlive the windows of all limits, a day at most."""
    return {key for key in edge.redis.keys()
            if not 0 <= edge.redis.cmd("TTL", key) <= 2 * 86400}


def kinds(keys):
    """How many of each kind: the word behind the domain."""
    return collections.Counter(re.match(r"oct:(?:\{[^}]*\}:)?(\w+)", k)[1]
                               for k in keys)


# What one honest round leaves, at most.
HONEST_KEYS = {"held": HONEST, "chal": HONEST, "tok": 3 * HONEST,
               "rel": BOXES, "heldidx": BOXES, "space": BOXES,
               "unlisted": BOXES, "digest": 1,
               "breaker": 2 * ORGS + 1, "stat": 1, "asked": 1, "due": 1,
               # the new hosted domain and its mailboxes
               "domain": 1, "mbx": 1, "journal": 1}


def breakers(edge):
    """{(kind, name): why} of those that are open."""
    return {(b["kind"], b["name"]): b["why"] for b in edge.ctl_json(
        "challenge", "status")["breakers"]}


def asked_of(edge, domain):
    return [d.rcpt for d in edge.world.all(None, scene.is_challenge)
            if d.rcpt.endswith("@" + domain)]


def no_pending(edge):
    """No challenge waits for its turn."""
    due = edge.redis.cmd("ZRANGE", "oct:due:main", "0", "-1")
    return not any(x.startswith("challenge ") for x in due)


# -- the stories ------------------------------------------------------------------
def forged(boxes, count, people):
    """From people who proved nothing: half of them in the name of the honest
    organisations, whose SPF they fail."""
    out = []
    for n in range(count):
        k = n % people
        domain = org(k % ORGS) if k % 2 else f"vole{k % 50}.test"
        sender, box = f"u{k}@{domain}", boxes[(n + n // BOXES) % BOXES]
        out.append((f"198.51.{100 + k % 5}.{k % 250 + 1}", "spam.test",
                    sender, box, message(sender, box, f"Affaire {n}")))
    # As many as possible on one connection.
    return sorted(out, key=lambda x: x[0])


@limit(LIMIT)
@fresh()
def test_forged_senders_get_nothing_and_leave_nothing(edge):
    count, people = many(20000, 1000), many(5000, 250)
    # What a program keeps once it has worked is not growth.
    warm = boxes(edge, "chauffe")
    flood(edge, forged(warm, 300, 300))
    before = {n: rss(p) for n, p in edge.octroi.items()}
    keys = lasting(edge)
    with Honest(edge, "faux", many(1.2, 0)) as honest:
        letters = forged(honest.boxes, count, people)
        begin = time.monotonic()
        got = flood(edge, letters)
        seconds = time.monotonic() - begin
    honest.all_asked()
    print(f"        {count} forged messages of {people} at "
          f"{count / seconds:.0f} a second")
    equal(sum(bool(r.accepted) for r in got), 0, "forged messages taken")
    # To the honest, one each, and to nobody else.
    equal(sorted(d.rcpt for d in edge.world.all()),
          sorted(honest.accepted), "mail that left")
    equal(sum(len(relations(edge, b)) for b in honest.boxes), HONEST,
          "relations")
    left = kinds(lasting(edge) - keys)
    more = {k: n for k, n in left.items() if n > HONEST_KEYS.get(k, 0)}
    equal(more, {}, f"keys of the flood, in {dict(left)}")
    growth = {n: rss(p) - before[n] for n, p in edge.octroi.items()}
    print(f"        growth in KiB: {growth}")
    check(all(g < GROWTH for g in growth.values()), str(growth))


@limit(LIMIT)
@fresh()
def test_one_sender_a_thousand_times_is_asked_once(edge):
    count = many(1000, 200)
    sender = "toujours@insistant.test"
    with Honest(edge, "insistant") as honest:
        box = honest.boxes[0]
        got = flood(edge, [(FLOODS["insistant.test"], "mx.insistant.test",
                            sender, box, message(sender, box, f"Encore {n}"))
                           for n in range(count)], workers=4)
    honest.all_asked()
    scene.challenge(edge, sender)
    wait_until(lambda: no_pending(edge), 60, "every challenge is decided")
    equal(challenges(edge, sender), 1, "challenges")
    taken = sum(bool(r.accepted) for r in got)
    print(f"        {count} messages of one sender: {taken} held, then 452")
    equal(taken, 20, "of one sender are held")
    # Four connections change one relation: one of them may have to come again.
    other = [str(r.reply) for r in got if not r.accepted and
             r.reply.code != 452]
    print(f"        {len(other)} were told something else: {set(other)}")
    check(len(other) <= count // 20 and
          all(x.startswith("451 4.3.") for x in other), f"{set(other)}")


@limit(LIMIT)
@fresh()
def test_a_throw_away_domain_spends_its_own_share(edge):
    count = many(500, 150)
    with Honest(edge, "jetable") as honest:
        letters = []
        for n in range(count):
            sender, box = f"x{n}@jetable.test", honest.boxes[n % BOXES]
            letters.append((FLOODS["jetable.test"], "mx.jetable.test", sender,
                            box, message(sender, box)))
        flood(edge, letters, workers=6)
    honest.all_asked()
    wait_until(lambda: no_pending(edge), 60, "every challenge is decided")
    asked = asked_of(edge, "jetable.test")
    print(f"        {len(asked)} of {count} were asked; {breakers(edge)}")
    # Its network's hour; its breaker ends it before.
    check(1 <= len(asked) <= 20, f"{len(asked)} challenges to one domain")
    equal({n for _, n in breakers(edge)} - {"jetable.test"}, set(),
          "breakers of others")


@limit(LIMIT)
@fresh()
def test_replayed_signatures_are_never_asked(edge):
    count = many(2000, 200)
    author = "victime@rejoue.test"
    with Honest(edge, "rejoue") as honest:
        # Signed once, for another recipient; sent again by strangers, in the
        # author's name and in others of his domain.
        signed = edge.keys["rejoue.test"].sign(
            message(author, "ami@ailleurs.test"))
        letters = [("198.51.100.77", "replay.test",
                    author if n % 2 else f"z{n}@rejoue.test",
                    honest.boxes[(n // 2) % BOXES], signed)
                   for n in range(count)]
        flood(edge, letters)
    honest.all_asked()
    wait_until(lambda: no_pending(edge), 60, "every challenge is decided")
    equal(asked_of(edge, "rejoue.test"), [], "challenges")


@limit(LIMIT)
@fresh()
def test_a_domain_open_to_all_proves_nothing(edge):
    count = many(500, 100)
    with Honest(edge, "ouvert") as honest:
        letters = []
        for n in range(count):
            sender, box = f"y{n}@ouvert.test", honest.boxes[n % BOXES]
            letters.append(("198.51.100.88", "mx.ouvert.test", sender, box,
                            message(sender, box)))
        flood(edge, letters)
    honest.all_asked()
    wait_until(lambda: no_pending(edge), 60, "every challenge is decided")
    equal(asked_of(edge, "ouvert.test"), [], "challenges")


@limit(LIMIT)
# Not by their volume, which would be noticed first.
@fresh(conf=conf(breaker_volume_org=1000, cap_network=60))
def test_bounces_and_not_me_stop_those_domains_alone(edge):
    rule = edge.world.answer("@menteur.test", "550 5.1.1 unknown", "rcpt")
    with Honest(edge, "menteur") as honest:
        for domain, count in (("menteur.test", 40), ("renieur.test", 10)):
            letters = []
            for n in range(count):
                sender, box = f"z{n}@{domain}", honest.boxes[n % BOXES]
                letters.append((FLOODS[domain], f"mx.{domain}", sender, box,
                                message(sender, box)))
            flood(edge, letters, workers=2)
        for n in range(3):
            ask = scene.challenge(edge, f"z{n}@renieur.test", timeout=60)
            equal(ask.page().not_me(ask.code).status, 200, "not me")
    honest.all_asked()
    want = {("org", "menteur.test"): "bounces",
            ("org", "renieur.test"): "not-me"}
    wait_until(lambda: breakers(edge) == want, 60,
               lambda: f"both breakers are open: {breakers(edge)}")
    edge.world.forget(rule)
    before = {d: len(asked_of(edge, d)) for d in FLOODS}
    with Honest(edge, "apres") as later:
        for domain in ("menteur.test", "renieur.test"):
            sender, box = f"apres@{domain}", later.boxes[0]
            with edge.client(FLOODS[domain], f"mx.{domain}") as c:
                check(c.send(sender, box, message(sender, box)).accepted,
                      "held")
    later.all_asked()
    wait_until(lambda: no_pending(edge), 60, "every challenge is decided")
    equal({d: len(asked_of(edge, d)) for d in FLOODS}, before,
          "challenges past the breaker")
    equal(breakers(edge), want, "breakers")
