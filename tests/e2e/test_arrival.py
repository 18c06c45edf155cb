# SPDX-License-Identifier: Apache-2.0
"""A commune comes with a domain of its own, and one day it goes: what the two
engineers do for it, in their order, with the real servers round it."""
import email
import itertools
import json
import threading
import time

import dns.message
import dns.query
import dns.rdatatype

import scene
import towns
from dovecot import CLIENTS, Dovecot
from edge import REPO
from kit import check, equal, limit
from mail import DkimKey, message
from octroi import ask_map
from oldmail import OldServer, collect
from proc import own, wait_until
from scene import accepted, probe
from zones import Zones

TOWN, OLD_TOWN = "pujols.test", "isp.test"
MAIRIE, MAIRE = f"mairie@{TOWN}", f"maire@{TOWN}"
OLD, FORWARDED = f"mairie.pujols@{OLD_TOWN}", f"maire.pujols@{OLD_TOWN}"
OLD_LOGIN, OLD_PASSWORD = "mairie.pujols", "l'ancien \"mot\" de passe"
PASSWORD = "un mot de passe convenable"
OLD_SERVER = "198.51.100.25"            # the old provider's
OLD_MX = f"{TOWN.replace('.', '-')}.mail.protection.outlook.com"
OLD_SPF = "v=spf1 include:spf.protection.outlook.com a:site.pujols.test ~all"
CITIZEN, CITIZEN_IP = "jeanne@citoyen.test", "192.0.2.10"
YEAR = time.gmtime().tm_year


MAILBOXES = f"""
mailbox {MAIRIE}
    name = Accueil de la mairie
    challenge = off
mailbox {MAIRE}
    name = Monsieur le Maire
    challenge = first-contact
legacy {OLD} {TOWN}
    mailbox = mairie
    how = collected
    server = {{server}}
    login = {OLD_LOGIN}
legacy {FORWARDED} {TOWN}
    mailbox = maire
    how = forwarded
"""
_count = itertools.count(1)


def prepare(e):
    zones = e.zones = Zones(e.tmp)
    d = e.dovecot = Dovecot(e.tmp)
    e.old = OldServer(e.tmp, {OLD_LOGIN: OLD_PASSWORD})
    e.extra += [*zones.processes, d, e.old]
    e.change_conf(d.settings(f"{e.run}/dict.sock"))
    e.change_conf({
        "dns": {"servers": [f"127.0.0.1:{zones.resolver_port}"]},
        "hosting": {**towns.CONF, "dns_port": zones.port, "services_file":
                    f"{REPO}/contrib/lists/mail-services"},
        "legacy": {"ca_file": e.old.authority},
        "centre": {"name": "Centre de gestion", "place": "Agen"},
        "web": {"contact": "05 53 48 00 70"}})
    key = e.keys["citoyen.test"] = DkimKey("citoyen.test")
    zones.world = towns.WORLD + [
        f"{OLD_MX}. IN A {OLD_SERVER}",
        'spf.protection.outlook.com. IN TXT "v=spf1 ip4:198.51.100.0/26 '
        '-all"',
        "citoyen.test. IN MX 10 mx.citoyen.test.",
        f"mx.citoyen.test. IN A {CITIZEN_IP}",
        f'citoyen.test. IN TXT "v=spf1 ip4:{CITIZEN_IP} -all"',
        f'{key.name}. IN TXT {strings(key.record)}',
        f"{OLD_TOWN}. IN MX 10 mx.{OLD_TOWN}.",
        f"mx.{OLD_TOWN}. IN A {OLD_SERVER}"]
    z = e.zone = zones.add(TOWN)
    z.minimum = 1           # so long is remembered what was not there
    z["@", "A"] = z["site", "A"] = ["192.0.2.80"]
    z["@", "MX"] = [f"0 {OLD_MX}."]
    z["@", "TXT"] = [OLD_SPF]
    zones.start()
    d.configure(e.ctl)
    d.start()
    e.old.start()
    e.postfix.auth.start = lambda: None     # Dovecot knows who may submit
    e.postfix.auth.path = d.auth
    # The Centre has its plans and its prices.
    e.ctl("plan", "add", "village", "mailboxes=1", "domains=1",
          "challenge_addresses=0")
    e.ctl("price", "add", str(YEAR), f"from={YEAR}-01-01",
          "items=mailbox=12, challenge=6, domain=20")


EDGE = {"prepare": prepare, "groups": (CLIENTS,)}


def contacts(path):
    """What the mayor's old program wrote."""
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"Nom;Adresse mail\nJeanne;{CITIZEN}\n")
    own(path)
    return path


def strings(text):
    return " ".join(f'"{text[i:i + 200]}"' for i in range(0, len(text), 200))


# -- steps --------------------------------------------------------------------
def now(edge):
    """The step of the onboarding that is next, and what does it."""
    rows = edge.ctl_json("onboard", "show", TOWN)["items"]
    return next(((r["step"], r["how"]) for r in rows if r["state"] == "now"),
                (None, ""))


def stuck(edge, *says):
    """It cannot go on yet, and says why and what to do."""
    out = edge.ctl("onboard", "next", TOWN, check=False)
    check(out.returncode in (1, 75), out)
    for text in says:
        check(text in out.stderr, f"{text!r} is not in {out.stderr!r}")


def run_how(edge):
    """What the command of the next step prints."""
    return edge.ctl(*now(edge)[1].split()[1:]).stdout


def all_right(edge):
    found = edge.ctl_json("domain", "check", TOWN)["findings"]
    equal([f for f in found if f["severity"] != "notice"], [])


def rotate(edge):
    out = edge.ctl("dkim", "rotate", TOWN, "--json", check=False)
    check(out.returncode in (0, 75), out)
    return out.returncode, json.loads(out.stdout)["step"]


def rotated(edge):
    """Published keys sign once nobody remembers that they were not there."""
    wait_until(lambda: rotate(edge) == (0, "sign"), 10, "new keys sign")


def publish(edge):
    """The commune's provider writes what it was given into the zone, in place
    of what was there for mail."""
    z = edge.zone
    for name in [n for n in z if n not in (("@", "NS"), ("@", "A"),
                                           ("site", "A"))]:
        del z[name]
    z.raw = edge.ctl("domain", "dns", TOWN).stdout.splitlines()
    z.serial += 1
    edge.zones.reload()


def send(edge, rcpt, subject):
    """A citizen writes; signed by his own provider."""
    octets = edge.keys["citoyen.test"].sign(
        message(CITIZEN, rcpt, Subject=subject))
    with edge.client(CITIZEN_IP, "mx.citoyen.test") as c:
        return c.send(CITIZEN, rcpt, octets)


def answer(edge, address):
    with edge.client(scene.PROBE, "probe.test") as c:
        return probe(c, address).code


def subjects(edge, address):
    """What its owner sees in his mail program."""
    c = edge.dovecot.login(address, PASSWORD)
    try:
        c.select("INBOX", readonly=True)
        _, data = c.search(None, "ALL")
        return [str(email.message_from_bytes(
            c.fetch(n, "(RFC822.HEADER)")[1][0][1])["Subject"])
            for n in data[0].split()]
    finally:
        c.logout()


def wait_subject(edge, address, text):
    wait_until(lambda: text in subjects(edge, address), 20,
               f"{address} reads {text!r}")


def submit(edge):
    """A letter from the town hall, as the world gets it."""
    rcpt = f"lecteur.{next(_count)}@dehors.test"
    with edge.submit(MAIRIE, PASSWORD) as c:
        accepted(c.send(MAIRIE, rcpt, message(MAIRIE, rcpt)))
    return edge.world.wait_for(rcpt).data


def look_up(edge, name):
    """A TXT record, by the resolver that the whole world would ask."""
    query = dns.message.make_query(name.decode(), "TXT")
    r = dns.query.udp(query, "127.0.0.1", timeout=5,
                      port=edge.zones.resolver_port)
    for rrset in r.answer:
        if rrset.rdtype == dns.rdatatype.TXT:
            return b"".join(rrset[0].strings)
    return None


def selectors(edge, octets):
    """Those of its signatures by the commune; each must verify."""
    import dkim
    out = set()
    count = sum(1 for name, _ in dkim.DKIM(octets).headers
                if name.lower() == b"dkim-signature")
    for i in range(count):
        reader = dkim.DKIM(octets)
        good = reader.verify(
            i, dnsfunc=lambda name, timeout=5: look_up(edge, name))
        f = reader.signature_fields
        check(good and f[b"d"].decode() == TOWN, f"{f}\n{octets!r}")
        out.add(f[b"s"].decode())
    equal(len(out), 2, "signatures: one of each algorithm")
    return out


def owed(edge):
    """What the commune's year costs, were nothing to change any more."""
    out = edge.ctl_json("statement", str(YEAR), "--tenant=pujols")
    return out["tenants"][0]


# -- its chapters -------------------------------------------------------------
def from_the_study_to_the_first_mail(edge):
    ctl = edge.ctl
    ctl("tenant", "add", "pujols", "name=Commune de Pujols", "kind=commune",
        "plan=village", "contact=mairie@isp.test")
    ctl("contract", "start", "pujols", f"--on={YEAR - 4}-01-01")
    out = ctl("onboard", "start", TOWN, "--tenant=pujols").stdout
    check(f"next: study: octroictl domain study {TOWN}" in out, out)

    # What is there today, and what it takes.
    equal(now(edge), ("study", f"octroictl domain study {TOWN} --html"))
    study = edge.ctl_json("domain", "study", TOWN)
    equal((study["mx"]["provider"], study["spf"]["record"]),
          ("Microsoft 365", OLD_SPF))
    check("Étude technique" in run_how(edge), "the study on paper")
    for step in ("study", "proposal"):
        equal(now(edge)[0], step)
        ctl("onboard", "next", TOWN)
    equal(answer(edge, MAIRIE), 554)

    # The council agrees: a file says what there is to be.
    stuck(edge, "no mailboxes yet", f"octroictl mailbox add LOCAL-PART@{TOWN}")
    text = ctl("export", "--tenant=pujols").stdout + MAILBOXES.format(
        server=edge.old.url)
    out = ctl("plan", "-", stdin=text, check=False)
    check("extra_mailboxes=1" in out.stderr + out.stdout, out)
    text = text.replace("\tplan = village\n",
                        "\tplan = village\n\textra_mailboxes = 1\n"
                        "\textra_challenge = 1\n")
    plan = edge.ctl_json("plan", "-", stdin=text)
    equal({(c["verb"], c["name"]) for c in plan["changes"]},
          {("add", FORWARDED), ("add", MAIRE), ("add", MAIRIE), ("add", OLD),
           ("change", "pujols")})
    ctl("apply", "-", f"--fingerprint={plan['fingerprint']}", stdin=text)

    # Its keys, and what its provider is given.
    check(now(edge)[1].startswith(f"octroictl dkim rotate {TOWN}"))
    ctl("dkim", "rotate", TOWN)
    ctl("onboard", "next", TOWN)
    wait_until(lambda: ask_map(edge, "vdomains", TOWN)[0] == "OK", 5,
               "Postfix is told")
    # Each smtpd keeps what it was told of an address for as long as it lives.
    edge.postfix.reload()
    wait_until(lambda: answer(edge, MAIRIE) == 450, 5, "what is early waits")
    stuck(edge, f"octroictl domain check {TOWN}")
    publish(edge)
    rotated(edge)
    all_right(edge)
    ctl("onboard", "next", TOWN)
    wait_until(lambda: answer(edge, MAIRIE) == 250, 5, "it is served")

    # The first mail is read.
    ctl("mailbox", "password", MAIRIE, stdin=PASSWORD + "\n")
    wait_until(lambda: edge.dovecot.lets_in(MAIRIE, PASSWORD), 5,
               "the first login")
    accepted(send(edge, MAIRIE, "premier courrier"))
    wait_subject(edge, MAIRIE, "premier courrier")


def the_old_mailboxes_follow(edge):
    ctl = edge.ctl
    # One forwards, as a mail of ours shows.
    stuck(edge, f"octroictl legacy verify {FORWARDED} {TOWN}")
    verify = ("legacy", "verify", FORWARDED, TOWN)
    ctl(*verify, "--wait=0", check=False)
    sent = edge.world.wait_for(FORWARDED)
    with edge.client(OLD_SERVER, f"mx.{OLD_TOWN}") as c:
        accepted(c.send(f"SRS0=x=y={OLD_TOWN}=a@{OLD_TOWN}", MAIRE,
                        b"Received: from a by b; Sat, 21 Nov 2026 10:00:00 "
                        b"+0000\r\n" + sent.data))
    wait_until(lambda: edge.ctl_json("legacy", "show", FORWARDED, TOWN)[
        "verified"], 10, "it forwards")
    equal(edge.ctl_json(*verify, "--status")["state"], "arrived")

    # The other is collected: what was left there comes over.
    stuck(edge, f"octroictl legacy password {OLD} {TOWN}")
    ctl("legacy", "password", OLD, TOWN, stdin=OLD_PASSWORD + "\n")
    for n in range(3):
        edge.old.put(OLD_LOGIN, message(CITIZEN, OLD, Subject=f"ancien {n}"))
    path = f"{edge.state}/fetchmailrc"
    ctl("feed", "fetchmail", f"--to={path}")
    out = collect(edge, path)
    equal(out.returncode, 0, f"{out.stdout}{out.stderr}")
    for n in range(3):
        wait_subject(edge, MAIRIE, f"ancien {n}")
    equal(edge.old.count(OLD_LOGIN), 0, "left there")

    # Whom the mayor knows is not asked who he is.
    step, how = now(edge)
    equal(step, "senders")
    check(how.startswith(f"octroictl seed {MAIRE} FILE"), how)
    stuck(edge, how.split(" FILE")[0], f"onboard done {TOWN} senders")
    ctl("seed", MAIRE, contacts(f"{edge.state}/contacts.csv"))
    ctl("onboard", "done", TOWN, "senders")
    ctl("mailbox", "password", MAIRE, stdin=PASSWORD + "\n")
    accepted(send(edge, MAIRE, "votre voisine"))
    wait_until(lambda: edge.dovecot.lets_in(MAIRE, PASSWORD), 5,
               "the mayor's login")
    wait_subject(edge, MAIRE, "votre voisine")
    equal(scene.challenges(edge, CITIZEN), 0)

    # And each has a sheet to keep.
    stuck(edge, f"octroictl onboard sheet {TOWN}")
    page = run_how(edge)
    equal(page.count("Votre boîte aux lettres</h1>"), 2)
    for text in (MAIRIE, MAIRE, "imap.centre.test", OLD):
        check(text in page, text)
    ctl("onboard", "done", TOWN, "sheets")
    equal(now(edge), (None, ""))


def keys_change_while_mail_is_written(edge):
    former = selectors(edge, submit(edge))
    got, wrong, stop = [], [], threading.Event()

    def write():
        while not stop.is_set():
            try:
                got.append(submit(edge))
            except Exception as e:
                wrong.append(e)
                return
    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        equal(rotate(edge), (0, "publish"))
        equal(rotate(edge), (75, "publish"), "they are not published")
        publish(edge)
        rotated(edge)
        wait_until(lambda: got and not former & selectors(edge, got[-1]), 10,
                   "the new keys sign")
        equal(rotate(edge), (0, "rest"), "the former records stay")
    finally:
        stop.set()
        writer.join(30)
    equal(wrong, [])
    # Each was signed by two keys that the DNS had: before, during and after.
    seen = [selectors(edge, octets) for octets in got]
    equal(len(set().union(former, *seen)), 4, seen)
    equal({len(s) for s in seen}, {2}, seen)
    # The keys change one after the other: a message may have one of each.
    check({frozenset(former), frozenset()} <=
          {frozenset(s) & former for s in seen}, seen)
    all_right(edge)


def it_leaves_on_the_31st_of_december(edge):
    ctl = edge.ctl
    # What the year costs: the plan has one mailbox, and one asks.
    tenant = owed(edge)
    equal(sorted(x["item"] for x in tenant["lines"]),
          ["challenge", "mailbox"])
    check(float(tenant["total"]) > 0, tenant)

    # Notice in time: all goes on until the end of the year.
    ctl("contract", "notice", "pujols", "--by=tenant", f"--on={YEAR}-10-30")
    equal((edge.ctl_json("contract", "show", "pujols")["contract_ends"],
           edge.ctl_json("domain", "show", TOWN)["closes"]),
          (f"{YEAR}-12-31", f"{YEAR + 1}-01-01"))
    out = ctl("onboard", "show", TOWN, check=False)
    check("octroictl contract withdraw pujols" in out.stderr, out)
    accepted(send(edge, MAIRIE, "encore un mot"))
    wait_subject(edge, MAIRIE, "encore un mot")
    ctl("contract", "withdraw", "pujols")

    # A notice of the year before: that day has come.
    ctl("contract", "notice", "pujols", "--by=tenant",
        f"--on={YEAR - 1}-10-30")
    equal(edge.ctl_json("domain", "show", TOWN)["state"], "closed")
    wait_until(lambda: answer(edge, MAIRIE) == 550, 5, "closed")
    wait_until(lambda: not edge.dovecot.lets_in(MAIRIE, PASSWORD), 5,
               "no login")

    # Taken back in time, all is as it was.
    ctl("contract", "withdraw", "pujols")
    wait_until(lambda: answer(edge, MAIRIE) == 250, 5, "open again")
    wait_until(lambda: edge.dovecot.lets_in(MAIRIE, PASSWORD), 5, "the login")
    check("premier courrier" in subjects(edge, MAIRIE))
    equal(owed(edge), tenant)

    # Then for good.
    ctl("contract", "notice", "pujols", "--by=tenant",
        f"--on={YEAR - 1}-10-30")
    out = ctl("domain", "purge", TOWN, check=False)
    check(out.returncode == 1 and "may be purged from" in out.stderr, out)
    edge.change_conf({"provisioning": {"grace": "0"}})
    ctl("domain", "purge", TOWN)
    ctl("tenant", "purge", "pujols")
    wait_until(lambda: ask_map(edge, "vdomains", TOWN)[0] == "NOTFOUND", 5,
               "Postfix is told")
    equal(edge.redis.keys(f"oct:{{{TOWN}}}:rel:*"), [])


@limit(120)
def test_a_commune_comes_lives_and_leaves(edge):
    from_the_study_to_the_first_mail(edge)
    the_old_mailboxes_follow(edge)
    keys_change_while_mail_is_written(edge)
    it_leaves_on_the_31st_of_december(edge)
