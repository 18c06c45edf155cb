# SPDX-License-Identifier: Apache-2.0
"""An old mailbox elsewhere: a Dovecot of its own with TLS, and the fetchmail that
collects from it.
"""
import base64
import os
import shutil
import subprocess
import time

from proc import Process, as_user, free_port, listens, own

VMAIL = "mail"

CONF = """base_dir = {d}/run
state_dir = {d}/state
log_path = {d}/dovecot.log
auth_verbose = yes
protocols = imap
ssl = required
ssl_cert = <{d}/server.pem
ssl_key = <{d}/server.key
first_valid_uid = 1
default_internal_user = dovecot
default_login_user = dovenull
mail_location = maildir:~/Maildir
passdb {{
  driver = passwd-file
  args = {d}/users
}}
userdb {{
  driver = static
  args = uid={vmail} gid={vmail} home={d}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {port}
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""


def make_authority(folder, name):
    """A certificate authority's files: (certificate, key)."""
    pem, key = f"{folder}/{name}.pem", f"{folder}/{name}.key"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-keyout", key, "-out", pem)
    os.chmod(pem, 0o644)
    return pem, key


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True,
                   timeout=30)


class OldServer(Process):
    """users: {login: password}."""

    def __init__(self, folder, users):
        self.dir = f"{folder}/old"
        self.port = free_port()
        self.users = users
        for sub in ("", "/run", "/state", "/mail"):
            os.makedirs(self.dir + sub, mode=0o755, exist_ok=True)
        shutil.chown(f"{self.dir}/mail", VMAIL, VMAIL)
        self.authority, key = make_authority(self.dir, "authority")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj",
                "/CN=localhost", "-keyout", f"{self.dir}/server.key",
                "-out", f"{self.dir}/server.csr")
        with open(f"{self.dir}/names", "w", encoding="ascii") as f:
            f.write("subjectAltName=DNS:localhost\n")
        openssl("x509", "-req", "-days", "2", "-in",
                f"{self.dir}/server.csr", "-CA", self.authority, "-CAkey",
                key, "-CAcreateserial", "-extfile", f"{self.dir}/names",
                "-out", f"{self.dir}/server.pem")
        with open(f"{self.dir}/users", "w", encoding="utf-8") as f:
            for login, password in users.items():
                f.write(f"{login}:{{PLAIN.b64}}" + base64.b64encode(
                    password.encode()).decode() + "::::::\n")
        with open(f"{self.dir}/dovecot.conf", "w", encoding="utf-8") as f:
            f.write(CONF.format(d=self.dir, port=self.port, vmail=VMAIL))
        super().__init__("old", ["/usr/sbin/dovecot", "-F", "-c",
                                 f"{self.dir}/dovecot.conf"],
                         folder, ready=lambda: listens(self.port), user=None)

    @property
    def url(self):
        return f"imaps://localhost:{self.port}"

    def put(self, login, octets):
        """A message that has arrived there."""
        box = f"{self.dir}/mail/{login}/Maildir"
        for sub in ("", "/new", "/cur", "/tmp"):
            os.makedirs(box + sub, exist_ok=True)
        path = f"{box}/new/{time.time_ns()}.x"
        with open(path, "wb") as f:
            f.write(octets.replace(b"\r\n", b"\n"))
        subprocess.run(["chown", "-R", f"{VMAIL}:{VMAIL}",
                        f"{self.dir}/mail/{login}"], check=True, timeout=10)

    def count(self, login):
        box = f"{self.dir}/mail/{login}/Maildir"
        return sum(len(os.listdir(f"{box}/{s}")) for s in ("new", "cur")
                   if os.path.isdir(f"{box}/{s}"))

    def tail(self, lines=40):
        text = super().tail(lines)
        try:
            with open(f"{self.dir}/dovecot.log", encoding="utf-8",
                      errors="replace") as f:
                text += "".join(f.readlines()[-lines:])
        except OSError:
            pass
        return text


def collect(edge, path):
    """One run of fetchmail by the file; its CompletedProcess."""
    home = f"{edge.tmp}/fetchmail"
    if not os.path.isdir(home):
        os.makedirs(home)
        own(home)
    words = ["fetchmail", "-f", path, "--nosyslog", "--pidfile",
             f"{home}/pid", "-v"]
    if os.geteuid() == 0:
        words = [*as_user(edge.groups), "--", *words]
    return subprocess.run(words, capture_output=True, timeout=60, text=True,
                          errors="replace", cwd=home,
                          env={"PATH": os.environ["PATH"], "HOME": home,
                               "FETCHMAILHOME": home, "LANG": "C.UTF-8"})
