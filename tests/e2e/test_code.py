# SPDX-License-Identifier: Apache-2.0
"""Pressed too early, the page wants the code; programs that open links change
nothing."""
import scene
from kit import check, equal
from octroi import relations
from pages import asked, unchanged
from proc import wait_until
from scene import accepted, fetch, mailbox, only_held, send

# A press is never late enough here.
EDGE = scene.edge({"challenge": {"button": "1h"}})


def test_an_early_press_wants_the_code_and_takes_it(edge):
    box, ask = asked(edge, "eau", "jean@citoyen.test")
    page = ask.page()
    check(scene.wants_code(page), page.text)
    got = page.confirm()
    equal(got.status, 422, "without the code")
    unchanged(edge, box)
    got = got.confirm(f"{ask.code[:3]} {ask.code[3:]}")
    equal(got.status, 200)
    check("Merci" in got.text, got.text)
    edge.mailboxes.wait_for(box)


def test_a_wrong_code_changes_nothing(edge):
    box, ask = asked(edge, "gaz", "rose@citoyen.test")
    wrong = f"{(int(ask.code) + 1) % 1000000:06}"
    page = ask.page()
    equal(page.confirm(wrong).status, 403)
    equal(page.confirm("12345").status, 422, "five digits")
    equal(page.confirm("abcdef").status, 422, "letters")
    unchanged(edge, box)
    equal(page.confirm(ask.code).status, 200, "and the right one")
    edge.mailboxes.wait_for(box)


def test_after_five_wrong_codes_even_the_right_one_waits(edge):
    box, ask = asked(edge, "bois", "zoe@citoyen.test")
    page = ask.page()
    for n in range(1, 6):
        wrong = f"{(int(ask.code) + n) % 1000000:06}"
        equal(page.confirm(wrong).status, 403, f"try {n}")
    equal(page.confirm(ask.code).status, 429, "the sixth")
    unchanged(edge, box)


def test_link_scanners_change_nothing(edge):
    box, ask = asked(edge, "marche", "luc@citoyen.test")
    for method in ("GET", "HEAD", "GET", "OPTIONS", "PUT", "DELETE"):
        fetch(ask.url, method)
    fetch(ask.url + "?do=confirm&code=" + ask.code)
    equal(fetch(ask.url, "POST", {})[0], 400, "an empty POST")
    equal(fetch(ask.url, "POST", {"do": "confirm"})[0], 400, "no nonce")
    status, _, _ = fetch(ask.url, "POST", {"do": "confirm", "n": "x" * 40,
                                           "code": ask.code})
    equal(status, 403, "a made-up nonce")
    equal(ask.page().confirm().status, 422, "pressed by a machine")
    equal(ask.page().not_me().status, 422, "the other button too")
    unchanged(edge, box)
    status, headers, text = fetch(ask.url, "HEAD")
    equal((status, text), (200, ""))
    check("no-store" in headers["cache-control"], headers)
    equal(headers["referrer-policy"], "no-referrer")
    check("noindex" in headers["x-robots-tag"], headers)
    check("default-src 'none'" in headers["content-security-policy"], headers)
    check("set-cookie" not in headers, "a cookie")
    check("<script" not in ask.page().text, "a script")


def test_bad_links_all_look_alike(edge):
    _, ask = asked(edge, "port", "max@citoyen.test")
    base, token = ask.url.rsplit("/", 1)
    flipped = ("a" if token[-1] != "a" else "b")
    texts = set()
    for bad in ("a" * 40, token[:-1] + flipped, token[:-1], token + "a",
                token.upper(), "xyzzy", "%01", ask.delivery.sender[7:47],
                ask.mail["Reply-To"].addresses[0].username[6:]):
        status, _, text = fetch(f"{base}/{bad}")
        equal(status, 404, bad)
        texts.add(text.replace(bad, ""))
    equal(len(texts), 1, "texts of the 404 page")


def test_not_me_needs_the_code_and_ends_the_questions(edge):
    sender = "vic@citoyen.test"
    box, ask = asked(edge, "taxe", sender)
    page = ask.page()
    equal(page.not_me("000000" if ask.code != "000000" else "1").status, 403)
    unchanged(edge, box)
    got = page.not_me(ask.code)
    equal(got.status, 200)
    equal(set(relations(edge, box).values()), {"L"}, "relation")
    only_held(edge, box)
    # A year without questions: at other mailboxes too.
    other = mailbox(edge, "impots")
    result = accepted(send(edge, sender, other))
    since = result.queue_id
    equal(scene.verdict(edge, result)["verdict"], "hold")
    wait_until(lambda: set(relations(edge, other).values()) == {"S"}, 10,
               f"the relation of {since} is silent")
    equal(scene.challenges(edge, sender), 1, "challenges")
    equal(page.confirm(ask.code).status, 200)
    equal(edge.mailboxes.all(box), [], "confirmed after \"not me\"")


def test_tokens_of_one_challenge_do_not_open_another(edge):
    box, ask = asked(edge, "pont", "ida@citoyen.test")
    other_box, other = asked(edge, "quai", "eva@citoyen.test")
    page, foreign = ask.page(), other.page()
    # The nonce and the code of one, posted to the address of the other.
    _, fields, _ = foreign.forms[0]
    got = fetch(ask.url, "POST", {**fields, "do": "confirm",
                                  "code": ask.code})
    equal(got[0], 403, "another page's nonce")
    equal(page.confirm(other.code).status, 403, "another mail's code")
    unchanged(edge, box)
    unchanged(edge, other_box)
