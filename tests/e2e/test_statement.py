# SPDX-License-Identifier: Apache-2.0
"""What tenants owe for a year: random years, folded by octroictl and by a plain
model of what the words mean, equal to the cent.

The model knows nothing of the program: it rebuilds what was there on the
evening of every day and counts that.
"""
import datetime
import fractions
import json
import random
import time
import zoneinfo

from kit import check, equal, limit

PARIS = zoneinfo.ZoneInfo("Europe/Paris")
EDGE = {"programs": ()}
G = 1 << 30
DAY = datetime.timedelta(days=1)
YEARS = (2021, 2022, 2024)   # all over; 2024 is a leap year
SEEDS = 150


# -- the store, as octroictl writes it ------------------------------------------
class Year:
    """Entries, and what happens to them in the order of time: [(time, kind,
    domain, name, state)]."""

    def __init__(self, year):
        self.year = year
        self.start = {}    # (kind, domain, name): state before the first event
        self.events = []

    def write(self, redis):
        redis.cmd("FLUSHALL")
        now, journal = dict(self.start), {}
        for when, kind, domain, name, state in self.events:
            key = (kind, domain, name)
            entry = {"actor": "test", "action": "set", "kind": kind}
            if name:
                entry["name"] = name
            if now.get(key) is not None:
                entry["before"] = now[key]
            if state is not None:
                entry["after"] = state
            now[key] = state
            stream = f"oct:{{{domain}}}:journal" if domain else \
                f"oct:tenant:{{{name}}}:journal" if kind == "tenant" else \
                "oct:{g}:changed"
            journal.setdefault(stream, []).append((when, entry))
        for stream, entries in journal.items():
            for i, (when, entry) in enumerate(entries):
                ms = int(when.timestamp() * 1000)
                redis.cmd("XADD", stream, f"{ms}-{i}", "v", json.dumps(entry))
        for (kind, domain, name), state in now.items():
            self._write_entry(redis, kind, domain, name, state)

    @staticmethod
    def _write_entry(redis, kind, domain, name, state):
        text = json.dumps(state)
        if kind in ("domain", "tenant"):
            what = domain or name
            if state is None:
                redis.cmd("HSET", "oct:{g}:gone", f"{kind}:{what}", "1")
                return
            redis.cmd("SADD", f"oct:{kind}s", what)
            redis.cmd("HSET", f"oct:{{{what}}}:domain" if domain else
                      f"oct:tenant:{{{what}}}", "v", text)
        elif state is not None:
            redis.cmd("HSET", {"mailbox": f"oct:{{{domain}}}:mbx",
                               "plan": "oct:{g}:plans",
                               "price": "oct:{g}:prices"}[kind], name, text)


# -- the plain model --------------------------------------------------------------
def evening(year, day):
    """What was there when the day ended."""
    end = datetime.datetime.combine(day + DAY, datetime.time(), PARIS)
    out = dict(year.start)
    for when, kind, domain, name, state in year.events:
        if when >= end:
            break
        out[kind, domain, name] = state
    closed = [k for k, s in out.items() if s is None or
              s.get("state") == "closed" or
              s.get("closes", "9999") <= str(day)]
    for k in closed:
        del out[k]
    return out


def size(text):
    return int(text[:-1]) * {"G": G, "M": 1 << 20}[text[-1]] if text else 0


def lists_of(year):
    """{id: (from, {item: cents})}: as they are when the year has ended."""
    out = {}
    last = evening(year, datetime.date(year.year, 12, 31))
    for (kind, _, name), s in last.items():
        if kind == "price" and "from" in s:
            out[name] = (s["from"], {
                k: round(fractions.Fraction(v) * 100)
                for k, v in (x.split("=") for x in s["items"].split(", "))})
    return out


def in_force(lists, day, january):
    def on(d):
        known = [(since, name) for name, (since, _) in lists.items()
                 if since <= str(d)]
        return max(known)[1] if known else None
    if not january:
        return on(day)
    first = datetime.date(day.year, 1, 1)
    return next((x for i in range(366) if (x := on(first + i * DAY)) and
                 (first + i * DAY).year == day.year), None)


def signed(year, tenant, state, day):
    """Is there a contract on that day?"""
    def covers(s):
        return s.get("contract_start", "0") <= str(day) <= \
            s.get("contract_ends", "9999")
    if "contract_start" in state and covers(state):
        return True
    # What was written down last, when the year ended, has its dates.
    end = datetime.datetime(year.year + 1, 1, 1, tzinfo=PARIS)
    said = [e[4] for e in year.events if e[1] == "tenant" and
            e[3] == tenant and e[0] < end]
    known = said[-1] if said else year.start["tenant", "", tenant]
    return covers(known) and ("contract_start" in known or
                              "contract_start" not in state)


def units(there, year, tenant, day, items):
    """{item: how many beyond the plan} on the evening of a day."""
    t = there.get(("tenant", "", tenant))
    if t is None or not signed(year, tenant, t, day):
        return {}
    plan = there.get(("plan", "", t.get("plan")))
    if plan is None:
        return {}
    out, boxes, challenged, domains, reserved = {}, 0, 0, 0, 0
    for (kind, domain, _), d in there.items():
        if kind != "domain" or d.get("tenant") != tenant:
            continue
        domains += 1
        reserved += d.get("origin") == "reserved"
        if d.get("state", "active") in ("requested", "study", "proposed",
                                        "pending-dns"):
            continue
        for (k, where, _), m in there.items():
            if k != "mailbox" or where != domain:
                continue
            boxes += 1
            mode = m.get("challenge") or d.get("challenge") or \
                t.get("challenge") or "off"
            challenged += mode not in ("off", "simulate") and \
                m.get("challenge_from", "0") <= str(day) <= \
                m.get("challenge_until", "9999")
            room = size(m.get("storage") or d.get("storage") or
                        t.get("storage"))
            quota = size(plan.get("quota"))
            if quota and room > quota:
                fits = [x for x in items if x.startswith("quota_") and
                        size(x[6:].upper()) >= room]
                name = min(fits, key=lambda x: size(x[6:].upper())) \
                    if fits else f"quota_{room // G}g"
                out[name] = out.get(name, 0) + 1

    def beyond(have, attribute):
        n = plan.get(attribute)
        return 0 if n is None else max(0, have - int(n))
    out["mailbox"] = beyond(boxes, "mailboxes")
    out["challenge"] = beyond(challenged, "challenge_addresses")
    out["domain"] = min(reserved, beyond(domains, "domains"))
    base = f"plan_{t['plan']}"
    if base in items:
        out[base] = 1
    return {k: n for k, n in out.items() if n}


def owed(year, whole_year, january):
    """{tenant: [(item, list, unit-days, cents)]}; list None = no price.  A new
    list that leaves a price as it was begins no new line."""
    first = datetime.date(year.year, 1, 1)
    days = (datetime.date(year.year + 1, 1, 1) - first).days
    lists, out, most = lists_of(year), {}, {}
    tenants = {n for k, _, n in [*year.start, *[e[1:4] for e in year.events]]
               if k == "tenant"}
    for i in range(days):
        day = first + i * DAY
        there = evening(year, day)
        force = in_force(lists, day, january)
        items = lists[force][1] if force else {}
        for tenant in tenants:
            t = there.get(("tenant", "", tenant))
            if t is not None and signed(year, tenant, t, day):
                out.setdefault(tenant, {})   # item: [[price, list, days]]
            for item, n in units(there, year, tenant, day, items).items():
                if whole_year:
                    had = most.get((tenant, item), 0)
                    most[tenant, item] = max(had, n)
                    n = max(0, n - had) * days
                if not n:
                    continue
                lines = out[tenant].setdefault(item, [])
                price = items.get(item)
                if not lines or lines[-1][0] != price:
                    lines.append([price, force if item in items else None, 0])
                lines[-1][2] += n
    return {tenant: sorted(
        ((item, name, n, rounded(fractions.Fraction((price or 0) * n, days)))
         for item, lines in items.items() for price, name, n in lines),
        key=repr) for tenant, items in out.items()}


def rounded(exact):
    return int(exact + fractions.Fraction(1, 2))


# -- random years -------------------------------------------------------------------
class Random(random.Random):
    def maybe(self, chance):
        return self.random() < chance

    def moment(self, year):
        """Any time of the year and a little round it; often near midnight."""
        day = datetime.date(year, 1, 1) + self.randrange(-20, 400) * DAY
        clock = self.choice([(0, 0), (0, 30), (1, 59), (12, 0), (23, 30),
                             (23, 59)])
        return datetime.datetime.combine(day, datetime.time(*clock), PARIS)

    def date(self, year):
        return str(datetime.date(year, 1, 1) + self.randrange(-30, 400) * DAY)

    def tenant(self, year):
        out = {"name": "Commune", "plan": self.choice(["base", "large", "gone"])}
        if self.maybe(.3):
            out["contract_start"] = self.date(year)
            if self.maybe(.3):
                out["contract_ends"] = str(
                    datetime.date.fromisoformat(out["contract_start"]) +
                    self.randrange(400) * DAY)
        if self.maybe(.2):
            out["challenge"] = self.choice(["first-contact", "off"])
        if self.maybe(.1):
            out["storage"] = "8G"
        if self.maybe(.05):
            out.update(state="closed", closed="2020-01-01")
        return out

    def domain(self, year, tenants):
        out = {"tenant": self.choice(tenants)}
        if self.maybe(.5):
            out["origin"] = self.choice(["reserved", "offered", "brought"])
        if self.maybe(.2):
            out["state"] = self.choice(["study", "pending-dns", "suspended"])
        elif self.maybe(.1):
            out.update(state="closing", closes=self.date(year))
        elif self.maybe(.05):
            out.update(state="closed", closed="2020-01-01")
        if self.maybe(.2):
            out["challenge"] = "first-contact"
        if self.maybe(.2):
            out["storage"] = "10G"
        return out

    def mailbox(self, year):
        out = {}
        if self.maybe(.4):
            out["storage"] = self.choice(["2G", "5G", "6G", "10G", "20G",
                                          "50G"])
        if self.maybe(.4):
            out["challenge"] = self.choice(["first-contact", "off",
                                            "doubtful", "simulate"])
        if self.maybe(.2):
            out["challenge_from"] = self.date(year)
        if self.maybe(.2) and "challenge_from" not in out:
            out["challenge_until"] = self.date(year)
        if self.maybe(.1):
            out["closes"] = self.date(year)
        if self.maybe(.1):
            out["state"] = "suspended"
        elif self.maybe(.1):
            out.update(state="closed", closed="2020-01-01")
            out.pop("closes", None)
        return out

    def plan(self):
        out = {"name": "Plan"}
        if self.maybe(.8):
            out["mailboxes"] = str(self.randrange(4))
        if self.maybe(.8):
            out["challenge_addresses"] = str(self.randrange(2))
        if self.maybe(.8):
            out["domains"] = str(self.randrange(3))
        if self.maybe(.8):
            out["quota"] = self.choice(["2G", "5G"])
        return out

    def price(self, year):
        items = {"mailbox": None, "challenge": None, "domain": None,
                 "quota_10g": None, "quota_20g": None, "plan_base": None}
        if self.maybe(.2):
            items.pop(self.choice(list(items)))
        since = datetime.date(year, 1, 1) + self.choice(
            [-400, -1, 0, 1, 59, 60, 180, 364, 365, 370]) * DAY
        return {"from": str(since), "items": ", ".join(
            f"{k}={self.randrange(20000) / 100:.2f}" for k in items)}

    def year(self):
        y = Year(self.choice(YEARS))
        tenants = ["agen", "nerac", "mezin"][:self.randrange(1, 4)]
        domains = [f"d{i}.test" for i in range(self.randrange(1, 5))]
        makers = {}
        for t in tenants:
            makers["tenant", "", t] = lambda: self.tenant(y.year)
        for d in domains:
            makers["domain", d, ""] = lambda: self.domain(y.year, tenants)
            for n in range(self.randrange(5)):
                makers["mailbox", d, f"m{n}"] = lambda: self.mailbox(y.year)
        for p in ("base", "large"):
            makers["plan", "", p] = self.plan
        for n in range(self.randrange(1, 4)):
            makers["price", "", f"p{n}"] = lambda: self.price(y.year)
        for key, make in makers.items():
            if self.maybe(.7):
                y.start[key] = make()
        for key, make in makers.items():
            if key not in y.start or self.maybe(.6):
                self.changes(y, key, make)
        y.events.sort(key=lambda e: e[0])
        return y

    def changes(self, y, key, make):
        there = y.start.get(key)
        for when in sorted({self.moment(y.year)
                            for _ in range(self.randrange(1, 5))}):
            if there is not None and self.maybe(.15) and \
                    key[0] not in ("tenant", "domain", "plan"):
                there = None
            else:
                there = make()
            y.events.append((when, *key, there))


# -- comparing ------------------------------------------------------------------------
def printed(edge, year, *words):
    """The same as owed(), of what octroictl prints; and the JSON."""
    out = edge.ctl("statement", str(year), "--json", *words, check=False)
    check(out.stdout, out.stderr)
    got = json.loads(out.stdout)
    lines = {t["tenant"]: sorted(
        ((x["item"], x["list"], x["unit_days"],
          round(float(x["amount"] or 0) * 100)) for x in t["lines"]),
        key=repr) for t in got["tenants"]}
    for t in got["tenants"]:
        equal(round(float(t["total"]) * 100),
              sum(x[3] for x in lines[t["tenant"]]), "total")
        equal(t["complete"], all(x["list"] for x in t["lines"]))
    equal(out.returncode, int(not all(t["complete"] for t in got["tenants"])))
    return lines, out.stdout


@limit(90)
def test_random_years_to_the_cent(edge):
    begun = time.monotonic()
    nonzero = 0
    for seed in range(SEEDS):
        rnd = Random(seed)
        year = rnd.year()
        year.write(edge.redis)
        whole, january = rnd.maybe(.3), rnd.maybe(.3)
        got, text = printed(edge, year.year,
                            f"--due={'year' if whole else 'days'}",
                            f"--price={'january' if january else 'day'}")
        want = owed(year, whole, january)
        equal(got, want, f"seed {seed}, {year.year}, whole={whole}, "
                         f"january={january}")
        nonzero += sum(x[3] > 0 for t in want.values() for x in t)
        # As many as a quiet machine has time for, and never too few.
        if seed >= 14 and time.monotonic() - begun > 6:
            break
    check(nonzero > 2 * seed, f"{seed + 1} years, {nonzero} lines")
    print(f"    {seed + 1} years, {nonzero} lines that cost something")


# -- what was written down later ----------------------------------------------------
def at(*when):
    return datetime.datetime(*when, tzinfo=PARIS)


def small_year():
    """One mailbox too many from the evening of 1 March 2024 on, in a domain
    that is gone today."""
    y = Year(2024)
    y.start["tenant", "", "agen"] = {"name": "Commune d'<Agen>",
                                     "plan": "base"}
    y.start["plan", "", "base"] = {"mailboxes": "0", "quota": "5G"}
    y.start["price", "", "2024"] = {"from": "2024-01-01",
                                    "items": "mailbox=36.60"}
    y.start["domain", "agen.test", ""] = {"tenant": "agen"}
    y.events = [(at(2024, 3, 1, 23, 30), "mailbox", "agen.test", "m", {})]
    return y


def test_what_comes_later_changes_nothing(edge):
    y = small_year()
    y.write(edge.redis)
    lines, before = printed(edge, 2024)
    # 306 days from 1 March on, and the bissextile year has 366.
    equal(lines, {"agen": [("mailbox", "2024", 306, 3060)]})
    y.events += [
        (at(2025, 1, 1, 0, 0), "mailbox", "agen.test", "n", {}),
        (at(2025, 1, 2), "price", "", "2024",
         {"from": "2024-01-01", "items": "mailbox=99.00"}),
        (at(2025, 1, 3), "price", "", "late",
         {"from": "2024-06-01", "items": "mailbox=1.00"}),
        (at(2025, 2, 1), "mailbox", "agen.test", "m", None),
        (at(2025, 2, 1), "mailbox", "agen.test", "n", None),
        (at(2025, 2, 2), "plan", "", "base", {"mailboxes": "9"}),
        (at(2025, 3, 1), "domain", "agen.test", "", None),
        (at(2025, 3, 2), "tenant", "", "agen", None)]
    y.write(edge.redis)
    equal(printed(edge, 2024)[1], before)
    # Asked for by what was known on a later day, prices count from their day.
    late, _ = printed(edge, 2024, "--at=2025-01-31")
    equal(late, {"agen": [("mailbox", "2024", 92, 2489),
                          ("mailbox", "late", 214, 58)]})
    # The journal ends after the year began: no statement is better than a
    # wrong one.
    edge.redis.cmd("SET", "oct:{g}:cut",
                   int(at(2024, 1, 2).timestamp() * 1000))
    out = edge.ctl("statement", "2024", check=False)
    check(out.returncode == 1 and "journals were cut" in out.stderr, out)
    edge.ctl("statement", "2025")


def of(lines, item):
    """The one line of agen about that."""
    found, = [x for x in lines["agen"] if x[0] == item]
    return found


def test_a_year_that_has_not_ended_and_what_has_no_price(edge):
    year = time.gmtime().tm_year
    edge.redis.cmd("FLUSHALL")
    edge.ctl("plan", "add", "base", "mailboxes=0", "domains=0")
    edge.ctl("tenant", "add", "agen", "plan=base", "extra_mailboxes=5",
             "extra_domains=5")
    edge.ctl("domain", "add", "agen.test", "tenant=agen", "origin=reserved")
    out = edge.ctl("statement", str(year), check=False)
    check(out.returncode == 1 and "no price of domain" in out.stderr and
          "provisional" in out.stdout, out)
    edge.ctl("price", "add", "p", f"from={year}-01-01",
             "items=mailbox=10, domain=20, quota_10g=5")
    edge.ctl("statement", str(year))
    # What a file would cost is what it costs once it is applied.
    edge.ctl("mailbox", "add", "m@agen.test")
    text = edge.ctl("export", "--tenant=agen").stdout
    text += "mailbox n@agen.test\nmailbox o@agen.test\n"
    path = f"{edge.tmp}/wanted.txt"
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    now, _ = printed(edge, year)
    would, shown = printed(edge, year, f"--plan={path}")
    check('"simulation": true' in shown, shown)
    check(of(would, "mailbox")[2] == 3 * of(now, "mailbox")[2], (now, would))
    fingerprint = edge.ctl_json("plan", path)["fingerprint"]
    edge.ctl("apply", path, f"--fingerprint={fingerprint}")
    equal(printed(edge, year)[0], would)
    next_year, _ = printed(edge, year + 1, "--due=year")
    equal(of(next_year, "mailbox")[3], 3000)


def test_on_paper_and_in_a_spreadsheet(edge):
    small_year().write(edge.redis)
    edge.change_conf({"centre": {"name": "Centre de gestion", "address": [
        "53 rue de Cartou", "47000 Agen"], "place": "Agen"}})
    page = edge.ctl("statement", "2024", "--format=html").stdout
    for text in ("Centre de gestion", "53 rue de Cartou<br>", "Agen, le ",
                 "Commune d&#39;&lt;Agen&gt;", "Mémoire 2024",
                 "du 1er mars 2024 au 31 décembre 2024", "30,60\u00a0€",
                 "306\u00a0/\u00a0366"):
        check(text in page, (text, page))
    for text in ("src=", "href=", "http", "url(", "<Agen>", "@import"):
        check(text not in page, text)
    rows = edge.ctl("statement", "2024", "--format=csv").stdout
    equal(rows.splitlines()[1],
          '2024;"agen";"Commune d\'<Agen>";1;"mailbox";"Boîte aux lettres '
          'supplémentaire";"2024";1;306;36,60;30,60')
    out = edge.ctl("statement", "2024", "--tenant=nobody", check=False)
    check(out.returncode == 1 and "no tenant nobody" in out.stderr, out)
