# SPDX-License-Identifier: Apache-2.0
"""The watch over the DNS of hosted domains: one word for each change."""
import email
import email.policy
import json

import scene
import towns
from edge import CHALLENGE
from kit import check, equal, limit
from proc import wait_until
from test_dns import documents
from zones import Zones

ALERTS = "exploitation@dehors.test"
CALM, WAITING, OWN = "calme.test", "attente.test", CHALLENGE


def prepare(edge):
    zones = edge.zones = Zones(edge.tmp)
    edge.extra += zones.processes
    edge.change_conf({
        "dns": {"servers": [f"127.0.0.1:{zones.resolver_port}"]},
        "challenge": {"alerts": ALERTS},
        "hosting": {**towns.CONF, "dns_port": zones.port}})
    zones.world = list(towns.WORLD)
    lines = []
    for name in (OWN, CALM, WAITING):
        lines += [f"domain add {name}"] * (name != OWN)
        lines += [f"dkim add {name} s1 --algorithm=ed25519",
                  f"dkim activate {name} s1 --force"]
    lines += [f"domain set {WAITING} --state=pending-dns"]
    edge.ctl("batch", "-", stdin="\n".join(lines) + "\n", timeout=60)
    for d in documents(edge, [f"domain dns {n}" for n in (CALM, WAITING)]):
        towns.base(zones.add(d["domain"]), next(
            r["data"] for r in d["records"] if r["purpose"] == "dkim"))
    zones.add(OWN).raw += edge.ctl("domain", "dns", OWN).stdout.split("\n")
    zones.start()


EDGE = scene.edge(programs=("mapd", "milter", "courier"), prepare=prepare)


def watch(edge, status, *words):
    out = edge.ctl("domain", "watch", *words, "--json", check=False)
    equal(out.returncode, status, f"{out.stdout}{out.stderr}")
    got = json.loads(out.stdout)
    return got, sorted(c["domain"] for c in got["changes"])


def mails(edge, word):
    """Mails to the administrators with that in their subject."""
    out = []
    for d in edge.world.all(ALERTS):
        m = email.message_from_bytes(d.data, policy=email.policy.default)
        if word in m["subject"]:
            out.append(m)
    return out


@limit(120)
def test_each_change_is_told_once(edge):
    zones = edge.zones
    got, changed = watch(edge, 0)
    equal((got["checked"], changed), (3, [WAITING]), "the first look")
    equal(edge.ctl_json("domain", "show", WAITING)["state"], "active")
    text = edge.ctl("history", "domain", WAITING).stdout
    check("pending-dns" in text, text)
    equal(watch(edge, 0)[1], [], "the second look")
    good = zones.zones[CALM]["@", "MX"]
    zones.zones[CALM]["@", "MX"] = ["10 mx.fai.test."]
    zones.reload()
    got, changed = watch(edge, 1)
    equal((got["wrong"], changed), (1, [CALM]))
    equal(watch(edge, 1)[1], [], "the same is no change")
    wait_until(lambda: mails(edge, "en service") and
               mails(edge, f"{CALM} : 1 erreur"), 30, "mails about changes")
    body = mails(edge, "1 erreur")[0].get_content()
    check("mx.fai.test" in body and "10 mx1.centre.test." in body, body)
    zones.zones[CALM]["@", "MX"] = good
    zones.reload()
    equal(watch(edge, 0)[1], [CALM])
    equal([len(mails(edge, w)) for w in ("en service", "1 erreur")], [1, 1])
    # The courier's next round tells it; until then it waits in the store.
    equal(edge.redis.cmd("HKEYS", "oct:{g}:dnsalarms"), [CALM])
    check("en ordre" in edge.redis.cmd("HGET", "oct:{g}:dnsalarms", CALM))


def test_no_answer_is_no_change(edge):
    watch(edge, 0)
    before = edge.redis.cmd("HGETALL", "oct:{g}:dns")
    edge.zones.unbound.stop()
    try:
        got, changed = watch(edge, 75, CALM)
        equal((got["unknown"], changed), (1, []))
    finally:
        edge.zones.unbound.start()
    equal(edge.redis.cmd("HGETALL", "oct:{g}:dns"), before)


def test_the_oldest_come_first_and_the_gone_are_forgotten(edge):
    edge.ctl("domain", "add", "parti.test")
    watch(edge, 1)                   # it is nowhere in the DNS
    check("parti.test" in edge.redis.cmd("HKEYS", "oct:{g}:dns"))
    edge.ctl("domain", "close", "parti.test")
    watch(edge, 0)
    equal(sorted(edge.redis.cmd("HKEYS", "oct:{g}:dns")),
          sorted([WAITING, CALM, OWN]))


def test_the_domain_of_the_challenges_is_watched(edge):
    watch(edge, 0)
    kept = edge.zones.zones.pop(OWN)
    edge.zones.reload_all()
    equal(watch(edge, 1)[1], [OWN])
    wait_until(lambda: mails(edge, f"{OWN} : 1 erreur"), 30, "the alarm")
    edge.zones.zones[OWN] = kept
    edge.zones.reload_all()
    equal(watch(edge, 0)[1], [OWN])


def test_a_hosted_domain_that_a_setting_names_is_watched(edge):
    edge.change_conf({"srs": {"domain": WAITING}})
    try:
        edge.ctl("domain", "set", WAITING, "--state=pending-dns")
        got, changed = watch(edge, 0)
        equal((got["checked"], changed), (3, [WAITING]))
        equal(edge.ctl_json("domain", "show", WAITING)["state"], "active")
        edge.ctl("domain", "close", WAITING)
        watch(edge, 0)
        equal(sorted(edge.redis.cmd("HKEYS", "oct:{g}:dns")),
              sorted([CALM, OWN]))
    finally:
        edge.change_conf({"srs": {"domain": None}})
        edge.ctl("domain", "reopen", WAITING, check=False)
