# SPDX-License-Identifier: Apache-2.0
"""The records that a hosted domain must have, and the check of what its zone
really has: against two authoritative servers and a validating resolver."""
import json
import subprocess

import towns
from kit import check, equal
from octroi import add_domain
from proc import Failure, as_user
from zones import Zones


def prepare(edge):
    """Every town of the table is hosted and has a key that signs."""
    zones = edge.zones = Zones(edge.tmp)
    edge.extra += zones.processes
    edge.change_conf({
        "dns": {"servers": [f"127.0.0.1:{zones.resolver_port}"]},
        "hosting": {**towns.CONF, "dns_port": zones.port}})
    names = [*towns.RIGHT, *towns.BROKEN, *towns.HINTS]
    if not edge.programs:
        edge.ctl("secret", "create")
    lines = []
    for name in names:
        lines += [f"domain add {name}",
                  f"dkim add {name} s1 --algorithm=ed25519",
                  f"dkim activate {name} s1 --force"]
    edge.ctl("batch", "-", stdin="\n".join(lines) + "\n", timeout=120)
    keys = {d["domain"]: r["data"]
            for d in documents(edge, [f"domain dns {n}" for n in names])
            for r in d["records"] if r["purpose"] == "dkim"}
    zones.world = list(towns.WORLD) + ["ns3.silence.test. IN A 127.0.1.9"]
    for name in names:
        z = zones.add(name)
        towns.base(z, keys[name])
        change = towns.RIGHT.get(name)
        (change or (towns.BROKEN.get(name) or towns.HINTS[name])[0])(z)
    # nsd takes no CNAME beside a SOA: the name is in the zone above instead.
    alias = "alias-at-the-apex.test"
    del zones.zones[alias]
    zones.world.append(f"{alias}. IN CNAME www.fai.test.")
    zones.world.append('www.fai.test. IN A 198.51.100.9')
    zones.start()


EDGE = {"programs": (), "prepare": prepare}


def documents(edge, lines):
    """Run command lines in one process; the JSON values that they print."""
    out = edge.ctl("batch", "-", "--keep-going", check=False, timeout=240,
                   stdin="\n".join(f"{x} --json" for x in lines) + "\n")
    check("domain" not in out.stderr.lower() or not out.stderr,
          f"errors: {out.stderr}")
    decoder, text, values = json.JSONDecoder(), out.stdout, []
    while (text := text.lstrip()).startswith("{"):
        value, end = decoder.raw_decode(text)
        values.append(value)
        text = text[end:]
    return values


def results(edge, names):
    found = {d["domain"]: d for d in documents(
        edge, [f"domain check {n} --lang=en" for n in names])}
    equal(sorted(found), sorted(names), "domains checked")
    return found


def codes(result, *severities):
    return sorted({f["code"] for f in result["findings"]
                   if f["severity"] in severities})


def test_right_zones_raise_no_alarm(edge):
    check(len(towns.RIGHT) >= 25, f"{len(towns.RIGHT)} right zones")
    bad = {name: [(f["code"], f["name"], f["seen"]) for f in r["findings"]
                  if f["severity"] != "notice"]
           for name, r in results(edge, towns.RIGHT).items()}
    equal({n: b for n, b in bad.items() if b}, {}, "false alarms")


def test_wrong_zones_are_named(edge):
    check(len(towns.BROKEN) >= 25, f"{len(towns.BROKEN)} wrong zones")
    wrong = {}
    for name, r in results(edge, towns.BROKEN).items():
        _, want, also = towns.BROKEN[name]
        got = codes(r, "error", "warning")
        if not set(want) <= set(got) or set(got) - set(want) - set(also) - {
                "mx-incomplete"}:
            wrong[name] = (got, want)
        for f in r["findings"]:
            check(f["what"] and f["todo"] and "{" not in f["what"] +
                  f["todo"], f"words of {f}")
    equal(wrong, {}, "named wrongly")


def test_advice_is_no_alarm(edge):
    wrong = {}
    for name, r in results(edge, towns.HINTS).items():
        _, want = towns.HINTS[name]
        if codes(r, "error", "warning", "unknown") or not set(want) <= set(
                codes(r, "notice")):
            wrong[name] = (r["findings"], want)
    equal(wrong, {}, "named wrongly")


def test_exit_status_tells_scripts(edge):
    for name, words, status in (
            ("plain.test", (), 0), ("plain.test", ("--strict",), 0),
            ("no-dmarc.test", (), 0), ("no-dmarc.test", ("--strict",), 1),
            ("no-mx.test", (), 1), ("bogus.test", (), 1)):
        out = edge.ctl("domain", "check", name, *words, check=False)
        equal(out.returncode, status, f"{name} {words}: {out.stdout}")
    out = edge.ctl("domain", "check", "plain.test", "--dns", "127.0.0.1:1",
                   check=False)
    equal(out.returncode, 75, f"no resolver: {out.stdout}")


def test_dnssec_state_is_told(edge):
    got = results(edge, ["signed.test", "plain.test", "bogus.test"])
    equal({n: r["dnssec"] for n, r in got.items()},
          {"signed.test": "secure", "plain.test": "insecure",
           "bogus.test": "bogus"})


def test_the_record_to_be_written_keeps_the_others(edge):
    got = results(edge, ["spf-of-the-old-provider.test", "two-spf.test"])
    equal({f["code"]: f["want"] for r in got.values() for f in r["findings"]
           if f["code"].startswith("spf")},
          {"spf-without-us": "v=spf1 a include:_spf.lettres.test "
                             "include:_spf.centre.test -all",
           "spf-several": "v=spf1 include:_spf.centre.test mx ~all"})


def test_words_are_for_people(edge):
    """French first; nothing of a stranger's record reaches the terminal raw."""
    text = edge.ctl("domain", "check", "two-spf.test", check=False).stdout
    check("plusieurs enregistrements SPF" in text and
          "include:_spf.centre.test" in text, text)
    text = edge.ctl("domain", "check", "two-spf.test", "--lang=en",
                    check=False).stdout
    check("several SPF records" in text, text)
    z = edge.zones.zones["dmarc-tag-typo.test"]
    z["_dmarc", "TXT"] = ["v=DMARC1; p=reject; \x1b]0;titre\x07\x9b31m=1"]
    edge.zones.reload()
    out = edge.ctl("domain", "check", "dmarc-tag-typo.test", check=False)
    check("\x1b" not in out.stdout and "\x07" not in out.stdout and
          "dmarc-tag" in out.stdout, repr(out.stdout))


def test_a_pending_domain_becomes_active_when_right(edge):
    ctl, zones = edge.ctl, edge.zones
    ctl("domain", "set", "no-mx.test", "--state=pending-dns")
    ctl("domain", "check", "no-mx.test", "--activate", check=False)
    equal(edge.ctl_json("domain", "show", "no-mx.test")["state"],
          "pending-dns", "with errors")
    z = zones.zones["no-mx.test"]
    z["@", "MX"] = list(towns.MX)
    zones.reload()
    text = ctl("domain", "check", "no-mx.test").stdout
    check("--activate" in text, text)
    equal(edge.ctl_json("domain", "show", "no-mx.test")["state"],
          "pending-dns", "nobody asked")
    got = edge.ctl_json("domain", "check", "no-mx.test", "--activate")
    equal((got["right"], got["activated"]), (True, True))
    equal(edge.ctl_json("domain", "show", "no-mx.test")["state"], "active")
    text = ctl("history", "domain", "no-mx.test").stdout
    check("pending-dns" in text and "active" in text, text)


def test_the_fragment_is_a_zone_file(edge):
    """nsd reads it; its records are those that the check wants."""
    name = "xn--vry-9la.test"
    add_domain(edge.ctl, name, mta_sts="testing",
               spf="include:_spf.lettres.test")
    edge.ctl("dkim", "add", name, "r1")
    edge.ctl("dkim", "add", name, "e1", "--algorithm=ed25519")
    text = edge.ctl("domain", "dns", name).stdout
    path = f"{edge.tmp}/fragment.zone"
    with open(path, "w") as f:
        f.write(f"$ORIGIN {name}.\n$TTL 300\n@ IN SOA ns1.dns.test. "
                "root.dns.test. 1 3600 900 604800 5\n"
                f"@ IN NS ns1.dns.test.\n{text}")
    out = subprocess.run([*as_user(), "--", "nsd-checkzone", name, path],
                         capture_output=True, text=True, timeout=20)
    equal(out.returncode, 0, f"nsd-checkzone: {out.stdout}{out.stderr}")
    check(text.startswith("; évry.test (xn--vry-9la.test)"), text[:200])
    check("include:_spf.lettres.test -all" in text, text)
    zones = edge.zones
    z = zones.add(name)
    z["@", "A"] = ["192.0.2.80"]
    z.raw += text.split("\n")
    zones.reload_all()
    got = results(edge, [name])[name]
    # Its keys are new; web.centre.test is this machine.
    equal(sorted(codes(got, "error", "warning")), ["dkim-unused", "sts-inner"],
          f"{got['findings']}")


def test_the_domain_of_the_challenges_is_checked_too(edge):
    """It has no people: nothing for their programs, and no policy is served."""
    name, zones = edge.conf["challenge"]["domain"], edge.zones
    edge.ctl("dkim", "rotate", name)
    records = edge.ctl_json("domain", "dns", name)["records"]
    equal(sorted({r["purpose"] for r in records}),
          ["dkim", "dmarc", "mx", "spf"])
    check(any("p=reject" in r["data"] for r in records), records)
    got = edge.ctl("domain", "check", name, check=False)
    check(got.returncode == 1 and "domain-missing" in got.stdout, got)
    z = zones.add(name)
    z.raw += edge.ctl("domain", "dns", name).stdout.split("\n")
    zones.reload_all()
    got = json.loads(edge.ctl("--json", "domain", "check", name,
                              "--activate").stdout)
    equal((got["errors"], got["activated"]), (0, False), f"{got['findings']}")


def test_what_a_resolver_still_remembers(edge):
    zones = edge.zones
    zones.local = ['local-zone: "plain.test." typetransparent',
                   'local-data: "plain.test. 300 IN MX 10 mx.fai.test."']
    zones.reload_all()
    try:
        got = results(edge, ["plain.test"])["plain.test"]
        check({"resolver-stale", "mx-foreign"} <= {
            f["code"] for f in got["findings"]}, f"{got['findings']}")
    finally:
        zones.local = []
        zones.reload_all()


def test_a_key_is_used_when_all_servers_show_it(edge):
    zones, name = edge.zones, "plain.test"

    def rotate(status):
        out = edge.ctl("dkim", "rotate", name, "--json", check=False)
        equal(out.returncode, status, f"{out.stdout}{out.stderr}")
        return json.loads(out.stdout)

    records = rotate(0)["records"]
    z = zones.zones[name]
    z.minimum = 0
    other = z.other()
    for r in records:
        z[r["name"].removesuffix(f".{name}"), "TXT"] = [r["record"]]
    zones.reload()
    late = rotate(75)
    check(all("ns2.dns.test" in r["problem"] for r in late["records"]), late)
    got = results(edge, [name])[name]
    check({"servers-differ", "dkim-new"} & {f["code"] for f in
                                            got["findings"]}, got)
    other.update({k: v for k, v in z.items() if k not in other})
    zones.reload()
    equal(rotate(0)["step"], "sign")
    equal(codes(results(edge, [name])[name], "error", "warning"), [])
    del z["s1._domainkey", "TXT"], other["s1._domainkey", "TXT"]
    zones.reload()
    got = results(edge, [name])[name]
    equal(codes(got, "error", "warning"), ["dkim-early"],
          "mail signed with the old key is still under way")


def test_unknown_domains_are_said(edge):
    out = edge.ctl("domain", "check", "inconnu.test", check=False)
    equal(out.returncode, 1)
    check("inconnu.test" in out.stderr, out.stderr)
    try:
        edge.ctl("domain", "check", "plain.test", "--lang=de")
    except Failure as e:
        check("fr or en" in str(e), str(e))
    else:
        raise Failure("a language that is none was taken")
