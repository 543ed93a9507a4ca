"""bansho-watch and bansho-wall as their units on a real server: attackers at sshd, Postfix, Dovecot and ProFTPD are shut out, each once, whatever happens to either in between."""
import json, re, time

import pytest

from machine import ATTACKERS4, ATTACKERS6, CLIENTS4
from test_servers import LOGINS, together

ASK = r'''
import json, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect("/run/bansho/watch")
s.sendall(json.dumps({"method": "org.bansho.Watch." + sys.argv[1], "parameters": json.loads(sys.argv[2])}).encode() + b"\0")
got = b""
while not got.endswith(b"\0"):
    part = s.recv(65536)
    if not part:
        sys.exit("it ended the connection")
    got += part
print(got[:-1].decode())
'''


def ask(host, method, **parameters):
    rc, out, err = host.exec(["python3", "-c", ASK, method, json.dumps(parameters)])
    assert rc == 0, err
    answer = json.loads(out)
    assert "error" not in answer, answer
    return answer["parameters"]


def begin(host, mode="act", wall=False):
    """Alone: what fail2ban shuts out does not come any further."""
    host.exec_ok("systemctl stop fail2ban; nft delete table inet f2b-table 2>/dev/null; true")
    if wall:
        host.exec_ok("systemctl start bansho-wall.socket bansho-wall.service")
    host.exec_ok(f"printf 'source office {{ prefixes = {CLIENTS4}0/24 }}\\nmode = {mode}\\n' >>/etc/bansho/bansho.conf")
    host.exec_ok("systemctl start bansho-watch.socket bansho-watch.service")
    host.wait(lambda: host.exec("systemctl is-active bansho-watch")[1].strip() == "active", "it does not run")
    ask(host, "Status")


def verdicts(host, address):
    return [v for v in ask(host, "Verdicts", address=address)["verdicts"] if v["kind"] == "address"]


def worker(host):
    """The process that works."""
    return host.exec("pgrep -P $(systemctl show -P MainPID bansho-watch)")[1].strip()


def written(host, address):
    """Failed logins of this address, as the services wrote them: the truth."""
    lines = host.exec_ok("journalctl -q -o cat -t sshd -t sshd-session -t dovecot -t postfix/submission/smtpd; cat /var/log/proftpd/proftpd.log*").splitlines()
    failed = re.compile(r"Failed password|SASL \S+ authentication failed|auth failed|Login failed")
    return sum(bool(failed.search(line)) and re.search(rf"(?<![\w:.]){re.escape(address)}(?![\w:.])", line) is not None for line in lines)


def each_line_once(host, address, least):
    """The verdict comes with the fifth line: those behind it may still be on their way."""
    read = lambda: [e for e in ask(host, "Events", address=address)["events"] if e["kind"] == "login-failed"]
    lines = written(host, address)
    host.wait(lambda: len(read()) >= lines, f"{address}: of {lines} lines read {read()}", 20)
    assert len(read()) == lines >= least, (address, read(), host.exec_ok("journalctl -q -o cat | grep -F " + address))


SERVICES = ["submission", "imap", "ftp", "ssh"]
OFFICE = [s for s in SERVICES if s != "ssh" for _ in range(6)] + ["ssh"]  # sshd 10 itself shuts out who fails three times (PerSourcePenalties)


@pytest.mark.trixie(long=True)
def test_verdicts_through_kill_and_reload(host):
    begin(host)
    score = re.search(r"level for bansho-watch.service: ([\d.]+)", host.exec_ok("systemd-analyze security --no-pager bansho-watch.service"))
    assert float(score[1]) <= 2.0, score[0]
    status = host.exec_ok(f"cat /proc/{worker(host)}/status")
    assert "Seccomp:\t2" in status and "CapEff:\t0000000000000000" in status and "NoNewPrivs:\t1" in status, status
    assert host.exec(["runuser", "-u", "admin", "--", "python3", "-c", ASK, "Status", "{}"])[0] != 0

    attacker = {s: f"{ATTACKERS4}{10 + n}" for n, s in enumerate(SERVICES)} | {s + "6": f"{ATTACKERS6[:-1]}{n + 1}::1" for n, s in enumerate(SERVICES)}
    attacks = [(s.rstrip("6"), a) for s, a in attacker.items()]
    for _ in range(2):
        together(lambda a: host.login(a[0], LOGINS[a[0]][0], "Wrong-1", a[1]), attacks)
    assert all(verdicts(host, a) == [] for a in attacker.values())
    host.exec_ok(f"kill -9 {worker(host)}")     # systemd starts it again
    together(lambda a: host.login(a[0], LOGINS[a[0]][0], "Wrong-1", a[1]), attacks)
    host.wait(lambda: host.exec("systemctl is-active bansho-watch")[1].strip() == "active" and worker(host), "it did not come back")
    together(lambda s: host.login(s, LOGINS[s][0], "Wrong-1", f"{CLIENTS4}7"), OFFICE)
    host.exec_ok("logrotate -f /etc/logrotate.conf; echo 'mode = perhaps' >>/etc/bansho/bansho.conf; systemctl reload bansho-watch")
    host.wait(lambda: "what was in force goes on" in host.exec("journalctl -u bansho-watch -o cat")[1], "a bad bansho.conf is not told", 20)
    together(lambda a: host.login(a[0], LOGINS[a[0]][0], "Wrong-1", a[1]), attacks)
    host.exec_ok("sed -i '/perhaps/d' /etc/bansho/bansho.conf; systemctl reload bansho-watch")
    together(lambda a: host.login(a[0], LOGINS[a[0]][0], "Wrong-1", a[1]), attacks)
    for service, address in attacker.items():
        host.wait(lambda: verdicts(host, address), f"{service}: {address} failed five times; {ask(host, 'Events', address=address)} {ask(host, 'Status')}", 20)
    for service, address in attacker.items():
        told = verdicts(host, address)
        assert len(told) == 1 and told[0]["state"] == "waiting", (service, told)     # there is no bansho-wall yet
        each_line_once(host, address, 5)
    each_line_once(host, f"{CLIENTS4}7", 18)
    assert all(v["kind"] == "spared" and v["until"] == 0 for v in ask(host, "Verdicts", address=f"{CLIENTS4}7")["verdicts"])
    assert ask(host, "Forgive", network=f"{ATTACKERS4}0/24")["forgotten"] >= 4
    assert {v["state"] for v in verdicts(host, attacker["ssh"])} == {"forgiven"}


def foreign(host):
    """Everybody else's tables, without what only counts."""
    text = host.exec_ok("nft -a list ruleset")
    tables = re.split(r"(?m)^(?=table )", text)
    return [re.sub(r"packets \d+ bytes \d+|expires \S+", "", t) for t in tables if t and "bansho_bans" not in t.splitlines()[0]]


def in_kernel(host, address):
    return address in host.exec_ok("nft list table inet bansho_bans")


def attempt(host, a):
    """One wrong login; True: the answer was the service's own."""
    said = host.login(a[0], LOGINS[a[0]][0], "Wrong-1", a[1])
    return "timed out" not in said and "Connection timed out" not in said and "unreachable" not in said


@pytest.mark.trixie(long=True)
def test_attackers_are_dropped(host):
    begin(host, wall=True)
    before = foreign(host)
    # Not four of one /24 or /48: then the network would be out.
    attacks = [("submission", f"{ATTACKERS4}30"), ("ssh", f"{ATTACKERS4}31"), ("imap", f"{ATTACKERS6[:-1]}30::1"), ("ftp", f"{ATTACKERS6[:-1]}31::1"), ("ssh", f"{ATTACKERS6[:-1]}32::1")]
    for turn in range(5):
        together(lambda a: attempt(host, a), attacks)
        if turn == 1:
            host.exec_ok("systemctl restart bansho-wall bansho-watch")
        if turn == 3:
            host.exec_ok(f"kill -9 {worker(host)} $(systemctl show -P MainPID bansho-wall)")
    end = time.monotonic() + 5      # both come back within a second or so
    for service, address in attacks:
        network = address if "." in address else address[:-1]
        host.wait(lambda: in_kernel(host, network), f"{service}: {address} is not dropped; {ask(host, 'Verdicts', address=address)} {ask(host, 'Status')}", max(0.1, end - time.monotonic()))
    assert together(lambda a: attempt(host, a), attacks) == [False] * len(attacks)
    # The office fails as often as it likes, and its owners go on; so does everybody else.
    together(lambda s: host.login(s, LOGINS[s][0], "Wrong-1", f"{CLIENTS4}7"), OFFICE)
    assert together(lambda s: host.login(s, *LOGINS[s], f"{CLIENTS4}7"), SERVICES) == ["in"] * len(SERVICES)
    assert together(lambda s: host.login(s, *LOGINS[s], f"{ATTACKERS4}200"), SERVICES) == ["in"] * len(SERVICES)
    assert foreign(host) == before
    # Each once, and known to the outbox as done.
    host.wait(lambda: ask(host, "Status")["waiting"] == 0, "something waits still", 15)
    for service, address in attacks:
        told = verdicts(host, address)
        assert [v["state"] for v in told] == ["done"], (service, told)
    # A new attacker, now that nothing is in its way: dropped within a second of the deciding line.
    for n in range(5):
        attempt(host, ("ftp", f"{ATTACKERS4}99"))
    host.wait(lambda: in_kernel(host, f"{ATTACKERS4}99"), f"{ask(host, 'Status')}", 1)
    # Who is let in again begins anew.
    host.exec_ok(["bansho", "unban", f"{ATTACKERS4}99"])
    assert attempt(host, ("ftp", f"{ATTACKERS4}99")) and not in_kernel(host, f"{ATTACKERS4}99")
    assert host.login("ftp", *LOGINS["ftp"], f"{ATTACKERS4}99") == "in"
    # A name that is not ASCII is one like all others, and the end is an orderly one (but for the two that were killed).
    for n in range(5):
        host.login("ftp", "ren\u00e9", "Wrong-1", f"{ATTACKERS4}120")
    host.wait(lambda: in_kernel(host, f"{ATTACKERS4}120"), f"{host.read('/var/log/proftpd/proftpd.log')[-600:]} {ask(host, 'Status')}", 5)
    for n in range(4):
        host.exec_ok("systemctl stop bansho-watch bansho-wall")
        assert host.exec_ok("systemctl show -P Result bansho-watch bansho-wall").split() == ["success", "success"], n
        host.exec_ok("systemctl start bansho-wall bansho-watch")
        host.wait(lambda: in_kernel(host, f"{ATTACKERS4}120"), "is not banned again", 20)
    assert host.exec_ok("journalctl -q -o cat -u bansho-watch | grep -c 'Failed with result'").strip() == "1"
