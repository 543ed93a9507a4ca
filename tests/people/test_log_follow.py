"""`bansho log follow` of files that are named: lines as they are written, through rotation, by selection; the standard input; what is refused. Argument: the build directory."""
import gzip, json, os, pathlib, signal, subprocess, sys, tempfile, time

import jsonschema

BUILD = pathlib.Path(sys.argv[1]).resolve()
POLLS = {"x86_64": ("7", "271"), "aarch64": ("73",)} # poll and ppoll


class Following:
    """Ends it, and nothing else, when the test is over."""

    def __init__(self, tmp, *args, language="C.UTF-8"):
        env = {"PATH": os.environ["PATH"], "LC_ALL": language, "BANSHO_LOCALE": str(BUILD / "locale"), "TZ": "UTC"}
        self.out = open(tmp / "out", "w+")
        self.process = subprocess.Popen([str(BUILD / "bansho"), "log", "follow", *map(str, args)], stdout=self.out, stderr=subprocess.PIPE, stdin=subprocess.PIPE, text=True, env=env)

    def __enter__(self):
        """What is written before it knows where each log ends now is not new. Then it waits in poll(2) for its inotify."""
        end = time.monotonic() + 20
        while time.monotonic() < end and not self.waits():
            time.sleep(0.02)
        return self

    def waits(self):
        process = pathlib.Path(f"/proc/{self.process.pid}")
        try:
            watches = any(os.readlink(p) == "anon_inode:inotify" for p in (process / "fd").iterdir())
            return watches and (process / "syscall").read_text().split()[0] in POLLS.get(os.uname().machine, ())
        except OSError:
            return False

    def told(self, n):
        end = time.monotonic() + 20
        while len(lines := pathlib.Path(self.out.name).read_text().splitlines()) < n and time.monotonic() < end:
            time.sleep(0.02)
        return lines

    def __exit__(self, *why):
        self.process.send_signal(signal.SIGTERM)
        self.err = self.process.communicate(timeout=20)[1]


def append(path, *lines):
    with open(path, "a") as f:
        f.write("".join(line + "\n" for line in lines))


def through_rotation(tmp):
    log = tmp / "mail.log"
    append(log, "Nov 20 10:00:00 h x[1]: old")
    with Following(tmp, "--log", log) as f:
        append(log, "Nov 20 10:00:01 h x[1]: one")
        assert len(f.told(1)) == 1
        log.rename(tmp / "mail.log.1")
        append(tmp / "mail.log.1", "Nov 20 10:00:02 h x[1]: two")
        append(log, "Nov 20 10:00:03 h x[1]: three \x1b[31m")
        lines = f.told(3)
        assert [line.split("]: ")[1] for line in lines] == ["one", "two", "three \\x1b[31m"], lines
        assert lines[0].split("  ")[0][4:] == "-11-20 10:00:01"


def by_selection(tmp):
    a, b = tmp / "a.log", tmp / "b.log"
    append(a), append(b)
    with Following(tmp, "--log", a, "--log", b, "--address", "192.0.2.0/24", "failed") as f:
        append(a, "x failed 192.0.2.9", "x failed 198.51.100.9", "x ok 192.0.2.9")
        append(b, "y failed 192.0.2.10", "end failed 192.0.2.11")
        assert sorted(line.split()[-1] for line in f.told(3)) == ["192.0.2.10", "192.0.2.11", "192.0.2.9"]


def what_was_emptied_is_told(tmp):
    log = tmp / "a.log"
    append(log)
    with Following(tmp, "--log", log, language="ja_JP.UTF-8") as f:
        append(log, "one")
        f.told(1)
        log.write_text("")
        append(log, "two and more")
        f.told(2)
    assert "a.log" in f.err and f.err.count("\n") == 1, f.err


def by_pattern(tmp):
    (tmp / "one").mkdir()
    with Following(tmp, "--log", tmp / "*/access.log") as f:
        append(tmp / "one/access.log", "one")
        f.told(1)
        (tmp / "two").mkdir()
        append(tmp / "two/access.log", "two")
        assert [line.split()[-1] for line in f.told(2)] == ["one", "two"]


def events_as_json(tmp):
    log = tmp / "auth.log"
    append(log, "2026-11-20T10:00:00+00:00 h sshd[1]: Server listening on 0.0.0.0 port 22.")
    with Following(tmp, "--log", log, "--json") as f:
        append(log, "2026-11-20T10:00:01+00:00 h sshd[2]: Failed password for taro from 192.0.2.1 port 9 ssh2", "2026-11-20T10:00:02+00:00 h x[1]: three \x1b[31m")
        lines = [json.loads(line) for line in f.told(2)]
    schema = json.loads((pathlib.Path(__file__).resolve().parents[2] / "data/schema/log-follow-1.json").read_text())
    for line in lines:
        jsonschema.Draft202012Validator(schema).validate(line)
    assert lines[0]["event"]["kind"] == "login-failed" and lines[0]["event"]["host"] == "192.0.2.1" and lines[0]["event"]["fields"]["user"] == "taro", lines
    assert lines[0]["time"] == 1795168801 and lines[0]["file"] == str(log) and lines[1]["event"] is None and "\x1b" in lines[1]["text"], lines


def what_an_account_does(tmp):
    log = tmp / "auth.log"
    append(log, "2026-11-20T10:00:00+00:00 h sshd[1]: Server listening on 0.0.0.0 port 22.")
    with Following(tmp, "--log", log, "--account", "taro") as f:
        append(log, "2026-11-20T10:00:01+00:00 h sshd[2]: Accepted password for taro from 192.0.2.1 port 9 ssh2", "2026-11-20T10:00:02+00:00 h sshd[3]: Accepted password for hanako from 192.0.2.1 port 9 ssh2",
               "2026-11-20T10:00:03+00:00 h sshd[2]: Failed password for taro from 192.0.2.3 port 9 ssh2")
        lines = f.told(2)
    assert len(lines) == 2 and "192.0.2.1" in lines[0] and "192.0.2.3" in lines[1] and "sshd[" not in lines[0], lines


def what_no_filter_understands(tmp):
    """Lines that speak of a login stand as they are, until one is understood."""
    log = tmp / "mail.log"
    odd = "2026-11-20T10:00:01+00:00 h dovecot: imap-login: login refused for user=<taro>, rip=192.0.2.1"
    append(log)
    with Following(tmp, "--log", log, "--account", "taro") as f:
        append(log, odd, odd.replace("login refused", "hello"))
        assert len(f.told(1)) == 1
        append(log, "2026-11-20T10:00:02+00:00 h dovecot: imap-login: Login: user=<taro>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.2, mpid=7, TLS, session=<x>", odd.replace("10:00:01", "10:00:03"))
        append(log, "2026-11-20T10:00:04+00:00 h dovecot: imap-login: Login: user=<taro>, method=PLAIN, rip=192.0.2.3, lip=192.0.2.2, mpid=7, TLS, session=<y>")
        lines = f.told(3)
    assert len(lines) == 3 and "login refused for user=<taro>" in lines[0] and "192.0.2.3" in lines[2] and "refused" not in lines[1] + lines[2], lines


def standard_input(tmp):
    f = Following(tmp, "--log", "-", "b")
    f.process.stdin.write("Nov 20 10:00:00 h x: a\nNov 20 10:00:01 h x: b\n")
    f.process.stdin.flush()
    assert f.told(1)[0].endswith("h x: b")
    f.process.stdin.close()
    assert f.process.wait(20) == 0
    cut = gzip.compress(b"Nov 20 10:00:00 h x: b\n" * 1000)[:-20]
    r = subprocess.run([str(BUILD / "bansho"), "log", "follow", "--log", "-", "b"], input=cut, capture_output=True, timeout=20, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"})
    assert r.returncode == 2 and b"ends too early" in r.stderr, r


def what_is_refused(tmp):
    os.mkfifo(tmp / "fifo")
    for args, words in ((["--root", "/"], "--root"), (["--until", "3d"], "--until"), (["--log", tmp / "none"], "none"), (["--log", tmp / "fifo"], "fifo"), (["--log", "-", "--log", "-"], "standard input")):
        env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        r = subprocess.run([str(BUILD / "bansho"), "log", "follow", *map(str, args)], capture_output=True, text=True, env=env, timeout=20, stdin=subprocess.DEVNULL)
        assert r.returncode == 2 and words in r.stderr, (args, r)


def main():
    for test in through_rotation, events_as_json, what_an_account_does, what_no_filter_understands, by_selection, what_was_emptied_is_told, by_pattern, standard_input, what_is_refused:
        with tempfile.TemporaryDirectory() as tmp:
            test(pathlib.Path(tmp))
    print("new lines are told as they are written")


if __name__ == "__main__":
    main()
