# SPDX-License-Identifier: Apache-2.0
"""A private postsrsd, and a Postfix that leads forwarded mail past it as
`octroictl feed postfix` says."""
import os
import re
import secrets
import signal

from proc import Process, free_port, listens, own, tree

PROGRAM = "/usr/sbin/postsrsd"


class Postsrsd(Process):
    def __init__(self, folder, domain):
        self.domain = domain
        self.forward, self.reverse = free_port(), free_port()
        secret = f"{folder}/postsrsd.secret"
        with open(secret, "w", encoding="ascii") as f:
            f.write(secrets.token_hex(16) + "\n")
        own(secret, 0o600)
        super().__init__(
            "postsrsd", [PROGRAM, f"-s{secret}", f"-d{domain}", "-4",
                         "-l127.0.0.1", f"-f{self.forward}",
                         f"-r{self.reverse}"], folder,
            ready=lambda: listens(self.forward) and listens(self.reverse),
            clean=(0, -signal.SIGTERM))

    def stop(self, sig=signal.SIGTERM, timeout=20):
        """Each connection has a process, which outlives the first one."""
        children = tree(self.pid)[1:] if self.alive else []
        code = super().stop(sig, timeout)
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return code


def logical_lines(text):
    """The lines of main.cf or master.cf, each with those that continue it."""
    out = []
    for line in text.splitlines():
        if line[:1] in (" ", "\t") and out:
            out[-1] += "\n" + line
        elif line and not line.startswith("#"):
            out.append(line)
    return out


def adopt(e, domain):
    """Start a postsrsd; give Postfix what the fragment has for it."""
    e.srs = Postsrsd(e.tmp, domain)
    listen = f"127.0.0.1:{free_port()}"
    e.change_conf({"srs": {"domain": domain, "listen": listen,
                           "forward": f"127.0.0.1:{e.srs.forward}",
                           "reverse": f"127.0.0.1:{e.srs.reverse}"}})
    text = e.ctl("feed", "postfix").stdout
    main, _, master = text.partition("# master.cf")
    for name in ("sender_dependent_default_transport_maps", "relay_domains",
                 "virtual_alias_expansion_limit"):
        m = re.search(rf"(?m)^{name} = (.*)$", main)
        e.postfix.settings[name] = m[1]
    # Comments stand between the options of a service.
    master = re.sub(r"(?m)^#.*\n", "", master)
    for line in logical_lines(master):
        word = line.split(None, 1)[0]
        if word in ("srs", "srs-cleanup", listen):
            e.postfix.services += line + "\n"
        elif word == "smtp":
            options = line.split("\n")[1:]
            at = next(i for i, o in enumerate(options)
                      if "smtpd_relay_restrictions" in o)
            e.postfix.public_options = "\n".join(options[at:]) + "\n"
    e.srs.start()
    e.extra.append(e.srs)
