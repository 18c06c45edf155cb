# SPDX-License-Identifier: Apache-2.0
"""A day in a town hall: real mail of all kinds comes to three mailboxes, one of
them shared by two; their digests come, scanners look at every link, and people
press buttons."""
import email
import email.policy
import re
import tempfile

import corpus
import scene
from browser import Browser
from kit import check, equal, limit, need_file
from octroi import held, relations
from owners import Visitor
from proc import wait_until
from scene import TOWN, fetch, mailbox, wait_known
from test_digest import OFTEN, all_listed, an_hour_comes, digest

EDGE = scene.edge({"digest": {"schedule": OFTEN},
                   "challenge": {"settle": "1s"}})

SECRETARY, CLERK = f"secretaire@{TOWN}", f"clerk@{TOWN}"
SHARED, ANNE, PAUL = f"urbanisme@{TOWN}", f"anne@{TOWN}", f"paul@{TOWN}"
BOXES = (SECRETARY, CLERK, SHARED)
MESSAGES = 30


def morning():
    """Thirty messages out of all of the corpus, every other one addressed."""
    need_file(corpus.ARCHIVE, "the corpus of real mail")
    with tempfile.TemporaryDirectory() as tmp:
        every = [m for m in corpus.load(tmp) if m.sender]
    some = every[::len(every) // MESSAGES][:MESSAGES]
    return [m._replace(octets=b"Resent-To: " + BOXES[n % 3].encode() +
                       b"\r\n" + m.octets) if n // 3 % 2 else m
            for n, m in enumerate(some)]


def open_town(edge):
    for who in (ANNE, PAUL):
        mailbox(edge, who.partition("@")[0], mode="off")
    for box, more in ((SECRETARY, {}), (CLERK, {"lang": "en"}),
                      (SHARED, {"owners": f"{ANNE},{PAUL}"})):
        mailbox(edge, box.partition("@")[0], unproven="hold", **more)
        wait_known(edge, box)


def receive(edge):
    messages = morning()
    corpus.add_senders(edge, messages)
    to = {m.id: [BOXES[n % 3]] for n, m in enumerate(messages)}
    sent = corpus.replay(edge, messages, lambda m: to[m.id])
    corpus.settle(edge)
    equal(len(sent), MESSAGES)
    equal([s.error for s in sent if s.error], [])
    wait_until(lambda: all(i["state"] == "stored" for box in BOXES
                           for i in held(edge, box)), 20, "all have settled")


def ids_in(got):
    """The messages that a digest has buttons for."""
    return {m[1] for u in got.links
            if (m := re.search(r"/([a-z2-7]{32})/release$", u))}


def state(edge):
    """All that a press could change."""
    return ([sorted((i["id"], i["state"], i["expires"]) for i in
                    held(edge, box)) for box in BOXES],
            [relations(edge, box) for box in BOXES],
            [edge.ctl_json("mailbox", "show", box) for box in BOXES],
            edge.redis.cmd("KEYS", "oct:sess:*"))


def scan(got):
    """As link scanners and mail programs do."""
    links = set(got.links) | set(re.findall(r'href="([^"]+)"', got.html)) | {
        got.one_click}
    for link in links:
        for method, headers in (("GET", {}), ("HEAD", {}),
                                ("GET", {"Purpose": "prefetch",
                                         "Sec-Purpose": "prefetch"}),
                                ("GET", {"User-Agent": "scanner"})):
            status, _, _ = fetch(link, method, headers=headers)
            check(status < 500, f"{method} {link}: {status}")


def link_of(got, item, act):
    return next(u for u in got.links if u.endswith(f"/{item}/{act}"))


def press(edge, got, item, act):
    """Follow a link of the digest and press what it shows."""
    link = link_of(got, item, act)
    v = Visitor(edge).get(link[link.index("/m/"):])
    equal(v.status, 200, v.text[-500:])
    return v.press(act)


@limit(180)
def test_a_day(edge):
    open_town(edge)
    receive(edge)
    waits = {box: {i["id"] for i in held(edge, box)
                   if i["reason"] != "virus"} for box in BOXES}
    check(all(len(w) >= 3 for w in waits.values()), waits)
    an_hour_comes(edge, *BOXES)
    got = {SECRETARY: digest(edge, SECRETARY), CLERK: digest(edge, CLERK),
           SHARED: digest(edge, ANNE)}
    other = digest(edge, PAUL)
    # Each lists what waits there, and nothing else.
    for box in BOXES:
        equal(ids_in(got[box]), waits[box], box)
    equal(ids_in(other), waits[SHARED])
    all_listed(edge, *BOXES)
    check("held for" in got[CLERK].mail["Subject"], "English")
    # Whoever looks at a mail without reading it changes nothing.
    before = state(edge)
    for one in (*got.values(), other):
        scan(one)
    equal(state(edge), before, "after scanners")
    # Deliver, deliver and accept, refuse.
    one, two, three = sorted(waits[SECRETARY])[:3]
    had = len(edge.mailboxes.all(SECRETARY))
    press(edge, got[SECRETARY], one, "release")
    edge.mailboxes.wait_for(SECRETARY, count=had + 1)
    press(edge, got[SECRETARY], two, "accept")
    edge.mailboxes.wait_for(SECRETARY, count=had + 2)
    v = press(edge, got[SECRETARY], three, "refuse")
    wait_until(lambda: three not in {i["id"] for i in held(
        edge, SECRETARY)}, 10, "refused")
    v.press("undo")
    wait_until(lambda: three in {i["id"] for i in held(
        edge, SECRETARY)}, 10, "taken back")
    # Who of those who share it.
    item = sorted(waits[SHARED])[0]
    press(edge, other, item, "release")
    edge.mailboxes.wait_for(SHARED)
    with open(edge.octroi["web"].log, errors="replace") as f:
        check(any(f"owner={SHARED} person={PAUL} act=owner.release" in line
                  for line in f), "who did it")
    # What was listed and nobody wanted ends at its time.
    item = sorted(waits[CLERK])[-1]
    edge.redis.cmd("HSET", f"oct:{{{TOWN}}}:held:{item}", "expires", 1)
    edge.redis.cmd("ZADD", "oct:due:main", 1, f"expire {TOWN} {item}")
    wait_until(lambda: item not in {i["id"] for i in held(edge, CLERK)}, 15,
               "it has ended")
    # One click: no more digests, for who clicks.
    for one in (got[CLERK], got[SHARED]):
        status, _, _ = fetch(one.one_click, "POST",
                             {"List-Unsubscribe": "One-Click"})
        equal(status, 200)
    shown = [edge.ctl_json("mailbox", "show", box) for box in (CLERK, SHARED)]
    equal([(s["digest"], s["no_digest"]) for s in shown],
          [("off", ""), ("inherit", ANNE)])


@limit(90)
def test_in_a_browser(edge):
    """A digest as it is read, with and without JavaScript: two presses."""
    for n, javascript in enumerate((True, False)):
        box = mailbox(edge, f"lecteur.{n}")
        scene.accepted(scene.send(edge, "noreply@citoyen.test", box))
        wait_until(lambda: [i["state"] for i in held(edge, box)] ==
                   ["stored"], 15, "it has settled")
        an_hour_comes(edge, box)
        path = f"{edge.tmp}/digest.{n}.html"
        with open(path, "w", encoding="utf-8") as f:
            f.write(digest(edge, box).html)
        with Browser(javascript=javascript) as b:
            b.open(f"file://{path}")
            next(a for a in b.all("a") if a.text == "Remettre").click()
            b.css("main form button").click()
            edge.mailboxes.wait_for(
                box, lambda d: b"List-Unsubscribe" not in d.data)


def test_a_link_by_mail(edge):
    """Asked for on the page; what it opens, and who gets none."""
    box = mailbox(edge, "oubli")
    mailbox(edge, "equipe", owners="marc@dehors.test")
    for n, address in enumerate((f"personne@{TOWN}", box,
                                 "marc@dehors.test")):
        Visitor(edge, f"198.51.{n}.7").get("/m").press("ask", address=address)
    for sink, who in ((edge.mailboxes, box), (edge.world, "marc@dehors.test")):
        mail = email.message_from_bytes(sink.wait_for(who).data,
                                        policy=email.policy.default)
        equal(mail["Auto-Submitted"], "auto-generated")
        text = mail.get_content()
        check("198.51." in text, text)
        link = re.search(r"https?://\S+(/m/\S+)", text)[1]
        v = Visitor(edge).get(link).press("enter")
        check(v.cookie and "/o" in v.url, v.url)
    edge.postfix.wait_empty()
    equal(edge.mailboxes.all(f"personne@{TOWN}"), [])
    # An administrator sends another, and ends all.
    edge.ctl("owner", "link", box, "--send")
    edge.mailboxes.wait_for(box, count=2)
    old = edge.ctl_json("owner", "link", box)["items"][0]["url"]
    edge.ctl("owner", "revoke", box)
    v = Visitor(edge).get(old[old.index("/m/"):])
    check(not v.cookie and 'value="enter"' not in v.text,
          "a link of before lets in")
    edge.ctl("owner", "welcome", box)
    edge.mailboxes.wait_for(box, count=3)
