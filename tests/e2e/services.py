# SPDX-License-Identifier: Apache-2.0
"""Redis and an authoritative DNS server for one test run."""
import os
import random
import signal
import socket
import struct

from proc import Failure, Process, free_port, own, tree, wait_until


class Redis(Process):
    """redis-server on a unix socket, every write synced."""

    def __init__(self, folder):
        self.data = f"{folder}/redis"
        self.socket = f"{folder}/run/redis.sock"
        os.makedirs(self.data)
        own(self.data)
        super().__init__("redis", [
            "redis-server", "--port", "0", "--unixsocket", self.socket,
            "--unixsocketperm", "777", "--dir", self.data, "--save", "",
            "--appendonly", "yes", "--appendfsync", "always",
            "--maxmemory", "256mb", "--maxmemory-policy", "noeviction",
            "--daemonize", "no", "--loglevel", "notice"],
            folder, ready=self._answers)

    def _answers(self):
        try:
            return self.cmd("PING") == "PONG"
        except (OSError, Failure):
            return False

    def cmd(self, *words):
        """One command: str, int, None or a list; Failure on an error."""
        words = [w if isinstance(w, bytes) else str(w).encode()
                 for w in words]
        out = b"*%d\r\n" % len(words)
        out += b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(self.socket)
            s.sendall(out)
            with s.makefile("rb") as f:
                return self._reply(f)

    def _reply(self, f):
        line = f.readline()
        kind, rest = line[:1], line[1:].rstrip(b"\r\n")
        if kind == b"+":
            return rest.decode()
        if kind == b":":
            return int(rest)
        if kind == b"$":
            if int(rest) < 0:
                return None
            value = f.read(int(rest) + 2)[:-2]
            return value.decode("utf-8", "backslashreplace")
        if kind == b"*":
            return [self._reply(f) for _ in range(max(0, int(rest)))]
        raise Failure(f"redis: {line!r}")

    def keys(self, pattern="*"):
        return sorted(self.cmd("KEYS", pattern))


NSD = """server:
  ip-address: 127.0.0.1@{port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "{d}"
  pidfile: "{d}/nsd.pid"
  zonelistfile: "{d}/zone.list"
  xfrdfile: "{d}/xfrd.state"
  xfrdir: "{d}"
  database: ""
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "world.zone"
zone:
  name: "servfail.test"
  zonefile: "absent.zone"
"""

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15,
         "TXT": 16, "AAAA": 28}


class Dns(Process):
    """nsd answering for the whole tree of names, from one root zone.

    One zone makes nsd follow CNAMEs across domains as a resolver would, and
    makes every name that was not added an NXDOMAIN at once: no test can reach
    the network by DNS.  Names under servfail.test answer SERVFAIL.
    """

    def __init__(self, folder):
        self.port = free_port()
        self.dir = f"{folder}/dns"
        os.makedirs(self.dir)
        own(self.dir)
        self.records = {}     # (name, type) -> [(ttl, data)]
        self.serial = 1
        self.minimum = 5      # s that "there is none" is remembered
        with open(f"{self.dir}/nsd.conf", "w") as f:
            f.write(NSD.format(port=self.port, d=self.dir))
        super().__init__("nsd", ["nsd", "-d", "-c", f"{self.dir}/nsd.conf"],
                         folder, ready=self._current)

    def start(self, timeout=30):
        self._write()
        return super().start(timeout)

    # -- records: add/remove, then apply() ---------------------------------
    def add(self, name, rtype, data, ttl=60):
        """data in zone file form, absolute names; TXT is plain text."""
        name = name.rstrip(".").lower() + "."
        if rtype == "TXT":
            data = txt(data)
        self.records.setdefault((name, rtype), []).append((ttl, data))
        return self

    def remove(self, name, rtype=None):
        name = name.rstrip(".").lower() + "."
        for key in [k for k in self.records
                    if k[0] == name and rtype in (None, k[1])]:
            del self.records[key]
        return self

    def replace(self, name, rtype, data, ttl=60):
        return self.remove(name, rtype).add(name, rtype, data, ttl)

    def add_ptr(self, ip, name):
        rev = ".".join(reversed(ip.split("."))) + ".in-addr.arpa"
        return self.add(rev, "PTR", name.rstrip(".") + ".")

    def list_ip(self, zone, ip, code="127.0.0.2"):
        """Put an IPv4 address on the DNS list `zone`."""
        return self.add(".".join(reversed(ip.split("."))) + "." + zone,
                        "A", code)

    def apply(self, timeout=10):
        """Make the running server serve what was added and removed."""
        self.serial += 1
        self._write()
        if self.alive:
            before = tree(self.pid)
            self.send_signal(signal.SIGHUP)
            # For a moment the old server process answers beside the new one.
            wait_until(lambda: self._current() and
                       not set(tree(self.pid)[2:]) & set(before[2:]),
                       timeout, "nsd serves the new zone alone")
        return self

    # -- inside -------------------------------------------------------------
    def _write(self):
        lines = ["$ORIGIN .", "$TTL 60",
                 f". 60 IN SOA ns.test. root.test. {self.serial} "
                 f"3600 900 604800 {self.minimum}",
                 ". 60 IN NS ns.test.", "ns.test. 60 IN A 127.0.0.1"]
        for (name, rtype), values in sorted(self.records.items()):
            lines += [f"{name} {ttl} IN {rtype} {data}"
                      for ttl, data in values]
        path = f"{self.dir}/world.zone"
        with open(path + ".new", "w") as f:
            f.write("\n".join(lines) + "\n")
        os.rename(path + ".new", path)

    def _current(self):
        try:
            rcode, answers = self.query(".", "SOA", timeout=0.3)
        except OSError:
            return False
        if rcode != 0 or not answers:
            return False
        return struct.unpack(">I", answers[0][-20:-16])[0] == self.serial

    def query(self, name, rtype, timeout=2):
        """(rcode, [rdata octets]) by UDP, for the harness's own checks."""
        qid = random.randrange(65536)
        labels = [x for x in name.rstrip(".").split(".") if x]
        question = b"".join(bytes([len(x)]) + x.encode() for x in labels)
        question += b"\0" + struct.pack(">HH", TYPES[rtype], 1)
        head = struct.pack(">6H", qid, 0x0100, 1, 0, 0, 1)
        opt = b"\0" + struct.pack(">HHIH", 41, 4096, 0, 0)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(timeout)
            s.connect(("127.0.0.1", self.port))
            s.send(head + question + opt)
            data = s.recv(65535)
        got, flags, _, count = struct.unpack(">4H", data[:8])
        if got != qid:
            return None, []
        at = 12 + len(question)
        answers = []
        for _ in range(count):
            while data[at] and data[at] < 0xc0:
                at += 1 + data[at]
            at += 2 if data[at] >= 0xc0 else 1
            size = struct.unpack(">H", data[at + 8:at + 10])[0]
            answers.append(data[at + 10:at + 10 + size])
            at += 10 + size
        return flags & 15, answers


def txt(text):
    """TXT data of any length as quoted strings of at most 255 octets."""
    raw = text.encode() if isinstance(text, str) else text
    parts = [raw[i:i + 255] for i in range(0, len(raw), 255)] or [b""]

    def quote(part):
        return "".join(chr(c) if 32 <= c < 127 and c not in b'"\\'
                       else f"\\{c:03d}" for c in part)
    return " ".join(f'"{quote(p)}"' for p in parts)
