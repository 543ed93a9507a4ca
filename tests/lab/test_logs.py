"""`bansho log search` on a whole server: what it tells of an account against what the clients did, with the lines of the real daemons."""
import pytest

from conftest import valid
from machine import ATTACKERS4, CLIENTS4

SEND = """
import smtplib, ssl, sys
user, password, source, *rcpts = sys.argv[1:]
c = smtplib.SMTP('lab.example', 587, 'pc.example', timeout=15, source_address=(source, 0))
c.starttls(context=ssl.create_default_context())
c.login(user, password)
c.sendmail(user, rcpts, 'Subject: story\\r\\n\\r\\nx\\r\\n')
"""
FORGE = """
import smtplib, sys
c = smtplib.SMTP('lab.example', 25, 'pc.example', timeout=15, source_address=(sys.argv[1], 0))
c.sendmail('leak@alpha.example', ['sales@alpha.example'], 'Subject: forged\\r\\n\\r\\nx\\r\\n')
"""


def search(host, *words):
    rc, out, err = host.bansho("log", "search", *words, "--json")
    assert rc == 0, out[-2000:] + err
    return valid(out)


def story(document):
    return [(e["kind"], e["host"], e["fields"].get("rcpt")) for e in (line["event"] for line in document["lines"]) if e and e["kind"] not in ("mail-removed", "logout")]


@pytest.mark.trixie
def test_an_accounts_story(host):
    owner, thief, stranger = CLIENTS4 + "7", ATTACKERS4 + "20", ATTACKERS4 + "30"
    assert host.login("imap", "leak@alpha.example", "Right-leak-1", owner) == "in"
    assert host.login("imap", "leak@alpha.example", "Wrong-1", thief).startswith("refused")
    assert host.login("pop3", "sales@alpha.example", "Right-sales-1", owner) == "in"
    assert host.client(["python3", "-c", FORGE, stranger])[0] == 0
    rc, _, err = host.client(["python3", "-c", SEND, "leak@alpha.example", "Right-leak-1", thief, "u@ok.example", "u@defer.example", "u@reject.example", "taro@beta.example"])
    assert rc == 0, err
    assert host.login("ssh", "admin", "Right-admin-1", owner) == "in"
    host.wait(lambda: all(x in host.exec("journalctl -u 'postfix*' -o cat; cat /var/log/mail.log")[1] for x in ("status=bounced", "status=deferred", "to=<u@ok.example>")), "the results are not in the log", 20)
    host.wait(lambda: "from=<>" in host.exec("journalctl -o cat")[1] and "from=<>" in host.read("/var/log/mail.log"), "no notice of what was returned", 20)
    host.wait(lambda: "status=sent (250 " in host.read("/var/log/mail.log") and "Accepted password for admin" in host.read("/var/log/auth.log"), "rsyslog did not write", 20)

    document = search(host, "--account", "leak@alpha.example")
    want = {("login-ok", owner, None), ("login-failed", thief, None), ("mail-accepted", thief, None), ("mail-queued", None, None), ("mail-delivered", None, "u@ok.example"),
            ("mail-deferred", None, "u@defer.example"), ("mail-bounced", None, "u@reject.example"), ("mail-delivered", None, "taro@beta.example")}
    assert want <= set(story(document)), story(document)
    own = [s for s in story(document) if s in want and s[0] != "mail-queued"] # the notice of what was returned is queued, too
    assert len(own) == len(set(own)), own # each once, though the journal and mail.log have it
    times = [line["time"] for line in document["lines"]]
    assert times == sorted(times) and document["summary"]["copies"] > len(own), document["summary"]
    assert not any("forged" in line["text"] or stranger in line["text"] for line in document["lines"])
    sums = document["account"]
    assert (sums["logins"], sums["failed"], sums["messages"]) == (1, 1, 1) and {a["address"] for a in sums["addresses"]} == {owner, thief}, sums
    shown = host.bansho("log", "search", "--account", "leak@alpha.example")[1]
    assert "try again later" in shown and "refused by policy" in shown, shown
    assert ("login-ok", owner, None) in story(search(host, "--account", "admin"))

    # The forged mail's sender did nothing here; whoever asks for the address sees it.
    assert any("leak@alpha.example" in line["text"] and "from=<" in line["text"] for line in search(host, "--service", "smtp", "leak@alpha.example")["lines"])
    assert any(stranger in line["text"] for line in search(host, "--address", stranger)["lines"])
    assert {line["text"].split(": ")[0].split(" ")[-1].split("[")[0] for line in search(host, "--service", "ssh", "--since", "1h")["lines"]} <= {"sshd", "sshd-session"}

    # After a rotation the same is found in the rotated files, without the journal too.
    host.exec_ok("logrotate -f /etc/logrotate.conf && journalctl --rotate && journalctl --vacuum-size=1 && gzip -f /var/log/mail.log.1")
    again = search(host, "--account", "leak@alpha.example")
    assert want <= set(story(again)) and any(line["file"] == "/var/log/mail.log.1.gz" for line in again["lines"]), again["summary"]


def test_a_sites_logs(host):
    for url in ("https://alpha.example/story-one", "https://beta.example/story-two", "https://gamma.example:8443/story-three"):
        host.client(["curl", "-sS", "-m", "20", "-o", "/dev/null", url])
    for site, word in (("alpha.example", "story-one"), ("beta.example", "story-two"), ("gamma.example", "story-three")):
        got = [line["text"] for line in search(host, "--site", site, "story-")["lines"]]
        assert got and all(word in text for text in got), (site, got)
    # A FIFO and a damaged file in the place of logs are told, and the rest is searched.
    host.exec_ok("mkfifo /var/log/fifo.log && printf '\\037\\213no' >/var/log/broken.log.1.gz && head -c 2000000 /dev/zero >/var/log/zero.log")
    rc, out, err = host.bansho("log", "search", "story-one", "--json")
    document = valid(out)
    faults = {f["name"]: f["fault"] for f in document["files"] if f["fault"]}
    assert rc == 3 and set(faults) == {"/var/log/fifo.log", "/var/log/broken.log.1.gz"} and document["lines"], (rc, faults, err)


def test_the_health_of_sources(host):
    """Failures by a real client are understood; a log that begins to speak otherwise is unparsed, one that nobody writes is quiet."""
    def sources():
        rc, out, err = host.bansho("log", "sources", "--json")
        return rc, {s["service"]: s for s in valid(out)["sources"]}, err
    for _ in range(3):
        assert host.login("ftp", "ftp@alpha.example", "Wrong-one", ATTACKERS4 + "7").startswith("refused")
    rc, seen, err = sources()
    ftp = seen["proftpd"]
    assert rc == 0 and ftp["source"] == "files" and ftp["state"] == "live" and ftp["matched"] >= 3 and ftp["last_event"] and ftp["whole"], (rc, ftp, err)
    assert seen["openssh"]["source"] == "journal" and seen["openssh"]["state"] == "live" and seen["openssh"]["lines"], seen["openssh"]
    host.exec_ok("for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo \"$(date '+%F %T,000') lab proftpd[$i]: refused the login of web, words of tomorrow\"; done >/var/log/proftpd/proftpd.log; rm -f /var/log/proftpd/*.1")
    rc, seen, err = sources()
    assert rc == 1 and seen["proftpd"]["state"] == "unparsed" and "words of tomorrow" in seen["proftpd"]["samples"][0], (rc, seen["proftpd"], err)
    assert "words of tomorrow" in host.bansho("log", "sources")[1]
    host.exec_ok("rm -f /var/log/nginx/*; touch -d '20 days ago' /var/log/nginx/access.log")
    assert sources()[1]["nginx"]["state"] == "quiet"
