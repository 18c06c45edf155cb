# SPDX-License-Identifier: Apache-2.0
"""Recording SMTP and LMTP servers: where delivered mail ends in the tests.

Each accepted recipient of each transaction is one Delivery with the octets
exactly as received (dot-stuffing undone, line ends untouched).
"""
import asyncio
import json
import os
import re
import threading
import time

from proc import Failure

MAX_MESSAGE = 256 << 20


class Delivery:
    """One message for one recipient."""

    def __init__(self, sink, number, session, rcpt, rcpt_params):
        self.sink, self.number, self.time = sink.name, number, time.time()
        self.helo, self.sender = session.helo, session.sender
        self.sender_params = session.sender_params
        self.rcpt, self.rcpt_params = rcpt, rcpt_params
        self.with_rcpts = [r for r, _ in session.rcpts]
        self.data = session.data
        self.file = None

    @property
    def head(self):
        return self.data.split(b"\r\n\r\n", 1)[0] + b"\r\n"

    @property
    def body(self):
        return self.data.partition(b"\r\n\r\n")[2]

    def fields(self, name):
        """Values of a header field, as received, folds kept."""
        return [m[1].decode("utf-8", "backslashreplace") for m in re.finditer(
            rb"(?im)^" + re.escape(name.encode()) +
            rb"[ \t]*:[ \t]*((?:[^\r\n]|\r\n[ \t])*)", self.head)]

    def field(self, name):
        return (self.fields(name) or [None])[0]

    def text(self):
        """The first text part, decoded."""
        import email.policy
        m = email.message_from_bytes(self.data, policy=email.policy.default)
        part = m.get_body(("plain", "html"))
        return part.get_content() if part else ""

    def without_trace(self):
        """The octets less the trace fields put in front by each hop."""
        at = 0
        trace = re.compile(rb"(?i)(Received|Return-Path|Delivered-To|"
                           rb"X-Original-To):(?:[^\r\n]|\r\n[ \t])*\r\n")
        while (m := trace.match(self.data, at)):
            at = m.end()
        return self.data[at:]

    def envelope(self):
        return {k: getattr(self, k) for k in (
            "sink", "time", "helo", "sender", "sender_params", "rcpt",
            "rcpt_params", "with_rcpts")}


class Rule:
    """What to answer instead of success.

    match  address, @domain, "*", or a function of the RCPT address
    stage  "mail", "rcpt" or "data"
    reply  "450 4.2.0 text"; "close" drops the connection; "hold" waits for
           Sink.let_go() and then accepts
    times  how often, None for ever
    """

    def __init__(self, match, stage, reply, times):
        self.match, self.stage, self.reply = match, stage, reply
        self.left = times

    def applies(self, stage, rcpt):
        if stage != self.stage or self.left == 0:
            return False
        low = rcpt.lower()
        hit = self.match(rcpt) if callable(self.match) else (
            self.match == "*" or self.match.lower() == low or
            self.match.startswith("@") and low.endswith(self.match.lower()))
        if hit and self.left is not None:
            self.left -= 1
        return hit


class Session(asyncio.Protocol):
    """One connection: a push parser over a buffer."""

    def __init__(self, sink):
        self.sink = sink
        self.buf = bytearray()
        self.scanned = 0
        self.in_data = False
        self.held = False
        self.helo = ""
        self.reset()

    def reset(self):
        self.sender, self.sender_params, self.rcpts = None, [], []
        self.data = b""

    # -- transport -------------------------------------------------------
    def connection_made(self, transport):
        self.transport = transport
        self.sink.sessions.add(self)
        self.say(f"220 {self.sink.name}.test sink")

    def connection_lost(self, exc):
        self.sink.sessions.discard(self)

    def say(self, *lines):
        for i, line in enumerate(lines):
            if i < len(lines) - 1:
                line = line[:3] + "-" + line[4:]
            self.transport.write(line.encode() + b"\r\n")

    def data_received(self, data):
        self.buf += data
        self.work()

    def work(self):
        while not self.held and not self.transport.is_closing():
            if not (self.take_data() if self.in_data else self.take_line()):
                return

    def take_line(self):
        end = self.buf.find(b"\n")
        if end < 0:
            if len(self.buf) > 65536:
                self.close()
            return False
        line = bytes(self.buf[:end]).rstrip(b"\r")
        del self.buf[:end + 1]
        self.command(line.decode("utf-8", "surrogateescape"))
        return True

    def take_data(self):
        # The CRLF of the DATA line stands in front of the buffer.
        end = self.buf.find(b"\r\n.\r\n", max(0, self.scanned - 4))
        if end < 0:
            self.scanned = len(self.buf)
            if self.scanned > MAX_MESSAGE:
                self.close()
            return False
        raw = bytes(self.buf[:end + 2])
        del self.buf[:end + 5]
        self.data = raw.replace(b"\r\n.", b"\r\n")[2:]
        self.in_data = False
        self.end_of_data()
        return True

    def close(self):
        self.transport.abort()

    # -- dialogue -----------------------------------------------------------
    def command(self, line):
        verb, _, rest = line.partition(" ")
        verb = verb.upper()
        if verb in ("EHLO", "LHLO", "HELO"):
            self.helo = rest
            self.reset()
            self.say(f"250 {self.sink.name}.test",
                     *("250 " + k for k in self.sink.keywords))
        elif verb in ("MAIL", "RCPT"):
            m = re.match(r"(?:FROM|TO):\s*<(.*?)>(?:\s+(.*))?$", rest, re.I)
            if not m:
                self.say("501 5.5.4 syntax")
            elif verb == "MAIL":
                self.mail(m[1], (m[2] or "").split())
            else:
                self.rcpt(m[1], (m[2] or "").split())
        elif verb == "DATA":
            if not self.rcpts:
                self.say("554 5.5.1 no valid recipients")
                return
            self.say("354 go on")
            self.buf[:0] = b"\r\n"
            self.scanned, self.in_data = 0, True
        elif verb == "RSET":
            self.reset()
            self.say("250 2.0.0 ok")
        elif verb == "NOOP":
            self.say("250 2.0.0 ok")
        elif verb == "QUIT":
            self.say("221 2.0.0 bye")
            self.transport.close()
        else:
            self.say("500 5.5.2 unknown command")

    def mail(self, sender, params):
        reply = self.sink.rule("mail", sender)
        if reply == "close":
            return self.close()
        if reply:
            return self.say(reply)
        self.reset()
        self.sender, self.sender_params = sender, params
        self.say("250 2.1.0 ok")

    def rcpt(self, rcpt, params):
        reply = self.sink.rule("rcpt", rcpt)
        if reply == "close":
            return self.close()
        if reply:
            return self.say(reply)
        self.rcpts.append((rcpt, params))
        self.say("250 2.1.5 ok")

    def end_of_data(self):
        replies = [self.sink.rule("data", r) for r, _ in self.rcpts]
        if "close" in replies:
            return self.close()
        if "hold" in replies:
            self.held, self.replies = True, replies
            self.sink.note_held(self)
            return
        self.finish(replies)

    def finish(self, replies):
        if self.sink.lmtp:
            good = [i for i, r in enumerate(replies) if not r]
        else:
            bad = next((r for r in replies if r), None)
            good = [] if bad else range(len(replies))
            replies = [bad]
        self.sink.record(self, [self.rcpts[i] for i in good])
        for reply in replies:
            self.say(reply or "250 2.0.0 taken")
        self.reset()

    def let_go(self):
        self.held = False
        self.finish([None if r == "hold" else r for r in self.replies])
        self.work()


class Sink:
    """The server; runs in a thread of its own.

    Sink(name, folder, port=N) speaks SMTP, Sink(name, folder, path=P) LMTP on
    a unix socket.  Each delivery is also written below folder, a folder for
    each recipient: N.eml (raw octets) and N.json (its envelope).
    """

    def __init__(self, name, folder, *, port=None, path=None):
        self.name, self.folder, self.port, self.path = name, folder, port, path
        self.lmtp = path is not None
        self.keywords = ["PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8",
                         "ENHANCEDSTATUSCODES", "DSN"]
        self.sessions = set()
        self._rules = []
        self._held = []
        self._count = 0
        self._got = []
        self._by_rcpt = {}
        self._change = threading.Condition()
        self._loop = None
        os.makedirs(folder, exist_ok=True)

    # -- life ------------------------------------------------------------
    def start(self):
        started = threading.Event()
        self._error = None

        def run():
            loop = self._loop = asyncio.new_event_loop()
            try:
                if self.lmtp:
                    if os.path.exists(self.path):
                        os.unlink(self.path)
                    make = loop.create_unix_server(lambda: Session(self),
                                                   self.path, backlog=500)
                else:
                    make = loop.create_server(
                        lambda: Session(self), "127.0.0.1", self.port,
                        backlog=500)
                server = loop.run_until_complete(make)
                if self.lmtp:
                    os.chmod(self.path, 0o666)
            except OSError as e:
                self._error = e
                started.set()
                return
            started.set()
            loop.run_forever()
            server.close()
            for s in list(self.sessions):
                s.close()
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()

        self._thread = threading.Thread(target=run, name=self.name,
                                        daemon=True)
        self._thread.start()
        started.wait(10)
        if self._error:
            raise self._error
        return self

    def stop(self):
        if self._loop and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
        self._loop = None

    # -- behaviour -----------------------------------------------------------
    def answer(self, match, reply, stage="rcpt", times=None):
        """See Rule.  Returns the rule; forget(rule) ends it."""
        rule = Rule(match, stage, reply, times)
        with self._change:
            self._rules.insert(0, rule)
        return rule

    def forget(self, rule=None):
        with self._change:
            self._rules = [r for r in self._rules if rule and r is not rule]

    def rule(self, stage, rcpt):
        with self._change:
            for r in self._rules:
                if r.applies(stage, rcpt):
                    return r.reply
        return None

    def note_held(self, session):
        with self._change:
            self._held.append(session)
            self._change.notify_all()

    def wait_held(self, timeout=15):
        """Until a transaction waits for let_go()."""
        with self._change:
            if not self._change.wait_for(lambda: self._held, timeout):
                raise Failure(f"{self.name}: nothing to hold in {timeout} s")

    def let_go(self):
        with self._change:
            held, self._held = self._held, []
        for session in held:
            self._loop.call_soon_threadsafe(session.let_go)

    # -- record ---------------------------------------------------------------
    def record(self, session, rcpts):
        for rcpt, params in rcpts:
            with self._change:
                self._count += 1
                d = Delivery(self, self._count, session, rcpt, params)
                self._got.append(d)
                self._by_rcpt.setdefault(rcpt.lower(), []).append(d)
            self._write(d)
        with self._change:
            self._change.notify_all()

    def _write(self, d):
        safe = re.sub(r"(?a)[^\w.@+=-]", "_", d.rcpt.lower())[:120] or "_"
        os.makedirs(f"{self.folder}/{safe}", exist_ok=True)
        d.file = f"{self.folder}/{safe}/{d.number}.eml"
        with open(d.file, "wb") as f:
            f.write(d.data)
        with open(d.file[:-4] + ".json", "w") as f:
            json.dump(d.envelope(), f, indent=1, ensure_ascii=True)

    def all(self, rcpt=None, predicate=None):
        with self._change:
            return self._matching(rcpt, predicate)

    def __len__(self):
        return len(self._got)

    def wait_for(self, rcpt=None, predicate=None, timeout=15, count=1):
        """The count-th delivery for rcpt that fulfils predicate."""
        deadline = time.monotonic() + timeout
        with self._change:
            while True:
                got = self._matching(rcpt, predicate)
                if len(got) >= count:
                    return got[count - 1]
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Failure(f"{self.name}: {len(got)} of {count} for "
                                  f"{rcpt or 'anyone'} after {timeout} s")
                self._change.wait(left)

    def _matching(self, rcpt, predicate):
        got = self._got if rcpt is None else self._by_rcpt.get(rcpt.lower(),
                                                              ())
        return [d for d in got if predicate is None or predicate(d)]

    def forget_mail(self):
        """Start the record anew (files stay)."""
        with self._change:
            self._got, self._by_rcpt = [], {}
