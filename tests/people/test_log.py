"""`bansho log search`: several logs as one story, what fits and what does not, what cannot be read, hostile lines, both languages. Argument: the build directory."""
import datetime, gzip, json, lzma, os, pathlib, resource, signal, subprocess, sys, tempfile

import jsonschema

BUILD = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]
LAST = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.timezone.utc).timestamp()


def valid(text):
    document = json.loads(text)
    name, version = document["schema"].removeprefix("bansho.").split("/")
    jsonschema.Draft202012Validator(json.loads((ROOT / f"data/schema/{name}-{version}.json").read_text())).validate(document)
    return document


def bansho(*args, language="C.UTF-8", code=0, **more):
    env = {"PATH": os.environ["PATH"], "LC_ALL": language, "BANSHO_LOCALE": str(BUILD / "locale"), "TZ": "UTC"}
    shown = subprocess.run([str(BUILD / "bansho"), "log", "search", *map(str, args)], capture_output=True, text=True, env=env, timeout=60, **more)
    assert shown.returncode == code, shown
    return shown


def put(path, text, when=LAST):
    opener = {".gz": gzip.open, ".xz": lzma.open}.get(path.suffix, open)
    with opener(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    os.utime(path, (when, when))
    return path


def logs(*paths):
    return [x for p in paths for x in ("--log", p)]


def told(*args, **more):
    return valid(bansho(*args, "--json", **more).stdout)


def texts(document):
    return [line["text"] for line in document["lines"]]


def an_account_that_no_filter_understands(tmp):
    """A server that logs in other words: that nothing is known is no zero."""
    line = lambda ident, what: f"Nov 20 10:00:00 mx {ident}: {what}\n"
    odd = line("dovecot", "imap-login: login refused for user=<taro@example.jp>, rip=203.0.113.9")
    log = put(tmp / "odd.log", odd)
    account = ("--account", "taro@example.jp", "--log", log)
    shown = bansho(*account, code=3).stdout
    assert "1 of them speaks of a login, and no filter understands it: whether the account logged in or failed to is not known\n" in shown, shown
    assert told(*account, code=3)["account"]["unparsed"] == 1
    assert "not known" not in bansho(*account, "--lines").stdout  # the lines themselves say it
    assert "わかりません" in bansho(*account, "--lang", "ja", code=3).stdout
    put(log, odd + line("dovecot", "imap-login: Login: user=<taro@example.jp>, method=PLAIN, rip=203.0.113.9, lip=198.18.0.10, mpid=7, TLS, session=<x>"))
    assert told(*account)["account"].items() >= {"logins": 1, "unparsed": 0}.items()
    put(log, line("postfix/lmtp[7]", "A1B2C3D4E5: to=<x@example.org>, user=<taro@example.jp>, status=deferred (Connection refused)"))
    assert told(*account)["account"]["unparsed"] == 0  # no program that lets people in


def one_story(tmp):
    """Three files of one log, given in no order and changed at the same moment, and another log between their lines."""
    line = lambda day, minute, what: f"Nov {day} 10:{minute:02}:00 host gate[1]: {what}\n"
    files = [put(tmp / "a.log", line(20, 1, "x a6") + "  x goes on\n" + line(20, 3, "x a8")), put(tmp / "a.log.2.gz", line(18, 1, "x a1") + line(18, 3, "x a3")),
             put(tmp / "a.log.1", line(19, 1, "x a4") + line(19, 2, "no") + line(19, 3, "x a5")),
             put(tmp / "b.log", '192.0.2.1 - - [18/Nov/2026:10:02:00 +0000] "GET /x b2"\n192.0.2.1 - - [20/Nov/2026:19:02:00 +0900] "GET /x b7"\n')]
    want = ["a1", "b2", "a3", "a4", "a5", "a6", "goes on", "b7", "a8"]
    document = told("x ", *logs(*files))
    assert [t.rstrip('"').split("x ")[-1] for t in texts(document)] == want, document
    assert document["lines"][0]["time"] == datetime.datetime(2026, 11, 18, 10, 1, tzinfo=datetime.timezone.utc).timestamp()
    shown = bansho("x ", *logs(*files)).stdout
    assert shown.startswith("2026-11-18 10:01:00") and "2026-11-20 10:02:00" in shown and "9 lines in 4 files" in shown, shown
    assert len(told("", "--since", "2026-11-19", "--until", "2026-11-19", *logs(*files))["lines"]) == 3
    assert texts(told("", "--since", "2026-11-20 10:03", *logs(*files))) == ["Nov 20 10:03:00 host gate[1]: x a8"]
    assert "0 lines" in bansho("nothing of the kind", *logs(*files)).stdout


def addresses(tmp):
    f = put(tmp / "addresses.log", "".join(f"Nov 20 10:00:0{i} h d: {a}\n" for i, a in enumerate(("from 192.0.2.1", "from 192.0.2.10", "[::ffff:192.0.2.1]:2", "v192.0.2.1", "from 2001:DB8:0::7"))))
    found = lambda *a: [t[-1] for t in texts(told(*a, *logs(f)))]
    assert found("--address", "192.0.2.1") == ["1", "2"]
    assert found("--address", "192.0.2.0/24") == ["1", "0", "2"]
    assert found("--address", "2001:db8::7") == ["7"]
    assert found("--address", "192.0.2.0/24", "from") == ["1", "0"]


def hostile_lines(tmp):
    f = put(tmp / "hostile.log", b"Nov 20 10:00:00 h d: x \x1b[31m\x00\xff end\nNov 20 10:00:01 h d: x " + b"y" * 3_000_000 + b"\nNov 20 10:00:02 h d: x last\n")
    shown = bansho("d: x", *logs(f)).stdout
    assert "\x1b" not in shown and "\0" not in shown and r"\x1b[31m\x00\xff end" in shown and "x last" in shown and "1 line was longer than a megabyte" in shown, shown[:200]
    document = told("d: x", *logs(f))
    assert len(document["lines"]) == 3 and document["lines"][1]["cut"] and len(document["lines"][1]["text"]) == 65536


def what_cannot_be_read_is_told(tmp):
    whole = gzip.compress("".join(f"Nov 20 10:00:00 h d: here {os.urandom(40).hex()}\n" for _ in range(5000)).encode())
    good = put(tmp / "good.log", "Nov 20 10:00:01 h d: here\n")
    (tmp / "short.log.gz").write_bytes(whole[:-3000])
    (tmp / "bad.log.gz").write_bytes(whole[:50000] + bytes(100) + whole[50100:])
    document = told("here", *logs(tmp / "short.log.gz", good, tmp / "bad.log.gz"), code=3)
    faults = {pathlib.Path(f["name"]).name: f["fault"] for f in document["files"]}
    assert "ends too early" in faults["short.log.gz"] and "is damaged" in faults["bad.log.gz"] and faults["good.log"] is None, faults
    assert len(document["lines"]) > 1000
    shown = bansho("here", *logs(tmp / "short.log.gz", good, tmp / "bad.log.gz"), code=3).stdout
    assert shown.count("ends too early") == 1 and shown.count("is damaged") == 1
    (tmp / "other.log.bz2").write_bytes(b"BZh91AY&SY here")
    assert "is packed by a program" in told("here", *logs(tmp / "other.log.bz2"), code=3)["files"][0]["fault"]
    os.mkfifo(tmp / "fifo")
    assert "is not a file" in bansho("here", *logs(tmp / "fifo"), code=2).stderr
    assert "No such file" in bansho("here", *logs(tmp / "away"), code=2).stderr


def what_waits_for_its_turn(tmp):
    """More than fits into memory, from two logs whose lines come in turn."""
    files = [put(tmp / f"much{k}.log", "".join(f"2026-11-20T10:{i // 600 % 60:02}:{i // 10 % 60:02}.{i % 10}{k} h d{k}: x {i} {'z' * 300}\n" for i in range(20000))) for k in (1, 2)]
    got = told(": x", *logs(*files))["lines"]
    assert len(got) == 40000 and all(a["time"] <= b["time"] for a, b in zip(got, got[1:]))


def without_room_to_wait(tmp):
    """No room for what does not fit into memory: told, and what was printed is still a whole document."""
    files = [put(tmp / f"full{k}.log", "".join(f"2026-11-20T1{k}:{i // 600 % 60:02}:{i // 10 % 60:02} h d{k}: x {'z' * 1000}\n" for i in range(12000))) for k in (1, 2)]
    shown = bansho("x", "--json", *logs(*files[::-1]), code=2, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)) or signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
    assert "cannot be put into order" in shown.stderr and "put into order" in valid(shown.stdout)["summary"]["note"], shown.stderr


def one_line_in_two_logs(tmp):
    """rsyslog writes one message into mail.log and into syslog: it is told once, and so often as it stands in one of them."""
    lines = "".join(f"Nov 20 10:00:0{i // 2} h d[1]: x {i // 4}\n" for i in range(8))
    files = [put(tmp / "mail.log", lines), put(tmp / "syslog", lines + "Nov 20 10:00:09 h d[1]: x other\n")]
    document = told("x", *logs(*files))
    assert len(document["lines"]) == 9 and document["summary"]["copies"] == 8, document
    assert "8 lines stand in a second log too" in bansho("x", *logs(*files)).stdout


def accounts(tmp):
    """What belongs together is joined over the rotation; whoever writes in somebody's name is not somebody."""
    f = lambda q, what: f"Nov 20 10:00:01 h postfix/{what.split(' ')[0]}[1]: {q}: {what.split(' ', 1)[1]}\n"
    old = put(tmp / "mail.log.1", f("3F2A4B5C6D", "submission/smtpd client=x[192.0.2.7], sasl_username=Taro@example.jp") + f("4F2A4B5C6D", "smtpd client=y[192.0.2.8]"), LAST - 3600)
    new = put(tmp / "mail.log", f("4F2A4B5C6D", "qmgr from=<taro@example.jp>, size=1") + f("3F2A4B5C6D", "smtp to=<z@far.example>, relay=far[203.0.113.1]:25, status=sent (250 ok)")
              + f("3F2A4B5C6D", "qmgr removed") + "Nov 20 10:00:02 h dovecot: imap-login: Login: user=<taro>, rip=192.0.2.7, session=<abc>\n")
    got = [t.split(": ", 1)[1][:16] for t in texts(told("--account", "taro@example.jp", *logs(new, old)))]
    assert got == ["3F2A4B5C6D: clie", "3F2A4B5C6D: to=<", "3F2A4B5C6D: remo"], got
    assert len(told("--account", "taro", *logs(new, old))["lines"]) == 1
    assert len(told("--account", "taro@example.jp", "--service", "submission", *logs(new, old))["lines"]) == 1
    assert len(told("--service", "imap", "--since", "2026-11-01", *logs(new, old))["lines"]) == 1


STORY = """Nov 20 10:00:00 lab dovecot: imap-login: Login: user=<taro@example.jp>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1, mpid=311, TLS, session=<Lb2GqPAnUsTAAAIH>
Nov 20 10:00:01 lab dovecot: imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<taro@example.jp>, method=PLAIN, rip=198.51.100.9, lip=198.18.0.10, TLS: Connection closed, session=<POEY0IRhh7jGM2QH>
Nov 20 10:00:02 lab postfix/submission/smtpd[400]: 3F2A4B5C6D: client=client.example[192.0.2.8], sasl_method=PLAIN, sasl_username=taro@example.jp
Nov 20 10:00:02 lab postfix/cleanup[402]: 3F2A4B5C6D: message-id=<a@client.example>
Nov 20 10:00:02 lab postfix/qmgr[1]: 3F2A4B5C6D: from=<taro@example.jp>, size=420, nrcpt=2 (queue active)
Nov 20 10:00:03 lab postfix/smtp[403]: 3F2A4B5C6D: to=<x@far.example>, relay=far.example[203.0.113.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)
Nov 20 10:00:03 lab postfix/smtp[403]: 3F2A4B5C6D: to=<y@far.example>, relay=far.example[203.0.113.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host far.example said: 550 \x1b no)
Nov 20 10:00:03 lab postfix/qmgr[1]: 3F2A4B5C6D: removed
"""


def an_account_s_story(tmp):
    f = put(tmp / "story.log", STORY)
    document = told("--account", "taro@example.jp", *logs(f))
    assert [line["event"] and line["event"]["kind"] for line in document["lines"]] == ["login-ok", "login-failed", "mail-accepted", None, "mail-queued", "mail-delivered", "mail-bounced", "mail-removed"]
    sums = document["account"]
    assert (sums["logins"], sums["failed"], sums["messages"], sums["delivered"], sums["refused"]) == (1, 1, 1, 1, 1) and [a["address"] for a in sums["addresses"]] == ["192.0.2.7", "192.0.2.8"], sums
    shown = bansho("--account", "Taro@example.jp", *logs(f)).stdout
    assert "RETURNED   3F2A4B5C6D    y@far.example  host far.example said: 550 \\x1b no" in shown and "\x1b" not in shown, shown
    assert f"--account Taro@example.jp --log {f} --lines" in shown and "log search --address 192.0.2.7" in shown, shown
    assert "message-id=" in bansho("--account", "taro@example.jp", "--lines", *logs(f)).stdout
    dashed = bansho("--account", "taro@example.jp", *logs(put(f, STORY.replace(" lab ", " lab-z "))), "--", "-z").stdout
    assert " --lines -- '-z'" in dashed, dashed
    assert "返送" in bansho("--account", "taro@example.jp", *logs(f), language="ja_JP.UTF-8").stdout


def after_a_long_silence(tmp):
    """Who sent nothing for weeks: the new message is joined as well as the old one."""
    again = STORY.replace("Nov 20", "Nov 01").replace("3F2A4B5C6D", "9F2A4B5C6D")
    f = put(tmp / "long.log", again + "Nov 10 10:00:00 lab cron[1]: nothing\n" * 3 + STORY)
    document = told("--account", "taro@example.jp", *logs(f))
    assert len(document["lines"]) == 16 and document["account"]["refused"] == 2, document["account"]


def timeless_lines(tmp):
    f = put(tmp / "none.log", "x without a date\nx again\n")
    assert [line["time"] for line in told("x", *logs(f))["lines"]] == [None, None]
    document = told("x", "--since", "2026-11-01", *logs(f))
    assert document["lines"] == [] and document["summary"]["timeless"] == 2
    far = put(tmp / "far.log", "2026-11-20 10:00:00 x one\n2036-01-01 00:00:00 x forged\n2026-11-20 10:00:01 x two\n")
    times = [line["time"] for line in told("x", *logs(far))["lines"]]
    assert times[1] == times[0] and times[2] == times[0] + 1


def another_root(tmp):
    """The logs below a directory, live and rotated; a link cannot lead out of it; a site's logs by the settings there."""
    (tmp / "r/var/log/apache2").mkdir(parents=True)
    (tmp / "r/etc/nginx").mkdir(parents=True)
    put(tmp / "r/var/log/auth.log", "Nov 20 10:00:00 h sshd[1]: x one\n")
    put(tmp / "r/var/log/auth.log.2.gz", "Nov 18 10:00:00 h sshd[1]: x two\n", LAST - 2 * 86400)
    put(tmp / "r/var/log/auth.log-20261119.xz", "Nov 19 10:00:00 h sshd[1]: x three\n", LAST - 86400)
    put(tmp / "secret.log", "Nov 20 10:00:00 h sshd[1]: x secret\n")
    (tmp / "r/var/log/out.log").symlink_to(tmp / "secret.log")
    (tmp / "r/srv/logs").mkdir(parents=True)
    put(tmp / "r/srv/logs/a.log", '192.0.2.1 - - [20/Nov/2026:10:02:00 +0000] "GET /x"\n')
    put(tmp / "r/srv/logs/b.log", '192.0.2.1 - - [20/Nov/2026:10:02:00 +0000] "GET /x of b"\n')
    (tmp / "r/etc/nginx/nginx.conf").write_text("http {\n server {\n  listen 80;\n  server_name a.example www.a.example;\n  access_log /srv/logs/a.log;\n }\n server {\n  listen 80;\n"
                                                "  server_name b.example;\n  access_log /srv/logs/b.log combined;\n }\n}\n")
    root = ("--root", tmp / "r")
    assert [t.split(" x ")[1] for t in texts(told("x", *root))] == ["two", "three", "one"]
    assert [t[-7:] for t in texts(told("x", "--site", "www.A.example", *root))] == ['GET /x"'], told("x", "--site", "www.A.example", *root)
    assert "no such site" in bansho("x", "--site", "c.example", *root, code=2).stderr


def many_files(tmp):
    files = [put(tmp / f"{i}.log", f"Nov 20 10:00:00 h d: x {i:02}\n") for i in range(40)]
    assert len(told("x", *logs(*files))["lines"]) == 40


def standard_input(tmp):
    assert texts(told("x", *logs("-"), input="Nov 20 10:00:00 h x\nNov 20 10:00:00 h y\n")) == ["Nov 20 10:00:00 h x"]


def what_is_not_understood(tmp):
    for args, words in (((), "say what you look for"), (("--address", "192.0.2.300"), "192.0.2.300"), (("--since", "noon"), "noon"), (("--service", "gopher"), "gopher"), (("--account", "a b"), "a b"), (("x", "--since", "2026-11-20", "--until", "2026-11-19"), "later"),
                        (("x", "--root", tmp, "--log", tmp / "none"), "--root")):
        assert words in bansho(*args, code=2).stderr
    shown = bansho(language="ja_JP.UTF-8", code=2).stderr
    assert "探す" in shown, shown


def main():
    tests = (an_account_that_no_filter_understands, one_story, addresses, hostile_lines, what_cannot_be_read_is_told, what_waits_for_its_turn, without_room_to_wait, one_line_in_two_logs, accounts, an_account_s_story, after_a_long_silence, timeless_lines, another_root, many_files, standard_input, what_is_not_understood)
    for test in tests:
        with tempfile.TemporaryDirectory() as tmp:
            test(pathlib.Path(tmp))
        print("ok", test.__name__)


if __name__ == "__main__":
    main()
