# SPDX-License-Identifier: Apache-2.0
"""clamd and rspamd for one test run: private, without the network."""
import os
import shutil
import socket

from proc import Process, free_port, own

# The test file that scanners for malware find, in two pieces: this file is none.
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + \
    "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
# The test text of anti-spam filters, likewise.
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"

CLAMD = """Foreground yes
LocalSocket {d}/clamd.sock
LocalSocketMode 666
DatabaseDirectory {d}/db
TemporaryDirectory {d}
StreamMaxLength {limit}
MaxThreads 2
"""

RSPAMD = """options {{
    pidfile = "{d}/rspamd.pid";
    filters = "";
    temp_dir = "{d}";
    dbdir = "{d}";
    local_addrs = [];
    gtube_patterns = "all";
    dns {{ nameserver = ["127.0.0.1:{dns}"]; timeout = 1s; retransmits = 1; }}
}}
logging {{ type = "console"; level = "info"; }}
actions {{ reject = 15; add_header = 6; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
"""


def find(name):
    """The program, or None."""
    return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")


class Clamd(Process):
    """clamd that knows the EICAR text and nothing else."""

    def __init__(self, folder, limit="1M"):
        d = f"{folder}/clamd"
        os.makedirs(f"{d}/db")
        with open(f"{d}/db/local.ndb", "w") as f:
            f.write(f"Octroi.Eicar:0:*:{EICAR.encode().hex()}\n")
        with open(f"{d}/clamd.conf", "w") as f:
            f.write(CLAMD.format(d=d, limit=limit))
        own(d)
        self.socket = f"{d}/clamd.sock"
        super().__init__("clamd", [find("clamd"), "-c", f"{d}/clamd.conf"],
                         folder, ready=self._answers)

    def _answers(self):
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(2)
                s.connect(self.socket)
                s.sendall(b"nPING\n")
                return s.recv(16) == b"PONG\n"
        except OSError:
            return False


class Rspamd(Process):
    """rspamd's normal worker without rules: it knows GTUBE."""

    def __init__(self, folder, dns_port):
        d = f"{folder}/rspamd"
        os.makedirs(d)
        self.port = free_port()
        with open(f"{d}/rspamd.conf", "w") as f:
            f.write(RSPAMD.format(d=d, port=self.port, dns=dns_port))
        own(d)
        super().__init__("rspamd", [find("rspamd"), "-f", "-c",
                                    f"{d}/rspamd.conf"], folder,
                         ready=self._answers)

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as s:
                s.sendall(b"GET /ping HTTP/1.0\r\n\r\n")
                return b"200" in s.recv(64)
        except OSError:
            return False
