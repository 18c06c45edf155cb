# SPDX-License-Identifier: Apache-2.0
"""The server side of Dovecot's authentication protocol, for submission."""
import base64
import hmac
import os
import socket
import threading

HELLO = ("VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t{n}\n"
         "COOKIE\t00000000000000000000000000000000\nDONE\n")


class Auth:
    """PLAIN logins from the dict users (login: password)."""

    def __init__(self, path):
        self.path, self.users, self.count = path, {}, 0
        self.server = None

    def start(self):
        if self.server:
            return
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(self.path)
        os.chmod(self.path, 0o666)
        self.server.listen(100)
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        if self.server:
            self.server.shutdown(socket.SHUT_RDWR)
            self.server.close()
            os.unlink(self.path)
            self.server = None

    def _accept(self):
        server = self.server
        while True:
            try:
                conn, _ = server.accept()
            except OSError:
                return
            self.count += 1
            threading.Thread(target=self._serve, args=(conn, self.count),
                             daemon=True).start()

    def _serve(self, conn, number):
        with conn, conn.makefile("r", encoding="utf-8") as f:
            conn.sendall(HELLO.format(n=number).encode())
            for line in f:
                words = line.rstrip("\n").split("\t")
                if words[0] == "AUTH":
                    resp = next((w[5:] for w in words if
                                 w.startswith("resp=")), None)
                    out = f"CONT\t{words[1]}\t" if resp is None else \
                        self._judge(words[1], resp)
                elif words[0] == "CONT":
                    out = self._judge(words[1], words[2])
                else:
                    continue
                conn.sendall(out.encode() + b"\n")

    def _judge(self, number, resp):
        try:
            _, login, password = base64.b64decode(resp).decode().split("\0")
        except ValueError:
            return f"FAIL\t{number}\treason=malformed"
        want = self.users.get(login)
        if want is not None and hmac.compare_digest(want.encode(),
                                                    password.encode()):
            return f"OK\t{number}\tuser={login}"
        return f"FAIL\t{number}\tuser={login}"
