"""`bansho replay` and what it stands on: several logs as one, rotated and packed files, what cannot be read, both languages. Filters of our own making. Argument: the build directory."""
import gzip, json, lzma, os, pathlib, subprocess, sys, tempfile

import jsonschema

BUILD = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]
FILTERS = {"one": r"^\s*gate\[\d+\]: no entry for <F-USER>\S*</F-USER> from <HOST>$", "two": r"^\s*mail: <HOST> guessed wrong$"}


def valid(text):
    document = json.loads(text)
    name, version = document["schema"].removeprefix("bansho.").split("/")
    jsonschema.Draft202012Validator(json.loads((ROOT / f"data/schema/{name}-{version}.json").read_text())).validate(document)
    return document


def bansho(tmp, *args, verb=("replay",), language="C.UTF-8", ours=False, **more):
    env = {"PATH": os.environ["PATH"], "LC_ALL": language, "BANSHO_LOCALE": str(BUILD / "locale"), "TZ": "UTC"}
    return subprocess.run([str(BUILD / "bansho"), *verb, *([] if ours else ["--filter-dir", str(tmp / "filter.d")]), *map(str, args)], capture_output=True, text=True, env=env, timeout=60, **more)


def told(tmp, *args, code=0, **more):
    shown = bansho(tmp, *args, "--json", **more)
    assert shown.returncode == code, shown
    return valid(shown.stdout)


def gate(minute, address, user="root", second=0):
    return f"2026-11-20 10:{minute:02}:{second:02} gate[{minute}]: no entry for {user} from {address}\n"


def verdicts(document):
    return [(v["kind"], v["who"], v["time"], v["line"], v["filter"]) for v in document["verdicts"]]


def two_logs_are_told_in_the_order_of_time(tmp):
    """Three failures in one log, two in the other, between them: only together they are five within ten minutes."""
    (tmp / "a.log").write_text("".join(gate(m, "192.0.2.1") for m in (1, 3, 5)) + gate(30, "192.0.2.9"))
    (tmp / "b.log").write_text("".join(f"2026-11-20 10:0{m}:00 mail: 192.0.2.1 guessed wrong\n" for m in (2, 4)))
    document = told(tmp, tmp / "a.log", tmp / "b.log", "--filter", "one, two")
    assert verdicts(document) == [("address", "192.0.2.1", "2026-11-20T10:05:00Z", 3, "one")], document
    assert document["summary"]["failures"] == 6


def rotated_files_are_one_log(tmp):
    """The oldest first, whatever the order they are given in; packed ones too."""
    with gzip.open(tmp / "r.log.2.gz", "wt") as f:
        f.write(gate(1, "192.0.2.1") + gate(2, "192.0.2.1"))
    (tmp / "r.log.1").write_text(gate(3, "192.0.2.1") + gate(4, "192.0.2.1"))
    (tmp / "r.log").write_text(gate(5, "192.0.2.1"))
    for i, name in enumerate(("r.log.2.gz", "r.log.1", "r.log")):
        os.utime(tmp / name, (1000 + i, 1000 + i))
    document = told(tmp, *sorted(tmp.glob("r.log*")), "--filter", "one")
    assert verdicts(document) == [("address", "192.0.2.1", "2026-11-20T10:05:00Z", 1, "one")], document


def what_cannot_be_read_is_told(tmp):
    whole = gzip.compress("".join(gate(1, "192.0.2.1", second=s) for s in range(50)).encode())
    (tmp / "cut.gz").write_bytes(whole[:-20])
    document = told(tmp, tmp / "cut.gz", "--filter", "one", code=3)
    assert document["files"][0]["fault"] and document["files"][0]["matched"] >= 5, document
    os.mkfifo(tmp / "fifo")
    for args, words in ((("--filter", "one", tmp / "fifo"), "not a file"), (("--filter", "one", tmp / "absent"), "No such file"), (("--filter", "none", tmp / "cut.gz"), "none"),
                        (("--filter", ",", tmp / "cut.gz"), "no filter")):
        shown = bansho(tmp, *args)
        assert shown.returncode == 2 and words in shown.stderr, shown


def hostile_lines_stay_text(tmp):
    (tmp / "h.log").write_bytes("".join(gate(1, "192.0.2.1", "\x1b[31m", s) for s in range(5)).encode() + b"\0\xff\xfe" * 1000 + b"x" * 3_000_000 + b"\n")
    shown = bansho(tmp, tmp / "h.log", "--filter", "one")
    assert shown.returncode == 0 and "\x1b" not in shown.stdout and "192.0.2.1" in shown.stdout, shown
    assert "too long" in shown.stdout, shown.stdout


def both_languages_and_standard_input(tmp):
    text = "".join(gate(1, "2001:db8::7", second=s) for s in range(5))
    assert "5 failures" in bansho(tmp, "-", "--filter", "one", input=text).stdout
    japanese = bansho(tmp, "-", "--filter", "one", "--lang", "ja", input=text).stdout
    assert "締め出し" in japanese and "失敗 5 回" in japanese and "2001:db8::/64" in japanese, japanese
    empty = bansho(tmp, "-", "--filter", "one", input="nothing here\n").stdout
    assert f"bansho filter test one '-' --filter-dir {tmp}/filter.d" in empty, empty


def failures_before_any_date_are_told(tmp):
    (tmp / "t.log").write_text("gate[1]: no entry for root from 192.0.2.1\n" * 6 + gate(1, "192.0.2.2"))
    document = told(tmp, tmp / "t.log", "--filter", "one")
    assert document["files"][0]["timeless"] == 6 and document["summary"]["failures"] == 1 and not document["verdicts"], document
    assert "before any date" in bansho(tmp, tmp / "t.log", "--filter", "one").stdout


def the_next_command_can_be_typed(tmp):
    name = "with space'\x1b[31m"
    (tmp / name).write_text("nothing\n")
    shown = bansho(tmp, name, "--filter", "one", cwd=tmp).stdout
    assert "bansho filter test one 'with space'" in shown and "\x1b" not in shown, shown


def who_is_let_in_with_keys_only_hears_no_more(tmp):
    """sshd without passwords says "Invalid user" and nothing else; with passwords it says so before each failure, which is one attempt. Keys that do not fit are the owner's."""
    line = "2026-11-20 10:0{}:{:02} lab sshd[{}]: {} from {} port 7{}\n"
    text = "".join(line.format(1, s, s, f"Invalid user u{s}", "192.0.2.1", "") for s in range(5))
    text += "".join(line.format(2, s, s, w, "192.0.2.2", e) for s in range(4) for w, e in (("Invalid user eve", ""), ("Failed password for invalid user eve", " ssh2")))
    text += "".join(line.format(3, s, s, "Failed publickey for admin", "192.0.2.3", " ssh2: RSA SHA256:abc") for s in range(9))
    (tmp / "keys.log").write_text(text)
    document = told(tmp, tmp / "keys.log", ours=True)
    assert [v["who"] for v in document["verdicts"]] == ["192.0.2.1"] and document["summary"]["failures"] == 9, document


def lines_that_no_filter_understands_are_told(tmp):
    """A service that writes otherwise than its filter knows, beside one that is understood; deliveries speak of failures, but of no login."""
    new = "".join(f"Nov 20 10:{m:02}:00 lab dovecot[7]: imap4: sign-in failed for u{m} peer=192.0.2.{m}\n" for m in range(12))
    post = "".join(f"Nov 20 10:{m:02}:30 lab postfix/smtp[9]: 4F{m:02}: to=<a@example.net>, relay=none, delay=1, dsn=4.4.1, status=deferred (connect to example.net: Connection refused)\n" for m in range(12))
    known = "Nov 20 10:59:00 lab postfix/submission/smtpd[8]: warning: unknown[192.0.2.50]: SASL LOGIN authentication failed: authentication failure, sasl_username=info\n"
    (tmp / "mail.log").write_text(new + post + known)
    document = told(tmp, tmp / "mail.log", ours=True, code=3)
    assert document["files"][0]["unparsed"] == ["dovecot"] and document["summary"]["failures"] == 1, document
    shown = bansho(tmp, tmp / "mail.log", ours=True)
    assert shown.returncode == 3 and f"bansho filter test dovecot {tmp}/mail.log" in shown.stdout and "not known" in shown.stdout, shown
    assert "わかりません" in bansho(tmp, tmp / "mail.log", "--lang", "ja", ours=True, language="C.UTF-8").stdout
    (tmp / "mail.log").write_text(post + known)
    assert told(tmp, tmp / "mail.log", ours=True)["files"][0]["unparsed"] == []
    (tmp / "mail.log").write_text(post)
    assert told(tmp, tmp / "mail.log", ours=True)["files"][0]["unparsed"] == []
    (tmp / "mail.log").write_text(new.replace("failed", "ok") + post)
    assert told(tmp, tmp / "mail.log", ours=True)["files"][0]["unparsed"] == []
    (tmp / "mail.log").write_text(new)
    assert told(tmp, tmp / "mail.log", "--filter", "sshd", ours=True)["files"][0]["unparsed"] == []  # nobody asked


def filters_are_listed(tmp):
    (tmp / "filter.d" / "broken.conf").write_text("[Definition]\nfailregex = (<HOST>\n")
    listed = valid(bansho(tmp, "--json", verb=("filter", "list")).stdout)["filters"]
    assert [f["name"] for f in listed] == ["broken", "one", "two"], listed


def our_own_filters_know_who_came_in(tmp):
    """Without a directory: a login after strangers' failures, by any service; a telephone with an old password; the first message of a mail account is a login, too."""
    mail, ssh = [], []
    for n in range(6):
        ssh.append(f"2026-11-20T10:0{n}:00.000000+00:00 lab sshd[{n}]: Failed password for info@alpha.example from 198.18.7.{n} port 4 ssh2")
    mail.append("2026-11-20T10:10:00.000000+00:00 lab postfix/submission/smtpd[5]: 0287D2A0: client=unknown[203.0.113.9], sasl_method=PLAIN, sasl_username=info@alpha.example")
    mail.append("2026-11-20T11:00:00.000000+00:00 lab dovecot: imap-login: Login: user=<taro@beta.example>, method=PLAIN, rip=198.51.100.7, lip=198.18.0.10, mpid=4, TLS, session=<a>")
    for n in range(6):
        mail.append(f"2026-11-20T11:1{n}:00.000000+00:00 lab dovecot: imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<taro@beta.example>, method=PLAIN, "
                    f"rip=198.51.100.7, lip=198.18.0.10, TLS, session=<b{n}>")
    (tmp / "auth.log").write_text("\n".join(ssh) + "\n")
    (tmp / "mail.log").write_text("\n".join(mail) + "\n")
    document = told(tmp, tmp / "auth.log", tmp / "mail.log", ours=True)
    assert document["summary"]["logins"] == 2, document["summary"]
    assert [(v["kind"], v["who"], v["filter"]) for v in document["verdicts"]] == [("attacked", None, "sshd"), ("spread", "198.18.7.4", "sshd"), ("spread", "198.18.7.5", "sshd"), ("entered", "203.0.113.9", "postfix"), ("spared", "198.51.100.7", "dovecot")], document["verdicts"]
    assert document["verdicts"][-1]["looks"] == "stale-password", document["verdicts"]


def zstd(text):
    """One frame of one raw block (RFC 8878): its size is told in four bytes."""
    return b"\x28\xb5\x2f\xfd\xa0" + len(text).to_bytes(4, "little") + (len(text) << 3 | 1).to_bytes(3, "little") + text


def a_filter_is_tried_on_packed_logs(tmp):
    """gzip, xz and zstd, by name and on standard input; a damaged one is told behind what was found before it; a line of a megabyte is cut, and counted."""
    text = "".join(gate(m, "192.0.2.1") for m in range(50)).encode()
    for suffix, packed in (("", text), ("gz", gzip.compress(text)), ("xz", lzma.compress(text)), ("zst", zstd(text))):
        (tmp / f"p.{suffix}").write_bytes(packed)
        shown = bansho(tmp, "one", tmp / f"p.{suffix}", verb=("filter", "test"))
        assert shown.returncode == 0 and "50 lines, 50 matched" in shown.stdout, shown
    with (tmp / "p.gz").open("rb") as f:
        lines = [json.loads(l) for l in bansho(tmp, "one", "-", "--json", verb=("filter", "test"), stdin=f).stdout.splitlines()]
    schema = jsonschema.Draft202012Validator(json.loads((ROOT / "data/schema/filter-test-1.json").read_text()))
    for line in lines + [json.loads(l) for l in bansho(tmp, "one", "-", "--json", verb=("filter", "test"), input="no entry\n").stdout.splitlines()]:
        schema.validate(line)
    assert not schema.is_valid(lines[0] | {"time": "now"}) and not schema.is_valid({"line": 1}) # it does not take anything
    assert len(lines) == 51 and lines[49]["line"] == 50 and lines[50]["summary"]["matched"] == 50 and lines[50]["summary"]["fault"] is None, lines[50]
    (tmp / "cut.gz").write_bytes(gzip.compress(text)[:-12])
    shown = bansho(tmp, "one", tmp / "cut.gz", verb=("filter", "test"))
    assert shown.returncode == 3 and "ends too early" in shown.stdout and " matched" in shown.stdout, shown
    shown = bansho(tmp, "one", tmp / "cut.gz", "--json", verb=("filter", "test"))
    assert shown.returncode == 3 and "ends too early" in json.loads(shown.stdout.splitlines()[-1])["summary"]["fault"], shown
    (tmp / "long").write_bytes(b"x" * 3_000_000 + b"\n" + text)
    assert json.loads(bansho(tmp, "one", tmp / "long", "--json", verb=("filter", "test")).stdout.splitlines()[-1])["summary"]["cut"] == 1
    os.mkfifo(tmp / "fifo")
    shown = bansho(tmp, "one", tmp / "fifo", verb=("filter", "test"))
    assert shown.returncode == 2 and "standard input (-)" in shown.stderr, shown


def main():
    stories = [lines_that_no_filter_understands_are_told, who_is_let_in_with_keys_only_hears_no_more, our_own_filters_know_who_came_in, two_logs_are_told_in_the_order_of_time, rotated_files_are_one_log, what_cannot_be_read_is_told, hostile_lines_stay_text, failures_before_any_date_are_told, the_next_command_can_be_typed, filters_are_listed, a_filter_is_tried_on_packed_logs, both_languages_and_standard_input]
    for story in stories:
        with tempfile.TemporaryDirectory() as directory:
            tmp = pathlib.Path(directory)
            tmp.chmod(0o755)
            (tmp / "filter.d").mkdir()
            for name, regex in FILTERS.items():
                (tmp / "filter.d" / f"{name}.conf").write_text(f"[Definition]\nfailregex = {regex}\n")
            story(tmp)
    print(f"{len(stories)} passed")


if __name__ == "__main__":
    main()
