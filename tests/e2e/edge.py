# SPDX-License-Identifier: Apache-2.0
"""A whole mail edge for one test: every server on loopback or unix sockets.

    with Edge() as edge:
        with edge.client("192.0.2.9", "mail.sender.test") as c:
            c.send("a@sender.test", "u@hosted.test", message(...))
        edge.mailboxes.wait_for("u@hosted.test")

What runs: Redis, nsd, a private Postfix, two recording sinks (mailboxes by
LMTP, the outside world by SMTP) and the octroi programs.
"""
import glob
import json
import os
import shutil
import subprocess
import tempfile

import sanitizer
from mail import DkimKey
from mta import Postfix
from proc import Failure, Process, as_user, free_port, own
from services import Dns, Redis
from sinks import Sink
from smtpc import Smtp

REPO = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.environ.get("OCTROI_BUILD", f"{REPO}/build")
SHARED = os.path.abspath(os.environ.get("OCTROI_SHARED", f"{REPO}/../shared"))

CHALLENGE = "filtre.octroi.test"   # domain of what octroi itself writes
# They share their sockets with Postfix.
PROGRAM_GROUPS = ("postfix",)
# In the order of their start; they stop in the reverse order.
PROGRAMS = ("mapd", "milter", "courier", "web")

# Senders of the tests share networks and organisations.
NO_CAPS = {k: 1000000 for k in (
    "cap_sender", "cap_domain", "cap_network", "cap_network_provider",
    "cap_platform", "breaker_volume_org", "breaker_volume")}
NO_CAPS.update(cap_mailbox=10000, share_mailbox=10000)


class Edge:
    """See above.

    programs  which octroi programs run
    conf      settings on top of default_conf(): {section: {key: value}};
              None as a value leaves a key out
    postfix   main.cf settings on top of mta.MAIN
    prepare   called with the edge when Redis, DNS and sinks are up and
              nothing else is
    """

    def __init__(self, tmpdir=None, *, programs=PROGRAMS, conf=None,
                 postfix=None, prepare=None, groups=()):
        self.tmp = tmpdir or tempfile.mkdtemp(prefix="octroi-e2e-")
        os.makedirs(self.tmp, exist_ok=True)
        os.chmod(self.tmp, 0o755)
        self.run = self._folder("run")      # sockets of the programs
        self.spool = self._folder("spool", 0o700)
        self.state = self._folder("state", 0o700)
        self.san = self._folder("san", 0o777)
        self.programs, self.prepare = programs, prepare
        self.groups = (*PROGRAM_GROUPS, *groups)
        self.keys = {}
        self.more_env = {}  # of octroictl
        self.extra = []     # servers of prepare(): stopped with the others
        self.redis = Redis(self.tmp)
        self.dns = Dns(self.tmp)
        self.mailboxes = Sink("mailboxes", f"{self.tmp}/mailboxes",
                              path=f"{self.tmp}/lmtp.sock")
        self.world = Sink("world", f"{self.tmp}/world", port=free_port())
        self.web_port = free_port()
        self.mapd_socket = f"{self.run}/mapd.sock"
        self.milter_socket = f"{self.run}/milter.sock"
        milter = self.milter_socket if "milter" in programs else ""
        # As `octroictl feed postfix` says, so that challenges are answered.
        answers = {"relay_domains": CHALLENGE,
                   "non_smtpd_milters": f"unix:{milter}",
                   "internal_mail_filter_classes": "bounce"}
        self.postfix = Postfix(
            self.tmp, mapd=self.mapd_socket, lmtp=self.mailboxes.path,
            milter=milter, sink=self.world.port,
            settings={**(answers if milter else {}), **(postfix or {})})
        self.conf_path = f"{self.tmp}/octroi.conf"
        self.conf = self.default_conf()
        self.change_conf(conf or {})
        self.bin = self._programs_folder()
        self.octroi = {name: Process(
            f"octroi-{name}", [f"{self.bin}/octroi-{name}", "-c",
                               self.conf_path], self.tmp, env=self._env(),
            groups=self.groups) for name in programs}

    def _folder(self, name, mode=0o755):
        path = f"{self.tmp}/{name}"
        os.makedirs(path, exist_ok=True)
        own(path, mode)
        return path

    def _programs_folder(self):
        """BUILD, or a copy where USER may not reach it (e.g. below /root)."""
        probe = f"{BUILD}/octroictl"
        if os.geteuid() != 0 or not os.path.exists(probe):
            return BUILD
        reach = subprocess.run([*as_user(), "--", "test", "-x", probe],
                               timeout=10)
        if reach.returncode == 0:
            return BUILD
        copy = self._folder("bin")
        for name in ("octroictl", *(f"octroi-{p}" for p in PROGRAMS)):
            if os.path.exists(f"{BUILD}/{name}"):
                shutil.copy2(f"{BUILD}/{name}", copy)
                os.chmod(f"{copy}/{name}", 0o755)
        return copy

    def _env(self):
        return {"OCTROI_DEBUG": "1",
                # GLib reuses pieces of memory behind locks that a sanitizer
                # does not see.
                "G_SLICE": "always-malloc",
                **sanitizer.environment(f"{self.san}/report",
                                        f"{self.tmp}/tsan.supp")}

    # -- configuration of octroi ------------------------------------------
    def default_conf(self):
        """Short waits, and limits that no test meets by accident."""
        p = self.postfix
        return {
            "platform": {"hostname": "mx.edge.test",
                         "secret_file": f"{self.state}/secret"},
            "redis": {"address": f"unix:{self.redis.socket}"},
            "dns": {"servers": [f"127.0.0.1:{self.dns.port}"]},
            "directory": {"copy": f"{self.state}/directory"},
            "spool": {"path": self.spool, "reserve": "1M"},
            "score": {"model": f"{self.state}/model"},
            "learn": {"checkpoint": "200ms"},
            "limits": {"network_rate_recipients_in": "100000/1h",
                       "rate_messages_in": "100000/1h",
                       "domain_rate_recipients_in": "100000/1h",
                       "rate_messages_out": "100000/1h",
                       "rate_recipients_out": "100000/1h", "guess": "100000/1h"},
            "hosting": {"dns_port": self.dns.port},
            "mapd": {"socket": f"unix:{self.mapd_socket}", "group": "postfix",
                     "transport": f"lmtp:unix:{self.mailboxes.path}"},
            "milter": {"socket": f"unix:{self.milter_socket}",
                       "group": "postfix", "drain": "10s"},
            "courier": {"release": f"127.0.0.1:{p.release}",
                        "own": f"127.0.0.1:{p.own}"},
            "legacy": {"listener": f"127.0.0.1:{p.collected}"},
            # No digest comes by the clock in the middle of a test.
            "digest": {"schedule": "sun@3"},
            "web": {"listen": f"127.0.0.1:{self.web_port}",
                    "confirm_network": "", "confirm_organisation": ""},
            "challenge": {"domain": CHALLENGE,
                          "url": f"http://127.0.0.1:{self.web_port}",
                          "settle": "1s", "button": "1s", **NO_CAPS},
        }

    def change_conf(self, changes):
        """Merge and write; running programs see it at their next start."""
        for section, values in changes.items():
            have = self.conf.setdefault(section, {})
            have.update(values)
            for key in [k for k, v in have.items() if v is None]:
                del have[key]
        with open(self.conf_path, "w") as f:
            f.write(conf_text(self.conf))
        own(self.conf_path, 0o644)

    # -- life ---------------------------------------------------------------
    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *exc):
        self.close()

    def start(self):
        missing = [n for n in self.programs
                   if not os.path.exists(f"{self.bin}/octroi-{n}")]
        if missing:
            raise Failure(f"not built in {BUILD}: octroi-" +
                          ", octroi-".join(missing))
        self.redis.start()
        self.dns.start()
        self.mailboxes.start()
        self.world.start()
        if self.programs:
            self.ctl("secret", "create")
        if self.prepare:
            self.prepare(self)
        for name in self.programs:
            self.octroi[name].start()
        self.postfix.start()
        return self

    @property
    def processes(self):
        """In the order of their start."""
        return [self.redis, self.dns, *self.extra, *self.octroi.values(),
                self.postfix]

    def close(self):
        """Stop everything; returns the list of what was wrong."""
        for p in reversed(self.processes):
            try:
                p.stop()
            except Exception as e:  # the others must be stopped all the same
                p.faults.append(f"{p.name}: {e}")
                p.kill()
            p.close()
        self.world.stop()
        self.mailboxes.stop()
        return self.faults()

    def faults(self):
        """Unexpected ends and sanitizer reports so far; empties the list."""
        out = []
        for p in self.processes:
            p.check()
            out += p.faults
            p.faults = []
        for path in sorted(glob.glob(f"{self.san}/report*")):
            with open(path, errors="replace") as f:
                report = sanitizer.ours(f.read(1000000))
            if report:
                out.append(f"sanitizer report {path}:\n{report[:20000]}")
            os.rename(path, f"{self.san}/seen-{os.path.basename(path)}")
        return out

    def dump(self, lines=40):
        """The ends of all logs, for a failed test."""
        return "".join(f"--- {p.name}: {p.log}\n{p.tail(lines)}"
                       for p in self.processes)

    def remove(self):
        shutil.rmtree(self.tmp, ignore_errors=True)

    # -- octroictl ----------------------------------------------------------
    def ctl(self, *words, stdin="", check=True, timeout=60):
        """Run octroictl as the programs' user; returns CompletedProcess."""
        argv = [f"{self.bin}/octroictl", "-c", self.conf_path, *words]
        if os.geteuid() == 0:
            argv = [*as_user(self.groups), "--", *argv]
        out = subprocess.run(argv, input=stdin, text=True, timeout=timeout,
                             capture_output=True, cwd=self.tmp,
                             env={"PATH": os.environ["PATH"], "TZ": "UTC",
                                  "LANG": "C.UTF-8", **self._env(),
                                  **self.more_env})
        if check and out.returncode != 0:
            raise Failure(f"octroictl {' '.join(words)}: exit "
                          f"{out.returncode}\n{out.stdout}{out.stderr}")
        return out

    def ctl_json(self, *words, **kw):
        return json.loads(self.ctl(*words, "--json", **kw).stdout)

    # -- senders ------------------------------------------------------------
    def sender_domain(self, domain, ip="192.0.2.10", *, spf=None, dkim=True,
                      dmarc="v=DMARC1; p=none", apply=True):
        """Give a sender's domain its DNS; returns its DkimKey or None."""
        d = self.dns
        d.add(domain, "A", ip).add(domain, "MX", f"10 mx.{domain}.")
        d.add(f"mx.{domain}", "A", ip).add_ptr(ip, f"mx.{domain}")
        if spf is None:
            spf = f"v=spf1 ip4:{ip} -all"
        if spf:
            d.add(domain, "TXT", spf)
        if dmarc:
            d.add(f"_dmarc.{domain}", "TXT", dmarc)
        if dkim:
            key = self.keys[domain] = DkimKey(domain)
            d.add(key.name, "TXT", key.record)
        if apply:
            d.apply()
        return self.keys.get(domain)

    def client(self, ip="192.0.2.10", helo="mx.sender.test", *, port=None,
               xclient=True, source=None, timeout=60):
        """A connected client of the public listener, EHLO said."""
        c = Smtp(port or self.postfix.public, source=source, timeout=timeout)
        c.ehlo(helo)
        if xclient:
            reply = c.xclient(ip)
            if not reply.ok:
                raise Failure(f"XCLIENT: {reply}")
            c.ehlo(helo)
        return c

    def submit(self, login, password, *, ip="192.0.2.200"):
        """A client of the submission listener, logged in."""
        c = self.client(ip, "laptop.test", port=self.postfix.submission)
        reply = c.auth(login, password)
        if not reply.ok:
            raise Failure(f"AUTH: {reply}")
        return c


def conf_text(conf):
    """A dict as the text of octroi.conf."""
    out = []
    for section, values in conf.items():
        out.append(section + " {")
        out += [f"\t{k} = {conf_value(v)}" for k, v in values.items()]
        out.append("}")
    return "\n".join(out) + "\n"


def conf_value(v):
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, (int, float)):
        return str(v)
    if isinstance(v, (list, tuple)):
        return "{" + ", ".join(map(conf_value, v)) + "}"
    return '"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"'
