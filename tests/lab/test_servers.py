"""The lab's sound server does what the stories stand on: its services answer, from outside, over both protocols, to the right
password only; its certificate is trusted; what should be closed is closed. No bansho is needed here."""
import concurrent.futures, re

import pytest

from conftest import valid
from machine import ATTACKERS4, CLIENTS4, CLIENTS6, HOST4, HOST6

SOURCES = {"v4": CLIENTS4 + "7", "v6": CLIENTS6 + "7"}
LOGINS = {
    "submission": ("info@alpha.example", "Right-info-1"), "submissions": ("info@alpha.example", "Right-info-1"),
    "imap": ("sales@beta.example", "Right-sales-1"), "imaps": ("sales@beta.example", "Right-sales-1"),
    "pop3": ("taro@alpha.example", "Right-taro-1"), "pop3s": ("taro@alpha.example", "Right-taro-1"),
    "ftp": ("ftp@alpha.example", "Right-ftp-1"), "ssh": ("admin", "Right-admin-1"), "wordpress": ("wpadmin", "Right-wp-1"),
}


def together(do, items):
    """The servers delay failures on purpose: wait for all at once."""
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        return list(pool.map(do, items))


@pytest.mark.trixie
@pytest.mark.parametrize("net", SOURCES)
@pytest.mark.parametrize("service", LOGINS)
def test_right_password_is_let_in(sound, service, net):
    assert sound.login(service, *LOGINS[service], SOURCES[net]) == "in"


def test_wrong_password_is_refused(sound):
    words = {"submission": "535", "submissions": "535", "imap": "AUTHENTICATIONFAILED", "imaps": "AUTHENTICATIONFAILED", "pop3": "AUTH",
             "pop3s": "AUTH", "ftp": "530", "ssh": "Permission denied", "wordpress": "200"}
    said = together(lambda s: sound.login(s, LOGINS[s][0], "Wrong-1", f"{CLIENTS4}{20 + list(LOGINS).index(s)}"), LOGINS)
    assert [s for s, answer in zip(LOGINS, said) if not answer.startswith("refused: ") or words[s] not in answer] == [], said


@pytest.mark.trixie
def test_no_login_on_port_25(sound):
    assert "SMTP AUTH extension not supported" in sound.login("smtp", *LOGINS["submission"])


def smtp(host, lines, port=25, to=HOST4):
    script = "import smtplib,sys; c=smtplib.SMTP(sys.argv[1],int(sys.argv[2]),'pc.example',timeout=15); c.ehlo()\nfor l in sys.argv[3:]: print(*c.docmd(l))"
    rc, out, err = host.client(["python3", "-c", script, to, str(port), *lines])
    assert rc == 0, err
    return [line.split()[0] for line in out.splitlines()]


@pytest.mark.parametrize("to", [HOST4, HOST6])
@pytest.mark.parametrize("rcpt,code", [("info@alpha.example", "250"), ("nobody@alpha.example", "550"), ("somebody@ok.example", "554")])
def test_mail_is_taken_for_own_domains_only(sound, rcpt, code, to):
    assert smtp(sound, ["MAIL FROM:<a@ok.example>", f"RCPT TO:<{rcpt}>", "QUIT"], to=to)[1] == code


@pytest.mark.trixie
def test_auth_is_offered_after_tls_only(sound):
    assert smtp(sound, ["AUTH PLAIN AGEAYg=="], 587) == ["530"]


@pytest.mark.trixie
@pytest.mark.parametrize("net", ["-4", "-6"])
@pytest.mark.parametrize("url,words", [("https://alpha.example/", "<h1>alpha"), ("https://beta.example/", "<h1>beta"), ("https://gamma.example:8443/", "<h1>gamma"),
                                       ("https://alpha.example/blog/", ""), ("https://beta.example/blog/", ""), ("https://lab.example/roundcube/", "Roundcube"),
                                       ("http://alpha.example/x", "301"), ("http://gamma.example:8080/x", "301")])
def test_sites_answer(sound, url, words, net):
    # Its first page may take long on a machine that starts four others meanwhile.
    ask = ["curl", "-sS", net, "-m", "30", "--retry", "2", "--retry-all-errors", "-w", "%{http_code}", url]
    rc, out, err = sound.client(ask)
    assert rc == 0 and words in out and out.endswith("301" if url.startswith("http:") else "200"), out + err + sound.exec("ps axo pid,stat,wchan:20,etimes,args; ss -tn; tail -5 /var/log/apache2/error.log")[1]


def test_database_answers_inside_only(sound):
    probe = "import socket,sys; print(socket.create_connection((sys.argv[1], 3306), 3).recv(80))"
    assert b"MariaDB" in sound.exec_ok(["python3", "-c", probe, "127.0.0.1"]).encode()
    rc, _, err = sound.client(["python3", "-c", probe, HOST4])
    assert rc and re.search("timed out|refused", err)
    assert "Access denied" in sound.exec("mariadb --protocol=tcp -h 127.0.0.1 -u root -e 'select 1'")[2]


@pytest.mark.trixie
def test_state_of_the_machine(sound):
    assert sound.exec_ok("systemctl is-system-running").strip() == "running"
    assert "policy drop" in sound.exec_ok("nft list chain inet filter input")
    assert sound.exec("systemctl is-enabled nftables apt-daily.timer apt-daily-upgrade.timer fail2ban")[0] == 0
    assert "0::/system.slice/run-" in sound.run("cat /proc/self/cgroup")[1]
    assert "lab.example" in sound.exec_ok("openssl x509 -noout -subject -in /etc/ssl/lab/server.pem")
    assert sound.exec("openssl verify /etc/ssl/lab/server.pem")[0] == 0


def test_mail_travels(host):
    """From a login on 587 to a mailbox here, and to a server elsewhere."""
    script = "import smtplib,ssl; c=smtplib.SMTP('lab.example',587,'pc.example',timeout=15); c.starttls(context=ssl.create_default_context()); " \
             "c.login('info@alpha.example','Right-info-1'); c.sendmail('info@alpha.example',['taro@beta.example','u@ok.example','u@defer.example'],'Subject: x\\r\\n\\r\\nx\\r\\n')"
    rc, _, err = host.client(["python3", "-c", script])
    assert rc == 0, err
    host.wait(lambda: host.client("ls /var/tmp/sink/ok")[1] and host.exec("ls /var/vmail/beta.example/taro/new")[1], "the mail did not arrive", 20)
    host.wait(lambda: "try again later" in host.exec("postqueue -p")[1], "the other mail is not in the queue", 20)


@pytest.mark.trixie(long=True)
def test_guard_shuts_out_attackers_alone(host):
    jails = {"submission": "postfix-sasl", "imap": "dovecot", "ftp": "proftpd", "ssh": "sshd"}
    attacker = {s: f"{ATTACKERS4}{10 + n}" for n, s in enumerate(jails)}
    together(lambda s: host.login(s, LOGINS[s][0], "Wrong-1", attacker[s]), [s for s in jails for _ in range(5)])
    for service, jail in jails.items():
        host.wait(lambda: attacker[service] in host.exec(["fail2ban-client", "status", jail])[1], f"{jail} did not ban", 30)
    answers = together(lambda s: host.login(s, *LOGINS[s], attacker[s]), jails)
    assert all(a.startswith("refused") for a in answers), answers
    assert together(lambda s: host.login(s, *LOGINS[s]), jails) == ["in"] * len(jails)
    # Replayed with fail2ban's own filters, and with ours, the same logs give the same verdicts.
    fail2bans = ["--filter-dir", "/etc/fail2ban/filter.d", "--filter", "sshd, postfix[mode=auth], dovecot, proftpd"]
    for words in (fail2bans, []):
        rc, out, err = host.bansho("replay", "/var/log/auth.log", "/var/log/mail.log", "/var/log/proftpd/proftpd.log", *words, "--json")
        assert rc == 0, out + err
        assert {v["who"] for v in valid(out)["verdicts"] if v["kind"] == "address"} == set(attacker.values()), words
    # And so does the journal, for what it holds: ProFTPD writes its own file only. Nobody can add to it in another service's name.
    host.exec_ok("for i in 1 2 3 4 5 6; do runuser -u admin -- logger -t 'sshd[77]' 'Failed password for root from 203.0.113.77 port 4 ssh2'; done")
    host.wait(lambda: "203.0.113.77" in host.exec("journalctl -t sshd -o cat")[1] + host.exec("journalctl -o cat")[1], "the forged lines are not there", 10)
    for words in (fail2bans, []):
        rc, out, err = host.bansho("replay", "--journal", "--since", "1d", *words, "--json")
        assert rc == 0, out + err
        assert {v["who"] for v in valid(out)["verdicts"] if v["kind"] == "address"} == {attacker[s] for s in jails if s != "ftp"}, words
    # Without a log it takes what each service really writes to, each once.
    rc, out, err = host.bansho("replay", "--json")
    assert rc == 0, out + err
    names = [f["name"] for f in valid(out)["files"]]
    assert len(names) == len(set(names)) and {"/var/log/proftpd/proftpd.log", "journal"} <= set(names) and "/var/log/auth.log" not in names, names
    assert {v["who"] for v in valid(out)["verdicts"] if v["kind"] == "address"} == set(attacker.values()), out
