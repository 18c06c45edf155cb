# SPDX-License-Identifier: Apache-2.0
"""The one place of the tests that knows octroictl's words, the milter's log
lines, the map server's protocol and the keys in Redis.
"""
import re
import socket

from kit import check


def options(settings):
    return [f"--{k.replace('_', '-')}={v}" for k, v in settings.items()]


# -- octroictl; ctl is like Edge.ctl ----------------------------------------
def add_domain(ctl, domain, **settings):
    ctl("domain", "add", domain, *options(settings))


def add_mailbox(ctl, address, **settings):
    ctl("mailbox", "add", address, *options(settings))


def set_mailbox(ctl, address, **settings):
    ctl("mailbox", "set", address, *options(settings))


def remove_mailbox(ctl, address):
    ctl("mailbox", "remove", address)


def add_alias(ctl, address, *targets):
    ctl("alias", "add", address, *targets)


def set_alias(ctl, address, *targets):
    ctl("alias", "set", address, *targets)


def provision(ctl, domain, locals_, **settings):
    """A hosted domain and its mailboxes, all with the same settings."""
    lines = [f"domain add {domain}"]
    lines += [" ".join(["mailbox add", f"{local}@{domain}",
                        *options(settings)]) for local in locals_]
    ctl("batch", "-", stdin="\n".join(lines) + "\n", timeout=300)


def held(edge, *words):
    """Live held items, oldest first; words: a mailbox or a domain."""
    page = edge.ctl_json("held", "list", *words, "--limit=100000",
                         timeout=120)
    check(page["total"] <= 100000, "items beyond the page")
    return page["items"][::-1]


def held_state(edge, item):
    """The state of a held item, also of one that is over."""
    return edge.ctl_json("held", "show", item)["state"]


def release(edge, item, *words):
    return edge.ctl("held", "release", item, *words)


def drop(edge, item):
    return edge.ctl("held", "drop", item)


def allow(edge, mailbox, who, *words):
    return edge.ctl("allow", "add", mailbox, who, *words)


def block(edge, mailbox, who, *words):
    return edge.ctl("block", "add", mailbox, who, *words)


# -- the milter's log ---------------------------------------------------------
WORD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)')


def verdicts(edge, queue_id=None, **want):
    """Decisions in the milter's log, as dicts; want: values they must have."""
    out = []
    with open(edge.octroi["milter"].log, errors="backslashreplace") as f:
        for line in f:
            m = re.search(r"(\w+): (verdict=.*)", line)
            if not m or queue_id not in (None, m[1]):
                continue
            words = {k: v.strip('"') for k, v in WORD.findall(m[2])}
            words["id"] = m[1]
            if all(words.get(k) == v for k, v in want.items()):
                out.append(words)
    return out


# -- the map server -------------------------------------------------------------
def ask_map(edge, name, key, timeout=5):
    """(status, value) of one socketmap look-up."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(timeout)
        s.connect(edge.mapd_socket)
        text = f"{name} {key}".encode()
        s.sendall(b"%d:%s," % (len(text), text))
        with s.makefile("rb") as f:
            size = b""
            while (c := f.read(1)) not in (b":", b""):
                size += c
            answer = f.read(int(size)).decode()
    status, _, value = answer.partition(" ")
    return status, value


# -- the store ------------------------------------------------------------------
def relations(edge, mailbox):
    """{sid: state letter} of one mailbox (policy/relation.c)."""
    local, _, domain = mailbox.partition("@")
    flat = edge.redis.cmd("HGETALL", f"oct:{{{domain}}}:rel:{local}")
    return {sid: packed.split()[1] for sid, packed in
            zip(flat[::2], flat[1::2])}
