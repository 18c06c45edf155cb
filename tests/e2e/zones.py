# SPDX-License-Identifier: Apache-2.0
"""A DNS of many zones: two authoritative servers (nsd) that may disagree, and a
validating resolver (unbound) with trust anchors of its own.

    zones = Zones(folder)
    z = zones.add("ville.test")         # a Zone: {(label, type): [rdata]}
    z["@", "MX"] = ["10 mx.test."]
    zones.start()                       # or zones.reload() later
"""
import copy
import os
import re
import signal
import subprocess

from proc import Process, free_port, own, tree, wait_until
from services import txt

NS1, NS2 = "127.0.1.1", "127.0.1.2"     # both are this machine

NSD = """server:
  ip-address: {ip}@{port}
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
"""

# It asks the first server for everything and keeps nothing, so that a change is
# seen at once; what a resolver still remembers is told by local_data.
UNBOUND = """server:
  interface: 127.0.0.1@{port}
  do-daemonize: no
  use-syslog: no
  logfile: ""
  username: ""
  chroot: ""
  directory: "{d}"
  pidfile: "{d}/unbound.pid"
  do-ip6: no
  do-not-query-localhost: no
  access-control: 127.0.0.0/8 allow
  module-config: "validator iterator"
  cache-max-ttl: 0
  cache-max-negative-ttl: 0
  val-bogus-ttl: 0
  infra-host-ttl: 0
  qname-minimisation: no
  minimal-responses: yes
  local-zone: "test." nodefault
{anchors}{local}forward-zone:
  name: "."
  forward-addr: {ns1}@{nsport}
remote-control:
  control-enable: no
"""


class Zone(dict):
    """(label, type) -> [rdata]; "@" is the zone itself.

    second  None: the second server has the same; False: it does not know the
            zone; or the Zone that it has
    sign    None, "good" or "bogus"
    raw     lines for the zone file as they are
    """

    def __init__(self, name):
        super().__init__()
        self.name, self.second, self.sign = name, None, None
        self.serial, self.ttl, self.minimum, self.raw = 1, 300, 5, []

    def other(self):
        """A copy that the second server has instead."""
        self.second = copy.deepcopy(self)
        self.second.second = None
        return self.second

    def text(self):
        lines = [f"$ORIGIN {self.name}.", f"$TTL {self.ttl}",
                 f"@ IN SOA ns1.dns.test. root.dns.test. {self.serial} "
                 f"3600 900 604800 {self.minimum}"]
        for (label, rtype), values in self.items():
            for v in values:
                lines.append(f"{label} IN {rtype} "
                             f"{txt(v) if rtype == 'TXT' else v}")
        return "\n".join(lines + self.raw) + "\n"


class Zones:
    def __init__(self, folder):
        self.dir = f"{folder}/zones"
        self.port, self.resolver_port = free_port(), free_port()
        self.zones = {}
        self.world = []         # lines of the root zone: everybody else
        self.local = []         # what the resolver still remembers
        self.servers = []
        for n, ip in enumerate((NS1, NS2), 1):
            d = f"{self.dir}/ns{n}"
            os.makedirs(d)
            own(d)
            self.servers.append(Process(
                f"nsd-ns{n}", ["nsd", "-d", "-c", f"{d}/nsd.conf"], folder,
                ready=lambda ip=ip: self.answers(ip, self.port, "dns.test")))
        d = f"{self.dir}/unbound"
        os.makedirs(d)
        own(self.dir)
        own(d)
        self.unbound = Process(
            "unbound", ["unbound", "-d", "-p", "-c", f"{d}/unbound.conf"],
            folder, ready=lambda: self.answers(
                "127.0.0.1", self.resolver_port, "dns.test"))
        self.anchors = []

    @property
    def processes(self):
        return [*self.servers, self.unbound]

    def add(self, name):
        self.zones[name] = Zone(name)
        self.zones[name]["@", "NS"] = ["ns1.dns.test.", "ns2.dns.test."]
        return self.zones[name]

    # -- life -----------------------------------------------------------------
    def start(self):
        self.write()
        for p in self.processes:
            p.start()
        return self

    def reload(self):
        """Serve what was changed since (not which zones there are)."""
        self.write()
        for p in self.servers:
            before = tree(p.pid)
            p.send_signal(signal.SIGHUP)
            wait_until(lambda: p.ready() and not set(tree(p.pid)[2:]) &
                       set(before[2:]), 10, f"{p.name} serves the new zones")

    def reload_all(self):
        """The same after zones came, or what the resolver remembers."""
        self.write()
        for p in reversed(self.processes):
            p.stop()
        for p in self.processes:
            p.start()

    def write(self):
        self.anchors = []
        for n in (1, 2):
            self.write_server(n)
        with open(f"{self.dir}/unbound/unbound.conf", "w") as f:
            f.write(UNBOUND.format(
                port=self.resolver_port, d=f"{self.dir}/unbound", ns1=NS1,
                nsport=self.port,
                anchors="".join(f'  trust-anchor: "{a}"\n'
                                for a in self.anchors),
                local="".join(f"  {x}\n" for x in self.local)))

    def write_server(self, n):
        d = f"{self.dir}/ns{n}"
        root = ["$ORIGIN .", "$TTL 300",
                ". IN SOA ns1.dns.test. root.dns.test. 1 3600 900 604800 5",
                ". IN NS ns1.dns.test.", f"ns1.dns.test. IN A {NS1}",
                f"ns2.dns.test. IN A {NS2}", 'dns.test. IN TXT "here"']
        self.put(f"{d}/world.zone", "\n".join(root + self.world) + "\n")
        conf = NSD.format(ip=(NS1, NS2)[n - 1], port=self.port, d=d)
        conf += 'zone:\n  name: "."\n  zonefile: "world.zone"\n'
        for z in self.zones.values():
            if n == 2 and z.second is False:
                continue
            mine = z.second if n == 2 and z.second else z
            self.put(f"{d}/{z.name}.zone", mine.text())
            name = f"{z.name}.zone"
            if z.sign:
                name = self.signed(d, z, n)
            conf += f'zone:\n  name: "{z.name}"\n  zonefile: "{name}"\n'
        self.put(f"{d}/nsd.conf", conf)

    def signed(self, d, z, n):
        """Sign the zone file; a bogus one is changed after that."""
        base = f"{self.dir}/K{z.name}"
        if not os.path.exists(base + ".key"):
            made = subprocess.run(
                ["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", z.name],
                cwd=self.dir, check=True, capture_output=True, text=True,
                timeout=20).stdout.strip()
            for end in ("key", "private", "ds"):
                os.rename(f"{self.dir}/{made}.{end}", f"{base}.{end}")
        out = f"{d}/{z.name}.signed"
        subprocess.run(["ldns-signzone", "-e", "20380101000000", "-i",
                        "20240101000000", "-f", out, f"{d}/{z.name}.zone",
                        base], cwd=self.dir, check=True, capture_output=True,
                       timeout=20)
        if n == 1:
            with open(base + ".ds") as f:
                self.anchors.append(re.sub(r"\s+", " ", f.read().strip()))
        if z.sign == "bogus":
            with open(out) as f:
                text = f.read()
            # Signatures over other data than what is served.
            text = re.sub(r"(RRSIG\s+SOA .*\s)(\S)(\S+==?)",
                          lambda m: m[1] + ("B" if m[2] != "B" else "C") +
                          m[3], text)
            self.put(out, text)
        return f"{z.name}.signed"

    @staticmethod
    def put(path, text):
        with open(path + ".new", "w") as f:
            f.write(text)
        own(path + ".new")
        os.rename(path + ".new", path)

    @staticmethod
    def answers(ip, port, name):
        import dns.message
        import dns.query
        try:
            r = dns.query.udp(dns.message.make_query(name, "TXT"), ip,
                              timeout=0.3, port=port)
        except Exception:
            return False
        return bool(r.answer)
