# SPDX-License-Identifier: Apache-2.0
"""The mail store of the Centre: plan, batch, apply, dump, and nothing is left to
do; whatever people are called."""
import random
import time

import zimbra
from kit import check, equal, limit

EDGE = {"programs": (), "conf": {"limits": {"storage": "7G"}}}
DOMAINS = ("ville.test", "bourg.test", "epci.test")
LOCALS = ("accueil", "maire", "mairie", "ccas", "ecole", "urbanisme", "élu",
          "a&b", "p$1", "x=y", "tilde~", "{c}", "#1", "-n", "!v")
NAMES = ("", "Accueil", "L'École \"Jules Ferry\"", "C:\\temp\\", "\\",
         "a\\\"; deleteAccount x@ville.test", "# name fake@ville.test",
         "zimbraMailQuota: 1", "É. Maire – 47", "%s $(id) `id` ;|&", "'", '"',
         "name: value", "deux  blancs", "\\n", "members", "tab\\t", "🙂",
         "x" * 256)
SIGNATURE = "Cordialement,\n\nLa mairie\nTél. : 05 53\n-- \n" \
    "Horaires: 9 h\nmembers\n"


class Random(random.Random):
    def maybe(self, chance):
        return self.random() < chance

    def address(self, hostile=True):
        return self.choice(LOCALS if hostile else LOCALS[:6]) + "@" + \
            self.choice(DOMAINS)

    def model(self):
        """(file, {mailbox: attributes}, {alias: (targets, attributes)})"""
        boxes, aliases, domains = {}, {}, {}
        out = ["plan tech\n\tmailboxes = 1000\n\tquota = 5G",
               "tenant t\n\tplan = tech"]
        for d in DOMAINS:
            if self.maybe(.2):
                continue
            domains[d] = {}
            if self.maybe(.7):
                domains[d]["tenant"] = "t"
            if self.maybe(.2):
                domains[d]["state"] = self.choice(["suspended", "study"])
            if self.maybe(.2) and "tenant" not in domains[d]:
                domains[d]["storage"] = "3G"
        for _ in range(self.randrange(12)):
            address = self.address()
            if address.rpartition("@")[2] not in domains:
                continue
            boxes[address] = b = {}
            name = self.choice(NAMES)
            if name:
                b["name"] = name
            if self.maybe(.4):
                b["storage"] = self.choice(["1G", "4G", "500M"])
            if self.maybe(.2):
                b["state"] = self.choice(["suspended", "closed"])
            if self.maybe(.3):
                b["forward"] = ", ".join(sorted(self.sample(
                    ["a@citoyen.test", "b@citoyen.test", "o'x@citoyen.test"],
                    self.randrange(1, 3))))
                if self.maybe(.5):
                    b["keep_copy"] = "no"
        for _ in range(self.randrange(8)):
            address = self.address()
            if address in boxes or address.rpartition("@")[2] not in domains:
                continue
            targets = self.sample([*boxes, "x@citoyen.test",
                                   "o'y@citoyen.test"],
                                  min(len(boxes) + 2, self.randrange(1, 4)))
            aliases[address] = (targets, {"state": "closed"}
                                if self.maybe(.15) else {})
        for d, attributes in domains.items():
            out.append(f"domain {d}" + self.lines(attributes))
            out += [f"mailbox {a}" + self.lines(b) for a, b in boxes.items()
                    if a.endswith("@" + d)]
            out += [f"alias {a}" + self.lines(
                {"targets": ", ".join(t), **more})
                for a, (t, more) in aliases.items() if a.endswith("@" + d)]
        return "\n".join(out) + "\n", domains, boxes, aliases

    @staticmethod
    def lines(attributes):
        def value(v):
            return '"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return "".join(f"\n\t{k} = {value(v)}" for k, v in attributes.items())

    def store(self):
        """A Zimbra that somebody has used for years."""
        z = zimbra.Zimbra()
        for d in (*DOMAINS, "autre.test"):
            if self.maybe(.6):
                z.createDomain(d)
        for _ in range(self.randrange(10)):
            a = self.address()
            if a.rpartition("@")[2] not in z.domains or z.owner(a):
                continue
            if self.maybe(.7):
                z.createAccount(a, "", "zimbraMailQuota", self.choice(
                    ["0", "5368709120", "1048576"]), "zimbraAccountStatus",
                    self.choice(["active", "locked", "closed", "lockout"]))
                e = z.accounts[a]
                e.attrs["displayName"] = [self.choice(NAMES)]
                e.attrs["zimbraPrefMailSignature"] = [SIGNATURE]
                e.attrs["zimbraMailHost"] = ["mail.test"]
                if self.maybe(.3):
                    e.attrs["zimbraMailForwardingAddress"] = [
                        "old@citoyen.test", "a@citoyen.test"]
            elif self.maybe(.5) and z.accounts:
                z.addAccountAlias(self.choice(list(z.accounts)), a)
            else:
                z.createDistributionList(a)
                z.addDistributionListMember(a, "x@citoyen.test",
                                            "old@citoyen.test")
        if "ville.test" in z.domains:
            z.createAccount("galsync.1@ville.test", "")
            z.accounts["galsync.1@ville.test"].attrs[
                "zimbraIsSystemResource"] = ["TRUE"]
        return z


def provision(edge, text):
    edge.redis.cmd("FLUSHALL")
    fingerprint = edge.ctl_json("plan", "-", stdin=text)["fingerprint"]
    edge.ctl("apply", "-", f"--fingerprint={fingerprint}", stdin=text)


def feed(edge, z, *words, fails=False):
    path = f"{edge.tmp}/zimbra.dump"
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(z.dump())
    out = edge.ctl("feed", "zimbra", f"--dump={path}", *words, check=False)
    if fails is not None:
        equal(out.returncode != 0, fails, out.stderr)
    return out


def size(text):
    return str(int(text[:-1]) * {"G": 1 << 30, "M": 1 << 20}[text[-1]])


def check_made(z, domains, boxes, aliases, forwarding):
    """What the words of the model mean."""
    served = {d for d, a in domains.items() if a.get("state") != "study"}
    for a, b in boxes.items():
        d = domains[a.rpartition("@")[2]]
        if a.rpartition("@")[2] not in served:
            continue
        e = z.accounts[a]
        equal(e.get("zimbraMailQuota"),
              size(b.get("storage") or d.get("storage") or
                   ("5G" if "tenant" in d else "7G")), a)
        want = {"suspended": "locked"}.get(b.get("state"),
                                           b.get("state", "active"))
        check(e.get("zimbraAccountStatus") == want or want == "active" and
              e.get("zimbraAccountStatus") == "lockout", a)
        if "name" in b:
            equal(e.get("displayName"), b["name"], a)
        if "tenant" in d:
            equal(e.get("zimbraCOSId"),
                  z.cos["octroi-tech"].get("zimbraId"), a)
        if forwarding:
            equal(sorted(e.attrs.get("zimbraMailForwardingAddress", [])),
                  sorted(filter(None, b.get("forward", "").split(", "))), a)
            equal(e.get("zimbraPrefMailLocalDeliveryDisabled") == "TRUE",
                  b.get("keep_copy") == "no", a)
    for a, (targets, more) in aliases.items():
        if a.rpartition("@")[2] not in served:
            continue
        owner, only = z.owner(a), targets[0]
        if len(targets) == 1 and only in boxes and \
                only.rpartition("@")[2] in served:
            equal(owner and owner.name, None if more else only, a)
            continue
        check(owner is z.lists.get(a), a)
        equal(sorted(owner.members), sorted(targets), a)
        equal(owner.get("zimbraMailStatus"),
              "disabled" if more else "enabled", a)


@limit(90)
def test_plan_batch_apply_dump_and_nothing_is_left(edge):
    begun, made, clashes, seed = time.monotonic(), 0, 0, -1
    while seed < 7 or time.monotonic() - begun < 4:
        seed += 1
        rnd = Random(seed)
        text, domains, boxes, aliases = rnd.model()
        provision(edge, text)
        z = rnd.store()
        before = {n: (e.get("zimbraId"), dict(e.attrs))
                  for n, e in z.accounts.items()}
        lists = {n: e.get("zimbraId") for n, e in z.lists.items()}
        words = [w for w in ("--forwarding", "--close-missing")
                 if rnd.maybe(.5)]
        out = feed(edge, z, *words, fails=None)
        if out.returncode != 0:
            check("no batch is written" in out.stderr and not out.stdout,
                  (seed, out))
            clashes += 1
            continue
        made += z.run(out.stdout)
        check_made(z, domains, boxes, aliases, "--forwarding" in words)
        # Nothing of what was there is gone.
        for n, (ident, attrs) in before.items():
            equal(z.accounts[n].get("zimbraId"), ident, n)
            equal(z.accounts[n].attrs.get("zimbraPrefMailSignature"),
                  attrs.get("zimbraPrefMailSignature"), n)
        for n, ident in lists.items():
            equal(z.lists[n].get("zimbraId"), ident, n)
        equal(feed(edge, z, *words).stdout, "", f"seed {seed}, again")
    check(made > 5 * seed and clashes < seed, (seed, made, clashes))
    print(f"    {seed + 1} stores, {made} commands, {clashes} clashes")



@limit(60)
def test_what_zimbra_has_comes_in_by_a_file_and_fits(edge):
    begun, seed = time.monotonic(), 999
    while seed < 1004 or time.monotonic() - begun < 2:
        seed += 1
        z = Random(seed).store()
        edge.redis.cmd("FLUSHALL")
        edge.ctl("tenant", "add", "t")
        text = edge.ctl("import", "zimbra", "-", "--tenant=t",
                        stdin=z.dump()).stdout
        fingerprint = edge.ctl_json("plan", "-", stdin=text)["fingerprint"]
        edge.ctl("apply", "-", f"--fingerprint={fingerprint}", stdin=text)
        equal(edge.ctl_json("plan", "-", stdin=text)["changes"], [])
        # Nothing but quotas would change: none there is the platform's here.
        out = feed(edge, z).stdout
        for line in out.splitlines():
            words = zimbra.split(line)
            equal([words[0], *words[2:]],
                  ["modifyAccount", "zimbraMailQuota", str(7 << 30)], seed)
        z.run(out)
        equal(feed(edge, z, "--close-missing").stdout, "", seed)
    print(f"    {seed - 999} stores")


def town(edge):
    provision(edge, "domain ville.test\nmailbox accueil@ville.test\n"
                    "\tname = Accueil\n")
    z = zimbra.Zimbra()
    z.run(feed(edge, zimbra.Zimbra()).stdout)
    equal(z.accounts["accueil@ville.test"].get("displayName"), "Accueil")
    return z


def test_what_only_zimbra_has_stays_unless_told(edge):
    z = town(edge)
    z.createAccount("ancien@ville.test", "")
    z.addAccountAlias("accueil@ville.test", "vieux@ville.test")
    z.createDomain("autre.test")
    z.createAccount("x@autre.test", "")
    out = feed(edge, z)
    equal(out.stdout, "")
    check("2 names of those domains are in Zimbra only" in out.stderr, out)
    z.run(feed(edge, z, "--close-missing").stdout)
    equal(z.accounts["ancien@ville.test"].get("zimbraAccountStatus"),
          "closed")
    equal(z.accounts["x@autre.test"].get("zimbraAccountStatus"), "active")
    equal(z.owner("vieux@ville.test"), None)
    equal(feed(edge, z, "--close-missing").stdout, "")
    # A mailbox that goes is closed, and comes back with what it had.
    edge.ctl("mailbox", "close", "accueil@ville.test")
    z.run(feed(edge, z).stdout)
    equal(z.accounts["accueil@ville.test"].get("zimbraAccountStatus"),
          "closed")
    edge.ctl("mailbox", "reopen", "accueil@ville.test")
    equal(feed(edge, z).stdout, 'modifyAccount "accueil@ville.test" '
          'zimbraAccountStatus "active"\n')


def test_a_text_of_a_user_is_no_attribute(edge):
    z = town(edge)
    box = z.accounts["accueil@ville.test"]
    for text in ("x\nzimbraMailQuota: 1", "x\nzimbraAccountStatus: closed",
                 "\n\n# name accueil@ville.test\nzimbraMailQuota: 1"):
        box.attrs["zimbraPrefMailSignature"] = [text]
        said = feed(edge, z, fails=True).stderr
        check("that somebody wrote" in said or "there twice" in said, said)
    box.attrs["zimbraPrefMailSignature"] = [SIGNATURE]
    equal(feed(edge, z).stdout, "")
    # Nor does it say that there is too much, or what is no dump.
    edge.ctl("mailbox", "set", "accueil@ville.test", "storage=1k")
    check("holds more than its quota" in feed(edge, z).stderr)
    for text in ("", "accueil@ville.test\n", "# name ville.test\n\n# name x\n"):
        out = edge.ctl("feed", "zimbra", "--dump=-", stdin=text, check=False)
        equal((out.returncode, out.stdout), (64, ""), text)
    check("gqu" in edge.ctl("feed", "zimbra", "--commands").stdout)
