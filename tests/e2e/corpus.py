# SPDX-License-Identifier: Apache-2.0
"""Real mail through an edge.

The corpus is not part of the project: it is read from OCTROI_SHARED (default
../shared beside the repository).  Each message is sent to recipients of its
own, made with a plus tag (box3+<id>@domain), so that every fate can be traced
back to its message whatever the filter adds or cuts.
"""
import collections
import re
import subprocess
import threading

from edge import SHARED
from proc import Failure, wait_until

ARCHIVE = f"{SHARED}/corpus/dev.tar.zst"
MANIFEST = f"{SHARED}/corpus/manifest.tsv"
UNKNOWN_SENDER = "unknown@sender.test"

Message = collections.namedtuple("Message", "id label sender ip helo octets")
Sent = collections.namedtuple("Sent", "message rcpts result error")


def load(folder, limit=None):
    """Unpack into folder and read: a list of Message, in manifest order."""
    subprocess.run(["tar", "--zstd", "-xf", ARCHIVE, "-C", folder],
                   check=True, timeout=120)
    out = []
    with open(MANIFEST, encoding="utf-8") as f:
        names = f.readline().lstrip("#").rstrip("\n").split("\t")
        for line in f:
            row = dict(zip(names, line.rstrip("\n").split("\t")))
            split = row["split"].removeprefix("dev-")
            with open(f"{folder}/{split}/{row['id']}.eml", "rb") as m:
                octets = m.read()
            out.append(Message(
                row["id"], row["label"], envelope_sender(row["mail_from"]),
                row["client_ip"], row["helo"] or "client.test",
                as_received(octets, bool(row["client_ip"]))))
            if limit and len(out) >= limit:
                break
    return out


ATOMS = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]*")


def envelope_sender(value):
    value = {"<>": "", "?": UNKNOWN_SENDER}.get(value, value)
    local, at, domain = value.rpartition("@")
    if at and not ATOMS.fullmatch(local) and not local.startswith('"'):
        local = '"' + re.sub(r'(["\\])', r"\\\1", local) + '"'
    return local + at + domain


def as_received(octets, synthetic):
    """CRLF; without our own hop's fields where the corpus made them up."""
    if synthetic:
        for name in (b"Return-Path", b"Received"):
            octets = re.sub(rb"(?i)\A" + name +
                            rb":(?:[^\n]|\n[ \t])*\n", b"", octets)
    return octets.replace(b"\n", b"\r\n")


def replay(edge, messages, rcpts_of, *, connections=8,
           default_ip="192.0.2.99"):
    """Send all; rcpts_of(message) gives the recipients.  A list of Sent."""
    todo = iter(messages)
    lock = threading.Lock()
    out = []

    def worker():
        while True:
            with lock:
                m = next(todo, None)
            if m is None:
                return
            rcpts, result, error = rcpts_of(m), None, None
            try:
                with edge.client(m.ip or default_ip, m.helo) as c:
                    result = c.send(m.sender, rcpts, m.octets)
            except (OSError, Failure) as e:
                error = str(e)
            with lock:
                out.append(Sent(m, rcpts, result, error))
    threads = [threading.Thread(target=worker, daemon=True)
               for _ in range(connections)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return out


def settle(edge, timeout=120):
    """Until Postfix has nothing left to deliver."""
    wait_until(lambda: not edge.postfix.queue(), timeout, "queue empty")


def add_senders(edge, messages):
    """DNS in which every other sending domain names its clients by SPF, so
    that some senders of the corpus are proven and some are not."""
    servers = collections.defaultdict(set)
    for m in messages:
        domain = m.sender.rpartition("@")[2].lower()
        if m.ip and ":" not in m.ip and re.fullmatch(r"[a-z0-9.-]+", domain):
            servers[domain].add(m.ip)
    for n, (domain, ips) in enumerate(sorted(servers.items())):
        if n % 2 and len(ips) <= 20:
            edge.dns.add(domain, "TXT", "v=spf1 " + " ".join(
                f"ip4:{ip}" for ip in sorted(ips)) + " -all")
            edge.dns.add(domain, "MX", f"10 mx.{domain}.")
            edge.dns.add(f"mx.{domain}", "A", sorted(ips)[0])
    edge.dns.apply(30)


FIELD = re.compile(rb"(?:[!-9;-~]+[ \t]*:)(?:[^\r\n]|\r\n[ \t])*\r\n")
FORGED = re.compile(rb"(?i)X-Octroi-|X-Spam-")


def without_forged(octets):
    """Less the fields that only octroi may set."""
    out, at = [], 0
    while (m := FIELD.match(octets, at)):
        if not FORGED.match(m[0]):
            out.append(m[0])
        at = m.end()
    return b"".join(out) + octets[at:]
