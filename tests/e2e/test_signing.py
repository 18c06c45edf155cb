# SPDX-License-Identifier: Apache-2.0
"""Mail that leaves is signed with the keys of its From domain; dkimpy is the
reader who judges."""
import itertools
import json
import struct
import threading

import scene
from kit import check, equal, fresh, limit
from mail import message
from proc import wait_until
from scene import CHALLENGE, OTHER_TOWN, TOWN, accepted, mailbox

RELAY = "192.0.2.99"


def prepare(edge):
    """No waiting for what nobody remembers: test_dns_life has the waits."""
    edge.dns.minimum = 0
    scene.prepare(edge)


EDGE = scene.edge({"milter": {"trusted_relays": [RELAY]}}, prepare=prepare)
LOGIN, PASSWORD = f"maire@{TOWN}", "secret"

_count = itertools.count(1)


# -- the reader -------------------------------------------------------------------
def look_up(edge, name, timeout=5):
    """The TXT record as dkimpy wants it, from nsd."""
    name = name.decode() if isinstance(name, bytes) else name
    _, answers = edge.dns.query(name, "TXT")
    if not answers:
        return None
    data, out = answers[0], b""
    while data:
        out += data[1:1 + data[0]]
        data = data[1 + data[0]:]
    return out


def signatures(edge, octets):
    """{algorithm: (d=, s=)} of the message; each must verify."""
    import dkim
    reader = dkim.DKIM(octets)
    count = sum(1 for name, _ in reader.headers
                if name.lower() == b"dkim-signature")
    out = {}
    for i in range(count):
        reader = dkim.DKIM(octets)
        good = reader.verify(i, dnsfunc=lambda name, timeout=5:
                             look_up(edge, name, timeout))
        f = {k.decode(): v.decode() for k, v in
             reader.signature_fields.items()}
        check(good, f"signature {f} does not verify:\n{octets!r}")
        names = "".join(f["h"].lower().split()).split(":")
        equal(names.count("from"), 2, f"times that From is signed in {f}")
        check(f["a"] not in out, f"two signatures by {f['a']}")
        out[f["a"]] = (f["d"], f["s"])
    return out


# -- the sender ---------------------------------------------------------------------
def submit(edge, octets=None, *, login=LOGIN, sender=None, **fields):
    """One submitted message; its delivery in the outside world."""
    rcpt = f"lecteur.{next(_count)}@dehors.test"
    edge.postfix.add_user(login, PASSWORD)
    if octets is None:
        octets = message(sender or login, rcpt, **fields)
    with edge.submit(login, PASSWORD) as c:
        accepted(c.send(login, rcpt, octets))
    return edge.world.wait_for(rcpt)


def signed(edge, *args, **keywords):
    return signatures(edge, submit(edge, *args, **keywords).data)


def publish(edge, domain, selector):
    key = edge.ctl_json("dkim", "show", domain, selector)
    edge.dns.add(key["name"], "TXT", key["record"]).apply()
    return key


def states(edge, domain):
    return {k["selector"]: k["state"] for k in
            edge.ctl_json("dkim", "list", domain)["items"]}


def new_key(edge, domain, selector, algorithm="rsa2048"):
    """Made, published, active."""
    edge.ctl("dkim", "add", domain, selector, f"--algorithm={algorithm}")
    publish(edge, domain, selector)
    edge.ctl("dkim", "activate", domain, selector)


def both_keys(edge, domain, login):
    """Both algorithms sign from now on."""
    if "r1" not in states(edge, domain):
        new_key(edge, domain, "r1")
        new_key(edge, domain, "e1", "ed25519")
    want = {"rsa-sha256": (domain, "r1"), "ed25519-sha256": (domain, "e1")}
    wait_until(lambda: signed(edge, login=login) == want, 5,
               f"{domain} signs with both")
    return want


# -- the tests ------------------------------------------------------------------------
def test_without_keys_nothing_is_signed(edge):
    equal(signed(edge), {})


def test_both_algorithms_verify(edge):
    want = both_keys(edge, TOWN, LOGIN)
    got = submit(edge, Subject="Réunion du conseil, très longue ligne " * 5,
                 body="Bonjour,  \r\n\r\n.\r\n..\r\n\té à ü\r\n\r\n\r\n",
                 headers=[("X-Autre", "a,\r\n\tb,\r\n  c"),
                          ("Cc", "un@dehors.test,\r\n deux@dehors.test")])
    equal(signatures(edge, got.data), want)


def test_messages_of_every_shape_verify(edge):
    want = both_keys(edge, TOWN, LOGIN)
    many = "ligne de texte ordinaire, répétée\r\n" * 60000   # is spilled
    for name, keywords in {
            "empty body": {"body": ""},
            "blank lines only": {"body": "\r\n\r\n\r\n"},
            "trailing blanks": {"body": "a \t\r\n \r\n"},
            "long body": {"body": many},
            "display name": {"From": f'"Maire, La" <{LOGIN}>'},
            "folded From": {"From": f"La Maire\r\n <{LOGIN}>"},
            "no Subject": {"Subject": None},
            "no Message-ID, no Date": {"Message_ID": None, "Date": None},
            "reply": {"headers": [("In-Reply-To", "<1@x.test>"),
                                  ("References", "<0@x.test>\r\n <1@x.test>"),
                                  ("Sender", LOGIN), ("Reply-To", LOGIN)]},
    }.items():
        got = submit(edge, **keywords)
        equal(signatures(edge, got.data), want, name)


def test_fields_that_we_remove_are_not_signed(edge):
    want = both_keys(edge, TOWN, LOGIN)
    got = submit(edge, headers=[
        ("Authentication-Results", "mx.edge.test; dkim=pass"),
        ("X-Spam-Flag", "NO"), ("X-Octroi-Score", "-100"),
        ("Authentication-Results", "other.test; dkim=pass")])
    equal(signatures(edge, got.data), want)
    equal(got.fields("X-Spam-Flag"), [])
    results = got.fields("Authentication-Results")
    equal(len(results), 2, f"{results}")


def test_a_forged_from_is_not_signed(edge):
    both_keys(edge, TOWN, LOGIN)
    for name, sender in {
            "not hosted": "president@elysee.test",
            "below the hosted one": f"maire@sub.{TOWN}",
            "hosted, of others": f"maire@{OTHER_TOWN}",
            "two authors": f"{LOGIN}, autre@{TOWN}",
            "no address": "Maire"}.items():
        equal(signed(edge, From=sender, sender=LOGIN), {}, name)
    octets = message(LOGIN, "x@dehors.test", headers=[("From", LOGIN)])
    equal(signed(edge, octets), {}, "two From fields")


def test_a_domain_signs_for_its_own_logins_only(edge):
    other = f"maire@{OTHER_TOWN}"
    want = both_keys(edge, OTHER_TOWN, other)
    equal(signed(edge, login=other), want)
    both_keys(edge, TOWN, LOGIN)
    equal(signed(edge, login=other, From=LOGIN), {})
    equal(signed(edge, login=other, From=other), want)


def test_strangers_are_not_signed_for_and_relays_are(edge):
    want = both_keys(edge, TOWN, LOGIN)
    box = mailbox(edge, "accueil.r", mode="off")
    octets = message(f"copieur@{TOWN}", box)
    with edge.client(RELAY, "copieur.ville.test") as c:
        accepted(c.send(f"copieur@{TOWN}", box, octets))
    got = edge.mailboxes.wait_for(box)
    equal(signatures(edge, got.data), want)
    result = accepted(scene.send(edge, f"copieur@{TOWN}", box, octets))
    scene.verdict(edge, result, box)
    with open(edge.octroi["milter"].log) as f:
        log = f.read()
    check(f"{result.queue_id}: signed=" not in log,
          "signed for a stranger who claims the domain")


def test_mail_between_hosted_mailboxes_is_signed(edge):
    want = both_keys(edge, TOWN, LOGIN)
    box = mailbox(edge, "voisine.s", domain=OTHER_TOWN)
    edge.postfix.add_user(LOGIN, PASSWORD)
    with edge.submit(LOGIN, PASSWORD) as c:
        accepted(c.send(LOGIN, box, message(LOGIN, box)))
    equal(signatures(edge, edge.mailboxes.wait_for(box).data), want)


def test_activation_waits_for_the_dns(edge):
    both_keys(edge, TOWN, LOGIN)
    edge.ctl("dkim", "add", TOWN, "r2")
    out = edge.ctl("dkim", "activate", TOWN, "r2", check=False)
    equal(out.returncode, 1)
    check("no key" in out.stderr, out.stderr)
    shown = edge.ctl_json("dkim", "show", TOWN, "r2")
    check(shown["published"] != "yes", shown)
    wrong = edge.ctl_json("dkim", "show", TOWN, "r1")["record"]
    edge.dns.add(shown["name"], "TXT", wrong).apply()
    out = edge.ctl("dkim", "activate", TOWN, "r2", check=False)
    equal(out.returncode, 1)
    check("another key" in out.stderr, out.stderr)
    equal(states(edge, TOWN), {"r1": "active", "e1": "active", "r2": "new"})
    edge.ctl("dkim", "remove", TOWN, "r2")


@limit(120)
@fresh()
def test_rotation_under_way_never_fails_a_signature(edge):
    both_keys(edge, TOWN, LOGIN)
    got, wrong, stop = [], [], threading.Event()

    def write():
        while not stop.is_set():
            try:
                got.append(submit(edge).data)
            except Exception as e:
                wrong.append(e)
                return
    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    for n in (2, 3):
        new_key(edge, TOWN, f"r{n}")
        new_key(edge, TOWN, f"e{n}", "ed25519")
        wait_until(lambda: got and signatures(edge, got[-1]) ==
                   {"rsa-sha256": (TOWN, f"r{n}"),
                    "ed25519-sha256": (TOWN, f"e{n}")}, 10,
                   f"rotation {n} reached the milter")
    stop.set()
    writer.join(30)
    equal(wrong, [])
    seen = set()
    for octets in got:
        found = signatures(edge, octets)
        equal(set(found), {"rsa-sha256", "ed25519-sha256"},
              "algorithms of a message on the way")
        seen |= {s for _, s in found.values()}
    equal(seen, {"r1", "r2", "r3", "e1", "e2", "e3"})
    equal(states(edge, TOWN), {"r1": "retired", "e1": "retired",
                               "r2": "retired", "e2": "retired",
                               "r3": "active", "e3": "active"})
    out = edge.ctl("dkim", "remove", TOWN, "r1", check=False)
    equal(out.returncode, 1)
    check("7 days" in out.stderr, out.stderr)


@limit(120)
@fresh()
def test_rotation_goes_step_by_step(edge):
    """Publish, wait, sign, remove: each only when the one before is done, with
    mail under way all the time."""
    both_keys(edge, TOWN, LOGIN)
    edge.dns.minimum = 3
    edge.dns.apply()
    got, wrong, stop = [], [], threading.Event()

    def write():
        while not stop.is_set():
            try:
                got.append(submit(edge).data)
            except Exception as e:
                wrong.append(e)
                return
    writer = threading.Thread(target=write, daemon=True)
    writer.start()

    def step(status):
        out = edge.ctl("dkim", "rotate", TOWN, "--json", check=False)
        equal(out.returncode, status, f"{out.stdout}{out.stderr}")
        return json.loads(out.stdout)

    first = step(0)
    equal((first["step"], len(first["records"])), ("publish", 2))
    again = step(75)
    equal(again["step"], "publish", "nothing is published yet")
    check("no key" in again["records"][0]["problem"], again)
    new = [r["selector"] for r in first["records"]]
    edge.dns.add(first["records"][0]["name"], "TXT",
                 first["records"][0]["record"]).apply()
    equal([r["selector"] for r in step(75)["records"]], new[1:], "half of it")
    edge.dns.add(first["records"][1]["name"], "TXT",
                 first["records"][1]["record"]).apply()
    waits = step(75)
    equal((waits["step"], waits["records"]), ("wait", []))
    out = edge.ctl("dkim", "activate", TOWN, new[0], check=False)
    check(out.returncode in (0, 75), out.stderr)    # it was there 3 s earlier
    out = edge.ctl("dkim", "activate", TOWN, new[1], check=False)
    equal(out.returncode, 75, f"skipped: {out.stdout}{out.stderr}")
    check("may sign from" in out.stderr, out.stderr)
    wait_until(lambda: edge.ctl("dkim", "rotate", TOWN, "--quiet",
                                check=False).returncode == 0, 10,
               "the wait is over")
    have = states(edge, TOWN)
    equal({s: have[s] for s in (*new, "r1", "e1")},
          {new[0]: "active", new[1]: "active", "r1": "retired",
           "e1": "retired"})
    wait_until(lambda: {s for _, s in signatures(edge, got[-1]).values()} ==
               set(new), 10, "the milter signs with the new keys")
    rest = step(0)
    equal((rest["step"], rest["records"]), ("rest", []), "the old ones stay")
    stop.set()
    writer.join(30)
    equal(wrong, [])
    for octets in got:
        equal(set(signatures(edge, octets)), {"rsa-sha256", "ed25519-sha256"},
              "algorithms of a message on the way")
    out = edge.ctl("dkim", "rotate", TOWN, "--every=x", check=False)
    equal(out.returncode, 64, out.stderr)


@fresh()
def test_signing_goes_on_without_the_store(edge):
    want = both_keys(edge, TOWN, LOGIN)
    edge.redis.stop()
    equal(signed(edge), want)
    edge.octroi["milter"].stop()
    edge.octroi["milter"].start()
    equal(signed(edge), want, "from the disk copy")
    with open(f"{edge.state}/directory") as f:
        copy = f.read()
    check('"dkim"' in copy and "PRIVATE" not in copy, "the disk copy")


@fresh()
def test_a_key_of_another_site_leaves_mail_unsigned(edge):
    both_keys(edge, TOWN, LOGIN)
    sealed = edge.redis.cmd("HGET", f"oct:{{{TOWN}}}:dkim", "r1")
    edge.redis.cmd("HSET", f"oct:{{{TOWN}}}:dkim", "r1",
                   sealed.replace('"private":"s1.', '"private":"s1.AAAA'))
    edge.redis.cmd("XADD", "oct:changes", "*", "domain", TOWN)
    wait_until(lambda: set(signed(edge)) == {"ed25519-sha256"}, 5,
               "only the good key signs")


def test_our_own_mail_is_signed_with_the_challenge_domains_keys(edge):
    for selector, algorithm in ("cr", "rsa2048"), ("ce", "ed25519"):
        new_key(edge, CHALLENGE, selector, algorithm)
    jean = scene.person()
    accepted(scene.send(edge, jean, mailbox(edge, "interroge.k")))
    ask = scene.challenge(edge, jean)
    equal(signatures(edge, ask.delivery.data),
          {"rsa-sha256": (CHALLENGE, "cr"),
           "ed25519-sha256": (CHALLENGE, "ce")})
