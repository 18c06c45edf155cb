# SPDX-License-Identifier: Apache-2.0
"""The technical study of a domain that somebody else runs today."""
import datetime
import os

import towns
from edge import REPO
from kit import check, equal
from proc import Failure
from test_dns import codes  # noqa: F401  (the same words for findings)
from zones import Zones

NAME = "mairie-ancienne.test"
SPF = ("v=spf1 include:spf.protection.outlook.com include:spf.brevo.com "
       "a:site.mairie-ancienne.test ~all")
KEY = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


def prepare(edge):
    zones = edge.zones = Zones(edge.tmp)
    edge.extra += zones.processes
    edge.change_conf({
        "dns": {"servers": [f"127.0.0.1:{zones.resolver_port}"]},
        "lists": {"zones": ["bl.test ip 127.0.0.2=4",
                            "noms.test domain 127.0.1.2=4"]},
        "web": {"operator": "Centre de Gestion du Lot-et-Garonne"},
        "centre": {"name": "Centre de Gestion du Lot-et-Garonne",
                   "address": ["53 rue de Cartou", "47000 Agen"],
                   "place": "Agen"},
        "hosting": {**towns.CONF, "dns_port": zones.port, "services_file":
                    f"{REPO}/contrib/lists/mail-services"}})
    zones.world = towns.WORLD + [
        "mairie-ancienne-test.mail.protection.outlook.com. IN A 198.51.100.25",
        'spf.protection.outlook.com. IN TXT "v=spf1 ip4:198.51.100.0/26 '
        'include:spfd.protection.outlook.com -all"',
        'spfd.protection.outlook.com. IN TXT "v=spf1 ip4:198.51.100.64/26 '
        '-all"',
        'spf.brevo.com. IN TXT "v=spf1 ip4:203.0.113.0/24 -all"',
        "25.100.51.198.bl.test. IN A 127.0.0.2",
        "mairie-ancienne.test.noms.test. IN A 127.0.1.9"]
    z = zones.add(NAME)
    z.ttl = 7200
    z["@", "A"] = ["192.0.2.80"]
    z["site", "A"] = ["192.0.2.80"]
    z["@", "MX"] = ["0 mairie-ancienne-test.mail.protection.outlook.com."]
    z["@", "TXT"] = [SPF, "MS=ms1\x1b[31m"]
    z["selector1._domainkey", "TXT"] = [KEY]
    z["_dmarc", "TXT"] = ["v=DMARC1; p=none"]
    z["*", "MX"] = ["10 mairie-ancienne-test.mail.protection.outlook.com."]
    bad = zones.add("mairie-cassee.test")
    bad["@", "MX"] = ["10 mx.fai.test."]
    bad.sign = "bogus"
    bare = zones.add("mairie-nue.test")
    bare["@", "A"] = ["192.0.2.81"]
    zones.start()


EDGE = {"programs": (), "prepare": prepare}


def test_what_is_found(edge):
    s = edge.ctl_json("domain", "study", NAME)
    equal(s["domain"], NAME)
    equal(s["date"][:10], datetime.datetime.now(datetime.timezone.utc)
          .strftime("%Y-%m-%d"))
    equal(s["mx"]["provider"], "Microsoft 365")
    equal((s["spf"]["record"], s["spf"]["lookups"], s["spf"]["all"]),
          (SPF, 4, "softfail"))
    equal([x["provider"] for x in s["spf"]["senders"]],
          ["Microsoft 365", "Brevo (lettres d'information)", ""])
    equal([(n["depth"], n["domain"]) for n in s["spf"]["tree"]],
          [(0, NAME), (1, "spf.protection.outlook.com"),
           (2, "spfd.protection.outlook.com"), (1, "spf.brevo.com")])
    equal([(k["selector"], k["provider"], k["algorithm"]) for k in s["dkim"]],
          [("selector1", "Microsoft 365", "ed25519")])
    equal(s["dmarc"], {"at": NAME, "record": "v=DMARC1; p=none"})
    equal(s["dnssec"], "insecure")
    equal(s["blocklists"]["listed"],
          [{"list": "bl.test", "subject": "198.51.100.25",
            "code": "127.0.0.2"}])
    equal(s["risks"][0]["code"], "blocklist", s["risks"])
    equal(s["catch_all"], {"wildcard_mx": True, "probed": False})
    equal(sorted(x["name"] for x in s["dns"]["servers"]),
          ["ns1.dns.test", "ns2.dns.test"])


def test_the_order_is_safe(edge):
    """What adds comes first, what takes away last; each step has its way back;
    between the old answer's end and the change there is time."""
    s = edge.ctl_json("domain", "study", NAME)
    steps = s["steps"]
    changes = [(i, c["action"], c["type"], c["name"], c["old"], c["new"])
               for i, x in enumerate(steps) for c in x["records"]]
    equal([c[1] for c in changes if c[2] == "MX"], ["ttl", "replace", "ttl"])
    check("7200 secondes" in steps[0]["when"], steps[0])

    def place(action, rtype):
        return next(c[0] for c in changes if c[1:3] == (action, rtype))
    mx, spf, remove = (place("replace", "MX"), place("replace", "TXT"),
                       place("remove", "TXT"))
    check(place("ttl", "MX") < place("add", "TXT") < spf < mx < remove,
          changes)
    new = next(c[5] for c in changes if c[0] == spf)
    equal(new, SPF.replace(" ~all", " include:_spf.centre.test ~all"))
    equal([c[4] for c in changes if c[1] == "remove"],
          ["include:spf.protection.outlook.com"], "the newsletter stays")
    check(all(x["back"] for x in steps), steps)
    equal(s["effort"]["level"], "moyen", s["effort"])


def test_broken_and_bare_domains_are_studied(edge):
    s = edge.ctl_json("domain", "study", "mairie-cassee.test")
    equal((s["dnssec"], s["risks"][0]["code"]), ("bogus", "dnssec-bogus"))
    check("DNSSEC" in s["steps"][0]["title"], s["steps"][0])
    s = edge.ctl_json("domain", "study", "mairie-nue.test")
    equal((s["mx"]["hosts"], s["spf"]["record"]), ([], ""))
    equal({"mx-missing", "spf-missing", "dmarc-missing"} -
          {r["code"] for r in s["risks"]}, set())
    spf = next(c for x in s["steps"] for c in x["records"]
               if c["type"] == "TXT" and c["new"].startswith("v=spf1"))
    equal((spf["action"], spf["new"]),
          ("add", "v=spf1 include:_spf.centre.test ~all"))
    s = edge.ctl_json("domain", "study", "existe-pas.test")
    equal(s["risks"][0]["code"], "domain-missing")


def test_text_and_page_say_the_same(edge):
    text = edge.ctl("domain", "study", NAME).stdout
    page = edge.ctl("domain", "study", NAME, "--html").stdout
    for words in ("Microsoft 365", "Brevo", "198.51.100.25", "Étude technique",
                  "Retour en arrière", "aucun message n", "7200 secondes"):
        check(words in text, f"{words!r} in {text}")
        check(words in page, f"{words!r} in the page")
    check("\x1b" not in text + page, "a terminal could be steered")
    check("Centre de Gestion du Lot-et-Garonne" in page and "Agen, le " in
          page, page[:3000])
    for word in ("http://", "https://", "<script", "<img", "<link", "url("):
        check(word not in page, f"{word} in the page")
    check(page.count("<tr>") == page.count("</tr>"), "rows")


def test_the_page_prints(edge):
    """Chromium makes pages of it, with what belongs there."""
    import base64
    from browser import Browser
    path = f"{edge.tmp}/etude.html"
    with open(path, "w") as f:
        f.write(edge.ctl("domain", "study", NAME, "--html").stdout)
    os.chmod(path, 0o644)
    with Browser() as b:
        d = b.driver
        d.get(f"file://{path}")
        check("Étude technique" in d.title, d.title)
        wide = d.execute_script("return document.documentElement.scrollWidth"
                                " - document.documentElement.clientWidth")
        equal(wide, 0, "sticks out to the right")
        pdf = base64.b64decode(d.print_page())
        check(pdf.startswith(b"%PDF"), pdf[:20])
        if os.environ.get("OCTROI_SHOW"):
            with open(os.environ["OCTROI_SHOW"] + ".pdf", "wb") as f:
                f.write(pdf)
            d.set_window_size(1000, 3200)
            d.save_screenshot(os.environ["OCTROI_SHOW"] + ".png")


def test_a_list_of_services_with_mistakes_is_said(edge):
    path = f"{edge.tmp}/services"
    with open(path, "w") as f:
        f.write("# comment\nmx fai.test  FAI\nwhat is this\n")
    os.chmod(path, 0o644)
    edge.change_conf({"hosting": {"services_file": path}})
    out = edge.ctl("domain", "study", NAME, check=False)
    equal(out.returncode, 78)
    check("services:3" in out.stderr, out.stderr)
    edge.change_conf({"hosting": {"services_file": ""}})
    s = edge.ctl_json("domain", "study", NAME)
    equal((s["mx"]["provider"], s["dkim"]), ("", []))
    edge.change_conf({"hosting": {
        "services_file": f"{REPO}/contrib/lists/mail-services"}})
    try:
        edge.ctl("domain", "study", "pas un nom")
    except Failure:
        return
    raise Failure("a name that is none was taken")
