"""The services' sockets on a real server: systemd hands them over, systemd's own varlinkctl (Debian 13) is a client, and the kernel says who calls."""
import json

import pytest

SERVICES = {"wall": "org.bansho.Wall", "watch": "org.bansho.Watch"}
# A client for where there is no varlinkctl: socket, method, parameters; prints the reply.
CLIENT = """import json, socket, sys
s = socket.socket(socket.AF_UNIX); s.settimeout(20); s.connect(sys.argv[1])
s.sendall(json.dumps({"method": sys.argv[2], "parameters": json.loads(sys.argv[3])}).encode() + b"\\0")
text = b""
while not text.endswith(b"\\0"): text += s.recv(65536) or sys.exit("the end")
print(text[:-1].decode())"""


def start(host):
    host.exec_ok("systemctl start bansho-wall.socket bansho-watch.socket")
    for name in SERVICES:
        assert host.exec(["systemctl", "is-active", f"bansho-{name}.service"])[1].strip() != "failed"


def call(host, name, method, parameters="{}", user="root"):
    """{"parameters": ...} or {"error": ..., "parameters": ...}, by a process of that user."""
    method = method if "." in method else f"{SERVICES[name]}.{method}"
    rc, out, err = host.exec(["runuser", "-u", user, "--", "python3", "-c", CLIENT, f"/run/bansho/{name}", method, parameters])
    assert rc == 0, (method, out, err)
    return json.loads(out)


def varlinkctl(host, *args, code=0):
    rc, out, err = host.run(["varlinkctl", *args])
    assert rc == code, (args, rc, out, err)
    return out + err


@pytest.mark.trixie
def test_callers_and_clients(host, suite):
    start(host)
    for name, interface in SERVICES.items():
        info = call(host, name, "org.varlink.service.GetInfo", user="bansho" if name == "wall" else "root")["parameters"]
        assert interface in info["interfaces"] and "org.varlink.service" in info["interfaces"], info
        described = call(host, name, "org.varlink.service.GetInterfaceDescription", json.dumps({"interface": interface}))["parameters"]["description"]
        assert described == host.read(f"/usr/share/bansho/varlink/{interface}.varlink")
        assert "error" not in call(host, name, "Status")
    denied = "org.varlink.service.PermissionDenied"
    assert call(host, "wall", "UnbanAll", user="bansho")["error"] == denied
    assert call(host, "wall", "Unban", '{"network": "203.0.113.9"}', user="bansho")["error"] == denied
    for user, name in ("nobody", "wall"), ("nobody", "watch"), ("bansho", "watch"):
        rc, _, err = host.exec(["runuser", "-u", user, "--", "python3", "-c", CLIENT, f"/run/bansho/{name}", f"{SERVICES[name]}.Status", "{}"])
        assert rc and "PermissionError" in err, (user, name, err)  # they do not even connect
    assert call(host, "wall", "Ban", '{"network": 7, "why": "x"}') == {"error": "org.varlink.service.InvalidParameter", "parameters": {"parameter": "network"}}
    # nonsense ends its connection, not the service
    before = host.exec_ok("systemctl show -P MainPID bansho-wall bansho-watch")
    for name in SERVICES:
        host.exec_ok(["python3", "-c", "import socket, sys\nfor t in b'hello\\0', b'\\0', b'{' * 200000, b'{\"method\":\"a.b\\0':\n s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
                      " try: s.sendall(t)\n except OSError: pass\n s.close()", f"/run/bansho/{name}"])
        assert "error" not in call(host, name, "Status")
    assert host.exec_ok("systemctl show -P MainPID bansho-wall bansho-watch") == before
    if suite == "trixie":
        by_varlinkctl(host)


def by_varlinkctl(host):
    for name, interface in SERVICES.items():
        address = f"unix:/run/bansho/{name}"
        assert "bansho" in varlinkctl(host, "info", address)
        assert f"{interface}.Status" in varlinkctl(host, "list-methods", address).split()
        assert f"interface {interface}" in varlinkctl(host, "introspect", address, interface)
        assert isinstance(json.loads(varlinkctl(host, "call", "--json=short", address, f"{interface}.Status", "{}")), dict)
        varlinkctl(host, "validate-idl", f"/usr/share/bansho/varlink/{interface}.varlink")
    wall = ["--json=short", "unix:/run/bansho/wall"]
    ban = json.loads(varlinkctl(host, "call", *wall, "org.bansho.Wall.Ban", '{"network":"203.0.113.9","why":"by varlinkctl"}'))
    assert ban["known"] is False, ban
    listed = json.loads(varlinkctl(host, "call", "--more", *wall, "org.bansho.Wall.List", "{}").lstrip("\x1e"))["bans"]  # --more separates records (RFC 7464)
    assert [(b["network"], b["why"]) for b in listed] == [("203.0.113.9", "by varlinkctl")], listed
    assert "org.bansho.Wall.Refused" in varlinkctl(host, "call", *wall, "org.bansho.Wall.Ban", '{"network":"0.0.0.0/0","why":"x"}', code=1)
    assert "InvalidParameter" in varlinkctl(host, "call", *wall, "org.bansho.Wall.Ban", '{"why":"x"}', code=1)
    assert json.loads(varlinkctl(host, "call", *wall, "org.bansho.Wall.Unban", '{"network":"203.0.113.9"}'))["removed"] == 1


# Many calls on one connection, one behind the other: all bans of an outbreak.
FLOOD = """import json, socket, threading
s = socket.socket(socket.AF_UNIX); s.settimeout(60); s.connect("/run/bansho/wall")
calls = b"".join(json.dumps({"method": "org.bansho.Wall.Ban", "parameters": {"id": f"f{i}", "network": f"100.64.{i >> 8}.{i & 255}", "why": "a flood"}}).encode() + b"\\0" for i in range(5000))
threading.Thread(target=s.sendall, args=(calls,)).start()
n = bad = 0
while n < 5000:
    text = s.recv(1 << 20)
    n += text.count(b"\\0"); bad += text.count(b'"error"')
    assert text
print(n, bad)"""


@pytest.mark.trixie
def test_an_outbreak_on_one_connection(host):
    start(host)
    assert host.exec_ok(["python3", "-c", FLOOD], timeout=100) == "5000 0\n"
    wall = host.bansho_json("status")["wall"]["says"]
    assert wall["bans"] == wall["in_kernel"] == 5000, wall
    bans = host.bansho_json("bans")
    assert bans["complete"] and len({b["network"] for b in bans["bans"]}) == 5000  # in parts, none twice
    host.exec_ok("systemctl kill -s KILL bansho-wall; systemctl start bansho-wall")  # every answer was on disk
    assert host.bansho_json("status")["wall"]["says"]["in_kernel"] == 5000
    assert host.bansho_json("unban", "--all")["removed"] == 5000


@pytest.mark.trixie
def test_people(host):
    """The verbs, from a server where nothing runs to one where both do; then the same without units."""
    rc, out, _ = host.bansho("status")
    assert rc == 1 and "bansho-wall   does not run. To start it: systemctl enable --now bansho-wall.socket" in out, out
    start(host)
    assert "203.0.113.9 is banned until" in host.bansho("ban", "203.0.113.9", "--for", "1h", "--why", "a story")[1]
    shown = host.bansho_json("bans")["bans"]
    assert [(b["network"], b["why"]) for b in shown] == [("203.0.113.9", "a story")], shown
    assert host.exec("nft list table inet bansho_bans")[1].count("203.0.113.9") == 1
    assert host.bansho_json("bans", "203.0.113.10")["bans"] == []
    assert "a story" in host.bansho("why", "203.0.113.9")[1]
    for network in "127.0.0.1", "198.18.0.10", "0.0.0.0/0", "224.0.0.1":
        rc, _, err = host.bansho("ban", network)
        assert rc == 2 and network in err, (network, rc, err)
    assert "203.0.113.9 is no longer banned" in host.bansho("unban", "203.0.113.9")[1]
    assert host.bansho_json("bans")["bans"] == []
    rc, out, err = host.bansho("status")
    assert rc == 0 and "bans: 0" in out and "bansho-watch" in out, (out, err)
    rc, _, err = host.exec("runuser -u nobody -- bansho ban 203.0.113.9")
    assert rc == 2 and "only root may do this: sudo bansho ban" in err, err
    host.exec_ok("systemctl stop bansho-wall.socket bansho-watch.socket bansho-wall bansho-watch")
    in_the_foreground(host)


def in_the_foreground(host):
    host.exec_ok("systemd-run -q --unit=foreground bansho run")
    host.wait(lambda: host.bansho("status")[0] == 0, "bansho run does not serve", 30)
    assert "is banned" in host.bansho("ban", "203.0.113.9")[1]
    host.exec_ok("systemctl stop foreground")
    assert host.exec("pgrep -x 'bansho-wall|bansho-watch'")[0] == 1 and host.exec("ls /run/bansho/wall /run/bansho/watch")[0] != 0
    host.exec_ok("systemd-run -q --unit=foreground bansho run")
    host.wait(lambda: host.bansho("status")[0] == 0, "bansho run does not serve", 30)
    assert [b["network"] for b in host.bansho_json("bans")["bans"]] == ["203.0.113.9"]  # the ledger holds it
    host.exec_ok("pkill -KILL -x bansho-watch")  # when one is gone the other ends, too
    host.wait(lambda: host.exec("pgrep -x bansho-wall")[0] == 1, "bansho-wall runs on", 20)
    host.wait(lambda: host.exec("systemctl is-failed foreground")[0] == 0, "bansho run ends as if nothing had been wrong", 20)
