# SPDX-License-Identifier: Apache-2.0
"""Becomes octroi-milter, set up for the yardstick's world.

    octroi_milter.py SOCKET

Redis and DNS are the yardstick's own and run already.  Every recipient of the
yardstick's mail gets a mailbox first, so that no message is passed as foreign.
"""
import collections
import glob
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, f"{HERE}/../e2e")
from edge import BUILD, conf_text  # noqa: E402

PERF = os.environ["PERF"]
DNS = "127.0.0.153:53"


def recipients():
    """{domain: local parts} of all the mail."""
    out = collections.defaultdict(set)
    for path in glob.glob(f"{PERF}/world/mail/*.env"):
        with open(path) as f:
            for line in f:
                if line.startswith("rcpt="):
                    local, _, domain = line[5:].strip().rpartition("@")
                    out[domain].add(local)
    return out


# The limits are in force, and too high to be met.
RATE = "1000000000/1h"


def settings(folder, sock):
    return {
        "platform": {"hostname": "mx.octroi.test",
                     "secret_file": f"{folder}/state/secret"},
        "redis": {"address": f"unix:{PERF}/run/redis.sock"},
        "dns": {"servers": [DNS]},
        "directory": {"copy": f"{folder}/state/directory"},
        "spool": {"path": f"{folder}/spool"},
        "limits": {name: RATE for name in (
            "network_rate_recipients_in", "rate_messages_in",
            "domain_rate_recipients_in", "guess")},
        "milter": {"socket": f"unix:{sock}", "sessions": 2000},
        "challenge": {"domain": "filtre.octroi.test",
                      "url": "http://127.0.0.1:9"}}


def main():
    sock = sys.argv[1]
    folder = f"{PERF}/octroi"
    shutil.rmtree(folder, ignore_errors=True)
    for sub in ("state", "spool"):
        os.makedirs(f"{folder}/{sub}")
    path = f"{folder}/octroi.conf"
    with open(path, "w") as f:
        f.write(conf_text(settings(folder, sock)))

    def ctl(*words, stdin="", **kw):
        return subprocess.run([f"{BUILD}/octroictl", "-c", path, *words],
                              check=True, text=True, input=stdin, **kw)
    ctl("secret", "create")
    ctl("batch", "-", stdin="".join(
        f"domain add {domain}\n" + "".join(
            f"mailbox add {local}@{domain}\n" for local in sorted(locals_))
        for domain, locals_ in sorted(recipients().items())))
    os.execv(f"{BUILD}/octroi-milter", ["octroi-milter", "-c", path])


main()
