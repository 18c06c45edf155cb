# SPDX-License-Identifier: Apache-2.0
"""Processes under test: start, readiness, signals, bounded waits, logs.

Nothing here sleeps for a fixed time to let something happen: every wait has a
condition and a deadline.  Processes are started from the main thread only,
because they die with the thread that made them (PR_SET_PDEATHSIG): a test run
that is killed leaves nothing behind.
"""
import os
import random
import signal
import socket
import subprocess
import threading
import time

# Who the servers run as when the tests run as root.
USER, GROUP = "nobody", "nogroup"
BLOCK = 32             # ports claimed at once
_claims = []           # what keeps our blocks ours, to the end of this process
_ports = []            # ports of our blocks, not yet given


class Failure(AssertionError):
    """The thing under test is wrong (as opposed to an error in the test)."""


class NotStarted(Failure):
    """The server `name` did not come up."""

    def __init__(self, name, text):
        super().__init__(text)
        self.name = name


def wait_until(condition, timeout=10, what="condition"):
    """The first true value of condition(); Failure after timeout s."""
    deadline = time.monotonic() + timeout
    pause = 0.002
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise Failure(f"{what}: not within {timeout} s")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


def _outgoing():
    """The ports that the kernel gives to outgoing connections."""
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range",
                  encoding="ascii") as f:
            low, high = map(int, f.read().split())
    except (OSError, ValueError):
        low, high = 32768, 60999
    return range(low, high + 1)


def _claim_block():
    """Ports that no other run on this machine hands out.

    Several runs work side by side, and seconds pass between the choice of a
    port and its server's bind: looking whether it is free is not enough.
    The name of an abstract socket lives as long as the process that bound
    it, whatever becomes of that process.
    """
    taken = _outgoing()
    blocks = [b for b in range(10240, 65536, BLOCK)
              if b + BLOCK <= taken.start or b >= taken.stop]
    random.shuffle(blocks)
    for block in blocks:
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0octroi-tests-ports-{block}")
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        _ports.extend(range(block, block + BLOCK))
        return
    raise RuntimeError("no free block of ports on 127.0.0.1")


def free_port():
    """A loopback port free for TCP and UDP, given once on this machine."""
    for _ in range(10000):
        if not _ports:
            _claim_block()
        port = _ports.pop()
        try:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as s:
                    s.bind(("127.0.0.1", port))
        except OSError:
            continue
        return port
    raise RuntimeError("no free port on 127.0.0.1")


def listens(port):
    """True when something accepts connections on that loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def listens_unix(path):
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(1)
            s.connect(path)
        return True
    except OSError:
        return False


def tree(pid):
    """pid and its living descendants, parents first."""
    kids = {}
    for p in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{p}/stat", "rb") as f:
                parent = int(f.read().rsplit(b")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        kids.setdefault(parent, []).append(int(p))
    out = [pid]
    for p in out:
        out += kids.get(p, [])
    return out


def own(path, mode=None):
    """Give a file or folder to the user whom the servers run as."""
    if os.geteuid() == 0:
        import shutil
        shutil.chown(path, USER, GROUP)
    if mode is not None:
        os.chmod(path, mode)


def as_user(groups=(), user=USER):
    """The start of a command line that becomes user; nothing as no root."""
    if os.geteuid() != 0:
        return ["setpriv"]
    extra = ["--groups", ",".join(groups)] if groups else ["--clear-groups"]
    return ["setpriv", "--reuid", user, "--regid", GROUP, *extra]


def tail(path, lines=40):
    try:
        with open(path, "rb") as f:
            f.seek(0, os.SEEK_END)
            f.seek(max(0, f.tell() - 200 * lines))
            text = f.read().decode("utf-8", "replace")
    except OSError as e:
        return f"({e.strerror})\n"
    return "".join(text.splitlines(True)[-lines:])


class Process:
    """One server.

    argv    a list, or a function that returns one (asked at each start)
    folder  where <name>.log (stdout and stderr, appended) is written
    ready   "notify": wait for READY=1 on NOTIFY_SOCKET; or a function that
            returns true when the server is ready
    user    None: as the caller; else USER when the caller is root
    groups  further groups of that user
    clean   exit codes that are right after SIGTERM
    """

    def __init__(self, name, argv, folder, *, ready="notify", user=USER,
                 groups=(), env=None, clean=(0,), cwd=None):
        self.name, self.argv, self.folder = name, argv, folder
        self.ready, self.user, self.env = ready, user, env or {}
        self.clean, self.cwd, self.groups = clean, cwd, groups
        self.log = f"{folder}/{name}.log"
        self.popen = None
        self.faults = []       # what went wrong, for the end of the test
        self._notify = None
        self._seen = set()

    # -- state -----------------------------------------------------------
    @property
    def pid(self):
        return self.popen.pid if self.popen else None

    @property
    def alive(self):
        return self.popen is not None and self.popen.poll() is None

    def tail(self, lines=40):
        return tail(self.log, lines)

    def check(self):
        """Note a fault if the process ended though nobody asked it to."""
        if self.popen is not None and self.popen.poll() is not None:
            code = self.popen.returncode
            self.popen = None
            self.faults.append(f"{self.name} ended by itself, exit {code}")
        return not self.faults

    # -- life ------------------------------------------------------------
    def start(self, timeout=30):
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("start processes from the main thread")
        if self.alive:
            raise RuntimeError(f"{self.name} runs already")
        argv = self.argv() if callable(self.argv) else self.argv
        env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": "UTC",
               "HOME": self.folder, **self.env}
        pre = as_user(self.groups, self.user) if self.user else ["setpriv"]
        pre += ["--pdeathsig", "KILL"]
        if self.ready == "notify":
            env["NOTIFY_SOCKET"] = self._listen()
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(
                [*pre, "--", *argv], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=env, cwd=self.cwd or self.folder,
                start_new_session=True)
        self.wait_ready(timeout)
        return self

    def _listen(self):
        path = f"{self.folder}/{self.name}.notify"
        if os.path.exists(path):
            os.unlink(path)
        self._seen = set()
        self._hang_up()
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(path)
        self._notify.settimeout(0.2)
        os.chmod(path, 0o666)
        # Somebody must always read, or the server waits in its next word.
        threading.Thread(target=self._read, daemon=True,
                         args=(self._notify, self._seen)).start()
        return path

    @staticmethod
    def _read(notify, seen):
        while True:
            try:
                data = notify.recv(8192)
            except TimeoutError:
                continue
            except OSError:
                return
            seen.update(data.decode("utf-8", "replace").splitlines())

    def _hang_up(self):
        if self._notify:
            self._notify.close()
            self._notify = None

    def wait_ready(self, timeout=30):
        def done():
            if self.popen.poll() is not None:
                raise Failure(f"{self.name} did not start: exit "
                              f"{self.popen.returncode}\n{self.tail()}")
            if self.ready == "notify":
                return self.notified("READY=1")
            return self.ready()
        try:
            wait_until(done, timeout, f"{self.name} ready")
        except Failure as e:
            self.kill()
            raise NotStarted(self.name, str(e)) from None

    def notified(self, word):
        """True once the server has sent word (sd_notify) since its start."""
        return word in self._seen

    def send_signal(self, sig):
        if not self.alive:
            raise Failure(f"{self.name} is not running\n{self.tail()}")
        os.kill(self.pid, sig)

    def wait(self, timeout=20):
        """The exit code; nobody holds the end against the process."""
        popen = self.popen
        try:
            code = popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} still runs after {timeout} s") \
                from None
        self.popen = None
        return code

    def stop(self, sig=signal.SIGTERM, timeout=20):
        """Ask it to end; an unclean end is a fault.  Returns the code."""
        if not self.popen:
            return None
        if self.check():
            os.kill(self.pid, sig)
            try:
                code = self.wait(timeout)
            except Failure as e:
                self.faults.append(str(e))
                self.kill()
                return None
            if code not in self.clean:
                self.faults.append(f"{self.name}: exit {code} after a stop")
            return code
        return None

    def kill(self):
        """kill -9 of it and of what it started."""
        if not self.popen:
            return
        for pid in tree(self.popen.pid) if self.alive else ():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.popen.wait(10)
        self.popen = None

    def restart(self, sig=signal.SIGTERM):
        if sig == signal.SIGKILL:
            self.kill()
        else:
            self.stop(sig)
        return self.start()

    def close(self):
        self._hang_up()
