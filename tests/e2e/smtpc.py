# SPDX-License-Identifier: Apache-2.0
"""An SMTP client that sends exactly what it is told to."""
import base64
import re
import socket


class Reply:
    def __init__(self, lines):
        self.lines = lines
        self.code = int(lines[-1][:3])
        self.text = "\n".join(x[4:] for x in lines)

    @property
    def ok(self):
        return 200 <= self.code < 400

    @property
    def enhanced(self):
        m = re.match(r"\d\.\d+\.\d+", self.text)
        return m[0] if m else None

    def __repr__(self):
        return " / ".join(self.lines)


class Result:
    """What became of one transaction: replies by recipient and at the end."""

    def __init__(self):
        self.mail = self.end = None
        self.rcpts = []            # [(address, Reply)] in the order sent

    @property
    def accepted(self):
        """Recipients whom the server took responsibility for."""
        if not (self.end and self.end.ok):
            return []
        return [r for r, reply in self.rcpts if reply.ok]

    @property
    def queue_id(self):
        m = re.search(r"queued as (\w+)", self.end.text if self.end else "")
        return m[1] if m else None

    @property
    def reply(self):
        """The reply that decided: a refusal, or the one at the end."""
        if self.end:
            return self.end
        bad = [reply for _, reply in self.rcpts if not reply.ok]
        return bad[-1] if bad else self.mail

    def __repr__(self):
        return f"mail={self.mail!r} rcpts={self.rcpts!r} end={self.end!r}"


class Smtp:
    """A connection.  source: local address, e.g. 127.0.0.9."""

    def __init__(self, port, host="127.0.0.1", *, source=None, timeout=60):
        self.sock = socket.create_connection(
            (host, port), timeout, (source, 0) if source else None)
        self.file = self.sock.makefile("rb")
        self.banner = self.read()
        self.keywords = []

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        try:
            self.sock.sendall(b"QUIT\r\n")
            self.read()
        except OSError:
            pass
        self.drop()

    def drop(self):
        """Close without QUIT."""
        self.file.close()
        self.sock.close()

    def write(self, octets):
        self.sock.sendall(octets)

    def read(self):
        lines = []
        while True:
            line = self.file.readline()
            if not line:
                raise ConnectionError("connection closed by the server")
            lines.append(line.rstrip(b"\r\n").decode("utf-8",
                                                     "surrogateescape"))
            if line[3:4] != b"-":
                return Reply(lines)

    def command(self, line):
        if isinstance(line, str):
            line = line.encode("utf-8", "surrogateescape")
        self.write(line + b"\r\n")
        return self.read()

    def ehlo(self, name="client.test"):
        reply = self.command(f"EHLO {name}")
        self.keywords = [x[4:].upper() for x in reply.lines[1:]]
        return reply

    def xclient(self, addr, *, name=None, helo=None, login=None):
        """Pretend to be another client.  EHLO must follow."""
        if ":" in addr and not addr.upper().startswith("IPV6:"):
            addr = "IPV6:" + addr
        line = f"XCLIENT ADDR={addr} NAME={name or '[UNAVAILABLE]'}"
        line += f" HELO={helo}" if helo else ""
        line += f" LOGIN={login}" if login else ""
        return self.command(line)

    def auth(self, login, password):
        secret = base64.b64encode(f"\0{login}\0{password}".encode()).decode()
        return self.command(f"AUTH PLAIN {secret}")

    def mail(self, sender, *params):
        return self.command(" ".join([f"MAIL FROM:<{sender}>", *params]))

    def rcpt(self, rcpt, *params):
        """rcpt may be raw: a text with its own angle brackets."""
        path = rcpt if rcpt.startswith("<") else f"<{rcpt}>"
        return self.command(" ".join([f"RCPT TO:{path}", *params]))

    def data(self, octets, *, raw=False):
        """raw: no dot-stuffing; the caller writes the end himself."""
        reply = self.command("DATA")
        if reply.code != 354:
            return reply
        self.write(octets if raw else stuff(octets))
        return self.read()

    def send(self, sender, rcpts, octets, *, mail_params=(), rcpt_params=()):
        """One transaction; stops where no recipient is left."""
        out = Result()
        if isinstance(rcpts, str):
            rcpts = [rcpts]
        out.mail = self.mail(sender, *mail_params)
        if not out.mail.ok:
            return out
        out.rcpts = [(r, self.rcpt(r, *rcpt_params)) for r in rcpts]
        if any(reply.ok for _, reply in out.rcpts):
            out.end = self.data(octets)
        else:
            self.command("RSET")
        return out


def stuff(octets):
    """Dot-stuffing and the end of data; a last line without CRLF gets one."""
    if octets and not octets.endswith(b"\r\n"):
        octets += b"\r\n"
    return (b"\r\n" + octets).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"
