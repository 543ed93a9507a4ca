"""bansho-wall on a real server, as its unit runs: packets of the banned are dropped, their open connections end, the office goes on; what others flush is put back and
they are named; kill -9 loses nothing; after a reboot bans are in force before the network."""
import json, re, threading, time

import pytest

from machine import ATTACKERS4, ATTACKERS6, CLIENTS4, HOST4, HOST6

BAD4, BAD6, OFFICE = f"{ATTACKERS4}9", f"{ATTACKERS6}9", f"{CLIENTS4}7"

# Runs at the client: a connection to sshd that says what becomes of it: "open" once the server spoke, then "ended" or "still open" after some seconds.
HOLD = """
import socket, sys
s = socket.create_connection((sys.argv[2], 22), 5, (sys.argv[1], 0))
s.settimeout(float(sys.argv[3]))
s.recv(100)
print("open", flush=True)
try:
    while s.recv(100): pass
    print("ended")
except TimeoutError: print("still open")
except OSError: print("ended")
"""


def connects(host, source):
    """Whether sshd answers that address within a second and a half."""
    code = f"import socket; socket.create_connection(('{HOST6 if ':' in source else HOST4}', 22), 1.5, ('{source}', 0)).recv(9)"
    return host.client(["python3", "-c", code])[0] == 0


class Held(threading.Thread):
    def __init__(self, host, source, seconds):
        super().__init__()
        self.host, self.source, self.seconds = host, source, seconds
        self.start()

    def run(self):
        self.said = self.host.client(["python3", "-c", HOLD, self.source, HOST6 if ":" in self.source else HOST4, str(self.seconds)])[1].split("\n")


def established(host):
    return host.exec_ok("ss -Htn state established sport = :22")


def held(host, source, seconds):
    h = Held(host, source, seconds)
    host.wait(lambda: source in established(host), f"{source} has no connection", 10)
    return h


def status(host):
    rc, out, err = host.run(["/usr/bin/python3", "-c", ASK, "Status", "{}"])
    assert rc == 0, err
    return json.loads(out)["parameters"]


ASK = r"""
import json, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect("/run/bansho/wall")
s.sendall(json.dumps({"method": "org.bansho.Wall." + sys.argv[1], "parameters": json.loads(sys.argv[2])}).encode() + b"\0")
answer = b""
while not answer.endswith(b"\0"):
    part = s.recv(65536)
    if not part: sys.exit("closed")
    answer += part
print(answer[:-1].decode())
"""


def ask(host, method, user=None, **parameters):
    rc, out, err = host.exec([*(["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []), "/usr/bin/python3", "-c", ASK, method, json.dumps(parameters)])
    return json.loads(out) if rc == 0 else {"failed": err.strip().split("\n")[-1]}


@pytest.fixture
def walled(host):
    host.write("/etc/bansho/bansho.conf", "mode = act\nsource office {\n    prefixes = 198.51.100.0/24, 2001:db8:a::/48\n}\n")
    host.exec_ok("systemctl enable --now bansho-wall.service")
    return host


def put_back(host, n, why):
    before = time.monotonic()
    host.wait(lambda: f"{BAD4}" in host.exec("nft list table inet bansho_bans")[1], why, 5)
    took = time.monotonic() - before
    assert took < 1.0, took
    host.wait(lambda: status(host)["healed"] >= n, "it is not counted", 5)


@pytest.mark.trixie
def test_from_a_ban_to_dropped_packets(walled):
    host = walled
    security = host.exec_ok("systemd-analyze security --no-pager bansho-wall.service")
    assert float(re.search(r"exposure level for \S+: ([\d.]+)", security).group(1)) <= 2.0, security
    assert all(connects(host, a) for a in (BAD4, BAD6, OFFICE))
    bad4, bad6, office = held(host, BAD4, 30), held(host, BAD6, 30), held(host, OFFICE, 6)
    host.exec_ok(["bansho", "ban", BAD4, "--for", "1h", "--why", "lab"])
    host.exec_ok(["bansho", "ban", BAD6, "--for", "1h", "--why", "lab"])
    for h in bad4, bad6, office:
        h.join()
    assert bad4.said[:2] == ["open", "ended"] and bad6.said[:2] == ["open", "ended"] and office.said[:2] == ["open", "still open"]
    assert not connects(host, BAD4) and not connects(host, BAD6) and connects(host, OFFICE) and connects(host, f"{ATTACKERS4}10")
    assert status(host)["ended"] >= 2 and status(host)["in_kernel"] == 2

    # who may: root everything; bansho's own user may ban, not lift; others nothing
    for known in False, True:
        answer = ask(host, "Ban", user="bansho", network=f"{ATTACKERS4}77", why="lab", id="one")
        assert answer["parameters"].get("known") == known, answer
    assert ask(host, "Unban", user="bansho", network=f"{ATTACKERS4}77")["error"] == "org.varlink.service.PermissionDenied"
    assert "failed" in ask(host, "Status", user="nobody")
    for network, word in ("0.0.0.0/0", "larger"), (HOST4, "own address"), (OFFICE, "source office"), ("224.0.0.1", "no client"), ("127.0.0.1", "no client"):
        answer = ask(host, "Ban", network=network, why="lab")
        assert answer["error"] == "org.bansho.Wall.Refused" and word in answer["parameters"]["reason"], (network, answer)

    host.exec_ok(["bansho", "unban", BAD4])
    assert connects(host, BAD4) and not connects(host, BAD6)
    began = time.monotonic()
    host.exec_ok(["bansho", "ban", BAD4, "--for", "4s"])
    assert not connects(host, BAD4)
    host.wait(lambda: connects(host, BAD4), "the ban does not end", 10)
    assert 3 < time.monotonic() - began < 8


@pytest.mark.trixie
def test_flushed_killed_rebooted(walled):
    host = walled
    host.exec_ok(["bansho", "ban", BAD4, "--for", "2h", "--why", "lab"])
    host.exec_ok("nft flush ruleset")
    put_back(host, 1, "the flushed table is not put back")
    assert not connects(host, BAD4)
    assert status(host)["last_healed_by"].startswith("nft ("), status(host)
    assert "was changed by nft (" in host.exec_ok("journalctl -u bansho-wall --no-pager")
    host.exec_ok("systemctl restart nftables")       # flushes, then loads the server's own rules
    put_back(host, 2, "nftables.service was not survived")
    assert "table inet filter" in host.exec_ok("nft list tables")
    others = host.exec_ok("nft list table inet filter; systemctl is-active fail2ban")

    # kill -9 again and again while bans are asked for: what was answered is there
    answered, stop = [], threading.Event()

    def asking():
        i = 0
        while not stop.is_set() and i < 250:
            if "until" in ask(host, "Ban", network=f"192.0.2.{i}", why="lab", id=f"verdict-{i}").get("parameters", {}):
                answered.append(i)
                i += 1
    t = threading.Thread(target=asking)
    t.start()
    for k in range(6):
        n = len(answered)
        host.wait(lambda: len(answered) > n + k, "nothing is answered", 30)
        host.exec("kill -9 $(systemctl show -P MainPID bansho-wall)")
    stop.set()
    t.join()
    host.wait(lambda: "parameters" in ask(host, "Status"), "it does not come back", 20)
    kernel = set(re.findall(r"192\.0\.2\.\d+", host.exec_ok("nft list table inet bansho_bans")))
    assert len(answered) > 6 and kernel >= {f"192.0.2.{i}" for i in answered}, sorted(answered)
    for i in answered:
        assert ask(host, "Ban", network=f"192.0.2.{i}", why="lab", id=f"verdict-{i}")["parameters"]["known"]
    assert host.exec_ok("nft list table inet filter; systemctl is-active fail2ban") == others

    # after a reboot bans hold, although bansho.conf cannot be read; nobody new is shut out until it can, and who is protected by then is let in
    until = json.loads(host.exec_ok("bansho bans --json"))
    fine = host.read("/etc/bansho/bansho.conf")
    host.write("/etc/bansho/bansho.conf", "mode = act\nsource office {\n")
    host.power_off()
    host.power_on()
    assert not connects(host, BAD4) and connects(host, OFFICE)
    assert json.loads(host.exec_ok("bansho bans --json"))["bans"] == until["bans"]
    at = {u: int(host.exec_ok(["systemctl", "show", "-P", "ActiveEnterTimestampMonotonic", u])) for u in ("bansho-wall.service", "nftables.service", "network-pre.target", "network.target", "ssh.service")}
    assert 0 < at["nftables.service"] < at["bansho-wall.service"] <= at["network-pre.target"] <= at["network.target"] < at["ssh.service"], at

    answer = ask(host, "Ban", network=OFFICE, why="lab")
    assert answer["error"] == "org.bansho.Wall.Failed" and "bansho.conf:2" in answer["parameters"]["reason"], answer
    host.write("/etc/bansho/bansho.conf", fine + "source customer {\n    prefixes = 192.0.2.0\n}\n")
    answer = ask(host, "Ban", network=OFFICE, why="lab")
    assert answer["error"] == "org.bansho.Wall.Refused" and "office" in answer["parameters"]["reason"], answer
    assert "192.0.2.0" not in [b["network"] for b in json.loads(host.exec_ok("bansho bans --json"))["bans"]]
    assert not re.search(r"192\.0\.2\.0\b", host.exec_ok("nft list table inet bansho_bans")) and not connects(host, BAD4)

    host.exec_ok("DEBIAN_FRONTEND=noninteractive apt-get -qy purge bansho")
    assert "bansho" not in host.exec_ok("nft list tables") and connects(host, BAD4)
    assert host.exec("ls -d /var/lib/bansho-wall")[0] != 0
