# SPDX-License-Identifier: Apache-2.0
"""A private Postfix: its own configuration, queue, data, log and ports.

The system's Postfix is neither read nor touched.  No mail can leave the
machine: whatever is not hosted goes to the recording sink on loopback.
"""
import json
import os
import re
import shutil
import signal
import subprocess

from proc import (Failure, NotStarted, Process, free_port, listens, tail,
                  tree, wait_until)
from sasl import Auth

# What changes messages, and so must be exactly so, is in the first block.
MAIN = """compatibility_level = 3.6
local_header_rewrite_clients =
remote_header_rewrite_domain =
always_add_missing_headers = no
message_drop_headers =
smtp_line_length_limit = 0
lmtp_line_length_limit = 0
smtpd_forbid_bare_newline = yes
smtpd_forbid_bare_newline_exclusions =
enable_original_recipient = yes

queue_directory = {d}/spool
data_directory = {d}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
meta_directory = /etc/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = {d}/mail.log
maillog_file_prefixes = {d}
syslog_name = postfix

myhostname = mx.edge.test
mydestination =
mynetworks =
relay_domains =
inet_interfaces = 127.0.0.1
inet_protocols = all
alias_maps =
alias_database =
local_recipient_maps =
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtpd_peername_lookup = no
smtp_tls_security_level = none
smtpd_tls_security_level = none

virtual_mailbox_domains = {map}:vdomains
virtual_mailbox_maps = {map}:vmailbox
virtual_alias_maps = {map}:valias
virtual_alias_domains =
transport_maps = {map}:transport
virtual_transport = lmtp:unix:{lmtp}
default_transport = smtp:[127.0.0.1]:{sink}
relay_transport = smtp:[127.0.0.1]:{sink}

smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions =
message_size_limit = 52428800
header_size_limit = 102400
smtpd_recipient_limit = 2000
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 2000
smtpd_junk_command_limit = 1000
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
default_process_limit = 200
in_flow_delay = 0
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 10s
notify_classes =

non_smtpd_milters =
milter_default_action = tempfail
milter_connect_timeout = 30s
milter_command_timeout = 30s
milter_content_timeout = 60s
"""

# Service, then its -o settings.  {braces} keep blanks inside one setting.
# Who is no mailbox (logins of tests that provision none) is himself.
# With a milter it is the milter who refuses unknown recipients, and counts them.
PUBLIC = """127.0.0.1:{public} inet n - n - - smtpd
  -o smtpd_milters={milter}
  -o smtpd_reject_unlisted_recipient={unlisted}
  -o {{ smtpd_discard_ehlo_keywords = dsn, silent-discard }}
  -o smtpd_authorized_xclient_hosts=127.0.0.0/8
{public_options}"""
SUBMISSION = """127.0.0.1:{submission} inet n - n - - smtpd
  -o smtpd_milters={milter}
  -o milter_macro_daemon_name=ORIGINATING
  -o smtpd_authorized_xclient_hosts=127.0.0.0/8
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_sasl_type=dovecot
  -o smtpd_sasl_path={auth}
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
  -o {{ smtpd_sender_login_maps = {map}:slogin,
     regexp:{{ {{ /^(.+)$$/ $$1 }} }} }}
  -o smtpd_sender_restrictions=reject_sender_login_mismatch
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
"""
# {name}: release = held mail coming back; own = mail that octroi writes.
INTERNAL = """127.0.0.1:{port} inet n - n - - smtpd
  -o syslog_name=postfix/{name}
  -o mynetworks=127.0.0.0/8
  -o smtpd_client_restrictions=permit_mynetworks,reject
  -o smtpd_relay_restrictions=permit_mynetworks,reject
  -o receive_override_options=no_unknown_recipient_checks,\
no_header_body_checks,no_milters
"""
# What fetchmail collects.
COLLECTED = """127.0.0.1:{collected} inet n - n - - smtpd
  -o syslog_name=postfix/collected
  -o smtpd_milters={milter}
  -o milter_macro_daemon_name=COLLECT
  -o mynetworks=127.0.0.0/8
  -o smtpd_client_restrictions=permit_mynetworks,reject
  -o smtpd_relay_restrictions=reject_unauth_destination
  -o smtpd_reject_unlisted_recipient={unlisted}
  -o {{ smtpd_discard_ehlo_keywords = dsn, silent-discard }}
"""
# The queue manager is woken often: one that is killed misses the word of a new
# message, and would look for it after five minutes.
SERVICES = """pickup    unix  n  -  n  60    1  pickup
cleanup   unix  n  -  n  -     0  cleanup
  -o milter_macro_daemon_name=INTERNAL
qmgr      unix  n  -  n  5     1  qmgr
rewrite   unix  -  -  n  -     -  trivial-rewrite
bounce    unix  -  -  n  -     0  bounce
defer     unix  -  -  n  -     0  bounce
trace     unix  -  -  n  -     0  bounce
verify    unix  -  -  n  -     1  verify
proxymap  unix  -  -  n  -     -  proxymap
smtp      unix  -  -  n  -     -  smtp
lmtp      unix  -  -  n  -     -  lmtp
scache    unix  -  -  n  -     1  scache
showq     unix  n  -  n  -     -  showq
error     unix  -  -  n  -     -  error
retry     unix  -  -  n  -     -  error
discard   unix  -  -  n  -     -  discard
anvil     unix  -  -  n  -     1  anvil
postlog   unix-dgram n -  n  -  1  postlogd
"""


# The first three have an owner or a mode of their own.
QUEUES = ("pid", "maildrop", "public", "active", "bounce", "corrupt", "defer",
          "deferred", "flush", "hold", "incoming", "private", "saved", "trace")


class Postfix(Process):
    """The private instance.  Ports: public, submission, release, own.

    milter, mapd, lmtp   paths of unix sockets ("" for no milter)
    sink                 TCP port of the SMTP sink
    settings             main.cf settings on top of MAIN, by name
    """

    def __init__(self, folder, *, milter, mapd, lmtp, sink, settings=None):
        self.dir = f"{folder}/postfix"
        self.etc = f"{self.dir}/etc"
        self.maillog = f"{self.dir}/mail.log"
        self.milter = f"unix:{milter}" if milter else ""
        self.map = f"socketmap:unix:{mapd}"
        self.lmtp, self.sink = lmtp, sink
        self.settings = dict(settings or {})
        self.public_options = ""  # lines of master.cf
        self.services = ""        # further ones
        self.public, self.submission = free_port(), free_port()
        self.release, self.own = free_port(), free_port()
        self.collected = free_port()
        self.auth = Auth(f"{self.dir}/auth")
        super().__init__("postfix", ["/usr/lib/postfix/sbin/master",
                                     "-c", self.etc, "-s"],
                         folder, ready=self._listening, user=None,
                         env={"MAIL_CONFIG": self.etc},
                         clean=(0, -signal.SIGTERM))
        self._made = False
        self._guard = None

    # -- configuration -------------------------------------------------------
    def configure(self):
        """Write main.cf and master.cf (again)."""
        v = dict(d=self.dir, map=self.map, milter=self.milter,
                 lmtp=self.lmtp, sink=self.sink,
                 public=self.public, submission=self.submission,
                 auth=self.auth.path, collected=self.collected,
                 public_options=self.public_options,
                 unlisted="no" if self.milter else "yes")
        main = MAIN.format(**v)
        for name, value in self.settings.items():
            main = re.sub(rf"(?m)^{re.escape(name)} =.*\n", "", main)
            main += f"{name} = {value}\n"
        master = PUBLIC.format(**v) + SUBMISSION.format(**v)
        master += COLLECTED.format(**v)
        for name in ("release", "own"):
            master += INTERNAL.format(name=name, port=getattr(self, name))
        for name, text in (("main.cf", main),
                           ("master.cf", master + SERVICES + self.services)):
            with open(f"{self.etc}/{name}", "w") as f:
                f.write(text)
            # Postfix waits for files younger than 2 s to settle.
            os.utime(f"{self.etc}/{name}", (1e9, 1e9))

    def _make(self):
        """Folders and owners as `postfix check` makes them, but at once."""
        for sub in ("etc", "spool", "data", *(f"spool/{q}" for q in QUEUES)):
            os.makedirs(f"{self.dir}/{sub}")
        for sub, mode, group in (
                ("data", 0o700, "root"),
                ("spool/maildrop", 0o1730, "postdrop"),
                ("spool/public", 0o2710, "postdrop"),
                *((f"spool/{q}", 0o700, "root") for q in QUEUES[3:])):
            shutil.chown(f"{self.dir}/{sub}", "postfix", group)
            os.chmod(f"{self.dir}/{sub}", mode)
        self.configure()
        self._made = True

    def start(self, timeout=30):
        if os.geteuid() != 0:
            raise Failure("a private Postfix needs root (its master changes "
                          "users): run the tests as root or with sudo")
        if not self._made:
            self._make()
        self.auth.start()
        since = self.log_size()
        try:
            super().start(timeout)
        except NotStarted as e:
            # master tells that to a logger that does not run yet.
            busy = [p for p in self.ports() if listens(p)]
            raise NotStarted(self.name, f"{e}\nports taken by others: "
                             f"{busy}") from None
        # Before that, master has no handlers for signals.
        self.wait_log("daemon started", since)
        # master changes its effective user and so loses the parent death
        # signal: a guard ends it when this process is gone.
        self._guard = subprocess.Popen(
            ["sh", "-c", 'read -r x; kill -TERM "$1"', "guard",
             str(self.pid)], stdin=subprocess.PIPE, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self

    def _unguard(self):
        if self._guard:
            self._guard.kill()
            self._guard.wait()
            self._guard.stdin.close()
            self._guard = None

    def _run(self, argv, **kw):
        return subprocess.run(argv, check=True, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60, **kw)

    def ports(self):
        return self.public, self.submission, self.release, self.own

    def _listening(self):
        return all(map(listens, self.ports()))

    def reload(self):
        """Read changed settings: new processes use them."""
        self.configure()
        self.send_signal(signal.SIGHUP)
        wait_until(self._listening, 10, "postfix listens again")

    def stop(self, sig=signal.SIGTERM, timeout=20):
        children = tree(self.pid) if self.alive else []
        self._unguard()
        code = super().stop(sig, timeout)
        wait_until(lambda: not any(_is_postfix(p) for p in children), timeout,
                   "postfix processes gone")
        return code

    def kill(self):
        self._unguard()
        super().kill()
        # What master had just started is not in its tree yet, and what is being
        # killed still holds the ports and the lock of the next one.
        wait_until(lambda: not self._kill_rest(), 10,
                   "the killed postfix is gone")

    def _kill_rest(self):
        """All of them work in the queue directory; those that are left."""
        rest = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink(f"/proc/{pid}/cwd") == \
                        os.path.realpath(f"{self.dir}/spool"):
                    rest.append(pid)
                    os.kill(int(pid), signal.SIGKILL)
            except OSError:
                continue
        return rest

    def add_user(self, login, password):
        """A login for the submission listener."""
        self.auth.users[login] = password

    def close(self):
        self.auth.stop()
        super().close()

    # -- looking -------------------------------------------------------------
    def tail(self, lines=40):
        return tail(self.log, 5) + tail(self.maillog, lines)

    def log_size(self):
        return os.path.getsize(self.maillog) \
            if os.path.exists(self.maillog) else 0

    def log_lines(self, pattern, since=0):
        """Lines of the mail log from octet `since` on that match."""
        try:
            with open(self.maillog, "rb") as f:
                f.seek(since)
                text = f.read().decode("utf-8", "backslashreplace")
        except FileNotFoundError:
            return []
        return [x for x in text.splitlines() if re.search(pattern, x)]

    def wait_log(self, pattern, since=0, timeout=10):
        return wait_until(lambda: self.log_lines(pattern, since), timeout,
                          f"mail log has {pattern!r}")

    def queue(self):
        """What waits in the queue, as postqueue -j tells it."""
        out = self._run(["postqueue", "-c", self.etc, "-j"]).stdout
        return [json.loads(x) for x in out.splitlines()]

    def flush(self):
        """Try deferred mail again now (qmgr may still be starting)."""
        # What is still being tried would be passed over.
        wait_until(lambda: all(q["queue_name"] != "active"
                               for q in self.queue()), 10, "nothing active")

        def done():
            return subprocess.run(
                ["postqueue", "-c", self.etc, "-f"], timeout=20,
                capture_output=True, stdin=subprocess.DEVNULL).returncode == 0
        wait_until(done, 10, "postqueue -f accepted")

    def wait_empty(self, timeout=30):
        try:
            wait_until(lambda: not self.queue(), timeout,
                       "postfix queue empty")
        except Failure as e:
            raise Failure(f"{e}: {self.queue()}") from None


def _is_postfix(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            words = f.read().split(b"\0")
        return b"/usr/lib/postfix/" in words[0] or words[0] in (
            b"smtpd", b"cleanup", b"qmgr", b"bounce", b"lmtp", b"smtp",
            b"trivial-rewrite", b"anvil", b"postlogd", b"pickup", b"showq")
    except OSError:
        return False
