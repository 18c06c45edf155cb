# SPDX-License-Identifier: Apache-2.0
"""What the story tests share: a hosted domain, senders of every kind, and the
steps that they are told in.

    EDGE = scene.edge()               # in a test file

    box = scene.mailbox(edge, "secretariat.x")
    scene.send(edge, "jean@citoyen.test", box)
    ask = scene.challenge(edge, "jean@citoyen.test")
    ask.page().confirm()
"""
import collections
import email
import email.policy
import html.parser
import http.client
import itertools
import re
import urllib.parse

from edge import CHALLENGE
from kit import check, equal
from mail import message
from octroi import (add_domain, add_mailbox, ask_map, held, verdicts)
from proc import wait_until

TOWN = "ville.test"            # the hosted domain
OTHER_TOWN = "bourg.test"      # another one
PROBE = "203.0.113.1"          # the client of our own RCPT probes

Sender = collections.namedtuple("Sender", "ip spf dkim dmarc")
NONE, REJECT = "v=DMARC1; p=none", "v=DMARC1; p=reject"
# spf: None = one that names the domain's own server; "" = no record.
SENDERS = {
    "citoyen.test": Sender("192.0.2.10", None, True, NONE),
    "voisin.test": Sender("192.0.2.20", None, True, NONE),
    "nu.test": Sender("192.0.2.30", "", False, ""),        # proves nothing
    "signe.test": Sender("192.0.2.40", "", True, ""),      # DKIM only
    "strict.test": Sender("192.0.2.50", None, True, REJECT),
    "quarantaine.test": Sender("192.0.2.60", None, True,
                               "v=DMARC1; p=quarantine"),
    "large.test": Sender("192.0.2.70", "v=spf1 ip4:192.0.0.0/8 -all", False,
                         ""),                              # too wide for A
    "liste.test": Sender("192.0.2.80", None, True, ""),
}
STRANGER = "198.51.100.66"     # authorised by none of them

_count = itertools.count(1)


def edge(conf=None, **keywords):
    """The keywords of an Edge with this scene."""
    return {"prepare": prepare, "conf": conf, **keywords}


def prepare(e):
    for domain, s in SENDERS.items():
        e.sender_domain(domain, s.ip, spf=s.spf, dkim=s.dkim, dmarc=s.dmarc,
                        apply=False)
    for town in (TOWN, OTHER_TOWN):
        e.dns.add(town, "TXT", "v=spf1 ip4:192.0.2.250 -all")
        e.dns.add(town, "MX", "10 mx.edge.test.")
    e.dns.apply()
    if e.programs:
        add_domain(e.ctl, TOWN)
        add_domain(e.ctl, OTHER_TOWN)


# -- mailboxes ------------------------------------------------------------------
def mailbox(e, local, domain=TOWN, mode="first-contact", **settings):
    """A new mailbox that every program knows."""
    address = f"{local}@{domain}"
    add_mailbox(e.ctl, address, challenge=mode, **settings)
    wait_known(e, address)
    return address


def wait_known(e, address, timeout=5):
    """Until the map server and the milter know the address."""
    wait_until(lambda: "OK" in (ask_map(e, "vmailbox", address)[0],
                                ask_map(e, "valias", address)[0]),
               timeout, f"mapd knows {address}")
    with e.client(PROBE, "probe.test") as c:
        wait_until(lambda: probe(c, address).ok, timeout,
                   f"the milter knows {address}")


def probe(c, address):
    """The answer to RCPT alone."""
    c.mail("")
    reply = c.rcpt(address)
    c.command("RSET")
    return reply


# -- sending ----------------------------------------------------------------------
def client(e, sender, *, ip=None, helo=None):
    """Connected as the server of the sender's domain."""
    domain = sender.rpartition("@")[2]
    known = SENDERS.get(domain)
    return e.client(ip or (known.ip if known else STRANGER),
                    helo or f"mx.{domain or 'relay.test'}")


def send(e, sender, rcpts, octets=None, *, ip=None, helo=None, **keywords):
    """One message by its own connection; the smtpc.Result."""
    if octets is None:
        octets = message(sender, rcpts)
    with client(e, sender, ip=ip, helo=helo) as c:
        return c.send(sender, rcpts, octets, **keywords)


def accepted(result):
    check(result.end is not None and result.end.ok, f"not accepted: {result}")
    return result


def refused(result, code, enhanced=None):
    """The reply that decided, after it was checked."""
    reply = result.reply
    equal((reply.code, reply.enhanced), (code, enhanced or reply.enhanced),
          f"reply of {result}")
    return reply


def verdict(e, result, rcpt=None, count=1):
    """The milter's decision about a message (for one final)."""
    want = {"rcpt": rcpt} if rcpt else {}
    qid = result.queue_id
    return wait_until(lambda: len(verdicts(e, qid, **want)) >= count and
                      verdicts(e, qid, **want), 5,
                      f"verdict of {result}")[0]


def only_held(e, box, reason="first-contact"):
    """The one item that is held for box."""
    items = held(e, box)
    equal([i["reason"] for i in items], [reason], f"held for {box}")
    return items[0]


def nothing_held(e, box):
    equal([i["id"] for i in held(e, box)], [], f"held for {box}")


# -- the challenge ------------------------------------------------------------------
class Challenge:
    """A challenge mail, read as its recipient would."""

    def __init__(self, delivery):
        self.delivery = delivery
        self.mail = email.message_from_bytes(delivery.data,
                                             policy=email.policy.default)
        self.text = self.mail.get_body(("plain",)).get_content()
        links = re.findall(r"https?://\S+/[a-z2-7]{40}\b", self.text)
        equal(len(links), 1, f"links in {self.text!r}")
        self.url = links[0]
        m = re.search(r"\b(\d{3}) (\d{3})\b", self.text)
        check(m, f"no code in {self.text!r}")
        self.code = m[1] + m[2]

    def page(self, **keywords):
        return Page(self.url, **keywords)


def is_challenge(delivery):
    return delivery.sender.startswith("bounce+") and \
        delivery.sender.endswith("@" + CHALLENGE)


def challenge(e, sender, count=1, timeout=15):
    """The count-th challenge that reached the sender's mailbox."""
    return Challenge(e.world.wait_for(sender, is_challenge, timeout, count))


def challenges(e, sender):
    return len(e.world.all(sender, is_challenge))


class Form(html.parser.HTMLParser):
    """Forms of a page: [(attributes, {input: value}, [button attributes])]"""

    def __init__(self, text):
        super().__init__()
        self.forms = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.forms.append((attrs, {}, []))
        elif self.forms and tag == "input" and "name" in attrs:
            self.forms[-1][1][attrs["name"]] = attrs.get("value") or ""
        elif self.forms and tag == "button":
            self.forms[-1][2].append(attrs)


class Page:
    """One page, fetched without a browser.  method GET or HEAD."""

    def __init__(self, url, method="GET", form=None, headers=()):
        self.url = url
        self.status, self.headers, self.text = fetch(url, method, form,
                                                     dict(headers))
        self.forms = Form(self.text).forms

    def submit(self, index, **values):
        """Press a form's first button; follows its redirect."""
        attrs, fields, buttons = self.forms[index]
        fields = {**fields, **{k: v for k, v in values.items()
                               if v is not None}}
        if buttons and "name" in buttons[0]:
            fields[buttons[0]["name"]] = buttons[0].get("value") or ""
        url = urllib.parse.urljoin(self.url, attrs.get("action") or "")
        out = Page(url, "POST", fields)
        if out.status == 303:
            location = urllib.parse.urljoin(url, out.headers["location"])
            return Page(location)
        return out

    def confirm(self, code=None):
        return self.submit(0, code=code)

    def not_me(self, code=None):
        return self.submit(1, code=code)


def fetch(url, method="GET", form=None, headers=None, timeout=20):
    """(status, headers, text) of one request; nothing is followed."""
    u = urllib.parse.urlsplit(url)
    c = http.client.HTTPConnection(u.hostname, u.port, timeout=timeout)
    headers = dict(headers or {})
    body = None
    if form is not None:
        body = urllib.parse.urlencode(form)
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        target = u.path or "/"
        c.request(method, target + (f"?{u.query}" if u.query else ""), body,
                  headers)
        r = c.getresponse()
        text = r.read().decode("utf-8")
        return r.status, {k.lower(): v for k, v in r.getheaders()}, text
    finally:
        c.close()


def confirm_when_ripe(ask, timeout=15):
    """Press the button once the page no longer wants the code."""
    page = wait_until(lambda: (p := ask.page()).status == 200 and
                      not wants_code(p) and p, timeout,
                      "the page asks for no code")
    return page.confirm()


def wants_code(page):
    """Is there a code field in the form that confirms?"""
    check(page.forms, f"no form: {page.status} {page.text[:500]}")
    return "code" in page.forms[0][1]


def person(domain="citoyen.test"):
    """A sender whom no other test has."""
    return f"jean.{next(_count)}@{domain}"
