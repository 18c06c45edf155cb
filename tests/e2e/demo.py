#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The story that ./demo tells, on a whole edge of this machine's own.

demo.py [--once]      walk; without --once leave everything running
demo.py --send STATE FROM TO [SUBJECT]
                      send one more message to the edge that runs
"""
import html.parser
import http.client
import json
import os
import re
import shlex
import shutil
import signal
import sys
import tempfile
import textwrap
import time
import urllib.parse

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from mail import DkimKey, message          # noqa: E402
from proc import Failure, wait_until       # noqa: E402
from smtpc import Smtp                     # noqa: E402

HOSTED = "collectivite47.fr"
JEAN, SOPHIE = f"jean.dupont@{HOSTED}", f"sophie.martin@{HOSTED}"
CONTACT, ALIAS = f"contact@{HOSTED}", f"maire@{HOSTED}"
SENDER, SENDER_IP = "nadia.leroy@boulangerie-leroy.test", "192.0.2.10"
SENDER_DOMAIN = SENDER.partition("@")[2]
# More senders to play with, each with SPF and DKIM.
OTHERS = {"garage-petit.test": "192.0.2.20", "voisine.test": "192.0.2.30"}
STRANGER_IP = "198.51.100.66"
SETTINGS = {
    "platform": {"hostname": "mx.edge.test"},
    "challenge": {"settle": "2s", "button": "60s",
                  "contact": f"contact@{HOSTED}"},
    "web": {"operator": "Centre de gestion (démonstration)",
            "contact": f"contact@{HOSTED}"},
}

COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ
BEGIN = time.monotonic()


# -- what the reader sees ----------------------------------------------------
def paint(code, text):
    return f"\033[{code}m{text}\033[0m" if COLOUR else text


class Story:
    def __init__(self):
        self.number = 0

    def step(self, text):
        self.number += 1
        seconds = time.monotonic() - BEGIN
        print("\n" + paint("1", f"{self.number:2}. {text}") +
              f"  ({seconds:.1f} s)", flush=True)

    @staticmethod
    def say(text):
        print(f"    {text}", flush=True)

    @staticmethod
    def quote(text, lines=60):
        for line in text.rstrip().splitlines()[:lines]:
            print(paint("36", f"    | {line.rstrip()}"), flush=True)

    def paragraphs(self, text):
        self.quote("\n".join(textwrap.fill(line, 72)
                             for line in text.splitlines()))

    @staticmethod
    def look(what, command):
        print(f"    {what}: " + paint("32", command), flush=True)


# -- the page, as a browser without scripts sees it ---------------------------
class Page(html.parser.HTMLParser):
    """Forms with their fields, and the visible text of the main part."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.words, self._main = [], [], False
        self.feed(text)
        self.text = re.sub(r"\s*\n\s*", "\n", "".join(self.words)).strip()

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag == "main":
            self._main = True
        elif tag == "form":
            self.forms.append({"action": a.get("action") or "", "fields": {},
                               "buttons": [], "inputs": []})
        elif tag == "input" and self.forms and a.get("name"):
            kind = a.get("type", "text")
            if kind == "hidden":
                self.forms[-1]["fields"][a["name"]] = a.get("value", "")
            elif kind != "submit":
                self.forms[-1]["inputs"].append(a["name"])
        elif tag == "button" and self.forms and a.get("name"):
            self.forms[-1]["buttons"].append((a["name"], a.get("value", "")))
        if tag in ("p", "li", "h1", "h2", "div", "dt", "dd", "label",
                   "button", "summary"):
            self.words.append("\n")

    def handle_endtag(self, tag):
        if tag == "main":
            self._main = False

    def handle_data(self, data):
        if self._main:
            self.words.append(re.sub(r"\s+", " ", data))


def visit(method, url, fields=None):
    """(status, headers, text) of one request; no redirect is followed."""
    u = urllib.parse.urlsplit(url)
    conn = http.client.HTTPConnection(u.hostname, u.port, timeout=20)
    target = u.path + (f"?{u.query}" if u.query else "")
    head = {"Accept-Language": "fr"}
    body = None
    if fields is not None:
        body = urllib.parse.urlencode(fields)
        head["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        conn.request(method, target, body, head)
        reply = conn.getresponse()
        return reply.status, reply.headers, reply.read().decode()
    except OSError as e:
        raise Failure(f"{method} {url}: {e}: octroi-web does not answer"
                      ) from None
    finally:
        conn.close()


def press(url, page, code=None):
    """Press the first form's button; the page that the browser then shows."""
    if not page.forms:
        raise Failure(f"{url}: no form on the page:\n{page.text}")
    form = page.forms[0]
    fields = dict(form["fields"])
    fields.update(dict(form["buttons"][:1]))
    for name in form["inputs"]:
        fields[name] = code or ""
    target = urllib.parse.urljoin(url, form["action"] or url)
    status, headers, text = visit("POST", target, fields)
    if status == 303:
        target = urllib.parse.urljoin(target, headers["Location"])
        status, headers, text = visit("GET", target)
    return status, Page(text)


# -- sending -------------------------------------------------------------------
def send(port, keys, sender, rcpts, octets, ip):
    domain = sender.rpartition("@")[2]
    if domain in keys:
        octets = keys[domain].sign(octets)
    with Smtp(port) as c:
        c.ehlo(f"mx.{domain}")
        c.xclient(ip)
        c.ehlo(f"mx.{domain}")
        return c.send(sender, rcpts, octets)


def send_more(state_path, sender, rcpt, subject="Un autre message"):
    """What the script "send" of a running demonstration does."""
    try:
        with open(state_path) as f:
            state = json.load(f)
    except OSError as e:
        sys.exit(f"send: {state_path}: {e.strerror}: the demonstration is "
                 "over, or belongs to another user")
    domain = sender.rpartition("@")[2]
    keys = {}
    if domain in state["keys"]:
        key = keys[domain] = DkimKey.__new__(DkimKey)
        key.domain, key.selector, key.kind = domain, "s1", "rsa"
        key.private = state["keys"][domain].encode()
    ip = state["ips"].get(domain, STRANGER_IP)
    octets = message(sender, rcpt, subject, "Bonjour,\r\n\r\nceci est un "
                     "message d'essai.\r\n")
    print(f"from <{sender}>, client {ip}, " +
          ("SPF and DKIM of its domain" if keys else "nothing proven"))
    try:
        result = send(state["port"], keys, sender, rcpt, octets, ip)
    except OSError as e:
        sys.exit(f"send: 127.0.0.1:{state['port']}: {e}: is the demonstration "
                 "still running?")
    print(f"Postfix answers: {result.reply}")


# -- the walk ------------------------------------------------------------------
class Demo:
    def __init__(self, edge):
        self.edge, self.story = edge, Story()
        self.delivered = False

    def ctl(self, *words):
        """Run octroictl, show the command and what it says."""
        self.story.look("run", f"{self.edge.tmp}/octroictl " +
                        shlex.join(words))
        out = self.edge.ctl(*words)
        self.story.quote(out.stdout or "(nothing)")
        return out.stdout

    def grep_log(self, name, pattern, timeout=5):
        """Show the first matching line of a program's log."""
        path = self.edge.octroi[name].log

        def line():
            with open(path, errors="replace") as f:
                return next((x for x in f if re.search(pattern, x)), None)
        try:
            self.story.quote(wait_until(line, timeout, "log line"))
        except Failure:
            self.story.say(f"(no line with {pattern} in the log)")
        self.story.look("log", path)

    def start(self):
        e, s = self.edge, self.story
        s.step("Start the edge: every server on 127.0.0.1, all its files in "
               "one folder")
        e.start()
        s.say(f"folder          {e.tmp}")
        for p in e.processes:
            s.say(f"{p.name:15} pid {p.pid}")
        s.say(f"Postfix listens on port {e.postfix.public} (public), "
              f"{e.postfix.submission} (submission)")
        s.say(f"challenge page  http://127.0.0.1:{e.web_port}/")
        s.look("settings", e.conf_path)

    def provision(self):
        s = self.story
        s.step(f"Provision {HOSTED} with octroictl")
        self.ctl("domain", "add", HOSTED)
        self.ctl("mailbox", "add", JEAN, "--challenge=first-contact",
                 "--name=Jean Dupont")
        self.ctl("mailbox", "add", SOPHIE, "--name=Sophie Martin")
        self.ctl("mailbox", "add", CONTACT, "--challenge=first-contact")
        self.ctl("alias", "add", ALIAS, JEAN)
        self.ctl("mailbox", "list", HOSTED)
        s.say("jean.dupont has the Challenge option; sophie.martin has not; "
              "contact is a")
        s.say("protected address: the option never stands before it. maire is "
              "an alias.")

    def publish(self):
        e, s = self.edge, self.story
        s.step("A sender on the Internet: its domain publishes SPF, DKIM, "
               "DMARC")
        for domain, ip in {SENDER_DOMAIN: SENDER_IP, **OTHERS}.items():
            e.sender_domain(domain, ip)
        s.say(f"{SENDER_DOMAIN} sends from {SENDER_IP}, and signs")
        s.look("zone", f"{e.dns.dir}/world.zone")

    def first(self):
        e, s = self.edge, self.story
        s.step(f"{SENDER} writes to {JEAN} for the first time")
        self.octets = message(
            f"Nadia Leroy <{SENDER}>", JEAN, "Devis pour le 14 juillet",
            "Bonjour,\r\n\r\nvoici notre devis pour 200 pains.\r\n\r\n"
            "Nadia Leroy\r\n")
        r = send(e.postfix.public, e.keys, SENDER, JEAN, self.octets,
                 SENDER_IP)
        s.say(f"Postfix answered: {r.reply}")
        if not r.accepted:
            raise Failure(f"the message was not accepted: {r}")
        s.say("octroi-milter knew the sender's proof, did not know the "
              "sender, wrote the")
        s.say("message to the spool (synced to disk before that answer), and "
              "kept it:")
        self.grep_log("milter", re.escape(r.queue_id or "verdict="))

    def held(self):
        e, s = self.edge, self.story
        s.step("It is held, not delivered")
        if e.mailboxes.all(JEAN):
            raise Failure(f"{JEAN} has mail already: it should be held")
        self.ctl("held", "list", HOSTED)
        s.look("spool", e.spool)

    def challenge(self):
        e, s = self.edge, self.story
        s.step("The sender is asked once (2 s after the message; 20 s in "
               "real life)")
        d = e.world.wait_for(SENDER, timeout=30)
        text = d.text()
        import email.header
        subject = str(email.header.make_header(
            email.header.decode_header(d.field("Subject"))))
        s.say(f"A mail arrived at {SENDER}:")
        s.quote(f"Subject: {subject}\nAuto-Submitted: "
                f"{d.field('Auto-Submitted')}\n\n{text}", 60)
        url = re.search(r"https?://\S+", text)
        code = re.search(r"\b(\d{3}) (\d{3})\b", text)
        if not url or not code:
            raise Failure(f"no link or no code in the mail: {d.file}")
        self.url, self.code = url[0], code[1] + code[2]
        s.say(f"link {self.url}")
        s.say(f"code {self.code}")
        s.look("mail", f"less {d.file}")
        self.grep_log("courier", "challenge=.*sent=yes")

    def page(self):
        s = self.story
        s.step("The page behind the link; opening it changes nothing")
        status, headers, text = visit("GET", self.url)
        page = Page(text)
        if status != 200:
            raise Failure(f"GET {self.url}: status {status}\n{page.text}")
        s.paragraphs(page.text)
        s.say("No script, no cookie. Content-Security-Policy:")
        s.paragraphs(headers.get("Content-Security-Policy") or "(none!)")
        self.first_page = page

    def confirm(self):
        s = self.story
        s.step("She presses \"Confirmer mon envoi\"")
        status, page = press(self.url, self.first_page)
        if page.forms:
            s.say("It is less than a minute since the mail left, as when a "
                  "robot follows every link:")
            s.say(f"the page wants the code of the mail too. She enters "
                  f"{self.code}.")
            status, page = press(self.url, page, self.code)
        s.paragraphs(page.text)
        if status != 200 or page.forms:
            raise Failure(f"the confirmation was not accepted: HTTP {status}")
        self.grep_log("web", "outcome=done")

    def release(self):
        e, s = self.edge, self.story
        s.step("The message is delivered")
        d = e.mailboxes.wait_for(JEAN, timeout=30)
        if b"200 pains" not in d.data:
            raise Failure(f"another text than the one sent: {d.file}")
        self.delivered = True
        s.say(f"It is in the mailbox of {JEAN}; its header now begins:")
        s.quote(d.head.decode("utf-8", "replace"), 14)
        s.look("mail", f"less {d.file}")
        self.grep_log("courier", "verdict=released")

    def second(self):
        e, s = self.edge, self.story
        s.step("Her next message passes straight, also through the alias")
        begin = time.monotonic()
        octets = message(f"Nadia Leroy <{SENDER}>", ALIAS, "Merci")
        r = send(e.postfix.public, e.keys, SENDER, ALIAS, octets, SENDER_IP)
        e.mailboxes.wait_for(JEAN, count=2, timeout=30)
        s.say(f"delivered {1000 * (time.monotonic() - begin):.0f} ms after "
              "it was sent; nobody was asked")
        self.grep_log("milter", re.escape(r.queue_id or "verdict="))
        self.ctl("relation", "list", JEAN)

    def others(self):
        e, s = self.edge, self.story
        s.step("For comparison: strangers, to addresses without the option "
               "and forged")
        sender = "livraison@garage-petit.test"
        octets = message(sender, [SOPHIE, CONTACT], "Livraison")
        send(e.postfix.public, e.keys, sender, [SOPHIE, CONTACT], octets,
             OTHERS["garage-petit.test"])
        for rcpt in (SOPHIE, CONTACT):
            e.mailboxes.wait_for(rcpt, timeout=30)
        s.say(f"{sender} wrote to sophie.martin and contact: delivered at "
              "once.")
        octets = message(SENDER, JEAN, "Changement de RIB")
        r = send(e.postfix.public, {}, SENDER, JEAN, octets, STRANGER_IP)
        s.say(f"Somebody forged {SENDER} from {STRANGER_IP}:")
        s.say(f"Postfix answered: {r.reply}")
        self.grep_log("milter", f"verdict=refuse.*from={re.escape(SENDER)}.*"
                      f"client={re.escape(STRANGER_IP)}")
        s.say("A forged known sender is an unknown sender: not delivered, and "
              "nobody is written to.")
        s.say("Were it really a person whose domain proves nothing, his own "
              "server would show him the link: it asks for the address that "
              "he wrote from, and his next message passes.")

    def walk(self):
        for f in (self.start, self.provision, self.publish, self.first,
                  self.held, self.challenge, self.page, self.confirm,
                  self.release, self.second, self.others):
            f()



# -- things to play with ---------------------------------------------------------
def write_tools(edge):
    """Two small scripts in the edge's folder: octroictl and send."""
    state = f"{edge.tmp}/demo.json"
    with open(os.open(state, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
        json.dump({"port": edge.postfix.public,
                   "ips": {SENDER_DOMAIN: SENDER_IP, **OTHERS},
                   "keys": {d: k.private.decode()
                            for d, k in edge.keys.items()}}, f)
    root = '[ "$(id -u)" = 0 ] || exec sudo -- "$0" "$@"\n'
    tools = {
        "octroictl": f"{root}exec setpriv --reuid nobody --regid nogroup "
                     f"--clear-groups -- {edge.bin}/octroictl -c "
                     f"{edge.conf_path} \"$@\"\n",
        "send": f"{root}exec {sys.executable} {shlex.quote(__file__)} --send "
                f"{state} \"$@\"\n"}
    for name, text in tools.items():
        with open(f"{edge.tmp}/{name}", "w") as f:
            f.write("#!/bin/sh\n" + text)
        os.chmod(f"{edge.tmp}/{name}", 0o755)


def playground(edge):
    t = edge.tmp
    s = Story()
    print("\n" + paint("1", "Everything goes on running. Try:"))
    s.look("a first contact   ", f"{t}/send accueil@voisine.test {JEAN}")
    s.look("nothing proven    ", f"{t}/send qui@nowhere.test {JEAN}")
    s.look("what is held      ", f"{t}/octroictl held list {HOSTED}")
    s.look("let one through   ", f"{t}/octroictl held release ID")
    s.look("the owner decides ",
           f"{t}/octroictl allow add {JEAN} accueil@voisine.test")
    s.look("is all well?      ",
           f"{t}/octroictl doctor --postfix-dir={edge.postfix.etc}")
    s.look("all commands      ", f"{t}/octroictl --help")
    s.look("mail that arrived ", f"ls -R {t}/mailboxes {t}/world")
    s.look("logs              ", f"tail -f {t}/octroi-*.log "
           f"{edge.postfix.maillog}")
    s.look("Redis             ", f"redis-cli -s {edge.redis.socket}")
    s.look("the pages         ", f"http://127.0.0.1:{edge.web_port}/")
    print("Ctrl-C stops everything and removes the folder.", flush=True)


def wait_for_end(edge):
    """Until Ctrl-C; says it when a server ends by itself."""
    stop = []
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, lambda *_: stop.append(1))
    while not stop:
        for text in edge.faults():
            print(paint("31", text), flush=True)
        time.sleep(0.5)
    print("\nstopping", flush=True)


def become_root():
    if os.geteuid() == 0:
        return
    if shutil.which("sudo") is None:
        sys.exit("demo: a private Postfix changes users, so this needs root, "
                 "and there is no sudo here: run ./demo as root")
    print("The private Postfix changes users: going on with sudo.")
    os.execvp("sudo", ["sudo", "--preserve-env=OCTROI_BUILD,NO_COLOR", "--",
                       sys.executable, *sys.argv])


def report(edge, error):
    print(paint("31", f"\ndemo: failed: {error}"), file=sys.stderr)
    print("The ends of the logs:", file=sys.stderr)
    print(edge.dump(15), file=sys.stderr)
    print(f"All files are kept in {edge.tmp}; './demo' starts afresh. If the "
          "programs are not\nbuilt as they should be, remove ./build and "
          "try again.", file=sys.stderr, flush=True)


def main():
    if sys.argv[1:2] == ["--send"]:
        if len(sys.argv) not in (5, 6):
            sys.exit("usage: send FROM TO [SUBJECT]")
        send_more(*sys.argv[2:])
        return 0
    become_root()
    from edge import Edge
    for sig in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, lambda *_: sys.exit(143))
    edge = Edge(tempfile.mkdtemp(prefix="octroi-demo-"), conf=SETTINGS)
    write_tools(edge)
    demo = Demo(edge)
    keep = False
    try:
        demo.walk()
        write_tools(edge)
        faults = edge.faults()
        if faults:
            raise Failure("\n".join(faults))
        print("\n" + paint("1;32", "The message was held, its sender asked, "
              "and it was delivered.") +
              f"  ({time.monotonic() - BEGIN:.1f} s)", flush=True)
        if "--once" not in sys.argv[1:]:
            playground(edge)
            wait_for_end(edge)
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    except Exception as e:  # whatever it is, say where to look
        keep = True
        report(edge, e)
        return 1
    finally:
        wrong = edge.close()
        if wrong:
            print("demo: while stopping: " + "\n".join(wrong),
                  file=sys.stderr)
        if not keep:
            edge.remove()
    return 0 if demo.delivered and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
