# SPDX-License-Identifier: Apache-2.0
"""The sender's pages: links of refusals, axe-core, and states to look at."""
import base64
import glob
import hashlib
import itertools
import json
import os
import time

from edge import REPO
from kit import check, equal, skip
from octroi import relations
from scene import accepted, challenge, mailbox, only_held, send

# Where `check` puts it, and where a package would.
PLACES = [os.environ.get("OCTROI_AXE", ""),
          *glob.glob(f"{REPO}/build/axe/axe-*.min.js"),
          f"{REPO}/node_modules/axe-core/axe.min.js",
          "/usr/share/nodejs/axe-core/axe.min.js"]
PHONE, DESKTOP = 390, 1280
SHOTS = os.environ.get("OCTROI_SHOTS")
_clients = itertools.count(1)


# -- the link of a refusal, made anew from challenge.md 9 --------------------------
def _hash(key, octets, size):
    return hashlib.blake2b(octets, digest_size=size, key=key).digest()


def refusal(edge, domain, sid, address, day=None):
    """(url, hash of the sid) of the link that a refused sender gets."""
    with open(edge.conf["platform"]["secret_file"]) as f:
        secret = bytes.fromhex(f.read())

    def part(purpose, text, size):
        key = _hash(secret, b"pass." + purpose, 32)
        return _hash(key, text, 16)[:size]

    day = int(time.time() // 86400) if day is None else day
    sid_hash = part(b"sid", sid.encode(), 6)
    head = bytes([2 << 4 | part(b"id", b"id", 1)[0] & 15])
    head += ((day % 4096) << 4).to_bytes(2, "big")
    head += part(b"domain", domain.encode(), 5) + sid_hash
    head += part(b"address", address.encode(), 3)
    token = base64.b32encode(head + part(b"check", head, 7)).decode()
    token = token.rstrip("=").lower()
    equal(len(token), 39, "characters of the token")
    return f"{edge.conf['challenge']['url']}/{token}", sid_hash.hex()


def passes(edge, domain):
    """{hash of the sid: messages left}"""
    out = {}
    for key in edge.redis.cmd("KEYS", f"oct:{{{domain}}}:pass:*"):
        out[key.rpartition(":")[2]] = int(edge.redis.cmd("GET",
                                                         key).split()[1])
    return out


# -- challenges in every state ---------------------------------------------------------
def asked(edge, name, sender):
    box = mailbox(edge, name)
    accepted(send(edge, sender, box))
    return box, challenge(edge, sender)


def unchanged(edge, box):
    only_held(edge, box)
    equal(set(relations(edge, box).values()), {"K"}, "relation")
    equal(edge.mailboxes.all(box), [], "delivered")


def challenge_key(edge, ask):
    """Of the record in the store."""
    token = ask.url.rpartition("/")[2]
    octets = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    ident = octets[1:9].hex()
    domain = edge.redis.cmd("GET", f"oct:tok:{ident}")
    return f"oct:{{{domain}}}:chal:{ident}"


def expire(edge, ask):
    """Its time is over, but the courier has not come by."""
    key = challenge_key(edge, ask)
    value = json.loads(edge.redis.cmd("HGET", key, "v"))
    value["expires_ms"] = int(time.time() * 1000) - 1
    edge.redis.cmd("HSET", key, "v", json.dumps(value))


def lose(edge, ask):
    """As if it had not been handed over in time."""
    edge.redis.cmd("HSET", challenge_key(edge, ask), "state", "late")


def client():
    """X-Forwarded-For of somebody new."""
    n = next(_clients)
    return f"198.51.{100 + n // 250}.{1 + n % 250}"


# -- axe-core --------------------------------------------------------------------------
def axe_source():
    path = next((p for p in PLACES if p and os.path.exists(p)), None)
    if path is None:
        skip("axe-core is absent: tests/support/axe.sh build/axe fetches it")
    with open(path, encoding="utf-8") as f:
        return f.read()


def violations(browser, source):
    """What axe-core finds on the page, a line each."""
    browser.driver.execute_script(source)
    found = browser.driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {preload: false}).then("
        "r => done([r.violations, r.passes.length]),"
        "e => done([[{id: String(e), nodes: []}], 0]))")
    found, passed = found
    check(passed > 10, f"axe-core found but {passed} rules kept: {found}")
    return [f"{v['id']}: {[n['html'][:120] for n in v['nodes']]}"
            for v in found]


def in_lang(url, lang):
    return f"{url}{'&' if '?' in url else '?'}lang={lang}"


def look(b, where, source, looks):
    """What is wrong with the page in each of the looks, (width, by night);
    with OCTROI_SHOTS a picture of each combination stays in that folder."""
    found = []
    if SHOTS:
        os.makedirs(SHOTS, exist_ok=True)
        looks = [(w, dark) for w in (PHONE, DESKTOP) for dark in (False, True)]
    for width, dark in looks:
        b.dark(dark)
        b.size(width, 800)
        name = f"{where}.{width}{'.nuit' if dark else ''}"
        wide = b.driver.execute_script(
            "return document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{name}: {wide} wide")
        found += [f"{name}: {v}" for v in violations(b, source)]
        if SHOTS:
            b.whole(f"{SHOTS}/{name}.png", width)
    b.dark(False)
    return found
