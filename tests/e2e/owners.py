# SPDX-License-Identifier: Apache-2.0
"""Owners' pages: links, visitors with and without a browser, and held messages
by the thousand."""
import base64
import hashlib
import http.client
import json
import time
import urllib.parse

from kit import check, equal
from mail import message
from octroi import held
from proc import wait_until
from scene import Form, accepted, fetch, send

COOKIE = "__Host-octroi"
HOUR = 3600000


# -- links, made anew from policy/owner_link.h ---------------------------------------
def _hash(key, octets, size):
    return hashlib.blake2b(octets, digest_size=size, key=key).digest()


def token(edge, box, person="", kind=1, issued=None, expires=None):
    """What stands after /m/ (kind 1) or /d/ (2) in a link."""
    with open(edge.conf["platform"]["secret_file"]) as f:
        secret = bytes.fromhex(f.read())
    key = _hash(secret, (b"owner.enter", b"owner.schedule")[kind - 1], 32)
    names = _hash(secret, b"owner.names", 32)
    local, _, domain = box.partition("@")

    def name(*parts):
        parts = [*parts, "", ""][:3]
        return _hash(names, b"".join(p.encode() + b"\0" for p in parts), 16)

    issued = int(time.time() * 1000) if issued is None else issued
    expires = issued + HOUR if expires is None else expires
    head = bytes([1 << 4 | kind]) + issued.to_bytes(6, "big")
    head += (expires // 60000 + 1).to_bytes(4, "big")
    head += name(domain)[:5] + name(domain, local)[:9]
    head += name(domain, local, person)[:9] if person else bytes(9)
    out = base64.b32encode(head + _hash(key, head, 16)).decode().lower()
    equal(len(out), 80, "characters of the link")
    return out


def other(text):
    """The same but for its first character."""
    return ("b" if text[0] == "a" else "a") + text[1:]


def url(edge, path):
    return edge.conf["challenge"]["url"] + path


# -- a visitor without a browser -----------------------------------------------------
class Visitor:
    """Keeps the cookie, follows redirects, presses buttons by their value."""

    def __init__(self, edge, ip="198.51.100.200"):
        self.edge, self.cookie = edge, None
        self.headers = {"X-Forwarded-For": ip}
        self.status, self.text, self.url, self.got = 0, "", "", {}

    def _fetch(self, target, method="GET", form=None, **headers):
        headers = {**self.headers, **headers}
        if self.cookie:
            headers["Cookie"] = f"{COOKIE}={self.cookie}"
        self.url = urllib.parse.urljoin(self.url or url(self.edge, "/"),
                                        target)
        self.status, self.got, self.text = fetch(self.url, method, form,
                                                 headers)
        made = self.got.get("set-cookie")
        if made:
            for word in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
                check(word in made, made)
            self.cookie = made.split(";")[0].partition("=")[2]
        return self

    def get(self, path, method="GET"):
        return self._fetch(url(self.edge, path), method)

    def post(self, path, form, **headers):
        return self._fetch(url(self.edge, path), "POST", form, **headers)

    def forms(self):
        return Form(self.text).forms

    def press(self, value, **fields):
        """The button of that value (or that it begins with), and what
        follows."""
        for attrs, have, buttons in self.forms():
            for b in buttons:
                if (b.get("value") or "").startswith(value):
                    form = {**{k: v for k, v in have.items() if k != "id" or
                               len(buttons) == 1}, **fields,
                            b["name"]: b["value"]}
                    self._fetch(attrs["action"], "POST", form)
                    if self.status == 303:
                        self._fetch(self.got["location"])
                    return self
        raise AssertionError(f"no button {value} on {self.url}: "
                             f"{self.text[-3000:]}")

    def enter(self, box, person="", **times):
        """By a link, its button included.  A mailbox that was just made is known
        to the page a moment later."""
        path = "/m/" + token(self.edge, box, person, **times)
        wait_until(lambda: self.get(path).status == 200 and
                   'value="enter"' in self.text, 5,
                   f"the link of {box} opens")
        self.press("enter")
        equal(self.status, 200, self.text[-500:])
        return self


def upload(visitor, path, boundary, body):
    """(status, text) of a file that was sent by a form."""
    u = urllib.parse.urlsplit(url(visitor.edge, path))
    c = http.client.HTTPConnection(u.hostname, u.port, timeout=20)
    try:
        c.request("POST", u.path, body.encode(), {
            **visitor.headers, "Cookie": f"{COOKIE}={visitor.cookie}",
            "Content-Type": f"multipart/form-data; boundary={boundary}"})
        r = c.getresponse()
        return r.status, r.read().decode()
    finally:
        c.close()


# -- what is held -------------------------------------------------------------------------
def hold(edge, box, sender, subject="Bonjour", **keywords):
    """Send a message that is held; its item."""
    before = {i["id"] for i in held(edge, box)}
    octets = message(sender, box, subject, **keywords)
    accepted(send(edge, sender, box, octets))
    return wait_until(lambda: [i for i in held(edge, box)
                               if i["id"] not in before], 5, "held")[0]


# Clones of one item: KEYS index, ARGV prefix, model, how many, changes, first.
CLONE = """
local v = cjson.decode(ARGV[2])
local changes = cjson.decode(ARGV[4])
local id = string.sub(v.id, 1, 24)
for k, x in pairs(changes) do v[k] = x end
local subject, from = v.subject, v.from
local letters = 'abcdefghijklmnopqrstuvwxyz'
for n = 1, tonumber(ARGV[3]) do
  local m, tail = n + tonumber(ARGV[5]), ''
  for i = 1, 8 do
    tail = tail .. string.sub(letters, m % 26 + 1, m % 26 + 1)
    m = math.floor(m / 26)
  end
  v.id = id .. tail
  v.arrival_ms = v.arrival_ms - 60000
  v.subject = string.gsub(subject, '#', tostring(n))
  v.from = string.gsub(from, '#', tostring(n))
  local key = ARGV[1] .. v.id
  redis.call('HSET', key, 'v', cjson.encode(v), 'state', 'stored',
             'expires', string.format('%.0f', v.expires_ms))
  redis.call('ZADD', KEYS[1], string.format('%.0f', v.arrival_ms), v.id)
end
return v.id
"""
_first = [1]


def clone(edge, item, count=1, **changes):
    """Further items like this one, older by a minute each, known to the store
    alone; '#' in from and subject is their number.  The last one's id."""
    domain, local = item["domain"], item["local"]
    prefix = f"oct:{{{domain}}}:held:"
    model = edge.redis.cmd("HGET", prefix + item["id"], "v")
    _first[0] += 1000000
    return edge.redis.cmd(
        "EVAL", CLONE, 1, f"oct:{{{domain}}}:heldidx:{local}", prefix, model,
        count, json.dumps(changes) if changes else '{"x":"x"}', _first[0])
