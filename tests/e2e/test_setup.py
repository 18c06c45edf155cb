# SPDX-License-Identifier: Apache-2.0
"""What programs fetch at names of hosted domains, over TLS behind nginx, with
curl as the client; and the check of MTA-STS policies, which fetches them too."""
import os
import subprocess
import xml.etree.ElementTree as ElementTree

import towns
from kit import check, equal
from proc import Process, free_port, listens, own
from test_dns import codes, documents
from zones import Zones

POLICY = "version: STSv1\r\nmode: enforce\r\nmx: mx1.centre.test\r\n" \
         "mx: mx2.centre.test\r\nmax_age: 604800\r\n"


def policy(*lines):
    return "".join(f"{x}\n" for x in ("version: STSv1", *lines,
                                      "max_age: 86400"))


# domain: the policy that its own host serves (None: octroi-web does), and what
# the check says.
TOWNS = {
    "sts-right.test": (None, []),
    "sts-wildcard.test": (policy("mode: enforce", "mx: *.centre.test"), []),
    "sts-extra-fields.test": (policy("x-note: y", "mode: enforce",
                                     "mx: MX1.centre.test",
                                     "mx: mx2.centre.test",
                                     "mx: mx3.centre.test"), []),
    "sts-old-id.test": (None, ["sts-id"]),
    "sts-no-record.test": (None, ["sts-missing"]),
    "sts-uncovered.test": (policy("mode: enforce", "mx: mx1.centre.test"),
                           ["sts-mx"]),
    "sts-wrong-wildcard.test": (policy("mode: enforce", "mx: *.test"),
                                ["sts-mx"]),
    "sts-other-mode.test": (policy("mode: testing", "mx: *.centre.test"),
                            ["sts-mode"]),
    "sts-no-policy.test": ("<html>Bienvenue</html>", ["sts-policy"]),
    "sts-no-mx-lines.test": (policy("mode: enforce"), ["sts-policy"]),
    "sts-huge.test": ("x" * 100000, ["sts-fetch"]),
    "sts-bad-certificate.test": (None, ["sts-fetch"]),
}

NGINX = """daemon off;
worker_processes 1;
pid {d}/nginx.pid;
error_log stderr;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {d}/body;
  proxy_temp_path {d}/proxy;
  fastcgi_temp_path {d}/fastcgi;
  uwsgi_temp_path {d}/uwsgi;
  scgi_temp_path {d}/scgi;
  ssl_certificate {d}/cert.pem;
  ssl_certificate_key {d}/key.pem;
  server {{
    listen 127.0.0.1:{port} ssl default_server;
    location / {{
      proxy_pass http://127.0.0.1:{web};
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
    }}
  }}
{own}}}
"""
OWN = """  server {{
    listen 127.0.0.1:{port} ssl;
    server_name mta-sts.{name};
    root {d}/{name};
  }}
"""


class Nginx(Process):
    """TLS for octroi-web, by a certificate authority of its own."""

    def __init__(self, folder, web_port):
        self.dir = f"{folder}/nginx"
        self.port = free_port()
        os.makedirs(self.dir)
        own(self.dir)
        self.ca = f"{self.dir}/ca.pem"
        self.certificates()
        servers = ""
        for name, (text, _) in TOWNS.items():
            if text is None:
                continue
            os.makedirs(f"{self.dir}/{name}/.well-known")
            with open(f"{self.dir}/{name}/.well-known/mta-sts.txt", "w") as f:
                f.write(text)
            servers += OWN.format(port=self.port, name=name, d=self.dir)
        with open(f"{self.dir}/nginx.conf", "w") as f:
            f.write(NGINX.format(d=self.dir, port=self.port, web=web_port,
                                 own=servers))
        subprocess.run(["chown", "-R", "--reference", self.dir, self.dir],
                       check=True, timeout=20)
        super().__init__("nginx", ["nginx", "-c", f"{self.dir}/nginx.conf"],
                         folder, ready=lambda: listens(self.port))

    def certificates(self):
        names = [f"{p}{n}" for n in (*TOWNS, "ville.test")
                 for p in ("mta-sts.", "autoconfig.", "autodiscover.", "")
                 if n != "sts-bad-certificate.test"]

        def run(*words):
            subprocess.run(["openssl", *words], cwd=self.dir, check=True,
                           capture_output=True, timeout=60)
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
               "-nodes")
        run("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem",
            "-days", "3650", "-subj", "/CN=Essai", "-addext",
            "basicConstraints=critical,CA:TRUE")
        run("req", *key, "-keyout", "key.pem", "-out", "request.pem",
            "-subj", "/CN=essai")
        with open(f"{self.dir}/names", "w") as f:
            f.write("subjectAltName=" + ",".join(f"DNS:{n}" for n in names))
        run("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey",
            "ca.key", "-out", "cert.pem", "-days", "3650", "-extfile",
            "names")


def prepare(edge):
    zones = edge.zones = Zones(edge.tmp)
    edge.nginx = Nginx(edge.tmp, edge.web_port)
    edge.extra += [*zones.processes, edge.nginx]
    edge.more_env["SSL_CERT_FILE"] = edge.nginx.ca
    edge.change_conf({
        "dns": {"servers": [f"127.0.0.1:{zones.resolver_port}"]},
        "web": {"operator": "Centre <de> Gestion"},
        "hosting": {**towns.CONF, "dns_port": zones.port,
                    "https_port": edge.nginx.port,
                    "inner_addresses": "true", "mta_sts": "enforce"}})
    zones.world = list(towns.WORLD)
    lines = ["domain add ville.test --mta-sts=none", "domain add clos.test",
             "domain close clos.test"]
    for name in TOWNS:
        lines += [f"domain add {name}",
                  f"dkim add {name} s1 --algorithm=ed25519",
                  f"dkim activate {name} s1 --force"]
    edge.ctl("batch", "-", stdin="\n".join(lines) + "\n", timeout=120)
    for d in documents(edge, [f"domain dns {n}" for n in TOWNS]):
        name, data = d["domain"], {r["purpose"]: r for r in d["records"]}
        z = zones.add(name)
        towns.base(z, data["dkim"]["data"])
        z["_mta-sts", "TXT"] = [data["mta-sts"]["data"]]
        z["mta-sts", "CNAME"] = ["web.centre.test."]
        if name == "sts-old-id.test":
            z["_mta-sts", "TXT"] = ["v=STSv1; id=20240101;"]
        if name == "sts-no-record.test":
            del z["_mta-sts", "TXT"]
    zones.start()
    edge.nginx.start()


EDGE = {"programs": ("web",), "prepare": prepare}


def curl(edge, host, path, *words, stdin=None):
    """(status, content type, body); the certificate must be good."""
    port = edge.nginx.port
    out = subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "20", "--cacert",
         edge.nginx.ca, "--resolve", f"{host}:{port}:127.0.0.1", "--write-out",
         "\n%{http_code} %{content_type}", *words,
         f"https://{host}:{port}{path}"],
        input=stdin, capture_output=True, timeout=30)
    equal(out.returncode, 0, f"curl: {out.stderr!r}")
    body, _, last = out.stdout.decode().rpartition("\n")
    status, _, kind = last.partition(" ")
    return int(status), kind, body


def test_policies_are_served_over_tls(edge):
    got = curl(edge, "mta-sts.sts-right.test", "/.well-known/mta-sts.txt")
    equal(got, (200, "text/plain; charset=utf-8", POLICY))
    for host in "mta-sts.ville.test", "sts-right.test":
        status, _, _ = curl(edge, host, "/.well-known/mta-sts.txt")
        equal(status, 404, host)


def test_policies_are_judged(edge):
    """Fetched as any sender would, compared with MX and settings."""
    found = {d["domain"]: d for d in documents(
        edge, [f"domain check {n} --lang=en" for n in TOWNS])}
    equal({n: codes(d, "error", "warning") for n, d in found.items()},
          {n: want for n, (_, want) in TOWNS.items()})
    f = next(f for f in found["sts-uncovered.test"]["findings"]
             if f["code"] == "sts-mx")
    equal((f["severity"], f["seen"]), ("error", "mx2.centre.test"))


def test_thunderbird_is_configured(edge):
    for host, path in (("autoconfig.ville.test", "/mail/config-v1.1.xml"),
                       ("ville.test", "/.well-known/autoconfig/mail/"
                                      "config-v1.1.xml")):
        status, kind, body = curl(
            edge, host, path + "?emailaddress=maire%40ville.test")
        equal((status, kind), (200, "application/xml; charset=utf-8"), host)
        root = ElementTree.fromstring(body)
        provider = root.find("emailProvider")
        equal(provider.find("domain").text, "ville.test")
        equal(provider.find("displayName").text, "Centre <de> Gestion")
        for tag, want in (("incomingServer", ("imap.centre.test", "993")),
                          ("outgoingServer", ("smtp.centre.test", "465"))):
            server = provider.find(tag)
            equal((server.find("hostname").text, server.find("port").text),
                  want)
            equal(server.find("socketType").text, "SSL")
            equal(server.find("username").text, "%EMAILADDRESS%")


def outlook(edge, body, host="autodiscover.ville.test"):
    return curl(edge, host, "/autodiscover/autodiscover.xml", "--data-binary",
                "@-", "--header", "Content-Type: text/xml",
                stdin=body.encode())


def question(address):
    return ('<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="http:'
            '//schemas.microsoft.com/exchange/autodiscover/outlook/'
            f'requestschema/2006"><Request><EMailAddress>{address}'
            '</EMailAddress><AcceptableResponseSchema>http://schemas.microsoft'
            '.com/exchange/autodiscover/outlook/responseschema/2006a'
            '</AcceptableResponseSchema></Request></Autodiscover>')


def test_outlook_is_configured(edge):
    status, kind, body = outlook(edge, question("maire@ville.test"))
    equal((status, kind), (200, "application/xml; charset=utf-8"))
    ns = {"a": "http://schemas.microsoft.com/exchange/autodiscover/outlook/"
               "responseschema/2006a"}
    root = ElementTree.fromstring(body)
    got = [(p.find("a:Type", ns).text, p.find("a:Server", ns).text,
            p.find("a:Port", ns).text, p.find("a:LoginName", ns).text)
           for p in root.findall(".//a:Protocol", ns)]
    equal(got, [("IMAP", "imap.centre.test", "993", "maire@ville.test"),
                ("SMTP", "smtp.centre.test", "465", "maire@ville.test")])


def test_hostile_questions_are_refused(edge):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    for name, body, want in (
            ("entities", bomb + question("&b;@ville.test"), 400),
            ("nothing", "", 400), ("no XML", "EMailAddress", 400),
            ("a tag that never ends", "<EMailAddress", 400),
            ("too long", question("a" * 5000 + "@ville.test"), 413),
            ("deep", "<a>" * 1000 + question("x@ville.test"), 200)):
        status, _, text = outlook(edge, body)
        equal(status, want, f"{name}: {text[:200]}")
    status, _, text = outlook(edge, question("x@ailleurs.test"))
    check(status == 200 and "<Error>" in text and "ailleurs" not in text, text)
    status, _, _ = curl(edge, "autodiscover.ville.test",
                        "/autodiscover/autodiscover.xml")
    equal(status, 405)


def test_other_pages_are_what_they_were(edge):
    status, _, body = curl(edge, "ville.test", "/health")
    equal(status, 200, body)


def test_it_goes_on_without_the_store(edge):
    edge.redis.stop()
    got = curl(edge, "mta-sts.sts-right.test", "/.well-known/mta-sts.txt")
    equal(got[::2], (200, POLICY))
    edge.redis.start()
