# SPDX-License-Identifier: Apache-2.0
"""A private Dovecot 2.3 that reads what `octroictl feed dovecot` writes.

The fragment names places of a whole machine: its sockets in Postfix's queue
folder are moved into ours, and nothing else is changed.
"""
import imaplib
import os
import shutil

from proc import GROUP, Process, free_port, listens, listens_unix, own

VMAIL = "mail"          # owns the mail; a system user that Debian has
CLIENTS = "dovecot"     # the group that may ask octroi-mapd
PLACES = "/var/spool/postfix/private"

CONF = """base_dir = {run}
state_dir = {state}
log_path = {log}
auth_verbose = yes
mail_debug = no
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
default_internal_user = dovecot
default_login_user = dovenull
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  user = root
}}
# Wrong passwords are answered at once, also the next ones.
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
!include {folder}/octroi.conf
"""


class Dovecot(Process):
    """settings() is what octroi.conf must hold; configure() before start()."""

    def __init__(self, folder):
        self.dir = f"{folder}/dovecot"
        self.lmtp = f"{self.dir}/places/dovecot-lmtp"
        self.auth = f"{self.dir}/places/auth"
        self.mail = f"{self.dir}/mail"
        self.learn = f"{self.dir}/learn"
        self.feed = f"{self.dir}/octroi"
        self.own_log = f"{self.dir}/dovecot.log"
        self.port = free_port()
        for sub in ("", "/run", "/state", "/places", "/mail", "/learn"):
            os.makedirs(self.dir + sub, mode=0o755, exist_ok=True)
        shutil.chown(self.mail, VMAIL, VMAIL)
        # As the fragment says: written by Dovecot's user, taken by octroi's.
        shutil.chown(self.learn, VMAIL, GROUP)
        os.chmod(self.learn, 0o2770)
        super().__init__("dovecot", ["/usr/sbin/dovecot", "-F", "-c",
                                     f"{self.dir}/dovecot.conf"],
                         folder, ready=self._listening, user=None)

    def settings(self, socket):
        return {"mapd": {"transport": f"lmtp:unix:{self.lmtp}"},
                "dovecot": {"socket": f"unix:{socket}", "group": CLIENTS,
                            "user": VMAIL, "user_group": VMAIL,
                            "home": f"{self.mail}/%d/%n"},
                "learn": {"folder": self.learn}}

    def configure(self, ctl):
        """Write the fragment by octroictl, and what goes round it."""
        os.makedirs(self.feed, exist_ok=True)
        own(self.feed)
        ctl("feed", "dovecot", f"--to={self.feed}")
        path = f"{self.feed}/octroi.conf"
        with open(path, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(PLACES, f"{self.dir}/places"))
        with open(f"{self.dir}/dovecot.conf", "w", encoding="utf-8") as f:
            f.write(CONF.format(run=f"{self.dir}/run",
                                state=f"{self.dir}/state", log=self.own_log,
                                port=self.port, folder=self.feed))

    def _listening(self):
        return listens(self.port) and listens_unix(self.lmtp)

    def tail(self, lines=40):
        text = super().tail(lines)
        if os.path.exists(self.own_log):
            with open(self.own_log, encoding="utf-8", errors="replace") as f:
                text += "".join(f.readlines()[-lines:])
        return text

    @property
    def doveadm(self):
        return f"/usr/bin/doveadm -c {self.dir}/dovecot.conf"

    def login(self, user, password):
        """An IMAP session; imaplib's error when it is refused."""
        c = imaplib.IMAP4("127.0.0.1", self.port, timeout=30)
        c.login(user, password)
        return c

    def lets_in(self, user, password):
        try:
            self.login(user, password).logout()
        except imaplib.IMAP4.error:
            return False
        return True
