#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compare our SPF evaluator with pyspf on generated records.

    spf_differential.py --command 'octroictl spf --batch --json --dns {dns}'

The command reads {"id","ip","helo","from"} a line and answers
{"id","result","explanation"} a line, in order; {dns} becomes the HOST:PORT of
a DNS server that this script runs on loopback.  Differences with a known cause
are counted by cause (doc/spf-differences.md); any other is printed and makes
the exit status 1.  77: pyspf is absent.
"""
import argparse
import collections
import json
import multiprocessing
import shlex
import subprocess
import sys
import threading
import time

try:
    import spf
except ImportError:
    print("SKIP: pyspf (python3-spf) is not installed")
    sys.exit(77)

import spf_peer
import spf_zone


def run_ours(command, cases, zone):
    udp, tcp = spf_zone.open_sockets()
    server = multiprocessing.Process(target=spf_zone.serve,
                                     args=(zone, udp, tcp), daemon=True)
    server.start()
    where = "%s:%d" % udp.getsockname()
    udp.close()
    tcp.close()
    argv = [word.replace("{dns}", where) for word in shlex.split(command)]
    child = subprocess.Popen(argv, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)

    def feed():
        for case in cases:
            child.stdin.write(json.dumps(case).encode() + b"\n")
        child.stdin.close()

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    answers = [json.loads(line) for line in child.stdout]
    feeder.join()
    status = child.wait()
    server.terminate()
    server.join()
    if status != 0 or [a["id"] for a in answers] != [c["id"] for c in cases]:
        sys.exit("the command failed: status %d, %d answers to %d questions"
                 % (status, len(answers), len(cases)))
    return answers


def record_of(zone, case):
    domain = case["from"].split("@")[-1] or case["helo"]
    texts = zone.names.get(domain.lower(), {}).get("TXT", [])
    return b" | ".join(b"".join(parts) for parts in texts)


def pool_start(zone):
    spf.DNSLookup = spf_peer.pyspf_lookup(zone)


def compare(pair):
    """(pyspf's answer, why it differs: "" not at all, None unknown)"""
    case, answer = pair
    ours = answer["result"], answer["explanation"]
    theirs = spf_peer.run_pyspf(case)
    return theirs, "" if theirs[:2] == ours else spf_peer.explain(case, ours)


def run_chunk(args, first, count, totals):
    maker = spf_zone.Maker(args.seed * 1000003 + first)
    cases = [maker.case(first + i) for i in range(count)]
    start = time.monotonic()
    ours = run_ours(args.command, cases, maker.zone)
    totals["seconds, the command"] += time.monotonic() - start
    with multiprocessing.Pool(2, pool_start, (maker.zone,)) as pool:
        found = pool.map(compare, zip(cases, ours), 100)
    bad = 0
    for case, answer, (theirs, why) in zip(cases, ours, found):
        totals["result " + answer["result"]] += 1
        totals["same" if why == "" else "differs: %s" % why] += 1
        bad += why is None
        if (why is None and bad <= args.limit) or (why and why == args.show):
            print(json.dumps(case), "\n  ours ", answer, "\n  pyspf", theirs,
                  "\n ", record_of(maker.zone, case))
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", required=True)
    parser.add_argument("--count", type=int, default=100000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=600,
                        help="start no further chunk after that")
    parser.add_argument("--limit", type=int, default=5,
                        help="unknown differences to print a chunk")
    parser.add_argument("--show", help="print the differences of this cause")
    args = parser.parse_args()
    totals, bad, done = collections.Counter(), 0, 0
    start = time.monotonic()
    while done < args.count and time.monotonic() - start < args.seconds:
        count = min(5000, args.count - done)
        bad += run_chunk(args, done, count, totals)
        done += count
    print("%d cases, seed %d" % (done, args.seed))
    for key in sorted(totals):
        print("%10.0f  %s" % (totals[key], key))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
