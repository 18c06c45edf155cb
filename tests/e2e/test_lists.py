# SPDX-License-Identifier: Apache-2.0
"""DNS lists that weigh, are probed and dropped; the DMARC policy by setting;
and who writes in the name of a hosted domain."""
import base64
import re
import time

import scene
from kit import check, equal, fresh
from mail import message
from octroi import verdicts
from proc import wait_until
from scene import TOWN, accepted, mailbox, only_held, send, verdict

LISTS = {
    "zones": [
        "bl.liste-ip.test ip 127.0.0.2=4 127.0.0.4-7=3 *=1.5",
        "wl.liste-ip.test ip 127.0.*.3=-2",
        "noms.liste.test helo,rpath,from 127.0.1.*=2.5",
        "url.liste.test url test=connu.test *=3",
        "change.liste-ip.test ip *=2",
        "trafic.liste-ip.test ip *=2",
        "muette.servfail.test ip *=2",
    ],
    "probe": "1s"}
GOOD = ("bl.liste-ip.test", "wl.liste-ip.test", "noms.liste.test",
        "url.liste.test", "change.liste-ip.test", "trafic.liste-ip.test")


def prepare(e):
    d = e.dns
    for zone in GOOD:
        if ".liste-ip." in zone:
            d.add(f"2.0.0.127.{zone}", "A", "127.0.0.2", ttl=1)
    d.add("test.noms.liste.test", "A", "127.0.1.2", ttl=1)
    d.add("connu.test.url.liste.test", "A", "127.0.0.2", ttl=1)
    d.list_ip("bl.liste-ip.test", "192.0.2.20", "127.0.0.5")
    d.list_ip("wl.liste-ip.test", "192.0.2.80", "127.0.9.3")
    d.list_ip("change.liste-ip.test", "192.0.2.20", "127.0.0.2")
    d.list_ip("trafic.liste-ip.test", "203.0.113.200", "127.255.255.254")
    d.list_ip("trafic.liste-ip.test", "203.0.113.201", "127.0.0.2")
    d.list_ip("bl.liste-ip.test", "203.0.113.202", "10.11.12.13")
    d.add("signe.test.noms.liste.test", "A", "127.0.1.9")
    d.add("mechant.test.url.liste.test", "A", "127.0.0.9")
    d.list_ip("url.liste.test", "203.0.113.210", "127.0.0.8")
    d.list_ip("bl.liste-ip.test", "203.0.113.211", "127.0.0.2")
    scene.prepare(e)


EDGE = {"prepare": prepare, "conf": {
    "lists": LISTS, "milter": {"forwarders": ["203.0.113.77"]}}}


def log_lines(edge, pattern):
    with open(edge.octroi["milter"].log, errors="replace") as f:
        return [x for x in f if re.search(pattern, x)]


def wait_lists(edge, zones=GOOD):
    for zone in zones:
        wait_until(lambda: (lines := log_lines(edge, f"list={zone} "))
                   and "state=used" in lines[-1], 15, f"{zone} is used")


def symbols(edge, sender, box, octets=None, **keywords):
    """({symbol: weight}, lists of the log) of a delivered message."""
    octets = octets or message(sender, box)
    result = accepted(send(edge, sender, box, octets, **keywords))
    words = verdict(edge, result, box)
    got = edge.mailboxes.wait_for(
        box, lambda d: d.data.endswith(octets[-200:]))
    text = got.field("X-Octroi-Symbols") or ""
    return dict(re.findall(r"(\w+)\((-?[\d.]+)\)", text)), words["lists"]


def test_a_listed_client_weighs_what_the_lists_say(edge):
    wait_lists(edge)
    box = mailbox(edge, "noir", mode="off")
    found, lists = symbols(edge, "paul@voisin.test", box)
    equal(found.get("DNSBL"), "5.00")
    equal(lists, "bl.liste-ip.test:127.0.0.5,change.liste-ip.test:127.0.0.2")


def test_a_client_on_a_white_list_gains(edge):
    wait_lists(edge)
    box = mailbox(edge, "blanc", mode="off")
    found, lists = symbols(edge, "info@liste.test", box)
    equal(found.get("DNSWL"), "-2.00")
    check("DNSBL" not in found, found)
    equal(lists, "wl.liste-ip.test:127.0.9.3")


def test_names_of_the_envelope_and_of_the_author(edge):
    wait_lists(edge)
    box = mailbox(edge, "noms", mode="off")
    found, lists = symbols(edge, "x@signe.test", box, helo="mx.ailleurs.test")
    equal(found.get("DOMAIN_LIST"), "2.50")
    equal(lists, "noms.liste.test:127.0.1.9")
    # The HELO alone, below what is listed.
    found, _ = symbols(edge, "jean@citoyen.test", box, helo="mx.signe.test")
    equal(found.get("DOMAIN_LIST"), "2.50")
    found, lists = symbols(edge, "jean@citoyen.test", box)
    check("DOMAIN_LIST" not in found, found)
    equal(lists, "none")


def test_a_scan_asks_the_same_lists(edge):
    box = mailbox(edge, "examen", mode="off")
    octets = message("paul@voisin.test", box,
                     body="http://mechant.test/\r\n")
    seen = edge.ctl_json(
        "scan", "-", "--client=192.0.2.20", "--helo=mx.voisin.test",
        "--from=paul@voisin.test", f"--rcpt={box}", stdin=octets.decode())
    equal(seen["lists"], "bl.liste-ip.test:127.0.0.5,"
          "url.liste.test:127.0.0.9,change.liste-ip.test:127.0.0.2")
    weights = {s["name"]: s["weight"] for s in seen["symbols"]}
    equal((weights["DNSBL"], weights["DOMAIN_LIST"]), (5.0, 3.0))


def test_hosts_of_urls(edge):
    wait_lists(edge)
    box = mailbox(edge, "liens", mode="off")
    sender = "jean@citoyen.test"
    for body in ("voir https://www.mechant.test/impots?x=1\r\n",
                 "voir http://banque.test@mechant.test/\r\n"):
        found, lists = symbols(edge, sender, box,
                               message(sender, box, body=body))
        equal(found.get("DOMAIN_LIST"), "3.00", body)
        equal(lists, "url.liste.test:127.0.0.9")
    found, _ = symbols(edge, sender, box, message(
        sender, box, body="voir https://gentil.test/ et mechant.test\r\n"))
    check("DOMAIN_LIST" not in found, found)


def test_hosts_in_encoded_parts_and_addresses(edge):
    wait_lists(edge)
    box = mailbox(edge, "liens.codes", mode="off")
    sender = "jean@citoyen.test"
    url = "url.liste.test:127.0.0."
    rows = {
        "base64": ("<a href='https://mechant.test/'>ici</a>", "base64",
                   url + "9"),
        "qp": ("voir http://mech=\r\nant=2Etest/x", "quoted-printable",
               url + "9"),
        "address": ("http://203.0.113.210/", "7bit", url + "8"),
        "address as one number": ("https://3405803986:8443/", "7bit",
                                  url + "8"),
        # A list of clients is not asked about what a text names.
        "client list": ("http://203.0.113.211/", "7bit", "none"),
    }
    for name, (text, encoding, expected) in rows.items():
        body = text.encode()
        if encoding == "base64":
            body = base64.encodebytes(body).replace(b"\n", b"\r\n")
        body = (b"--=_b\r\nContent-Type: text/html\r\n"
                b"Content-Transfer-Encoding: " + encoding.encode() +
                b"\r\n\r\n" + body + b"\r\n--=_b--\r\n")
        octets = message(sender, box, name, body=body, Content_Type=(
            'multipart/alternative;\r\n boundary="=_b"'),
            Content_Transfer_Encoding=None)
        equal(symbols(edge, sender, box, octets)[1], expected, name)


def test_a_resolver_that_is_blocked_never_counts_and_alarms(edge):
    wait_lists(edge)
    before = len(log_lines(edge, "list=trafic.liste-ip.test "))
    box = mailbox(edge, "bloque", mode="off")
    words = verdict(edge, accepted(send(
        edge, "n@nu.test", box, ip="203.0.113.200")), box)
    equal(words["lists"], "none")
    lines = log_lines(edge, "list=trafic.liste-ip.test ")[before:]
    check(lines and "state=dropped reason=resolver-blocked" in lines[0] and
          " error: " in lines[0], lines)
    # The next probe finds it right, and it is asked again.
    wait_until(lambda: len(log_lines(
        edge, "list=trafic.liste-ip.test ")) >= before + 2, 10, "taken up")
    wait_lists(edge)
    words = verdict(edge, accepted(send(
        edge, "n@nu.test", box, ip="203.0.113.201")), box)
    equal(words["lists"], "trafic.liste-ip.test:127.0.0.2")


def test_answers_outside_127_never_count(edge):
    wait_lists(edge)
    box = mailbox(edge, "dehors", mode="off")
    words = verdict(edge, accepted(send(
        edge, "n@nu.test", box, ip="203.0.113.202")), box)
    equal(words["lists"], "none")
    check(log_lines(edge, "list=bl.liste-ip.test state=dropped "
                          "reason=answers-outside-127"))
    wait_lists(edge)


def test_a_list_that_does_not_answer_is_dropped_at_start(edge):
    lines = wait_until(lambda: log_lines(
        edge, "list=muette.servfail.test "), 20, "its probe")
    check("state=dropped reason=no-answer" in lines[0], lines)


def test_a_list_that_lists_everything_is_dropped_and_comes_back(edge):
    wait_lists(edge)
    zone = "change.liste-ip.test"
    name = f"1.0.0.127.{zone}"
    box = mailbox(edge, "revient", mode="off")
    edge.dns.add(name, "A", "127.0.0.2", ttl=1).apply()
    wait_until(lambda: "reason=lists-everything" in
               log_lines(edge, f"list={zone} ")[-1], 20, "dropped")
    words = verdict(edge, accepted(send(edge, "p@voisin.test", box)), box)
    equal(words["lists"], "bl.liste-ip.test:127.0.0.5")
    edge.dns.remove(name).apply()
    wait_lists(edge, (zone,))
    words = verdict(edge, accepted(send(edge, "p@voisin.test", box)), box)
    equal(words["lists"], f"bl.liste-ip.test:127.0.0.5,{zone}:127.0.0.2")


def test_a_wrong_list_is_an_error_of_the_configuration(edge):
    rows = {"zen.test": "at least one code",
            "zen.test adresse *=1": "ip, or of helo,rpath,from,url",
            "zen.test ip 127.0.0.300=1": "a code with its weight",
            "zen.test ip *=200": "a weight from -100 to 100"}
    good = edge.conf["lists"]["zones"]
    for text, expected in rows.items():
        try:
            edge.change_conf({"lists": {"zones": [text]}})
            out = edge.ctl("config", "check", check=False)
        finally:
            edge.change_conf({"lists": {"zones": good}})
        said = out.stdout + out.stderr
        check(out.returncode != 0 and expected in said and
              re.search(r"octroi\.conf:\d+: lists\.zones cannot be", said),
              said)


def differs(edge, name):
    """Is a subdomain of a domain without DMARC records another organisation?"""
    box = mailbox(edge, name, mode="off")
    octets = message("x@sous.signe.test", box)
    found, _ = symbols(edge, "x@signe.test", box, octets)
    return "FROM_RPATH_DIFFER" in found


def test_the_tree_walk_knows_organisations_by_their_records(edge):
    equal(differs(edge, "arbre"), True)


@fresh(conf={"dns": {"organisational_domain": "psl"}})
def test_the_public_suffix_list_knows_them_without(edge):
    equal(differs(edge, "suffixe"), False)


# -- the DMARC policy by setting --------------------------------------------------
def forge(edge, box, sender="ministre@strict.test"):
    """Mail in the name of a domain with p=reject, from a stranger."""
    return send(edge, sender, box, ip=scene.STRANGER)


def set_domain(edge, **settings):
    edge.ctl("domain", "set", TOWN,
             *[f"--{k}={v}" for k, v in settings.items()])


def test_dmarc_reject_by_setting_of_the_domain(edge):
    box = mailbox(edge, "dmarc", mode="off")
    result = forge(edge, box)
    equal((result.end.code, result.end.enhanced), (550, "5.7.26"))
    try:
        set_domain(edge, dmarc="hold")
        result = wait_until(lambda: (r := forge(edge, box)).accepted and r,
                            5, "the setting is known")
        words = verdict(edge, result, box)
        equal((words["reason"], words["row"], words["override"]),
              ("spoof", "2", "policy"))
        only_held(edge, box, "spoof")
        set_domain(edge, dmarc="observe")
        wait_until(lambda: verdict(edge, forge(edge, box), box)[
            "verdict"] != "hold" or edge.mailboxes.all(box), 5,
            "the setting is known")
        words = verdicts(edge, rcpt=box)[-1]
        equal(words["override"], "policy")
        got = edge.mailboxes.wait_for(box)
        field = got.field("Authentication-Results")
        check(re.search(r'dmarc=fail\s+reason="override=policy"', field),
              field)
        check("DMARC_FAIL(" in got.field("X-Octroi-Symbols"), got.head)
    finally:
        set_domain(edge, dmarc="inherit")
    wait_until(lambda: not forge(edge, box).accepted, 5, "as before")


def test_what_a_declared_forwarder_brings_is_not_refused(edge):
    box = mailbox(edge, "transfert", mode="off")
    octets = message("ministre@strict.test", box)
    result = accepted(send(edge, "ministre@strict.test", box, octets,
                           ip="203.0.113.77"))
    words = verdict(edge, result, box)
    equal((words["verdict"], words["override"], words["direction"]),
          ("deliver", "forwarder", "forwarded"))
    field = edge.mailboxes.wait_for(box).field("Authentication-Results")
    check(re.search(r'dmarc=fail\s+reason="override=forwarder"', field),
          field)


# -- who writes in the name of a hosted domain ------------------------------------
def observed(edge, *words):
    return edge.ctl_json("domain", "observe", TOWN, *words)


def test_own_domain_observed_then_enforced(edge):
    edge.ctl("domain", "observe", TOWN, "--reset")
    box = mailbox(edge, "propre", mode="off")
    for sender, ip in (("maire", "203.0.113.9"), ("maire", "203.0.113.10"),
                       ("accueil", "198.51.100.5")):
        words = verdict(edge, accepted(send(
            edge, f"{sender}@{TOWN}", box, ip=ip, helo="copieur.test")), box)
        equal((words["verdict"], words["reason"]), ("hold", "spoof"))
    # Another organisation that SPF proves, in the town's name.
    octets = message(f"maire@{TOWN}", box)
    accepted(send(edge, "jean@citoyen.test", box, octets))
    # With proof, nobody is counted.
    accepted(send(edge, f"maire@{TOWN}", box, ip="192.0.2.250"))
    seen = wait_until(lambda: (s := observed(edge))["messages"] == 4 and s, 5,
                      lambda: f"four messages: {observed(edge)}")
    equal([(s["source"], s["messages"], s["known_by"])
           for s in seen["sources"]],
          [("net:203.0.113.0/24", 2, TOWN), ("net:198.51.100.0/24", 1, TOWN),
           ("spf:citoyen.test", 1, "citoyen.test")])
    equal((seen["spf"], seen["days_left"], seen["ready"]),
          ("right", 14, False))
    check("no DKIM key" in seen["dkim"], seen["dkim"])

    def refuse(*words):
        return edge.ctl("domain", "set", TOWN, "--own_refuse=true", *words,
                        check=False)
    out = refuse()
    check(out.returncode != 0 and "no DKIM key" in out.stderr and
          "--force" in out.stderr, out)
    edge.dns.add(f"s1._domainkey.{TOWN}", "TXT",
                 edge.keys["citoyen.test"].record).apply()
    out = refuse("--selector=s1")
    check(out.returncode != 0 and "14 days" in out.stderr, out)
    # Two weeks later.
    key = f"oct:{{{TOWN}}}:own"
    edge.redis.cmd("HSET", key, "since",
                   int((time.time() - 14 * 86400 - 60) * 1000))
    equal((observed(edge, "--selector=s1")["ready"],
           observed(edge, "--selector=s1")["days_left"]), (True, 0))
    try:
        equal(refuse("--selector=s1").returncode, 0)
        result = wait_until(
            lambda: not (r := send(edge, f"maire@{TOWN}", box,
                                   ip="203.0.113.9")).accepted and r, 5,
            "the refusal is in force")
        equal((result.end.code, result.end.enhanced), (550, "5.7.26"))
        # What is refused goes on being counted.
        wait_until(lambda: observed(edge)["messages"] > 4, 5, "counted")
    finally:
        set_domain(edge, own_refuse="false")
    equal(refuse("--force").returncode, 0)
    set_domain(edge, own_refuse="false")


def test_spf_that_lets_everybody_pass_is_no_proof(edge):
    rows = {"v=spf1 +all": "lets any server", "v=spf1 a": "-all or ~all",
            "v=spf1 ?all": "-all or ~all", "v=spf1 ip4:bad -all": "wrong",
            None: "no SPF record"}
    for n, (record, expected) in enumerate(rows.items()):
        domain = f"faible{n}.test"
        edge.ctl("domain", "add", domain)
        if record:
            edge.dns.add(domain, "TXT", record).apply()
        seen = edge.ctl_json("domain", "observe", domain)
        check(expected in seen["spf"], (record, seen["spf"]))
        edge.ctl("domain", "remove", domain)
    out = edge.ctl("domain", "add", "neuf.test", "--own_refuse=true",
                   check=False)
    check(out.returncode != 0 and "own_refuse must wait" in out.stderr, out)
    edge.ctl("domain", "add", "neuf.test", "--own_refuse=true", "--force")
