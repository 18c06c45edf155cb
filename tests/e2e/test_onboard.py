# SPDX-License-Identifier: Apache-2.0
"""A domain from its request to the sheets of its people, step by step, with steps
back; its DNS on real servers."""
import towns
from kit import check, equal, limit
from zones import Zones

TOWN = "pujols.test"


def prepare(edge):
    zones = edge.zones = Zones(edge.tmp)
    edge.extra += zones.processes
    edge.change_conf({
        "dns": {"servers": [f"127.0.0.1:{zones.resolver_port}"]},
        "hosting": {**towns.CONF, "dns_port": zones.port,
                    "imap": "imap.centre.test:993",
                    "smtp": "smtp.centre.test:465"},
        "centre": {"name": "Centre de gestion", "place": "Agen"},
        "web": {"contact": "05 53 48 00 70"}})
    edge.ctl("secret", "create")
    zones.world = list(towns.WORLD)
    edge.zone = zones.add(TOWN)
    edge.zone["@", "MX"] = ["10 mail.ancien.test."]
    zones.start()


EDGE = {"programs": (), "prepare": prepare}


def states(edge):
    return {s["step"]: s["state"]
            for s in edge.ctl_json("onboard", "show", TOWN)["items"]}


def now(edge):
    at = [k for k, v in states(edge).items() if v == "now"]
    return at[0] if at else None


def stuck(edge, says, status=1):
    before = states(edge)
    out = edge.ctl("onboard", "next", TOWN, check=False)
    equal(out.returncode, status, out.stderr)
    check(says in out.stderr, out.stderr)
    equal(states(edge), before)


@limit(90)
def test_a_commune_comes_step_by_step(edge):
    ctl = edge.ctl
    out = ctl("onboard", "next", TOWN, check=False)
    check("there is no domain" in out.stderr, out)
    out = ctl("onboard", "start", TOWN, "--tenant=pujols", check=False)
    check(out.returncode == 1 and "no tenant pujols" in out.stderr, out)
    ctl("tenant", "add", "pujols", "name=Commune de Pujols")
    ctl("onboard", "start", TOWN, "--tenant=pujols")
    for step in ("study", "proposal"):
        equal(now(edge), step)
        ctl("onboard", "next", TOWN)
    equal(ctl("domain", "show", TOWN).stdout.count("proposed"), 1)
    stuck(edge, "no mailboxes yet")
    ctl("mailbox", "add", f"accueil@{TOWN}", "name=Accueil <b>&\"")
    equal(now(edge), "dns")
    ctl("onboard", "next", TOWN)
    equal(edge.ctl_json("domain", "show", TOWN)["state"], "pending-dns")
    stuck(edge, "is not right yet", 75)

    # The provider has done what was asked for.
    ctl("dkim", "add", TOWN, "s1", "--algorithm=ed25519")
    ctl("dkim", "activate", TOWN, "s1", "--force")
    key = [r["data"] for r in edge.ctl_json("domain", "dns", TOWN)["records"]
           if r["purpose"] == "dkim"][0]
    towns.base(edge.zone, key)
    edge.zones.reload()
    ctl("onboard", "next", TOWN)
    equal(edge.ctl_json("domain", "show", TOWN)["state"], "active")

    # The old address is one that forwards, then one that is collected.
    old = "mairie.pujols@isp.test"
    ctl("legacy", "add", old, f"accueil@{TOWN}", "how=forwarded",
        "until=2028-12-31")
    stuck(edge, f"legacy verify {old}")
    ctl("legacy", "set", old, TOWN, "verified=2026-11-21")
    stuck(edge, f"onboard done {TOWN} senders")
    ctl("onboard", "done", TOWN, "senders")
    stuck(edge, f"onboard done {TOWN} sheets")
    ctl("onboard", "done", TOWN, "sheets")
    equal(now(edge), None)
    check("all is done" in ctl("onboard", "next", TOWN).stdout)

    # And back again, each step.
    for step in ("sheets", "senders", "active"):
        said = ctl("onboard", "undo", TOWN).stdout
        check(f"next: {step}: octroictl" in said, said)
        equal(states(edge)[step], "now", step)
    equal(edge.ctl_json("domain", "show", TOWN)["state"], "pending-dns")
    ctl("onboard", "next", TOWN)
    for state in ("pending-dns", "proposed", "study", "requested"):
        ctl("onboard", "undo", TOWN)
        equal(edge.ctl_json("domain", "show", TOWN)["state"], state)
    out = ctl("onboard", "undo", TOWN, check=False)
    check(out.returncode == 1 and "at its beginning" in out.stderr, out)
    # Who did what stands in its journal.
    actions = edge.ctl_json("history", "domain", TOWN)["items"]
    check(len(actions) > 10, actions)


def test_a_name_of_the_centre_needs_no_study(edge):
    ctl, town = edge.ctl, "offert.test"
    ctl("tenant", "add", "offert")
    ctl("onboard", "start", town, "--tenant=offert", "--origin=offered")
    shown = {s["step"]: s["state"] for s in
             edge.ctl_json("onboard", "show", town)["items"]}
    equal((shown["study"], shown["proposal"], shown["mailboxes"]),
          ("not needed", "not needed", "now"))
    ctl("mailbox", "add", f"accueil@{town}")
    ctl("onboard", "next", town)
    equal(edge.ctl_json("domain", "show", town)["state"], "pending-dns")
    ctl("onboard", "undo", town)
    equal(edge.ctl_json("domain", "show", town)["state"], "requested")
    ctl("domain", "close", town)
    out = ctl("onboard", "show", town, check=False)
    check(out.returncode == 1 and "is leaving" in out.stderr, out)


def test_each_owner_gets_a_sheet(edge):
    ctl, town = edge.ctl, "fiches.test"
    ctl("domain", "add", town)
    ctl("mailbox", "add", f"maire@{town}", "name=M. <Maire> & Cie",
        "challenge=first-contact", "storage=10G")
    ctl("mailbox", "add", f"ccas@{town}")
    ctl("mailbox", "add", f"ancien@{town}", "state=suspended")
    ctl("legacy", "add", "vieux@isp.test", f"maire@{town}", "how=forwarded",
        "until=2028-06-30")
    page = ctl("onboard", "sheet", town).stdout
    equal(page.count("Votre boîte aux lettres</h1>"), 2)
    for text in ("M. &lt;Maire&gt; &amp; Cie", f"maire@{town}", "10&nbsp;Go",
                 "imap.centre.test", "993", "smtp.centre.test", "465",
                 "Thunderbird", "Outlook", "iPhone", "Android",
                 "première fois", "vieux@isp.test", "30 juin 2028",
                 "05 53 48 00 70", "Centre de gestion"):
        check(text in page, text)
    for text in ("src=", "href=", "http", "url(", "<Maire>"):
        check(text not in page, text)
    one = ctl("onboard", "sheet", town, "ccas").stdout
    check(f"ccas@{town}" in one and "première fois" not in one)
    out = ctl("onboard", "sheet", town, "nobody", check=False)
    check(out.returncode == 1 and not out.stdout, out)
