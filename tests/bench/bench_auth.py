#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""CPU time of authentication, beside libspf2, libopendkim and pyspf, and the
DNS questions of a message.

    bench_auth.py [--build DIR] [--runs N] [--smoke]

Makes keys, messages, an ARC chain and a zone; runs nsd with it, then
bench_auth (C) and pyspf; prints a table.  --smoke: a few runs, to see that all
of it works; the figures then mean nothing.
"""
import argparse
import collections
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, f"{HERE}/../e2e")
from mail import DkimKey, message  # noqa: E402
from services import Dns  # noqa: E402

BODY = 15000          # octets of the body, the median of what is measured
DAY = 86400
SENDER = "jean@sender.test"


def nets(n):
    return " ".join(f"ip4:10.{n}.{i}.0/24" for i in range(10))


# name, client, record by name; the sender's domain comes first.
SPF = [
    ("ip4", "192.0.2.10", {
        "ip4.spf.test": "v=spf1 ip4:198.51.100.0/24 ip4:192.0.2.0/24 -all"}),
    ("8 includes, 80 networks", "192.0.2.10", {
        "chain.spf.test": "v=spf1 " + " ".join(
            f"include:_{n}.chain.spf.test" for n in range(8)) + " -all",
        **{f"_{n}.chain.spf.test": f"v=spf1 {nets(n)} " + (
            "ip4:192.0.2.0/24 " if n == 7 else "") + "-all"
           for n in range(8)}}),
    ("includes in a row, 6 deep", "192.0.2.10", {
        **{f"{'d' * n}.row.spf.test":
           f"v=spf1 include:{'d' * (n + 1)}.row.spf.test -all"
           for n in range(1, 7)},
        "ddddddd.row.spf.test": "v=spf1 ip4:192.0.2.0/24 -all"}),
    ("macros", "192.0.2.10", {
        "macro.spf.test": "v=spf1 exists:%{ir}.%{l1r-}.%{o2}._m.spf.test "
                          "exists:%{h}.%{v}._x.spf.test -all"}),
]
A = {"mx.macro.spf.test.in-addr._x.spf.test": "127.0.0.2"}


def records():
    """[(name, type, data)] that SPF needs."""
    out = [(name, "TXT", text) for _, _, zone in SPF
           for name, text in zone.items()]
    return out + [(name, "A", ip) for name, ip in A.items()]


def spf_rows():
    for name, ip, zone in SPF:
        domain = next(iter(zone))
        yield name, ip, f"mx.{domain}", f"jean@{domain}"


# -- material ---------------------------------------------------------------------
def make(folder):
    """Files for bench_auth; the zone as [(name, type, data)]."""
    rsa, ed = DkimKey("sender.test"), DkimKey("sender.test", "s2", "ed25519")
    relay = DkimKey("relay.test")
    text = "Une ligne de texte ordinaire, comme il y en a tant.\r\n"
    plain = message(SENDER, "bob@receiver.test", body=text * (
        BODY // len(text)), From="Jean <jean@news.sender.test>")
    signed = rsa.sign(plain)
    for name, octets in {
            "plain.eml": plain, "rsa.eml": signed, "ed25519.eml":
            ed.sign(plain), "arc.eml": relay.seal(
                signed, "spf=pass smtp.mailfrom=sender.test"),
            "rsa.pem": rsa.private, "ed25519.seed": ed.private,
            "rsa.record": rsa.record, "ed25519.record": ed.record,
            "spf": "".join("\t".join(r) + "\n" for r in spf_rows()),
            "zone": "".join("\t".join(r) + "\n" for r in records())}.items():
        with open(f"{folder}/{name}", "wb") as f:
            f.write(octets if isinstance(octets, bytes) else octets.encode())
    return records() + [
        ("sender.test", "TXT", "v=spf1 include:spf.sender.test -all"),
        ("spf.sender.test", "TXT", "v=spf1 ip4:192.0.2.0/24 -all"),
        ("sender.test", "A", "192.0.2.10"),
        ("mx.sender.test", "A", "192.0.2.10"),
        ("_dmarc.sender.test", "TXT", "v=DMARC1; p=reject"),
        *((k.name, "TXT", k.record) for k in (rsa, ed, relay))]


# -- pyspf ------------------------------------------------------------------------
def pyspf(runs):
    """{what: microseconds}; every answer from a dict."""
    import spf
    zone = collections.defaultdict(list)
    for name, kind, data in records():
        zone[name, kind].append(((name, kind), data if kind == "A"
                                 else (data.encode(),)))
    spf.DNSLookup = lambda name, kind, *_, **__: zone.get(
        (name.lower().rstrip("."), kind), [])
    out = {}
    for name, ip, helo, sender in spf_rows():
        rounds = []
        for _ in range(5):
            begin = time.process_time()
            for _ in range(runs):
                result = spf.check2(i=ip, s=sender, h=helo)
                if result[0] != "pass":
                    sys.exit(f"pyspf does not pass: {name}: {result}")
            rounds.append((time.process_time() - begin) * 1e6 / runs)
        out[f"spf {name}/pyspf"] = sorted(rounds)[2]
    return out


# -- the table --------------------------------------------------------------------
def show(rows, questions):
    table = collections.defaultdict(dict)
    for what, us in rows.items():
        task, who = what.rsplit("/", 1)
        table[task][who] = us
    columns = ["octroi", "libspf2, gated", "libspf2", "libopendkim", "pyspf"]
    width = max(map(len, table))
    print(" " * width, *(f"{c:>14}" for c in columns))
    for task, by in table.items():
        print(f"{task:{width}}", *(
            f"{by[c]:14.1f}" if c in by else " " * 14 for c in columns))
    print("\nDNS of a message: questions, datagrams cold, datagrams warm")
    for what, *counts in questions:
        print(f"  {what}: {', '.join(counts)}")


def conditions(runs):
    model = next((x.split(":", 1)[1].strip() for x in open("/proc/cpuinfo")
                  if x.startswith("model name")), platform.machine())
    print(f"CPU time in microseconds of one process, median of 5 rounds of "
          f"{runs} runs\n{model}, {os.cpu_count()} processors, Linux "
          f"{platform.release().split('-')[0]}\nmessages of "
          f"{BODY // 1000} KB; all DNS answers cached\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.environ.get(
        "OCTROI_BUILD", f"{HERE}/../../build"))
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--smoke", action="store_true")
    args = parser.parse_args()
    runs = 3 if args.smoke else args.runs
    program = f"{args.build}/tests/bench/bench_auth"
    folder = tempfile.mkdtemp(prefix="octroi-bench-")
    os.chmod(folder, 0o755)
    os.makedirs(f"{folder}/run")
    dns = Dns(folder)
    try:
        for name, kind, data in make(folder):
            dns.add(name, kind, data, ttl=DAY)
        dns.start()
        out = subprocess.run(
            [program, f"127.0.0.1:{dns.port}", folder, str(runs)],
            check=True, text=True, stdout=subprocess.PIPE, timeout=1200)
    finally:
        dns.stop()
        dns.close()
        shutil.rmtree(folder, ignore_errors=True)
    words = [line.split("\t") for line in out.stdout.splitlines()]
    rows = {w[1]: float(w[2]) for w in words if w[0] == "row"}
    rows.update(pyspf(max(1, runs // 10)))
    conditions(runs)
    show(rows, [w[1:] for w in words if w[0] == "questions"])
    if dns.faults:
        sys.exit("\n".join(dns.faults))


main()
