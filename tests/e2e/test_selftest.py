# SPDX-License-Identifier: Apache-2.0
"""The harness itself: mail travels unchanged before octroi comes in."""
import contextlib
import http.server
import io
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

import browser
import edge as edge_module
import run
import sanitizer
from kit import check, equal, fresh, limit, same_octets
from mail import DkimKey, message
from proc import (Failure, NotStarted, Process, free_port, listens_unix,
                  wait_until)

HERE = os.path.dirname(os.path.abspath(__file__))
HOSTED = "hosted.test"


def socketmap(edge):
    """A map server that knows one domain; every local part exists."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(edge.mapd_socket)
    server.listen(100)
    os.chmod(edge.mapd_socket, 0o666)

    def answer(name, key):
        key = key.lower()
        if name == "vdomains" and key == HOSTED:
            return "OK yes"
        if name == "vmailbox" and key.endswith("@" + HOSTED) \
                and not key.startswith("nobody@"):
            return "OK yes"
        return "NOTFOUND "

    def serve(conn):
        with conn, conn.makefile("rb") as f:
            while True:
                size = b""
                while (c := f.read(1)) not in (b":", b""):
                    size += c
                if not c:
                    return
                name, _, key = f.read(int(size) + 1)[:-1].decode() \
                    .partition(" ")
                out = answer(name, key).encode()
                conn.sendall(b"%d:%s," % (len(out), out))

    def accept():
        while True:
            try:
                conn, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(conn,), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()


EDGE = {"programs": (), "prepare": socketmap}

# Octets that Postfix passes on as they are, by the settings in mta.MAIN.
EXACT = {
    "folds": b"From: a@s.test\r\nX-A:\r\n first\r\n\ttab\r\nX-B: x\r\n  y\r\n"
             b"\r\nbody\r\n",
    "blanks": b"From:a@s.test\r\nX-Empty:\r\nX-Trail: v  \t\r\n\r\nb \t\r\n",
    "eight_bit_header": "Subject: é à\r\n\r\nété\r\n".encode("latin-1"),
    "dots": b"Subject: d\r\n\r\n.\r\n..\r\n.x\r\n...y\r\n.\r\n",
    "empty_lines_at_end": b"Subject: e\r\n\r\nb\r\n\r\n\r\n\r\n",
    "nul_in_body": b"Subject: n\r\n\r\na\0b\r\n",
    "long_lines": b"Subject: l\r\nX-Long: " + b"h" * 3000 + b"\r\n\r\n" +
                  b"x" * 998 + b"\r\n" + b"y" * 20000 + b"\r\n",
    "many_headers": b"".join(b"X-%d: v\r\n" % i for i in range(3000)) +
                    b"\r\nb\r\n",
    "no_from_date_id": b"X-Only: this\r\n\r\nb\r\n",
    "unqualified": b"From: bob\r\nTo: alice\r\nBcc: c@d.test\r\n"
                   b"Return-Path: <r@d.test>\r\nContent-Length: 3\r\n"
                   b"\r\nb\r\n",
}


def test_redis_answers(edge):
    equal(edge.redis.cmd("SET", "k", "v"), "OK")
    equal(edge.redis.cmd("GET", "k"), "v")
    equal(edge.redis.cmd("CONFIG", "GET", "appendfsync"),
          ["appendfsync", "always"])
    edge.redis.restart(9)
    equal(edge.redis.cmd("GET", "k"), "v", "value after kill -9")


def test_dns_answers_and_reloads(edge):
    long = "x" * 600
    edge.dns.add("a.sender.test", "A", "192.0.2.7")
    edge.dns.add("t.sender.test", "TXT", long)
    edge.dns.add("c.sender.test", "CNAME", "a.sender.test.").apply()
    equal(edge.dns.query("a.sender.test", "A"),
          (0, [socket.inet_aton("192.0.2.7")]))
    rcode, answers = edge.dns.query("t.sender.test", "TXT")
    equal((rcode, len(answers[0])), (0, 603))
    equal(len(edge.dns.query("c.sender.test", "A")[1]), 2, "CNAME followed")
    equal(edge.dns.query("absent.test", "A")[0], 3, "NXDOMAIN")
    equal(edge.dns.query("x.servfail.test", "A")[0], 2, "SERVFAIL")
    edge.dns.remove("a.sender.test").apply()
    equal(edge.dns.query("a.sender.test", "A")[0], 3, "gone after a reload")


def test_mail_arrives_byte_exact(edge):
    with edge.client() as c:
        for name, octets in EXACT.items():
            rcpt = f"{name}@{HOSTED}"
            got = c.send("a@s.test", rcpt, octets)
            check(got.accepted, f"{name}: {got}")
            d = edge.mailboxes.wait_for(rcpt)
            equal(d.sender, "a@s.test")
            same_octets(cut_received(d.data), octets, name)


def cut_received(octets):
    check(octets.startswith(b"Received: "), octets[:60])
    at = octets.index(b"\r\n")
    while octets[at + 2:at + 3] in (b" ", b"\t"):
        at = octets.index(b"\r\n", at + 2)
    return octets[at + 2:]


def test_refusals_are_told_by_recipient(edge):
    with edge.client() as c:
        got = c.send("a@s.test", [f"one@{HOSTED}", f"nobody@{HOSTED}",
                                  "x@elsewhere.test"], message("a@s.test",
                                                               "one"))
    codes = [reply.code for _, reply in got.rcpts]
    equal(codes, [250, 550, 554], f"replies {got}")
    equal(got.accepted, [f"one@{HOSTED}"])
    edge.mailboxes.wait_for(f"one@{HOSTED}")


def test_xclient_sets_the_client(edge):
    with edge.client("198.51.100.7", "mx.far.test") as c:
        c.send("a@far.test", f"x@{HOSTED}", message("a@far.test", "x"))
    d = edge.mailboxes.wait_for(f"x@{HOSTED}")
    check(" from mx.far.test (unknown [198.51.100.7])" in
          " " + d.field("Received"), d.field("Received"))


def test_own_listener_reaches_the_world(edge):
    octets = message("post@edge.test", "a@sender.test")
    with edge.client(port=edge.postfix.own, xclient=False) as c:
        got = c.send("b@challenge.edge.test", "a@sender.test", octets,
                     mail_params=["RET=HDRS"], rcpt_params=["NOTIFY=FAILURE"])
    check(got.accepted, got)
    d = edge.world.wait_for("a@sender.test")
    same_octets(cut_received(d.data), octets)
    check("NOTIFY=FAILURE" in d.rcpt_params, d.rcpt_params)


def test_world_can_refuse_and_defer(edge):
    edge.world.answer("no@sender.test", "550 5.1.1 nobody here")
    edge.world.answer("later@sender.test", "450 4.2.0 later", "data", 1)
    since = edge.postfix.log_size()
    with edge.client(port=edge.postfix.own, xclient=False) as c:
        c.send("b@sender.test", "no@sender.test", message("b", "no"))
        c.send("b@sender.test", "later@sender.test", message("b", "later"))
    edge.postfix.wait_log(r"to=<no@.*status=bounced", since)
    bounce = edge.world.wait_for("b@sender.test", lambda d: not d.sender)
    check("multipart/report" in bounce.field("Content-Type"))
    edge.postfix.wait_log(r"to=<later@.*status=deferred", since)
    edge.postfix.flush()
    edge.world.wait_for("later@sender.test")
    edge.world.forget()


def test_sink_holds_and_drops(edge):
    edge.mailboxes.answer("@" + HOSTED, "hold", "data", 1)
    with edge.client() as c:
        c.send("a@s.test", f"hold@{HOSTED}", message("a", "b"))
    edge.mailboxes.wait_held()
    equal(edge.mailboxes.all(f"hold@{HOSTED}"), [])
    edge.mailboxes.let_go()
    edge.mailboxes.wait_for(f"hold@{HOSTED}")
    edge.mailboxes.forget()


def test_submission_needs_a_login(edge):
    edge.postfix.add_user("user@" + HOSTED, "geheim")
    octets = message("user@" + HOSTED, "a@sender.test")
    with edge.client(port=edge.postfix.submission) as c:
        got = c.send("user@" + HOSTED, "a@sender.test", octets)
        equal(got.rcpts[0][1].code, 554, "without a login")
        equal(c.auth("user@" + HOSTED, "wrong").code, 535)
    with edge.submit("user@" + HOSTED, "geheim") as c:
        check(c.send("user@" + HOSTED, "out@sender.test", octets).accepted)
        got = c.send("other@" + HOSTED, "out@sender.test", octets)
        equal(got.rcpts[0][1].code, 553, "foreign sender address")
    edge.world.wait_for("out@sender.test")


def test_dkim_signature_verifies_after_the_journey(edge):
    import dkim
    key = edge.sender_domain("signed.test")
    both = {key.name + ".": key.record.encode()}
    ed = DkimKey("signed.test", "ed", "ed25519")
    both[ed.name + "."] = ed.record.encode()
    octets = ed.sign(key.sign(message("a@signed.test", "d@" + HOSTED,
                                      body="é" * 2500 + "\r\n")))
    with edge.client() as c:
        c.send("a@signed.test", "d@" + HOSTED, octets)
    d = edge.mailboxes.wait_for("d@" + HOSTED)
    verifier = dkim.DKIM(d.data)
    for i in (0, 1):
        check(verifier.verify(i, dnsfunc=lambda name, timeout=5:
                              both.get(name.decode())), f"signature {i}")


def test_map_server_away_is_451(edge):
    os.rename(edge.mapd_socket, edge.mapd_socket + ".off")
    # smtpd keeps a connection for some seconds: a new process asks anew
    edge.postfix.restart()
    with edge.client() as c:
        got = c.send("a@s.test", f"x@{HOSTED}", message("a", "b"))
        equal(got.reply.code, 451, got)
    os.rename(edge.mapd_socket + ".off", edge.mapd_socket)
    check(listens_unix(edge.mapd_socket))
    with edge.client() as c:
        check(c.send("a@s.test", f"y@{HOSTED}", message("a", "b")).accepted)


def test_postfix_survives_kill_9(edge):
    edge.mailboxes.answer("*", "450 4.2.0 later", "rcpt", None)
    with edge.client() as c:
        check(c.send("a@s.test", f"k@{HOSTED}", message("a", "b")).accepted)
    wait_until(edge.postfix.queue, 10, "message in the queue")
    edge.postfix.restart(9)
    edge.mailboxes.forget()
    edge.postfix.flush()
    edge.mailboxes.wait_for(f"k@{HOSTED}")
    edge.postfix.wait_empty()


@fresh()
@limit(120)
def test_many_messages_are_all_recorded(edge):
    count, threads = 300, 8

    def send(n):
        with edge.client() as c:
            for i in range(count // threads):
                c.send("a@s.test", f"m{n}.{i}@{HOSTED}", message("a", "b"))
    workers = [threading.Thread(target=send, args=(n,))
               for n in range(threads)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    total = count // threads * threads
    edge.mailboxes.wait_for(count=total, timeout=60)
    edge.postfix.wait_empty()
    equal(len(edge.mailboxes.all()), total)


PAGE = b"""<!doctype html><meta charset=utf-8><title>t</title><p id=x>html</p>
<script>document.getElementById('x').textContent = 'script'</script>"""


def test_ports_are_given_once_on_this_machine():
    """Runs side by side never share one, even before it is bound."""
    mine = {free_port() for _ in range(40)}
    code = "import proc; print(*(proc.free_port() for _ in range(11000)))"
    out = subprocess.run([sys.executable, "-c", code], cwd=HERE, check=True,
                         capture_output=True, timeout=50, text=True).stdout
    other = {int(x) for x in out.split()}
    equal(len(mine), 40)
    equal(len(other), 11000)
    equal(mine & other, set())


def test_only_servers_of_others_may_start_twice():
    """What of octroi does not start fails at once."""
    for server, starts in (("postfix", 2), ("octroi-milter", 1)):
        runner = run.Runner(None)
        asked = []

        class Stuck:
            tmp = ""

            def __init__(self, _, **__):
                pass

            def start(self):
                asked.append(server)
                raise NotStarted(server, f"{server} did not start")

            def close(self):
                return []

            def remove(self):
                pass
        real, edge_module.Edge = edge_module.Edge, Stuck
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                runner.open_edge({})
            raise AssertionError(f"{server} that does not start is no fault")
        except NotStarted:
            equal(len(asked), starts, server)
        finally:
            edge_module.Edge = real


def test_browser_takes_a_screenshot():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    try:
        with tempfile.TemporaryDirectory() as tmp, browser.Browser() as b:
            equal(b.open(url).text, "script")
            with open(b.screenshot(f"{tmp}/s.png", 400, 700), "rb") as f:
                head = f.read(24)
            equal(struct.unpack(">II", head[16:24]), (400, 700), "size")
        with browser.Browser(javascript=False) as b:
            equal(b.open(url).text, "html", "with scripts off")
    finally:
        server.shutdown()
        server.server_close()


SERVER = """import os, signal, socket, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(b"READY=1\\nSTATUS=up", os.environ["NOTIFY_SOCKET"])
signal.pause()
"""


def test_bad_ends_are_noticed():
    with tempfile.TemporaryDirectory() as tmp:
        os.chmod(tmp, 0o755)
        p = Process("server", ["/usr/bin/python3", "-c", SERVER], tmp)
        p.start()
        check(p.notified("STATUS=up"))
        equal(p.stop(), 3)
        equal(p.faults, ["server: exit 3 after a stop"])
        p.faults = []
        p.start()
        os.kill(p.pid, signal.SIGKILL)
        wait_until(lambda: not p.check(), 10, "the end is noticed")
        equal(p.faults, ["server ended by itself, exit -9"])
        p.close()
        p = Process("silent", ["/bin/sleep", "100"], tmp)
        try:
            p.start(timeout=0.2)
            raise AssertionError("started without being ready")
        except Failure:
            check(not p.alive, "a server that is not ready is ended")
        p.close()


def test_sanitizer_reports_are_faults(edge):
    with open(f"{edge.san}/report.123", "w") as f:
        f.write("ERROR: AddressSanitizer: made up")
    equal(len(edge.faults()), 1)
    equal(edge.faults(), [])


RACE = """{bar}
WARNING: ThreadSanitizer: data race (pid=7)
  Write of size 1 at 0x7faea394bcb0 by thread T8:
    #0 {first} sanitizer/tsan.cpp:1312 (libtsan.so.2+0x42191)
    #1 <null> <null> ({module}+0x89d5)

  Previous atomic read of size 1 at 0x7faea394bcb0 by thread T10:
    #0 pthread_mutex_lock sanitizer/common.inc:4324 (libtsan.so.2+0x558e1)
    #1 <null> <null> (libmilter.so.1.0.1+0x8f59)

SUMMARY: ThreadSanitizer: data race (libmilter.so.1.0.1+0x89d5)
{bar}
"""


def race(first="pthread_mutex_destroy", module="libmilter.so.1.0.1"):
    return RACE.format(bar="=" * 18, first=first, module=module)


def test_a_race_of_libmilter_alone_is_passed_over():
    end = "ThreadSanitizer: reported 2 warnings\n"
    equal(sanitizer.ours(race() + race("pthread_cond_destroy") + end), "",
          "libmilter's own stop")
    for what, other in (
            ("ours destroys", race(module="octroi-milter")),
            ("ours is written to", race(first="memcpy")),
            ("nothing is destroyed", race(first="pthread_mutex_lock")),
            ("a lock is left", race().replace("data race", "mutex leak")),
            ("the report is cut", race()[:300])):
        left = sanitizer.ours(race() + other + end)
        check(other in left, f"{what}: {left!r}")
        check(left.count("WARNING") == 1, f"{what}: libmilter's is told too")
