# SPDX-License-Identifier: Apache-2.0
"""A commune comes, lives and leaves: by command and by file."""
import concurrent.futures
import json
import os
import re
import subprocess
import time

import scene
from kit import check, equal, limit
from mail import message
from octroi import ask_map, held
from proc import Failure, wait_until
from scene import accepted, person, probe, send

EDGE = scene.edge()
YEAR = time.gmtime().tm_year
PLANS = os.path.join(os.path.dirname(__file__), "..", "..", "contrib",
                     "provisioning", "plans.txt")


# -- steps ------------------------------------------------------------------------
def refused(edge, *words, says):
    """What octroictl refuses, and how it says so."""
    out = edge.ctl(*words, check=False)
    check(out.returncode != 0, f"{words} was done: {out.stdout}")
    for text in [says] if isinstance(says, str) else says:
        check(text in out.stderr, f"{text!r} is not in {out.stderr!r}")
    return out.stderr


def plan(edge, text, *words):
    return edge.ctl_json("plan", "-", *words, stdin=text)


def apply(edge, text, *words):
    """What was shown, and nothing else; the numbers of apply."""
    shown = plan(edge, text, *words)
    return edge.ctl_json("apply", "-", *words,
                         f"--fingerprint={shown['fingerprint']}", stdin=text)


def export(edge, *words):
    return edge.ctl("export", *words).stdout


def answer(edge, address, code):
    """RCPT is answered like that, within a second or a little more.  An smtpd of
    Postfix remembers the domains of addresses as long as it lives: an address of
    a domain that comes or goes is asked once only."""
    last = [None]

    def now():
        with edge.client(scene.PROBE, "probe.test") as c:
            last[0] = probe(c, address)
        return last[0].code == code
    try:
        wait_until(now, 3, f"{code} for {address}")
    except Failure as e:
        raise Failure(f"{e}: {last[0]}") from None


def first_mail(edge, box, count=1):
    sender = person()
    accepted(send(edge, sender, box, message(sender, box, "Bonjour")))
    return edge.mailboxes.wait_for(box, count=count)


def spooled(edge, item):
    """Is a message of that id in the spool?"""
    return any(item in name for _, _, names in os.walk(edge.spool)
               for name in names)


def provision(edge, tenant, domain, *boxes):
    """A tenant as its file."""
    apply(edge, f"tenant {tenant}\ndomain {domain}\n\ttenant = {tenant}\n" +
          "".join(f"mailbox {b}@{domain}\n" for b in boxes))


# -- the story ---------------------------------------------------------------------
@limit(90)
def test_a_new_commune_from_nothing_to_its_first_mail(edge):
    ctl, town = edge.ctl, "pujols.test"
    box = f"accueil@{town}"

    # The Centre has its plans and its prices, once and for all.
    with open(PLANS, encoding="utf-8") as f:
        plans = f.read()
    equal(apply(edge, plans)["changes"], 2, "plans")
    equal(plan(edge, plans)["changes"], [])
    ctl("price", "add", str(YEAR), f"from={YEAR}-01-01",
        "items=mailbox=12, challenge=6")

    # The council decides; the contract is signed.
    ctl("tenant", "add", "pujols", "name=Commune de Pujols", "kind=commune",
        "siren=732829320", "population=3600", "plan=technologie",
        "contact=mairie.pujols@orange.fr", "dpo=dpo@cdg.test")
    ctl("contract", "start", "pujols", f"--on={YEAR}-01-01",
        "--document=2017-12")
    check("8 (3,500 to 4,999" in ctl("tenant", "show", "pujols").stdout,
          "the band follows from the population")

    # Its own domain needs a study before it is served.
    ctl("domain", "add", town, "tenant=pujols", "origin=brought")
    equal(edge.ctl_json("domain", "show", town)["state"], "requested")
    for state in ("study", "proposed"):
        ctl("domain", "set", town, f"state={state}")
    answer(edge, f"personne@{town}", 554)
    ctl("mailbox", "add", box, "name=Accueil de la mairie")

    # Its DNS is being changed: mail that comes early waits at its senders.
    ctl("domain", "set", town, "state=pending-dns")
    wait_until(lambda: ask_map(edge, "vdomains", town)[0] == "OK", 3,
               "Postfix is told")
    answer(edge, box, 450)
    ctl("domain", "set", town, "state=active")
    answer(edge, box, 250)

    # The plan has one account of 5 GB; the second is ordered.
    refused(edge, "mailbox", "add", f"maire@{town}",
            says="plan Technologie includes 1 mailbox; there would be 2; "
                 "lift: octroictl tenant set pujols extra_mailboxes=1")
    ctl("tenant", "set", "pujols", "extra_mailboxes=1")
    ctl("mailbox", "add", f"maire@{town}", "name=Monsieur le Maire")
    refused(edge, "mailbox", "set", box, "storage=10G",
            says=("includes 5G a mailbox", "extra_storage=5G"))
    ctl("tenant", "set", "pujols", "extra_storage=5G")
    ctl("mailbox", "set", box, "storage=10G")

    # A password, a group, and the old address at the provider.
    refused(edge, "mailbox", "password", box, says="no password")
    out = ctl("mailbox", "password", box, "--generate").stdout
    check(re.fullmatch(r"[a-z2-7]{24}\n", out), out)
    ctl("mailbox", "password", box, stdin="un mot de passe convenable\n")
    check("$argon2id$" in export(edge, "--secrets"))
    check("argon2id" not in export(edge), "a hash in an ordinary export")
    equal(edge.ctl_json("mailbox", "show", box)["credential"], "set")
    ctl("group", "add", f"conseil@{town}", box, f"maire@{town}",
        "adjoint@citoyen.test", "--post=members")
    ctl("legacy", "add", "mairie.pujols@orange.fr", box, "how=forwarded",
        f"until={YEAR + 2}-12-31")

    # And the first mail.
    delivered = first_mail(edge, box)
    equal(delivered.with_rcpts, [box])

    # Everything that was done is what a file says.
    written = export(edge)
    equal(plan(edge, written, "--close-missing")["changes"], [])
    mine = export(edge, "--tenant=pujols")
    check(mine.splitlines()[1] == "scope tenant pujols" and
          "plan technologie" in mine, mine)
    equal(plan(edge, mine, "--close-missing")["changes"], [])
    done = [x["action"] for x in edge.ctl_json(
        "history", "mailbox", box)["items"]]
    equal(done, ["add", "set", "set", "set"])


def test_a_group_takes_mail_from_those_who_may_write(edge):
    provision(edge, "elus", "elus.test", "maire")
    edge.ctl("group", "add", "conseil@elus.test", "maire@elus.test",
             "adjoint@citoyen.test", "--post=members",
             "--posters=prefet@voisin.test")
    scene.wait_known(edge, "maire@elus.test")

    def may(sender):
        with scene.client(edge, sender) as c:
            c.mail(sender)
            return c.rcpt("conseil@elus.test")
    wait_until(lambda: may("adjoint@citoyen.test").ok, 3, "a member")
    check(may("prefet@voisin.test").ok, "a poster")
    for sender in ("autre@citoyen.test", "maire@elus.test", ""):
        reply = may(sender)
        equal((reply.code, reply.enhanced), (550, "5.7.2"), sender)
    edge.ctl("group", "set", "conseil@elus.test", "--post=anyone")
    wait_until(lambda: may("autre@citoyen.test").ok, 3, "anyone")


def test_a_forwarded_mailbox_keeps_its_copy_if_it_shall(edge):
    provision(edge, "suivi", "suivi.test", "accueil")
    box = "accueil@suivi.test"
    edge.ctl("mailbox", "set", box, "forward=agent@citoyen.test")
    scene.wait_known(edge, box)
    wait_until(lambda: ask_map(edge, "valias", box)[0] == "OK", 3,
               "Postfix is told")
    first_mail(edge, box)
    edge.world.wait_for("agent@citoyen.test")
    refused(edge, "mailbox", "set", "maire@suivi.test", "keep_copy=no",
            says="there is no mailbox")
    edge.ctl("mailbox", "set", box, "keep_copy=no")
    wait_until(lambda: ask_map(edge, "valias", box)[1] ==
               "agent@citoyen.test", 3, "without a copy")
    sender = person()
    accepted(send(edge, sender, f"{box}", message(sender, box, "Bonjour")))
    edge.world.wait_for("agent@citoyen.test", count=2)
    edge.postfix.wait_empty()
    equal(len(edge.mailboxes.all(box)), 1, "copies")
    refused(edge, "mailbox", "set", box, "forward=",
            says="keep_copy=no needs a forward")


def test_a_file_changes_what_its_plan_has_shown(edge):
    provision(edge, "nerac", "nerac.test", "accueil", "ancien")
    scene.wait_known(edge, "ancien@nerac.test")
    edge.ctl("mailbox", "password", "accueil@nerac.test",
             stdin="un mot de passe convenable\n")
    text = export(edge, "--tenant=nerac")
    text = text.replace("mailbox ancien@nerac.test\n", "")
    text += "mailbox maire@nerac.test\n\tname = É. Maire\n"
    text = text.replace("mailbox accueil@nerac.test\n",
                        "mailbox accueil@nerac.test\n\tstorage = 2G\n")
    shown = plan(edge, text)
    equal([(c["verb"], c["name"]) for c in shown["changes"]],
          [("change", "accueil@nerac.test"), ("add", "maire@nerac.test")])
    equal(shown["missing"], 1)
    closing = plan(edge, text, "--close-missing")
    equal([(c["verb"], c["name"]) for c in closing["changes"]][1],
          ("close", "ancien@nerac.test"))
    # By a plan that nobody made, nothing would be counted.
    refused(edge, "tenant", "set", "nerac", "plan=inconnu",
            says="there is no plan inconnu")
    out = edge.ctl("plan", "-", check=False, stdin="tenant nerac\n"
                   "\tplan = inconnu\n")
    check("tenant nerac: there is no plan inconnu" in out.stderr, out)
    said = edge.ctl("plan", "-", "--close-missing", stdin=text).stdout
    check("- close mailbox ancien@nerac.test" in said and
          "storage: - > 2G" in said and closing["fingerprint"] in said, said)

    # Somebody is quicker: nothing of it is done.
    edge.ctl("mailbox", "set", "accueil@nerac.test", "storage=3G")
    out = edge.ctl("apply", "-", "--close-missing", check=False, stdin=text)
    check("--fingerprint=F is needed" in out.stderr, out)
    out = edge.ctl("apply", "-", "--close-missing", check=False, stdin=text,
                   *[f"--fingerprint={closing['fingerprint']}"])
    check(out.returncode != 0 and "has moved" in out.stderr, out)
    equal(ask_map(edge, "vmailbox", "maire@nerac.test")[0], "NOTFOUND")

    apply(edge, text, "--close-missing")
    answer(edge, "maire@nerac.test", 250)
    answer(edge, "ancien@nerac.test", 550)
    equal(plan(edge, text, "--close-missing")["changes"], [])
    check("credential" in edge.ctl("export", "--secrets").stdout,
          "a password was lost")
    first_mail(edge, "maire@nerac.test")


def test_mailboxes_come_from_an_office_file(edge):
    provision(edge, "tonneins", "tonneins.test", "accueil")
    scene.wait_known(edge, "accueil@tonneins.test")
    csv = ("\ufeffaddress;name;storage\r\n"
           'ecole@tonneins.test;"École; maternelle";2G\r\n'
           "accueil@tonneins.test;Accueil;\r\n")
    edge.ctl("mailbox", "import", "-", "--dry-run", stdin=csv)
    answer(edge, "ecole@tonneins.test", 550)
    edge.ctl("mailbox", "import", "-", stdin=csv)
    answer(edge, "ecole@tonneins.test", 250)
    equal(edge.ctl_json("mailbox", "show",
                        "ecole@tonneins.test")["name"], "École; maternelle")
    # What a French spreadsheet of other times saves.
    latin = "address;name\r\nréfectoire@tonneins.test;Cantine d’été\r\n"
    path = os.path.join(edge.tmp, "latin.csv")
    with open(path, "wb") as f:
        f.write(latin.replace("réfectoire", "refectoire").encode("cp1252"))
    os.chmod(path, 0o644)
    said = edge.ctl("mailbox", "import", path)
    check("Windows-1252" in said.stderr, said.stderr)
    equal(edge.ctl_json("mailbox", "show", "refectoire@tonneins.test")["name"],
          "Cantine d’été")
    # Every wrong line is named; nothing of the file is done.
    before = export(edge)
    out = edge.ctl("mailbox", "import", "-", check=False, stdin=(
        "address,storage,keep_copy,name\n"
        "bon@tonneins.test,1G,,Bon\n"
        "x@tonneins.test,beaucoup,,X\n"
        "y@ailleurs.test,,,Y\n"
        "bon@Tonneins.test,,,encore\n"
        "sans arobase,,,Z\n"
        "z@tonneins.test,,no,Z\n"
        "a b@tonneins.test\n"))
    for says in ("line 3: attribute storage", "line 4: y@ailleurs.test: there "
                 "is no domain", "line 5: bon@tonneins.test is there twice: "
                 "line 2", "line 6: 'sans arobase' is no mail", "line 7: z@",
                 "keep_copy=no needs a forward", "line 8: 1 cells instead of 4",
                 "6 lines are wrong: nothing was imported"):
        check(says in out.stderr, (says, out.stderr))
    equal(export(edge), before)
    for text, says in (("name\nx\n", "no column is called address"),
                       ("address;nom\n", "no attribute 'nom'"),
                       ("address\nx@tonneins.test,1\n", "2 cells instead"),
                       ("address\nx\n", "no mail address"),
                       ('address\n"x\n', "a quote is not closed"),
                       ("address,storage\nx@tonneins.test,lots\n", "line 2")):
        out = edge.ctl("mailbox", "import", "-", check=False, stdin=text)
        check(out.returncode != 0 and says in out.stderr, (text, out))


@limit(90)
def test_a_departure_with_its_dates_its_undoing_and_its_end(edge):
    ctl, town = edge.ctl, "layrac.test"
    box = f"accueil@{town}"
    provision(edge, "layrac", town, "accueil", "maire")
    ctl("contract", "start", "layrac", f"--on={YEAR - 4}-01-01")
    scene.wait_known(edge, box)

    # Notice before 31 October: the end is 31 December, and until then all is
    # as it was.
    ctl("contract", "notice", "layrac", "--by=tenant", f"--on={YEAR}-10-30")
    contract = edge.ctl_json("contract", "show", "layrac")
    equal((contract["contract_ends"], contract["state"]),
          (f"{YEAR}-12-31", "closing"))
    equal(edge.ctl_json("domain", "show", town)["closes"],
          f"{YEAR + 1}-01-01")
    first_mail(edge, box)
    refused(edge, "contract", "notice", "layrac", "--by=centre",
            says="contract withdraw")
    ctl("contract", "withdraw", "layrac")
    equal(edge.ctl_json("domain", "show", town)["state"], "active")

    # Too late for this year's end; and no price was changed.
    ctl("contract", "notice", "layrac", "--by=tenant", f"--on={YEAR}-10-31")
    equal(edge.ctl_json("contract", "show", "layrac")["contract_ends"],
          f"{YEAR + 1}-12-31")
    ctl("contract", "withdraw", "layrac")
    refused(edge, "contract", "notice", "layrac", "--by=price",
            says="no price list was notified")
    ctl("price", "add", "hausse", f"notified={YEAR - 1}-01-10")
    refused(edge, "contract", "notice", "layrac", "--by=price",
            says=f"until {YEAR - 1}-04-10")

    # The day has come: closed, and nothing is lost yet.
    ctl("contract", "notice", "layrac", "--by=centre", f"--on={YEAR - 2}-07-30")
    equal(edge.ctl_json("tenant", "show", "layrac")["state"], "closed")
    answer(edge, box, 550)
    said = refused(edge, "domain", "purge", town, says="may be purged from")
    check("domain reopen" in said, said)
    ctl("contract", "withdraw", "layrac")
    answer(edge, box, 250)
    first_mail(edge, box, count=2)

    # What is kept for the mailboxes: somebody waits, somebody is known.
    maire, stranger = f"maire@{town}", person()
    ctl("mailbox", "set", maire, "challenge=first-contact")
    ctl("allow", "add", maire, "ami@voisin.test")
    wait_until(lambda: accepted(send(
        edge, stranger, maire, message(stranger, maire, "Urbanisme"))) and
        held(edge, maire), 5, "the first that is held")
    files = [h["id"] for h in held(edge, maire)]
    check(all(spooled(edge, f) for f in files), files)

    # For good: only what is closed, and after its grace.
    refused(edge, "domain", "purge", town, says="is not closed")
    ctl("tenant", "close", "layrac")
    refused(edge, "tenant", "purge", "layrac", says="may be purged from")
    edge.change_conf({"provisioning": {"grace": "0"}})
    refused(edge, "tenant", "purge", "layrac", says="still has the domain")
    refused(edge, "domain", "purge", town, says="messages are held for it")
    equal([h["id"] for h in held(edge, maire)], files)
    ctl("domain", "purge", town, "--force")
    ctl("tenant", "purge", "layrac")
    wait_until(lambda: ask_map(edge, "vdomains", town)[0] == "NOTFOUND", 3,
               "Postfix is told")
    answer(edge, f"personne@{town}", 554)
    refused(edge, "domain", "show", town, says="there is no domain")
    # Nothing is left that the next of that name would find.
    wait_until(lambda: not any(spooled(edge, f) for f in files), 15,
               "the messages are removed")
    for key in edge.redis.keys(f"oct:{{{town}}}:*"):
        kind = key.split(":")[2]
        # "owner": when links to its page were revoked.
        check(kind in ("journal", "held", "chal", "rate", "stat", "sent",
                       "said", "owner"), key)
        check(edge.redis.cmd("PTTL", key) > 0, f"{key} has no end")
    equal([k for k in edge.redis.keys("*layrac*")
           if "{" + town + "}" not in k and ":journal" not in k], [])
    provision(edge, "layrac2", town, "maire")
    equal(edge.ctl_json("allow", "list", maire)["items"], [])
    equal(held(edge, maire), [])
    ctl("domain", "remove", town)
    past = edge.ctl_json("history", "domain", town, "--all")["items"]
    equal(past[-1]["action"], "remove")
    check(any(x["name"] == "accueil" and x["action"] == "remove"
              for x in past), past)


def test_what_is_opened_again_stands_as_before(edge):
    ctl, tenant = edge.ctl, "retour"
    provision(edge, tenant, "retour.test", "accueil", "stage")
    for name, state in (("attend.test", "pending-dns"),
                        ("dort.test", "suspended")):
        ctl("domain", "add", name, f"tenant={tenant}", f"state={state}")
    ctl("mailbox", "set", "stage@retour.test", "state=suspended")
    ctl("contract", "start", tenant, f"--on={YEAR - 4}-01-01")

    def states():
        return [edge.ctl_json("domain", "show", d)["state"]
                for d in ("retour.test", "attend.test", "dort.test")]
    before = ["active", "pending-dns", "suspended"]
    ctl("contract", "notice", tenant, "--by=tenant", f"--on={YEAR}-10-30")
    equal(states(), ["closing"] * 3)
    ctl("contract", "withdraw", tenant)
    equal(states(), before)
    ctl("tenant", "close", tenant)
    equal(states(), ["closed"] * 3)
    ctl("tenant", "reopen", tenant)
    equal(states(), before)
    for kind, name, state in (("domain", "attend.test", "pending-dns"),
                              ("mailbox", "stage@retour.test", "suspended"),
                              ("mailbox", "accueil@retour.test", "active")):
        ctl(kind, "close", name)
        said = ctl(kind, "reopen", name).stdout
        equal(edge.ctl_json(kind, "show", name)["state"], state)
        equal(f"as {state}" in said, state != "active", said)


def test_what_the_journal_forgot_stands_as_its_closing_says(edge):
    ctl, town = edge.ctl, "oubli.test"
    provision(edge, "oubli", town, "accueil", "stage")
    ctl("domain", "add", "vieux.test", "tenant=oubli", "state=pending-dns")
    ctl("mailbox", "set", f"stage@{town}", "state=suspended")
    for kind, name, state in (("mailbox", f"stage@{town}", "suspended"),
                              ("mailbox", f"accueil@{town}", "active"),
                              ("domain", "vieux.test", "pending-dns")):
        ctl(kind, "close", name)
        # All that is older than the closing is past the retention.
        journal = f"oct:{{{name.rpartition('@')[2]}}}:journal"
        edge.redis.cmd("XTRIM", journal, "MAXLEN", "1")
        equal(edge.redis.cmd("XLEN", journal), 1)
        ctl(kind, "reopen", name)
        equal(edge.ctl_json(kind, "show", name)["state"], state, name)


def test_names_that_octroi_writes_in_are_not_hosted(edge):
    name = edge.conf["challenge"]["domain"]
    refused(edge, "domain", "add", name, says=["challenge.domain", "of its own"])
    refused(edge, "onboard", "start", name.upper(), "--tenant=x",
            says="challenge.domain")
    refused(edge, "domain", "add", edge.conf["platform"]["hostname"],
            says="platform.hostname")
    out = edge.ctl("plan", "-", stdin=f"domain {name}\n", check=False)
    check(out.returncode == 1 and "challenge.domain" in out.stderr, out)
    edge.change_conf({"srs": {"domain": "retours.test"}})
    refused(edge, "domain", "add", "retours.test", says="srs.domain")
    edge.change_conf({"srs": {"domain": None}})
    edge.ctl("domain", "add", "retours.test")
    edge.change_conf({"srs": {"domain": "retours.test"}})
    found = edge.ctl("policy", "check", check=False)
    check(found.returncode == 1 and "srs.domain" in found.stdout, found)
    edge.change_conf({"srs": {"domain": None}})


def test_what_is_misspelt_is_told_with_what_was_meant(edge):
    provision(edge, "fautes", "fautes.test", "accueil")
    for words, says in (
            (("mailbx", "list"), "did you mean mailbox?"),
            (("mailbox", "shwo", "x"), "did you mean show?"),
            (("plan", "add", "p", "challenge=1"),
             "did you mean challenge_addresses?"),
            (("alias", "add", "a@fautes.test", "state=closed"),
             "'state=closed' is no mail address")):
        refused(edge, *words, says=says)
    out = edge.ctl("alias", "add", "a@fautes.test", "acceuil@fautes.test",
                   "accueil@fautes.test")
    check("no mailbox or alias acceuil@fautes.test yet" in out.stderr and
          out.stderr.count("warning") == 1, out)


def test_a_dash_empties_what_may_be_empty(edge):
    ctl, town = edge.ctl, "vide.test"
    provision(edge, "vide", town, "accueil")
    box = f"accueil@{town}"
    ctl("domain", "set", town, f"catch_all={box}", "lang=en", "storage=7G",
        "rate_messages_out=5/1h", "statutory=urbanisme,ccas", "tag=3")
    names = ("catch_all", "lang", "storage", "rate_messages_out", "statutory",
             "tag")
    ctl("domain", "set", town, *(f"{n}=-" for n in names))
    now = edge.ctl_json("domain", "show", town)
    equal([now[n] for n in names], ["", "inherit", "", "inherit", [], None])
    refused(edge, "domain", "set", town, "state=-", says="pending-dns")
    out = ctl("domain", "set", town, "tenant=personne")
    check("there is no tenant personne yet" in out.stderr, out)
    out = ctl("domain", "set", town, "tenant=-")
    equal((edge.ctl_json("domain", "show", town)["tenant"], out.stderr),
          ("", ""))
    ctl("mailbox", "set", box, "storage=7G", f"forward=ailleurs@{town}")
    ctl("mailbox", "import", "-",
        stdin=f"address,storage,forward,name\n{box},-,-,\n")
    now = edge.ctl_json("mailbox", "show", box)
    equal((now["storage"], now.get("forward", "")), ("", ""), now)


def test_what_closes_is_closed_by_the_courier_on_its_day(edge):
    provision(edge, "agenda", "agenda.test", "accueil", "stage")
    scene.wait_known(edge, "stage@agenda.test")
    # Its day is past: nobody was there to do it.
    edge.ctl("mailbox", "set", "stage@agenda.test", "closes=2020-01-01")
    edge.octroi["courier"].stop()
    edge.octroi["courier"].start()
    answer(edge, "stage@agenda.test", 550)
    last = edge.ctl_json("history", "mailbox",
                         "stage@agenda.test")["items"][-1]
    equal((last["actor"], last["after"]["state"]), ("courier", "closed"))
    before = edge.ctl("mailbox", "show", "stage@agenda.test",
                      "--at=2020-01-01", check=False)
    check("was no mailbox" in before.stderr, before)


def test_bash_completes_commands_and_names(edge):
    provision(edge, "complet", "complet.test")
    script = os.path.join(os.path.dirname(PLANS), "..", "bash-completion",
                          "octroictl")

    def complete(*words):
        code = (f"octroictl() {{ {edge.bin}/octroictl -c {edge.conf_path} "
                f'"$@"; }}; . {script}; COMP_WORDS=(octroictl '
                + " ".join(f"'{w}'" for w in words) +
                f"); COMP_CWORD={len(words)}; _octroictl; "
                'echo "${COMPREPLY[@]}"')
        return subprocess.run(["bash", "-c", code], capture_output=True,
                              text=True, timeout=20, check=True
                              ).stdout.split()
    equal(complete("cont"), ["contract"])
    check({"close", "reopen", "purge", "password"} <=
          set(complete("mailbox", "")), complete("mailbox", ""))
    equal(complete("domain", "show", "compl"), ["complet.test"])
    equal(complete("mailbox", "add", "x@compl"), ["x@complet.test"])
    check("storage=" in complete("mailbox", "set", "x@complet.test", "sto"))


def test_many_at_once_never_pass_what_a_plan_includes(edge):
    apply(edge, "plan etroit\n\tmailboxes = 3\n"
          "tenant foule\n\tplan = etroit\n" +
          "".join(f"domain foule{n}.test\n\ttenant = foule\n"
                  for n in range(3)))
    boxes = [f"b{n}@foule{n % 3}.test" for n in range(10)]
    with concurrent.futures.ThreadPoolExecutor(len(boxes)) as pool:
        done = list(pool.map(
            lambda b: edge.ctl("mailbox", "add", b, check=False), boxes))
    equal(sum(d.returncode == 0 for d in done), 3,
          [d.stderr for d in done])
    for d in done:
        check(d.returncode == 0 or "plan etroit includes 3 mailboxes" in
              d.stderr, d.stderr)


def test_names_with_accents_are_taken_and_shown_as_people_write_them(edge):
    kept, shown = "xn--chteau-xta.test", "château.test"
    ctl = edge.ctl
    ctl("tenant", "add", "chateau", "contact=mairie@citoyen.test")
    ctl("domain", "add", "Château.test", "tenant=chateau")
    ctl("mailbox", "add", f"accueil@{kept}", "name=Accueil")
    ctl("mailbox", "add", f"maire@{shown.upper()}", check=True)
    ctl("alias", "add", f"contact@{shown}", f"accueil@{shown}")
    ctl("group", "add", f"conseil@{kept}", f"maire@{shown}")
    ctl("legacy", "add", "chateau@voisin.test", f"accueil@{shown}",
        "how=forwarded")
    # People see the one, files and programs the other.
    for words in (("domain", "show", kept), ("domain", "list"),
                  ("mailbox", "show", f"accueil@{shown}"),
                  ("mailbox", "list", shown), ("alias", "list", shown),
                  ("group", "show", f"conseil@{kept}"),
                  ("quota", "show", f"accueil@{kept}"),
                  ("policy", "show", f"accueil@{kept}"),
                  ("tenant", "show", "chateau"), ("tenant", "list"),
                  ("mailbox", "set", f"accueil@{kept}", "name=Bonjour"),
                  ("history", "domain", shown)):
        out = ctl(*words).stdout
        check(words[0] == "history" or shown in out, (words, out))
        check("xn--" not in out, (words, out))
    refused(edge, "mailbox", "add", f"accueil@{kept}", says=f"@{shown}")
    for words in (("domain", "show", shown), ("mailbox", "list", shown),
                  ("alias", "show", f"contact@{shown}")):
        out = ctl(*words, "--json").stdout
        check(kept in out and shown not in out, (words, out))
    written = export(edge, "--tenant=chateau")
    check(f"# {shown}\ndomain {kept}\n" in written and
          f"mailbox accueil@{kept}" in written and
          f"@{shown}" not in written, written)
    equal(plan(edge, written.replace(kept, shown), "--close-missing")
          ["changes"], [])
    said = ctl("plan", "-", stdin=written.replace(
        f"mailbox maire@{kept}", f"mailbox agent@{kept}")).stdout
    check(f"add mailbox agent@{shown}" in said, said)
    answer(edge, f"accueil@{kept}", 250)


def test_storage_that_no_plan_includes_is_found(edge):
    """By what is in force: the platform's own quota is larger than this plan's."""
    edge.ctl("plan", "add", "petit", "quota=1G")
    edge.ctl("tenant", "add", "etroit", "plan=petit")
    edge.ctl("domain", "add", "etroit.test", "tenant=etroit")
    box = "accueil@etroit.test"
    edge.ctl("mailbox", "add", box)
    equal(edge.ctl_json("quota", "show", box)["storage"][0]["quota"], 5 << 30)

    def problems():
        out = edge.ctl("policy", "check", "--json", check=False).stdout
        return [x["problem"] for x in json.loads(out)["items"]
                if x["where"] == "etroit"]
    check("4096 MB more" in problems()[0] and
          "tenant set etroit storage=1G" in problems()[0], problems())
    edge.ctl("tenant", "set", "etroit", "storage=1G")
    equal(problems(), [])
    equal(edge.ctl_json("quota", "show", box)["storage"][0]["quota"], 1 << 30)
    # More than that is ordered first, at whatever level it is set.
    for level, name in (("mailbox", box), ("domain", "etroit.test"),
                        ("tenant", "etroit")):
        refused(edge, level, "set", name, "storage=2G", says="extra_storage")


def test_a_referent_changes_what_is_his_and_not_his_limits(edge):
    ctl = edge.ctl
    apply(edge, "plan village\n\tmailboxes = 2\n\tquota = 5G\n"
          "tenant duras\n\tplan = village\n"
          "domain duras.test\n\ttenant = duras\n"
          "mailbox secretaire@duras.test\n\trole = referent\n"
          "domain voisine.test\nmailbox accueil@voisine.test\n")
    me = "--as=secretaire@duras.test"
    ctl("mailbox", "add", "maire@duras.test", "name=Le maire", me)
    ctl("mailbox", "password", "maire@duras.test", me,
        stdin="un mot de passe convenable\n")
    ctl("alias", "add", "contact@duras.test", "maire@duras.test", me)
    ctl("domain", "set", "duras.test", "t_hold=9d", me)
    last = edge.ctl_json("history", "mailbox", "maire@duras.test")["items"][-1]
    equal(last["actor"], "referent:secretaire@duras.test")
    # His own limits, and others' affairs, are not his.
    for words, says in (
            (("mailbox", "add", "trois@duras.test"),
             "plan village includes 2 mailboxes; there would be 3; lift: "
             "octroictl tenant set duras extra_mailboxes=1"),
            (("mailbox", "set", "maire@duras.test", "storage=10G"), "5G"),
            (("mailbox", "set", "maire@duras.test", "storage=1G"),
             "storage of a mailbox is a limit that the Centre sets"),
            (("mailbox", "set", "maire@duras.test", "rate_messages_out=none"),
             "is a limit that the Centre sets"),
            (("domain", "set", "duras.test", "domain_rate_volume_in=none"),
             "is a limit that the Centre sets"),
            (("domain", "set", "duras.test", "tenant=autre"), "the Centre's"),
            (("mailbox", "set", "accueil@voisine.test", "name=X"),
             "not of the tenant duras"),
            (("mailbox", "list", "voisine.test"), "not of the tenant duras"),
            (("legacy", "add", "x@voisin.test", "accueil@voisine.test",
              "how=forwarded"), "not of the tenant duras"),
            (("tenant", "set", "duras", "extra_mailboxes=9"), "the Centre's"),
            (("tenant", "list"), "the Centre's"),
            (("mailbox", "purge", "maire@duras.test"), "the Centre's"),
            (("quota", "show", "--tenant=voisine"), "--as: name an address"),
            (("export",), "the Centre's"), (("held", "list"), "the Centre's"),
            (("apply", "-", "--fingerprint=x"), "the Centre's"),
            (("batch", "-"), "the Centre's")):
        refused(edge, *words, me, says=says)
    refused(edge, "mailbox", "list", "duras.test", "--as=maire@duras.test",
            says="is no referent")
    refused(edge, "mailbox", "list", "duras.test", "--as=autre@voisine.test",
            me, says="'twice' is no mail address")
    equal(edge.ctl_json("tenant", "show", "duras")["plan"], "village")
    # Nor does whom the Centre suspended go on by being closed in between.
    stood = "maire@duras.test"
    for state in ("active", "suspended"):
        ctl("mailbox", "set", stood, f"state={state}")
        ctl("mailbox", "close", stood)
        for other in ("active", "suspended"):
            refused(edge, "mailbox", "set", stood, f"state={other}", me,
                    says="octroictl mailbox reopen")
        ctl("mailbox", "reopen", stood, me)
        equal(edge.ctl_json("mailbox", "show", stood)["state"], state)
