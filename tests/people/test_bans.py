"""bansho bans, ban, unban, status against services that answer as ours do, and against such that do not. argv[1]: the build directory. The real services: tests/lab/test_wall.py."""
import json, os, pathlib, socket, subprocess, sys, tempfile, threading

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv[1])
LAST = 1900000000


def bansho(tmp, *args, language="en", code=0, **env):
    run = subprocess.run([BUILD / "bansho", *args, "--sockets", tmp, "--lang", language], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL,
                         env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "LANGUAGE": "", "BANSHO_LOCALE": str(BUILD / "locale"), "TZ": "UTC", **env})
    assert run.returncode == code, (args, run.returncode, run.stdout, run.stderr)
    return run.stderr if code == 2 else run.stdout


def valid(text):
    document = json.loads(text)
    name, version = document["schema"].removeprefix("bansho.").split("/")
    jsonschema.Draft202012Validator(json.loads((ROOT / f"data/schema/{name}-{version}.json").read_text())).validate(document)
    return document


class Service:
    """Answers each call with what `answers` says: a list of replies; an error is (name, parameters); None ends the connection; text is sent as it is."""

    def __init__(self, tmp, name, answers):
        self.calls, self.answers, self.path = [], answers, os.path.join(tmp, name)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            with peer, peer.makefile("rb") as lines:
                while call := self.message(lines):
                    self.calls.append((call["method"].rsplit(".", 1)[1], call["parameters"], call.get("more", False)))
                    if not self.answer(peer, self.answers.get(self.calls[-1][0])):
                        break

    @staticmethod
    def message(lines):
        text = b""
        while not text.endswith(b"\0") and (more := lines.read(1)):
            text += more
        return json.loads(text[:-1]) if text.endswith(b"\0") else None

    def answer(self, peer, replies):
        for i, reply in enumerate(replies or []):
            if isinstance(reply, str):
                message = reply
            elif isinstance(reply, tuple):
                message = json.dumps({"error": reply[0], "parameters": reply[1]})
            else:
                message = json.dumps({"parameters": reply, "continues": i + 1 < len(replies)})
            peer.sendall(message.encode() + b"\0")
        return bool(replies)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.socket.close()
        os.unlink(self.path)


def entry(network, until=LAST, **more):
    return {"network": network, "services": [], "since": LAST - 3600, "until": until, "times": 1, "why": "5 failures: ssh", "by": "bansho", **more}


def lists(tmp):
    parts = [{"bans": [entry("192.0.2.7", times=3), entry("2001:db8:1:2::/64", 0, services=["ssh", "mail"])]}, {"bans": [entry("198.51.100.9", why="\x1b[31mred\n")]}]
    with Service(tmp, "wall", {"List": parts}) as wall:
        text = bansho(tmp, "bans")
        assert text.splitlines() == ["Network            Until             Why", "192.0.2.7          2030-03-17 17:46  5 failures: ssh (3 times)",
                                     "2001:db8:1:2::/64  until lifted      5 failures: ssh [ssh, mail]", "198.51.100.9       2030-03-17 17:46  \\x1b[31mred\\n"], text
        assert wall.calls == [("List", {}, True)]
        shown = valid(bansho(tmp, "bans", "--json"))
        assert [b["network"] for b in shown["bans"]] == ["192.0.2.7", "2001:db8:1:2::/64", "198.51.100.9"] and shown["complete"], shown
        assert shown["bans"][1]["until"] is None and shown["bans"][2]["why"] == "\x1b[31mred\n"
        bansho(tmp, "bans", "192.0.2.7")
        assert wall.calls[-1] == ("List", {"network": "192.0.2.7"}, True)
        assert "no address and no network" in bansho(tmp, "bans", "example.org", code=2)
        assert "期限" in bansho(tmp, "bans", language="ja")
    with Service(tmp, "wall", {"List": [{"bans": []}]}):
        assert bansho(tmp, "bans") == "Nobody is banned.\n"
        assert bansho(tmp, "bans", "192.0.2.7") == "192.0.2.7 is not banned.\n"
    with Service(tmp, "wall", {"List": [parts[0], "nonsense"]}):
        run = subprocess.run([BUILD / "bansho", "bans", "--json", "--sockets", tmp], capture_output=True, text=True)
        assert run.returncode == 2 and not valid(run.stdout)["complete"] and "journalctl -u bansho-wall" in run.stderr, run


def bans(tmp):
    with Service(tmp, "wall", {"Ban": [{"until": LAST, "known": False}]}) as wall:
        told = bansho(tmp, "ban", "192.0.2.7", "--for", "2h", "--why", "番")
        assert told == "192.0.2.7 is banned until 2030-03-17 17:46. To lift it: bansho unban 192.0.2.7\n", told
        parameters = wall.calls[0][1]
        assert parameters["network"] == "192.0.2.7" and parameters["why"] == "番" and parameters["until"] > 1700000000 and "id" not in parameters, parameters
        assert valid(bansho(tmp, "ban", "2001:DB8::/32", "--json"))["network"] == "2001:db8::/32"
        assert wall.calls[1][1]["why"].startswith("ordered by ") and "until" not in wall.calls[1][1]
        told = bansho(tmp, "ban", "192.0.2.7", "--service", "smtp,imap,smtp", "--for", "1h")
        assert told.startswith("192.0.2.7 (smtp, imap) is banned until ") and wall.calls[-1][1]["services"] == ["smtp", "imap"], (told, wall.calls[-1])
        assert valid(bansho(tmp, "ban", "192.0.2.7", "--service", "ssh", "--json"))["services"] == ["ssh"] and "services" not in wall.calls[0][1]
        n = len(wall.calls)
        for args, want in ((["192.0.2.7", "--service", "smtp,post"], "\"post\" is no service. The services are: smtp, submissions, "), (["192.0.2.7", "--service", "smtp,"], "\"\" is no service"), (["example.org"], "no address"), (["192.0.2.7/24"], "(192.0.2.0/24)"), (["192.0.2.7", "--for", "long"], "no length of time"), (["192.0.2.7", "--for", "0s"], "no length of time"), ([], "Usage")):
            assert want in bansho(tmp, "ban", *args, code=2), args
        assert "you are connected from there yourself (203.0.113.5)" in bansho(tmp, "ban", "203.0.113.0/24", code=2, SSH_CONNECTION="203.0.113.5 1 198.18.0.10 22")
        assert len(wall.calls) == n
    with Service(tmp, "wall", {"Ban": [{"until": 0, "known": False}]}) as wall:
        assert bansho(tmp, "ban", "192.0.2.7", "--for", "forever") == "192.0.2.7 is banned until it is lifted: bansho unban 192.0.2.7\n"
        assert wall.calls[0][1]["until"] == 0
    with Service(tmp, "wall", {"Ban": [("org.bansho.Wall.Refused", {"reason": "it is protected"})]}):
        assert bansho(tmp, "ban", "192.0.2.7", code=2) == "bansho: 192.0.2.7: it is protected\n"
    with Service(tmp, "wall", {"Ban": [("org.varlink.service.PermissionDenied", {})]}):
        assert bansho(tmp, "ban", "192.0.2.7", code=2) == "bansho: only root may do this: sudo bansho ban ...\n"
    with Service(tmp, "wall", {"Ban": None}):
        assert "ended the connection without an answer. What it says itself: journalctl -u bansho-wall" in bansho(tmp, "ban", "192.0.2.7", code=2)


def unbans(tmp):
    with Service(tmp, "wall", {"Unban": [{"removed": 1}], "UnbanAll": [{"removed": 12}]}) as wall:
        assert bansho(tmp, "unban", "192.0.2.7") == "192.0.2.7 is no longer banned.\n" # no watch
        assert valid(bansho(tmp, "unban", "--all", "--json")).items() >= {"removed": 12, "forgiven": None}.items()
        for args in ([], ["192.0.2.7", "--all"]):
            assert "name an address or network, or --all" in bansho(tmp, "unban", *args, code=2)
        with Service(tmp, "watch", {"Forgive": [{"forgotten": 1}], "ForgiveAll": [{"forgotten": 7}]}) as watch:
            assert bansho(tmp, "unban", "192.0.2.7").endswith("Earlier failures are forgotten, so that the next one does not ban again at once.\n")
            assert watch.calls == [("Forgive", {"network": "192.0.2.7"}, False)]
            assert valid(bansho(tmp, "unban", "--all", "--json"))["forgiven"] is True
            assert watch.calls[1:] == [("ForgiveAll", {}, False)]
        with Service(tmp, "watch", {}):
            run = subprocess.run([BUILD / "bansho", "unban", "192.0.2.7", "--sockets", tmp], capture_output=True, text=True)
            assert run.returncode == 3 and "bansho-watch" in run.stderr and wall.calls[-1][0] == "Unban", run
    with Service(tmp, "wall", {"Unban": [{"removed": 0}]}):
        assert bansho(tmp, "unban", "192.0.2.7") == "192.0.2.7 was not banned.\n"


def statuses(tmp):
    text = bansho(tmp, "status", code=1)
    assert "bansho-wall   does not run. To start it: " in text and "bansho-watch  does not run" in text, text
    assert valid(bansho(tmp, "status", "--json", code=1))["wall"] == {"state": "absent", "error": None}
    wall = {"bans": 5, "in_kernel": 5, "refused": 0, "healed": 1, "last_healed_by": "nft"}
    watch = {"mode": "act", "lines": 3456, "events": 12, "verdicts": 1, "waiting": 0, "failing": False, "failures": 0, "sources": [
        {"service": "ssh", "product": "openssh", "kind": "journal", "filtered": True, "lines": 3000, "events": 12, "undated": 0, "last_line": LAST, "lag_ms": 7},
        {"service": "ftp", "product": "pro\x1bftpd", "kind": "files", "filtered": False, "lines": 0, "events": 0, "undated": 0, "last_line": None, "lag_ms": None}]}
    with Service(tmp, "wall", {"Status": [wall]}), Service(tmp, "watch", {"Status": [watch]}):
        text = bansho(tmp, "status")
        assert text.splitlines() == ["bansho-wall   bans: 5, in the packet filter: 5, put back after others had removed them: 1 (the last one: nft)",
            "bansho-watch  lines read: 3456, logins and failures in them: 12, verdicts: 1", "  openssh       journal   last line 2030-03-17 17:46:40, read after 7 ms",
            "  pro\\x1bftpd   files     no line yet, no filter knows its lines"], text
        shown = valid(bansho(tmp, "status", "--json"))
        assert shown["wall"] == {"state": "runs", "error": None, "says": wall} and shown["watch"]["says"] == watch, shown
    for other in {"in_kernel": 4}, {"trouble": "no table"}, {}:
        with Service(tmp, "wall", {"Status": [{**wall, **other}]}), Service(tmp, "watch", {"Status": [{**watch, "failures": 0 if other else 3, "mode": "observe"}]}):
            text = bansho(tmp, "status", code=1)
            assert "mode = observe" in text and ("bansho-wall cannot be reached" in text) == (not other), text
    for fault, said in (("unparsed", "no filter understands them: who fails there is not seen. Examples: bansho log sources"), ("silent", "nothing comes any more, for much longer than ever before")):
        ill = {**watch, fault: 1, "sources": [{**watch["sources"][0], fault: True, "last_understood": LAST}, watch["sources"][1]]}
        with Service(tmp, "wall", {"Status": [wall]}), Service(tmp, "watch", {"Status": [ill]}):
            lines = bansho(tmp, "status", code=1).splitlines()
            assert said in lines[3] and lines[2].startswith("  openssh "), lines
            numbers = bansho(tmp, "metrics").splitlines()
            assert f'bansho_watch_source_{fault}{{product="openssh",service="ssh",from="journal"}} 1' in numbers, numbers
            assert f'bansho_watch_source_last_understood_timestamp_seconds{{product="openssh",service="ssh",from="journal"}} {LAST}' in numbers, numbers
    with Service(tmp, "wall", {"Status": [wall]}), Service(tmp, "watch", {}):
        assert "ended the connection" in bansho(tmp, "status", code=3)
        assert valid(bansho(tmp, "status", "--json", code=3))["watch"]["state"] == "unknown"


def followed(tmp):
    """status -f: in place on a terminal of 80 columns, else a line, or an object a line; Ctrl-C ends it and the terminal is as it was."""
    import fcntl, pty, re, select, signal, struct, termios, time
    wall = {"bans": 5, "in_kernel": 5, "refused": 0, "healed": 0}
    watch = {"mode": "observe", "lines": 1000, "events": 12, "verdicts": 1, "waiting": 0, "lag_ms": 3, "failing": False, "failures": 0, "sources": [
        {"service": "ssh", "product": "openssh-" + "x" * 200, "kind": "journal", "filtered": True, "lines": 900, "events": 12, "undated": 0, "last_line": LAST, "lag_ms": 7}]}

    class Watch(Service):
        def answer(self, peer, replies):
            n = len(self.calls) * 50
            return super().answer(peer, [{**watch, "lines": 1000 + n, "sources": [{**watch["sources"][0], "lines": 900 + n}]}])

    def run(out, looks, *args, no_colour=False):
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "LANGUAGE": "", "TZ": "UTC", "TERM": "xterm", **({"NO_COLOR": "1"} if no_colour else {})}
        child = subprocess.Popen([BUILD / "bansho", "status", "-f", "--sockets", tmp, "--lang", "en", *args], stdout=out[1], stdin=subprocess.DEVNULL, env=env)
        text, end = b"", time.monotonic() + 60
        while looks(text) and time.monotonic() < end:
            if select.select([out[0]], [], [], 1)[0]:
                text += os.read(out[0], 65536)
        child.send_signal(signal.SIGINT)
        assert child.wait(10) == -signal.SIGINT
        return text.decode()

    with Service(tmp, "wall", {"Status": [wall]}), Watch(tmp, "watch", {}):
        pipe = os.pipe()
        lines = run(pipe, lambda t: t.count(b"\n") < 2).splitlines()
        assert re.search(r"bansho-wall, bans: 5, in the packet filter: 5  bansho-watch \d+\.\d lines/s, read after 3 ms, lines read: 1100, ", lines[1]) and "\x1b" not in "".join(lines), lines
        objects = run(pipe, lambda t: t.count(b"\n") < 2, "--json").splitlines()
        assert 10 < valid(objects[1])["watch"]["lines_per_second"] <= 60 and "lines_per_second" not in valid(objects[0])["watch"], objects
        terminal = pty.openpty()
        fcntl.ioctl(terminal[1], termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        before = termios.tcgetattr(terminal[1])
        for no_colour in False, True:
            text = run(terminal, lambda t: t.count(b"\x1b[J") < 3, no_colour=no_colour)
            looks = text.split("\x1b[J")[:3]
            assert not looks[0].startswith("\x1b[") and all(look.startswith(f"\x1b[{looks[0].count(chr(10))}A\r") for look in looks[1:]), looks
            shown = [re.sub(r"\x1b\[[0-9;]*[A-Za-z]|\r", "", line) for look in looks for line in look.split("\n")]
            assert max(map(len, shown)) == 80 and "lines/s" in shown[-2] and ("\x1b[3" in text) == (not no_colour), shown
            assert termios.tcgetattr(terminal[1]) == before
        for fd in *pipe, *terminal:
            os.close(fd)


def reasons(tmp):
    verdict = {"id": "a", "kind": "address", "looks": "attack", "network": "192.0.2.7", "account": None, "time_us": LAST * 1000000, "until": LAST + 600, "count": 5, "times": 1, "filter": "sshd", "log": "journal",
               "forgiven": False, "state": "refused", "reason": "it is protected"}
    event, older = [{"time_us": (LAST - s) * 1000000, "kind": "login-failed", "address": "192.0.2.7", "account": "ro\x1bot", "attempts": 3, "filter": "sshd", "log": "journal", "probe": False} for s in (0, 40)]
    with Service(tmp, "wall", {"List": [{"bans": [entry("192.0.2.7")]}]}) as wall, Service(tmp, "watch", {"Verdicts": [{"verdicts": [verdict]}], "Events": [{"events": [event]}, {"events": [older, older]}]}) as watch:
        lines = bansho(tmp, "why", "192.0.2.7", code=1).splitlines()
        others = lines.index("What others have here that names it")  # of the machine that runs the test: tests/lab/test_why.py
        text = lines[:others] + lines[lines.index("What was concluded"):]
        assert text == ["192.0.2.7 is shut out by bansho, until 2030-03-17 17:46: 5 failures: ssh. To let it in: bansho unban 192.0.2.7", "Bans", "  192.0.2.7  until 2030-03-17 17:46  5 failures: ssh", "What was concluded",
            "  2030-03-17 17:46:40  192.0.2.7  until 2030-03-17 17:56  failures: 5, attack, sshd [refused: it is protected]", "What it did",
            *[f"  2030-03-17 17:46:{s}  login-failed  ro\\x1bot (3)  sshd  journal" for s in ("00", "00", "40")]], text  # the newest last, although its part comes first
        assert wall.calls == [("List", {"network": "192.0.2.7"}, False)] and watch.calls == [("Verdicts", {"address": "192.0.2.7"}, False), ("Events", {"address": "192.0.2.7"}, True)]
        shown = valid(bansho(tmp, "why", "192.0.2.7", "--json", code=1))
        assert shown["events"] == [older, older, event] and shown["verdicts"] == [verdict] and shown["kept_out"] and isinstance(shown["foreign"], list)
    with Service(tmp, "wall", {"List": [{"bans": [entry("192.0.2.7", services=["smtp", "imap"])]}]}):
        assert "192.0.2.7 is shut out of smtp, imap by bansho, until " in bansho(tmp, "why", "192.0.2.7", code=1)
    with Service(tmp, "wall", {"List": [{"bans": []}]}):
        text = bansho(tmp, "why", "2001:db8::1", code=3)
        assert "  not banned\n" in text and "  not known: bansho-watch does not run. To start it: " in text, text
        assert valid(bansho(tmp, "why", "2001:db8::1", "--json", code=3))["events"] is None
    assert "is a network: name one address of it" in bansho(tmp, "why", "192.0.2.0/24", code=2)


def accounts(tmp):
    """An account that nobody has, on the machine that runs the test: what the watch keeps of it, and which of its addresses the wall shuts out. Real ones: tests/lab/test_why.py."""
    name = "nobody-has-this@example.jp"
    kept = lambda ago, kind, address: {"time_us": (LAST - ago) * 1000000, "kind": kind, "address": address, "account": name, "attempts": 2, "filter": "dove\x1bcot", "log": "journal", "probe": False}
    events = {"login-ok": [kept(500, "login-ok", "198.51.100.7")], "login-failed": [kept(40, "login-failed", "203.0.113.9"), kept(30, "login-failed", "203.0.113.9")]}

    class Watch(Service):
        def answer(self, peer, replies):
            return super().answer(peer, [{"events": events.get(self.calls[-1][1]["kind"], [])}])

    def both(*args, code=1, bans=[entry("203.0.113.9", services=["smtp"]), entry("203.0.113.9")]):
        with Service(tmp, "wall", {"List": [{"bans": bans}]}), Watch(tmp, "watch", {}) as watch:
            said = bansho(tmp, "why", name, "--since", "10m", *args, code=code)
            assert [c[1] for c in watch.calls] == [{"account": name, "kind": kind} for kind in ("login-ok", "mail-accepted", "login-failed", "login-refused")], watch.calls
        return said

    absent, lines = f"There is no account {name} here that can be seen.", f"All lines that name it: bansho log search --account {name}\n"
    text = both()
    assert text.startswith(f"{name} cannot reach this server from 198.51.100.7, from where it logged in before: that address is shut out by bansho, until 2030-03-17 17:46: 5 failures: ssh. "), text
    assert "  2030-03-17 17:46:10  203.0.113.9      dove\\x1bcot  4 times since 2030-03-17 17:46  [shut out now by bansho: 5 failures: ssh]\n" in text, text
    shown = valid(both("--json"))
    assert [(l["success"], l["address"], l["times"], l["shut_out"]) for l in shown["logins"]] == [(True, "198.51.100.7", 1, True), (False, "203.0.113.9", 4, True)] and shown["logins_from"] == "watch", shown
    assert shown["kept_out"] and shown["places"] == [] and shown["sending"]["accepted"] == 0
    text = bansho(tmp, "why", name, "--since", "10m", code=1)
    assert text.startswith(f"{absent} {lines}") and "(by the logs since " in text, text  # no services: the logs
    assert "shut out by bansho, until 2030-03-17 17:46: 5 failures: ssh [smtp, imap]. To let it in" in both(bans=[entry("203.0.113.9", services=["smtp", "imap"])])
    assert f"{name}: the password that is given is wrong, 4 times" in both(bans=[])
    events["login-refused"] = [kept(20, "login-refused", "203.0.113.9")]
    assert f"{name}: a login was refused before its password was looked at, last at 2030-03-17 17:46 from 203.0.113.9 (dove\\x1bcot)." in both(bans=[])
    events.pop("login-failed"), events.pop("login-refused")
    assert both(bans=[], code=3).startswith(f"{absent} Not everything could be seen: where it is that logged in at 2030-03-17 17:38. {lines}")  # a database that nobody looks into, or it is gone
    assert "というアカウントは" in both("--lang", "ja", bans=[], code=3)
    events["login-ok"] = [kept(n, "login-ok", f"198.51.100.{n}") for n in range(1, 7)]
    assert "whether anything but bansho shuts out its addresses beyond the newest 5" in both(bans=[], code=3)
    text = bansho(tmp, "why", "ta ro", code=1)
    assert "Not known\n" in text and "a name with a space in it is not searched for" in text, text
    for bad, want in ((["a\nb"], "no account's name"), (["", ], "no account's name"), ([name, "--since", "soon"], "a time is for example")):
        assert want in bansho(tmp, "why", *bad, code=2)


def absent(tmp):
    for args in (["bans"], ["ban", "192.0.2.7"], ["unban", "192.0.2.7"]):
        assert "bansho-wall does not run. To start it: " in bansho(tmp, *args, code=2)
    assert "起動していません" in bansho(tmp, "bans", language="ja", code=2)
    pathlib.Path(tmp, "wall").write_text("")
    assert "To start it" in bansho(tmp, "bans", code=2)  # something else stands there
    pathlib.Path(tmp, "wall").unlink()


def main():
    with tempfile.TemporaryDirectory() as tmp:
        for test in (lists, bans, unbans, statuses, followed, reasons, accounts, absent):
            test(tmp)
            print(f"{test.__name__}: fine")


main()
