# SPDX-License-Identifier: Apache-2.0
"""Every message of a corpus of real mail: each recipient has exactly one fate,
and what is delivered is what Postfix alone would have delivered.

The corpus names none of our mailboxes in its To fields, which makes all of it
automatic mail: every other message gets a Resent-To in front."""
import collections
import re
import tempfile
import time

import corpus
import scene
from edge import Edge
from kit import check, equal, fresh, limit, need_file, same_octets
from mail import untraced
from octroi import held, provision, release, verdicts
from proc import wait_until

EDGE = scene.edge({"challenge": {"settle": "1s"}})
TOWN = "commune.test"
KINDS = ("off", "on")
EACH = 50                      # mailboxes of each kind
SAMPLE = 300                   # held messages that are released


def rcpts_of(n, m):
    """off, on, both, or one who is protected beside one who is not."""
    box = n // 4 % EACH
    off, on = (f"{kind}{box}+{m.id}@{TOWN}" for kind in KINDS)
    return [[off], [on], [off, on], [on, f"contact+{m.id}@{TOWN}"]][n % 4]


def add_boxes(edge):
    provision(edge.ctl, TOWN, [f"off{n}" for n in range(EACH)] + ["contact"])
    lines = [f"mailbox add on{n}@{TOWN} --mode=first-contact"
             for n in range(EACH)] + [
             f"mailbox set contact@{TOWN} --mode=first-contact"]
    edge.ctl("batch", "-", stdin="\n".join(lines) + "\n")
    scene.wait_known(edge, f"on{EACH - 1}@{TOWN}")


def addressed(messages):
    return [m._replace(octets=b"Resent-To: " + ", ".join(
        rcpts_of(n, m)).encode() + b"\r\n" + m.octets)
            if n // 4 % 2 else m for n, m in enumerate(messages)]


def tag(address):
    return address.partition("+")[2].partition("@")[0]


def load():
    need_file(corpus.ARCHIVE, "the corpus of real mail")
    with tempfile.TemporaryDirectory() as tmp:
        return addressed(corpus.load(tmp))


def replay(edge, messages):
    """The list of corpus.Sent."""
    rcpts = {m.id: rcpts_of(n, m) for n, m in enumerate(messages)}
    begin = time.monotonic()
    sent = corpus.replay(edge, messages, lambda m: rcpts[m.id])
    seconds = time.monotonic() - begin
    equal(len(sent), len(messages), "messages sent")
    print(f"        {len(sent)} messages, {60 * len(sent) / seconds:.0f} "
          "a minute")
    corpus.settle(edge)
    return sent


def account(edge, sent):
    """Told, held list and sinks against each other, by recipient."""
    kept = collections.Counter(i["typed"].lower() for i in held(edge, TOWN))
    merged = collections.Counter()
    for v in verdicts(edge, merged="yes", verdict="hold"):
        merged[v["id"]] += 1
    fates, wrong = collections.Counter(), []
    for s in sent:
        if s.error:
            wrong.append(f"{s.message.id}: {s.error}")
            continue
        taken = set(s.result.accepted)
        for rcpt in s.rcpts:
            got = (len(edge.mailboxes.all(rcpt)), kept[rcpt.lower()])
            told = "accepted" if rcpt in taken else refusal(s.result, rcpt)
            fates[told, "delivered" * got[0] + "held" * got[1] or "-"] += 1
            expected = rcpt in taken
            if sum(got) != expected and not (
                    got == (0, 0) and merged[s.result.queue_id]):
                wrong.append(f"{s.message.id} {rcpt}: {told}, but {got}")
    for (told, where), n in sorted(fates.items(), key=lambda x: -x[1]):
        print(f"        {n:6} {told:20} {where}")
    equal(wrong[:5], [], f"{len(wrong)} wrong fates")
    return fates


def refusal(result, rcpt):
    stage, reply = "DATA", result.end
    if reply is None:
        reply = dict(result.rcpts).get(rcpt)
        stage = "RCPT" if reply else "MAIL"
        reply = reply or result.mail
    return f"{stage} {reply.code} {reply.enhanced or ''}".rstrip()


def compare_logs(edge, fates):
    """The milter's own account agrees."""
    logged = collections.Counter()
    for v in verdicts(edge):
        if v["rcpt"].endswith("@" + TOWN):
            again = v["verdict"] == "hold" and v["merged"] == "yes"
            logged["merged" if again else v["verdict"]] += 1
    where = collections.Counter()
    for (told, place), n in fates.items():
        where[place if told == "accepted" else told[:4]] += n
    equal((logged["deliver"], logged["hold"],
           logged["refuse"] + logged["defer"]),
          (where["delivered"], where["held"], where["DATA"]),
          "deliver, hold, refuse in the log")
    print("        log: " + ", ".join(f"{n} {v}" for v, n in
                                      logged.most_common()))


# Why a challenge may stay unsent here: what one organisation or network may take.
CAPS = re.compile(r"cap-|share-|breaker-|no-mx")


def compare_challenges(edge):
    """Each message that was asked for is one mail, or stays silent for a reason
    that is named; none is sent beside."""
    asked = {v["id"] for v in verdicts(edge, ask="yes")}
    check(len(asked) > 100, f"{len(asked)} messages are asked for")

    def settled():
        with open(edge.octroi["courier"].log, errors="replace") as f:
            ends = dict(re.findall(r"challenge=(\w+) domain=\S+ (sent=yes|"
                                   r"sent=no reason=\S+)", f.read()))
        return ends if len(ends) >= len(asked) else None
    ends = wait_until(settled, 120, "every challenge is decided")
    edge.postfix.wait_empty()
    sent = sum(e == "sent=yes" for e in ends.values())
    why = collections.Counter(e[15:] for e in ends.values()
                              if e != "sent=yes")
    equal([r for r in why if not CAPS.match(r)], [], "reasons")
    equal(len(ends), len(asked), "challenges decided")
    equal(len(edge.world.all()), sent, "mails to the outside")
    check(sent > 50, f"{sent} sent, {why}")
    print(f"        {sent} challenges, {dict(why)}")


@fresh()
@limit(500)
def test_every_message_has_one_fate_for_each_recipient(edge):
    messages = load()
    corpus.add_senders(edge, messages)
    add_boxes(edge)
    sent = replay(edge, messages)
    fates = account(edge, sent)
    compare_logs(edge, fates)
    compare_challenges(edge)
    check(sum(fates.values()) >= len(messages), fates)
    for place in ("delivered", "held"):
        check(fates["accepted", place] > 1000, f"{place}: {fates}")

    plain = plain_deliveries(messages)
    compared = 0
    for d in edge.mailboxes.all():
        compare(d.data, plain[tag(d.rcpt)], f"{tag(d.rcpt)} delivered")
        compared += 1
    print(f"        {compared} delivered ones are what Postfix alone makes")
    released = compare_released(edge, plain)
    print(f"        {released} released ones too")


def compare_released(edge, plain):
    items = held(edge, TOWN)
    some = items[::max(1, len(items) // SAMPLE)][:SAMPLE]
    before = len(edge.mailboxes)
    release(edge, *(i["id"] for i in some))
    wanted = {i["id"] for i in some}
    wait_until(lambda: not wanted & {i["id"] for i in held(edge, TOWN)}, 120,
               "all are released")
    corpus.settle(edge)
    got = edge.mailboxes.all()[before:]
    # An owner's release lets the sender in: what else he has waiting comes
    # along.
    check(len(got) >= len(some), f"{len(got)} of {len(some)} arrived")
    by_place = collections.defaultdict(list)
    for d in got:
        by_place[d.rcpt].append(d)
    for i in some:
        octets = plain[tag(i["typed"])]
        check(any(same(d.data, octets) for d in by_place[i["rcpt"]]),
              lambda: differing(i, by_place[i["rcpt"]], octets))
    return len(got)


def differing(item, deliveries, octets):
    return f"{tag(item['typed'])}: none of {len(deliveries)} is the message"


def same(a, b):
    return untraced(a) == corpus.without_forged(untraced(b))


def compare(got, expected, what):
    same_octets(untraced(got), corpus.without_forged(untraced(expected)),
                what)


def plain_deliveries(messages):
    """{id: octets} as the same Postfix delivers them without octroi."""
    with Edge(programs=("mapd",), prepare=lambda e: provision(
            e.ctl, TOWN, ["tous"])) as edge:
        begin = time.monotonic()
        corpus.replay(edge, messages, lambda m: [f"tous+{m.id}@{TOWN}"])
        seconds = time.monotonic() - begin
        corpus.settle(edge)
        print(f"        without octroi: {60 * len(messages) / seconds:.0f} "
              "messages a minute")
        out = {tag(d.rcpt): d.data for d in edge.mailboxes.all()}
        faults = edge.close()
    equal(faults, [])
    edge.remove()
    return out
