# SPDX-License-Identifier: Apache-2.0
"""Every page that a sender may meet: what it does, and whether all can use
it."""
import os
import re
import time
import urllib.parse

import scene
from browser import Browser
from kit import check, equal, fresh, limit
from pages import (DESKTOP, PHONE, asked, axe_source, challenge_key, client,
                   expire, in_lang, look, lose, passes, refusal, unchanged)
from proc import wait_until
from scene import TOWN, Page, fetch

EDGE = scene.edge({"challenge": {"button": "1s", "contact": "aide@edge.test"},
                   "web": {"operator": "Mairie de Ville",
                           "contact": "contact@edge.test"}})
EARLY = {"challenge": {"button": "1h"}}
CODE = {"challenge": {"button": "1s"}}
SID, ALICE = "N|alice@nu.test|198.51.100.0/24", "alice@nu.test"


def ready(edge, url=None):
    """The web program knows whom we host."""
    url = url or refusal(edge, TOWN, SID, ALICE)[0]
    return wait_until(lambda: (p := Page(url)).status == 200 and p, 10,
                      "the web program knows the directory")


# -- programs that open links ----------------------------------------------------
def scan(ask):
    """What link scanners do with a link, at once."""
    for method in ("GET", "HEAD", "GET"):
        fetch(ask.url, method)
    for name in ("Sec-Purpose", "Purpose", "X-Moz"):
        equal(fetch(ask.url, headers={name: "prefetch"})[0], 200, name)
    page = ask.page()
    for attrs, fields, buttons in page.forms:
        form = {**fields, buttons[0]["name"]: buttons[0]["value"]}
        form.pop("code", None)
        status = fetch(ask.url, "POST", form)[0]
        equal(status, 422, f"POST of {form} without the code")
        form["code"] = ""
        equal(fetch(ask.url, "POST", form)[0], 422, "an empty code")
        for name in ("Sec-Purpose", "Purpose"):
            form["code"] = ask.code
            equal(fetch(ask.url, "POST", form, {name: "prefetch"})[0], 403,
                  f"{name}: prefetch")
    form = {"do": "confirm", "n": "x" * 32}
    equal(fetch(ask.url, "POST", form)[0], 403, "a made-up nonce")
    equal(fetch(ask.url, "POST", {"do": "confirm"})[0], 400, "no nonce")


@fresh(**scene.edge(EARLY))
def test_scanners_change_nothing_by_button(edge):
    box, ask = asked(edge, "scan", "jean@citoyen.test")
    scan(ask)
    unchanged(edge, box)
    # Pressed early by a person, the page wants the code, and takes it.
    page = ask.page().confirm()
    equal(page.status, 422, "pressed early")
    check("juste après" in page.text, "why the code is asked for")
    equal(page.confirm(ask.code).status, 200)
    edge.mailboxes.wait_for(box)


def test_scanners_change_nothing_by_code(edge):
    edge.ctl("domain", "set", TOWN, "--proof=code")
    try:
        box, ask = asked(edge, "scan.code", "rose@citoyen.test")
        wait_until(lambda: scene.wants_code(ask.page()), 5, "the option")
        time.sleep(1.1)  # the button would count by now
        scan(ask)
        unchanged(edge, box)
        equal(ask.page().confirm().status, 422, "the button alone")
        unchanged(edge, box)
        equal(ask.page().confirm(ask.code).status, 200)
        edge.mailboxes.wait_for(box)
    finally:
        edge.ctl("domain", "set", TOWN, "--proof=inherit")


@fresh(**scene.edge({"challenge": {"button": "1s"},
                     "web": {"confirm_network": "2/1h"}}))
def test_who_confirms_too_much_is_asked_for_the_code(edge):
    for n in range(3):
        box, ask = asked(edge, f"trop{n}", f"trop{n}@citoyen.test")
        headers = {"X-Forwarded-For": "203.0.113.9"}
        if n < 2:
            page = wait_until(lambda: (p := ask.page(headers=headers)) and
                              not scene.wants_code(p) and p, 10, "ripe")
            equal(page.confirm().status, 200)
            edge.mailboxes.wait_for(box)
    time.sleep(1.1)
    check(scene.wants_code(ask.page()), "the code is wanted")
    unchanged(edge, box)
    equal(ask.page().confirm().status, 422)
    equal(ask.page().confirm(ask.code).status, 200)


# -- refusals --------------------------------------------------------------------------
def type_address(page, address, who):
    attrs, fields, buttons = page.forms[0]
    form = {**fields, "do": "pass", "address": address}
    return fetch(page.url, "POST", form, {"X-Forwarded-For": who})


def test_a_refusal_is_confirmed_once(edge):
    url, sid_hash = refusal(edge, TOWN, SID, ALICE)
    page = ready(edge, url)
    check(TOWN in page.text and ALICE not in page.text, page.text)
    for method in ("GET", "HEAD"):
        fetch(url, method)
    equal(type_address(page, "", client())[0], 422, "nothing typed")
    equal(type_address(page, "alice", client())[0], 422, "no address")
    equal(type_address(page, "bob@nu.test", client())[0], 403, "another")
    check(sid_hash not in passes(edge, TOWN), "a pass already")
    status, headers, _ = type_address(page, " Alice+x@NU.test", client())
    equal(status, 303)
    equal(passes(edge, TOWN)[sid_hash], 3, "messages")
    done = Page(urllib.parse.urljoin(url, headers["location"]))
    check("Renvoyez maintenant" in done.text, done.text)
    check("déjà" in Page(url).text, "already done")
    equal(type_address(page, ALICE, client())[0], 303, "again")
    equal(passes(edge, TOWN)[sid_hash], 3, "messages after that")


def test_wrong_addresses_are_counted(edge):
    url, sid_hash = refusal(edge, TOWN, SID + "5", ALICE)
    page = ready(edge, url)
    who = client()
    for n in range(5):
        equal(type_address(page, f"a{n}@nu.test", who)[0], 403, f"try {n}")
    status, headers, _ = type_address(page, ALICE, who)
    equal((status, headers["retry-after"]), (429, "3600"))
    check(sid_hash not in passes(edge, TOWN), "a pass")


def test_refusals_that_are_none(edge):
    today = int(time.time() // 86400)
    good = refusal(edge, TOWN, SID + "6", ALICE)[0]
    ready(edge, good)
    old = refusal(edge, TOWN, SID, ALICE, today - 2)[0]
    page = Page(old)
    check(page.status == 200 and "plus valable" in page.text, page.text)
    texts = set()
    for bad in (good[:-1], good + "a", refusal(edge, "x.test", SID, ALICE)[0],
                good[:-9] + ("a" if good[-9] != "a" else "b") + good[-8:]):
        status, _, text = fetch(bad)
        equal(status, 404, bad)
        texts.add(text.replace(bad.rpartition("/")[2], ""))
    equal(len(texts), 1, "texts of the 404 page")


@fresh()
def test_the_store_away_loses_nothing(edge):
    box, ask = asked(edge, "panne", "luc@citoyen.test")
    url, _ = refusal(edge, TOWN, SID, ALICE)
    page, challenged = ready(edge, url), ask.page()
    edge.redis.stop()
    for u in (url, ask.url):
        got = Page(u)
        equal(got.status, 503, u)
        check("rien n’est perdu" in got.text, got.text)
        check(int(got.headers["retry-after"]) > 0, "when to come back")
    equal(type_address(page, ALICE, client())[0], 503)
    equal(challenged.confirm(ask.code).status, 503)
    edge.redis.start()
    wait_until(lambda: ask.page().status == 200, 15, "it is back")
    equal(type_address(page, ALICE, client())[0], 303)
    equal(challenged.confirm(ask.code).status, 200)
    edge.mailboxes.wait_for(box)


# -- for everybody ---------------------------------------------------------------------
def test_by_keyboard_alone(edge):
    from selenium.webdriver.common.keys import Keys
    box, ask = asked(edge, "clavier", "eva@citoyen.test")
    wait_until(lambda: not scene.wants_code(ask.page()), 10, "ripe")
    with Browser(javascript=False) as b:
        b.open(ask.url)
        b.keys(Keys.TAB)
        equal(b.focused.get_attribute("class"), "skip", "the first stop")
        b.tab_to("button[value=confirm]")
        b.keys(Keys.ENTER)
        wait_until(lambda: "Merci" in b.text, 10, "confirmed")
        edge.mailboxes.wait_for(box)
        box, ask = asked(edge, "clavier2", "ida@citoyen.test")
        b.open(ask.url)
        b.tab_to("summary")
        b.keys(Keys.ENTER)
        b.tab_to("#code-not-me")
        b.keys(*ask.code)
        b.tab_to("button[value=notme]")
        b.keys(Keys.SPACE)
        wait_until(lambda: "noté" in b.text, 10, "not me")
        url, sid_hash = refusal(edge, TOWN, SID + "k", ALICE)
        ready(edge, url)
        b.open(url)
        b.tab_to("#address")
        b.keys(*ALICE, Keys.ENTER)
        wait_until(lambda: "renvoyez votre message" in b.text, 10, "a pass")
        check(sid_hash in passes(edge, TOWN), "a pass")


def states(edge, b, lang):
    """(name of a page, the address it is at or what makes it) of them all."""
    n = len(lang) + ord(lang[0])

    def ask(name):
        return asked(edge, f"{name}.{lang}",
                     f"{name}.{lang}@citoyen.test")[1]

    def refused(name):
        return in_lang(refusal(edge, TOWN, f"{SID}{name}{n}", ALICE)[0], lang)

    def wrong_code(url, times, code):
        b.open(in_lang(url, lang))
        for _ in range(times):
            if not b.all("#code-not-me"):
                return
            if not b.css("details").get_attribute("open"):
                b.css("summary").click()
            b.css("#code-not-me").clear()
            b.css("#code-not-me").send_keys(code)
            b.press("button.plain")

    def address(url, text, times=1):
        b.open(url)
        for _ in range(times):
            b.css("#address").clear()
            b.css("#address").send_keys(text)
            b.press("button.button")

    base = edge.conf["challenge"]["url"]
    live, two, late, over = ask("vif"), ask("deux"), ask("tard"), ask("hors")
    done, notme = ask("fait"), ask("pasmoi")
    expire(edge, late)
    lose(edge, over)
    wait_until(lambda: not scene.wants_code(done.page()), 10, "ripe")
    bad = "000000" if two.code != "000000" else "111111"
    yield "accueil", lambda: b.open(in_lang(base + "/", lang))
    for name in ("accessibilite", "mentions-legales", "donnees-personnelles"):
        yield name, lambda: b.open(in_lang(f"{base}/{name}", lang))
    yield "confirmer", lambda: b.open(in_lang(live.url, lang))

    def opened():
        b.open(in_lang(live.url, lang))
        b.css("summary").click()
    yield "pas-moi-ouvert", opened
    yield "pas-moi-mauvais-code", lambda: wrong_code(two.url, 1, bad)

    def early():
        edge.redis.cmd("HSET", challenge_key(edge, two), "handed",
                       int(time.time() * 1000) + 3600000)
        b.open(in_lang(two.url, lang))
    yield "confirmer-avec-code", early

    def asked_for_it():
        early()
        b.press("button[value=confirm]")
    yield "code-demande", asked_for_it
    yield "trop-d-essais", lambda: wrong_code(two.url, 7, bad)

    def confirmed():
        b.open(in_lang(done.url, lang))
        b.press("button[value=confirm]")
    yield "merci", confirmed
    yield "deja-fait", lambda: b.open(in_lang(done.url, lang))
    yield "pas-moi-note", lambda: wrong_code(notme.url, 1, notme.code)
    yield "expire", lambda: b.open(in_lang(late.url, lang))
    yield "plus-possible", lambda: b.open(in_lang(over.url, lang))
    yield "introuvable", lambda: b.open(in_lang(base + "/xyz", lang))
    yield "refus", lambda: b.open(refused("a"))
    yield "refus-vide", lambda: address(refused("a"), "")
    yield "refus-mauvaise-adresse", lambda: address(refused("a"),
                                                    "bob@nu.test")
    yield "refus-merci", lambda: address(refused("b"), ALICE)
    yield "refus-deja-fait", lambda: b.open(refused("b"))
    yield "refus-trop-d-essais", lambda: address(refused("c"),
                                                 "bob@nu.test", 6)

    def spent():
        key = refusal(edge, TOWN, f"{SID}b{n}", ALICE)[1]
        edge.redis.cmd("DEL", f"oct:{{{TOWN}}}:pass:{key}")
        b.open(refused("b"))
    yield "refus-epuise", spent
    yield "refus-ancien", lambda: b.open(in_lang(refusal(
        edge, TOWN, SID, ALICE, int(time.time() // 86400) - 3)[0], lang))
    yield "demande-refusee", lambda: b.open(in_lang(f"{base}/" + "a" * 300,
                                                    lang))


@limit(400)
def test_axe_finds_nothing_on_any_page(edge):
    source = axe_source()
    ready(edge)
    found, seen = [], {}
    for lang in ("fr", "en"):
        with Browser(lang=lang) as b:
            b.headers(X_Forwarded_For=client())
            for name, make in states(edge, b, lang):
                make()
                seen[name] = b.css("h1").text
                equal(b.css("html").get_attribute("lang"), lang, name)
                check(not b.all("script, img, iframe"), f"{name}: a script")
                found += look(b, f"{name}.{lang}", source,
                              [(PHONE, False), (DESKTOP, True)])
    check(len(seen) >= 24, seen)
    equal(found, [], "what axe-core found")


def test_nothing_comes_from_elsewhere(edge):
    box, ask = asked(edge, "chezsoi", "zoe@voisin.test")
    page = ask.page()
    for url in re.findall(r'(?:href|src|action)="([^"]*)"', page.text):
        check(url.startswith(("/", "#", "mailto:")), url)
    check("set-cookie" not in page.headers, "a cookie")
    _, headers, css = fetch(edge.conf["challenge"]["url"] + "/octroi.css")
    check("url(" not in css and "@import" not in css, "the style loads more")


@fresh(**scene.edge({"web": {"operator": "Mairie de Ville",
                             "accessibility": "partial",
                             "accessibility_audit": "Cabinet, mars 2027"}}))
def test_the_operators_own_texts(edge):
    path = f"{edge.state}/legal"
    with open(path, "w") as f:
        f.write("# Éditeur\nMairie de Ville <1, place du 8 mai>\n")
    os.chmod(path, 0o644)
    edge.change_conf({"web": {"legal_file": path}})
    edge.octroi["web"].restart()
    base = edge.conf["challenge"]["url"]
    page = Page(f"{base}/mentions-legales")
    check("<h2>Éditeur</h2>" in page.text, page.text)
    check("&lt;1, place du 8 mai&gt;" in page.text, page.text)
    page = Page(f"{base}/accessibilite")
    check("partiellement conforme" in page.text, page.text)
    check("Cabinet, mars 2027" in page.text, page.text)
    check("non conforme" not in page.text, page.text)
