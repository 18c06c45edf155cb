# SPDX-License-Identifier: Apache-2.0
"""Generated SPF records, and a small DNS server on loopback that has them."""
import random
import selectors
import socket
import struct

TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
BY_NUMBER = {number: name for name, number in TYPES.items()}
UDP_MAX = 1232
FAIL_PREFIX = "slow"  # names that answer SERVFAIL begin with it

# --- the zone -------------------------------------------------------------


class Zone:
    """Names in lower case -> type -> list of values as pyspf wants them."""

    def __init__(self):
        self.names = {}
        self.inner = set()

    def add(self, name, kind, value):
        name = name.lower()
        self.names.setdefault(name, {}).setdefault(kind, []).append(value)
        while "." in name:
            name = name.split(".", 1)[1]
            self.inner.add(name)

    def fails(self, name):
        return name.startswith(FAIL_PREFIX)

    def exists(self, name):
        return name in self.names or name in self.inner


# --- a small DNS server -----------------------------------------------------


def wire_name(name):
    out = b""
    for label in name.rstrip(".").split("."):
        raw = label.encode("latin-1")
        if raw:
            out += bytes([len(raw)]) + raw
    return out + b"\0"


def wire_data(kind, value):
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == "MX":
        return struct.pack("!H", value[0]) + wire_name(value[1])
    if kind == "TXT":
        return b"".join(bytes([len(part)]) + part for part in value)
    return wire_name(value)


def read_question(packet):
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1"))
        at += 1 + packet[at]
    kind = struct.unpack_from("!H", packet, at + 1)[0]
    return ".".join(labels).lower(), BY_NUMBER.get(kind), packet[12:at + 5]


def wire_answer(zone, packet, limit):
    name, kind, question = read_question(packet)
    ident = packet[:2]
    if zone.fails(name):
        return ident + struct.pack("!5H", 0x8182, 1, 0, 0, 0) + question
    records, hops = [], 0
    while "CNAME" in zone.names.get(name, {}) and hops < 8:
        target = zone.names[name]["CNAME"][0]
        records.append((name, "CNAME", target))
        name, hops = target.lower(), hops + 1
    for value in zone.names.get(name, {}).get(kind, []):
        records.append((name, kind, value))
    code = 0 if records or zone.exists(name) else 3
    body = b""
    for owner, rtype, value in records:
        data = wire_data(rtype, value)
        body += wire_name(owner)
        body += struct.pack("!HHIH", TYPES[rtype], 1, 300, len(data)) + data
    if 12 + len(question) + len(body) > limit:
        return ident + struct.pack("!5H", 0x8380, 1, 0, 0, 0) + question
    head = struct.pack("!5H", 0x8180 | code, 1, len(records), 0, 0)
    return ident + head + question + body


def serve_tcp(zone, client):
    with client:
        client.settimeout(5)
        size = struct.unpack("!H", client.recv(2, socket.MSG_WAITALL))[0]
        packet = client.recv(size, socket.MSG_WAITALL)
        answer = wire_answer(zone, packet, 65535)
        client.sendall(struct.pack("!H", len(answer)) + answer)


def serve(zone, udp, tcp):
    select = selectors.DefaultSelector()
    select.register(udp, selectors.EVENT_READ)
    select.register(tcp, selectors.EVENT_READ)
    while True:
        for key, _ in select.select():
            if key.fileobj is tcp:
                serve_tcp(zone, tcp.accept()[0])
                continue
            packet, peer = udp.recvfrom(4096)
            udp.sendto(wire_answer(zone, packet, UDP_MAX), peer)


def open_sockets():
    """UDP and TCP on one free loopback port."""
    for _ in range(50):
        tcp = socket.create_server(("127.0.0.1", 0), backlog=64)
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            udp.bind(tcp.getsockname())
            return udp, tcp
        except OSError:
            udp.close()
            tcp.close()
    raise OSError("no free port")


# --- generated records ------------------------------------------------------

CLIENTS4 = ["192.0.2.%d" % i for i in range(1, 9)]
CLIENTS6 = ["2001:db8::%x" % i for i in range(1, 6)]
MAPPED = ["::ffff:" + ip for ip in CLIENTS4[:3]]
LOCALS = ["joe", "a.b-c+d", "x_y=z", "", "Ab/C,D", "j!k#l", "postmaster",
          "very.long.local.part.with.many.labels", "a b", "50%", "-", "p.."]
ODD_HOSTS = ["alias%d.pool.example" % i for i in range(4)]
ODD_HOSTS += ["slow.pool.example", "nothing.pool.example"]
LETTERS = "slodiphvSLODIPHV"


class Maker:
    """Makes one zone, and cases that use it, from a seed."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.zone = Zone()
        self.hosts = ["h%d.pool.example" % i for i in range(24)]
        self.records = []
        self.make_hosts()

    def pick(self, values):
        return values[int(self.rng.random() * len(values))]

    def chance(self, p):
        return self.rng.random() < p

    def make_hosts(self):
        add = self.zone.add
        for i, host in enumerate(self.hosts):
            if i % 6 == 5:
                continue  # nothing there: void
            for _ in range(self.rng.randint(1, 3)):
                if i % 6 != 4:
                    add(host, "A", self.pick(CLIENTS4 + ["203.0.113.9"]))
                if i % 3 == 0:
                    add(host, "AAAA", self.pick(CLIENTS6))
            for _ in range(self.pick([0, 0, 1, 2, 3, 10, 11])):
                add(host, "MX", (self.rng.randint(0, 20),
                                 self.pick(self.hosts + ODD_HOSTS)))
        for alias in range(4):
            add("alias%d.pool.example" % alias, "CNAME",
                self.pick(self.hosts))
        self.hosts += ODD_HOSTS
        for ip in CLIENTS4 + CLIENTS6:
            for _ in range(self.pick([0, 1, 1, 2, 4, 12])):
                add(reverse(ip), "PTR", self.pick(self.hosts))
        for i in range(12):
            for _ in range(self.pick([1, 1, 1, 1, 2])):
                add("exp%d.pool.example" % i, "TXT", [self.exp_text()])

    def exp_text(self):
        words = ["no", "%{i}", "%{c}", "%{d}", "%{s}", "%{L}", "%%", "%_",
                 "%-", "see", "%{o2}", "%{dr}", "%{v}", "%{h}", "%{p}",
                 "%{l1r-}", "http://x.example/?%{S}"]
        text = " ".join(self.pick(words) for _ in range(8))
        if self.chance(0.05):
            text += self.pick(["%{x}", "%", "\t", "%{d0}"])
        return text.encode("ascii") + (b"\xe9" if self.chance(0.03) else b"")

    def macro(self):
        text = "%{" + self.pick(LETTERS)
        if self.chance(0.4):
            text += str(self.pick([1, 2, 3, 9, 128]))
        if self.chance(0.3):
            text += "r"
        if self.chance(0.2):
            text += self.pick(["-", "+", ".", ".-", "=", ",", "/", "_"])
        text += "}"
        if self.chance(0.01):
            text = self.pick(["%{c}", "%{x}", "%(d)", "%", "%a", "%{", "%{d0}",
                              "%{d;}", "%{dR}", "%{t}"])
        return text

    def domain(self):
        roll = self.rng.random()
        if roll < 0.6:
            name = self.pick(self.hosts)
        elif roll < 0.75:
            name = self.macro() + "." + self.pick(["pool.example", "x.example",
                                                   self.pick(self.hosts)])
        elif roll < 0.82:
            name = self.pick(["", "x.", "%%."]) + self.macro()
        elif roll < 0.96:
            name = self.pick(self.hosts).upper()
        else:
            name = self.pick(["museum", "a..b.example", "x" * 64 + ".example",
                              "1.2.3.4", "x.example.", "a:b.example", ".",
                              "x.-com", "x.c-d", "x.1a", "x_y.example", "",
                              "a/b.example", "x.example/", "x.com%%"])
        return name

    def cidr(self, dual):
        roll = self.rng.random()
        if roll < 0.6:
            return ""
        if roll < 0.98:
            text = "/%d" % self.pick([0, 8, 16, 24, 30, 31, 32])
            if dual and self.chance(0.4):
                text += "//%d" % self.pick([0, 32, 64, 127, 128])
            return text
        return self.pick(["/33", "//129", "/024", "//64", "/", "//", "/a",
                          "/24/24", "/128", "/-1", "/00"])

    def address(self):
        wrong = self.chance(0.03)
        if self.chance(0.5):
            return "ip4:" + self.pick(
                ["1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.5", ""] if wrong
                else CLIENTS4 + ["198.51.100.0"])
        return "ip6:" + self.pick(
            [":::", "1:2:3", "2001:DB8::/", "g::", "::1%1", "12345::", "",
             "1:2:3:4:5:6:7:8:9", "1::2::3", "1.2.3.4"] if wrong
            else CLIENTS6 + ["::", "::1.2.3.4", "::ffff:192.0.2.1",
                             "1:2:3:4:5:6:7::", "2001:DB8::"])

    def mechanism(self):
        kind = self.pick(["a", "a", "mx", "mx", "ptr", "ip", "ip", "ip",
                          "exists", "ip", "ip", "include", "all", "junk"])
        if kind == "ip":
            return self.address() + self.cidr(False)
        if kind in ("a", "mx"):
            domain = ":" + self.domain() if self.chance(0.6) else ""
            return kind + domain + self.cidr(True)
        if kind == "ptr":
            return kind + (":" + self.domain() if self.chance(0.6) else "")
        if kind == "exists":
            return "exists:" + self.domain()
        if kind == "include":
            if self.records and self.chance(0.97):
                return "include:" + self.pick(self.records)
            return "include:" + self.domain()
        if kind == "all" and self.chance(0.7):
            return "ip4:" + self.pick(CLIENTS4)  # all would end most records
        if kind == "all":
            return "all"
        if self.chance(0.95):
            return "a"
        return self.pick(["foo", "a,", "all:", "all/8", "ip4", "ipv4:1.2.3.4",
                          "include", "exists", "1.2.3.4", "redirect:x.example",
                          "prt", "-", "a.b", "A:", "IP4:192.0.2.1", "MX"])

    def modifier(self):
        roll = self.rng.random()
        if roll < 0.4:
            return "exp=exp%d.pool.example" % self.rng.randint(0, 13)
        if roll < 0.75:
            target = self.pick(self.records) if self.records else "x.example"
            return "redirect=" + (target if self.chance(0.9)
                                  else self.domain())
        if roll < 0.8:
            return self.pick(["exp=", "redirect="]) + self.domain()
        if roll < 0.98:
            return self.pick(["foo=bar", "x-y.z_1=%{d}", "default=pass",
                              "op=dk", "foo=", "Exp=exp1.pool.example"])
        return self.pick(["foo=%{x}", "1x=y", "=x", "exp=", "redirect=",
                          "foo=%"])

    def record(self):
        terms = []
        for _ in range(self.pick([0, 1, 2, 3, 3, 4, 5, 8, 12])):
            qualifier = self.pick(["", "", "", "", "", "+", "-", "?", "~"])
            terms.append(qualifier + self.mechanism())
        if self.chance(0.5):
            terms.append(self.pick(["-all", "-all", "~all", "?all", "all"]))
        for _ in range(self.pick([0, 0, 0, 1, 1, 2])):
            terms.insert(self.rng.randint(0, len(terms)), self.modifier())
        text = "v=spf1" + "".join(" " + term for term in terms)
        if self.chance(0.02):
            text = self.mutate(text)
        return text

    def mutate(self, text):
        at = self.rng.randint(0, len(text) - 1)
        octet = self.pick([" ", "\t", ":", "/", "%", "{", "}", "=", ".", "-",
                           "\xe9", "\x00", "A", "0", "~", "\x7f", "\r"])
        return self.pick([text[:at] + octet + text[at:],
                          text[:at] + octet + text[at + 1:],
                          text[:at] + text[at + 1:]])

    def add_record(self, name):
        for _ in range(2 if self.chance(0.01) else 1):
            raw = self.record().encode("latin-1")
            cut = self.rng.randint(0, len(raw)) if self.chance(0.2) else 200
            parts, rest = [raw[:cut][:255]], raw[len(raw[:cut][:255]):]
            while rest:
                parts.append(rest[:255])
                rest = rest[255:]
            self.zone.add(name, "TXT", parts)
        if self.chance(0.1):
            self.zone.add(name, "TXT", [b"other text \xe9"])
        if self.chance(0.5):
            self.zone.add(name, "A", self.pick(CLIENTS4))
        if self.chance(0.3):
            self.zone.add(name, "MX", (10, self.pick(self.hosts)))

    def case(self, number):
        name = "c%d.g.example" % number
        self.add_record(name)
        if len(self.records) < 400:
            self.records.append(name)
        else:
            self.records[self.rng.randint(0, 399)] = name
        helo, sender = self.pick(self.hosts), self.pick(LOCALS) + "@" + name
        if self.chance(0.1):
            helo, sender = name, ""
        elif self.chance(0.05):
            helo = self.pick(["[192.0.2.1]", "x", "a b", "h_1.pool.example"])
        return {"id": "c%d" % number, "helo": helo, "from": sender,
                "ip": self.pick(CLIENTS4 * 3 + CLIENTS6 * 2 + MAPPED)}


def reverse(ip):
    if ":" not in ip:
        return ".".join(reversed(ip.split("."))) + ".in-addr.arpa"
    raw = socket.inet_pton(socket.AF_INET6, ip).hex()
    return ".".join(reversed(raw)) + ".ip6.arpa"
