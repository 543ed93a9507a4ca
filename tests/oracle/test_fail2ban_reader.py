"""Every shipped filter, with each of its modes and log types, and random layered configurations: bansho's loader must resolve them to the same texts as
fail2ban's own FilterReader.  test_fail2ban_reader.py BUILD [SEED [COUNT]]"""
import json
import os
import random
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import oracle_fail2ban

BUILD = sys.argv[1]
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 20240229
COUNT = int(sys.argv[3]) if len(sys.argv) > 3 else 200
ROOT = oracle_fail2ban.fetch(BUILD)
from fail2ban.client.filterreader import FilterReader  # noqa: E402


class TooLong(BaseException):
    """Files that include one another in several loops take fail2ban minutes."""


def too_long(*_):
    raise TooLong()


signal.signal(signal.SIGALRM, too_long)


def theirs(base, name, options):
    """What fail2ban makes of it; None and why, where it refuses."""
    try:
        signal.alarm(3)
        r = FilterReader(name, "jail", dict(options), basedir=base)
        if not r.read():
            return None, "not found"
        if not r.has_section("Definition"):
            return None, "no [Definition]: fail2ban logs an error and goes on with nothing"
        r.applyAutoOptions("auto")
        r.getOptions({})
        return oracle_fail2ban.stream_values(r.convert()), ""
    except Exception as e:  # any: the loader must refuse, too
        return None, "%s: %s" % (type(e).__name__, e)
    finally:
        signal.alarm(0)


def ours(asked):
    """asked: [filter.d, spec] each."""
    run = subprocess.run([os.path.join(BUILD, "filter_json")], input="".join(json.dumps(a) + "\n" for a in asked), capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def differences(want, why, got):
    if want is None:
        return [] if "error" in got else ["fail2ban refuses it (%s); loaded" % why]
    if "error" in got:
        return ["refused: %s:%s: %s" % (got["file"], got["line"], got["error"])]
    return ["%s: want %r\n    got  %r" % (k, want[k], got[k]) for k in want if want[k] != got[k]]


def shipped():
    base = os.path.join(ROOT, "etc/fail2ban")
    names = sorted(f[:-5] for f in os.listdir(os.path.join(base, "filter.d")) if f.endswith(".conf"))
    cases = [(n, o) for n in names for o in oracle_fail2ban.option_sets(ROOT, n) + [{"logtype": "journal"}, {"logtype": "short", "mode": "aggressive"}]]
    results = ours([[os.path.join(base, "filter.d"), oracle_fail2ban.spec(n, o)] for n, o in cases])
    wrong = 0
    for (n, o), got in zip(cases, results):
        for text in differences(*theirs(base, n, o), got):
            wrong += 1
            print("%s: %s" % (oracle_fail2ban.spec(n, o), text))
    print("%d shipped filters, %d with their options, %d differences" % (len(names), len(cases), wrong))
    return wrong


# A value mostly refers to later keys of this list, so that most configurations can be resolved; some refer to anything.
KEYS = ["failregex", "ignoreregex", "prefregex", "datepattern", "journalmatch", "usedns", "mdre-normal", "mdre-x", "_a", "_b", "__prefix_line", "Upper", "logtype", "mode"]
SECTIONS = ["Definition", "Definition", "Init", "DEFAULT", "lt_file", "lt_journal", "Init?family=inet6"]


def piece(r, own):
    later = KEYS[KEYS.index(own) + 1:] if r.random() < 0.99 else KEYS
    plain = ["x", "foo bar", "%%", "<HOST>", "<F-USER>.*</F-USER>", "a;b", "[0-9]+", "= z", ": q", "^", "$", "", "\u00e9t\u00e9", "#c", "\"q\"", "\\d"]
    if not later or r.random() < 0.5:
        return r.choice(plain)
    key = r.choice(later)
    key = key if r.random() < 0.02 else key.lower()
    if r.random() < 0.01:
        return r.choice(["%(", "%(nosuch)s", "% x", "%(Lt_File/mode)s", "%(nosection/mode)s", "<" + own + ">"])
    return r.choice([
        "%%(%s)s" % key, "%%(known/%s)s" % key, "%%(lt_file/%s)s" % key, "%%(default/%s)s" % key, "%(__name__)s",
        "<%s>" % key, "<known/%s>" % key, "<lt_<logtype>/%s>" % key, "<mdre-<mode>>" if "mdre-x" in later else "m", "<default/%s>" % key, "<lt_file/%s>" % key,
        "<Definition/%s>" % key, "<%s?family=inet6>" % key])


def line(r, own):
    return r.choice(["", " "]).join(piece(r, own) for _ in range(r.choice([1, 1, 2, 3])))


def option(r, own=None):
    key = own or r.choice(KEYS)
    lines = [line(r, key)]
    for _ in range(r.choice([0, 0, 0, 1, 2])):
        lines.append(r.choice(["    ", " ", "\t", "      "]) + line(r, key))
        if r.random() < 0.2:
            lines.append(r.choice(["# a comment", "  # another", "; third", "", "   ", "  ; fourth = x"]))
    return r.choice([key, key, key.upper()]) + r.choice([" = ", "=", ": ", " : "]) + "\n".join(lines) + r.choice(
        ["", "", " ; a comment", "  ", " ;x"]) + "\n"


def ini(r, includes):
    text = r.choice(["", "# head\n", "\n", "; head\n"])
    if includes:
        text += "[INCLUDES]\n"
        for key in r.sample(["before", "after"], r.choice([1, 2])):
            text += key + " = " + r.choice(["\n   ", " "]).join(r.sample(includes, min(len(includes), r.choice([1, 1, 2])))) + "\n"
    for section in r.sample(SECTIONS, r.choice([1, 2, 3, 4])):
        if "[%s]" % section in text and r.random() < 0.99:
            continue
        text += "[%s]\n" % section
        seen = set()
        for one in [option(r) for _ in range(r.choice([0, 1, 2, 3, 5]))]:
            name = one.replace(":", "=").split("=")[0].strip().lower()
            if name not in seen or r.random() < 0.005:
                text += one
                seen.add(name)
    return text


def everything(r):
    """Each key of [DEFAULT], of the lt_ sections and of [Definition] has a value, so that few references lead nowhere."""
    return "".join("[%s]\n%s" % (s, "".join(option(r, k) for k in KEYS)) for s in ["DEFAULT", "Definition", "lt_file", "lt_journal"])


def layered(r, base):
    """One random filter `f` with its layers."""
    d = os.path.join(base, "filter.d")
    os.makedirs(os.path.join(d, "f.d"))
    commons = ["c1.conf", "c2.conf", "nosuch.conf", "sub/c3.conf"]
    os.makedirs(os.path.join(d, "sub"))
    files = {"f.conf": 0.95, "f.local": 0.4, "f.d/a.conf": 0.3, "f.d/b.conf": 0.2, "f.d/a.local": 0.2, "c1.conf": 0.8, "c1.local": 0.2, "c2.conf": 0.6, "sub/c3.conf": 0.5,
             "f.d/.hidden.conf": 0.1}
    for name, likely in files.items():
        if r.random() < likely:
            up = {"f.d": ["../"], "sub": ["../"]}.get(os.path.dirname(name), [""])[0]
            # Mostly of later files only: fail2ban needs minutes for many loops.
            after = [c for c in commons if c > name or name.startswith("f.")] if r.random() < 0.95 else ["f.conf", "c1.conf"]
            inc = [up + c for c in after] or ["nosuch.conf"]
            with open(os.path.join(d, name), "w", encoding="utf-8", newline=r.choice(["\n", "\n", "\r\n"])) as f:
                head = "[INCLUDES]\nbefore = %s\nafter = %s\n" % tuple(r.choices(inc, k=2)) if r.random() < 0.6 else ""
                f.write(head + everything(r) if name == "f.conf" and r.random() < 0.85 else ini(r, inc if r.random() < 0.5 else []))
    return {k: r.choice(["v", "x y", "<_a>", "a,b", "%(_b)s"]) for k in r.sample(["mode", "_a", "logtype", "failregex", "Upper", "maxlines"], r.choice([0, 0, 1, 2]))
            if k != "maxlines"}


def random_ones():
    wrong = refused = late = 0
    with tempfile.TemporaryDirectory() as top:
        cases = []
        for i in range(COUNT):
            base = os.path.join(top, str(i))
            cases.append((base, layered(random.Random(SEED * 1000003 + i), base)))
        results = ours([[os.path.join(base, "filter.d"), oracle_fail2ban.spec("f", options)] for base, options in cases])
        for i, ((base, options), got) in enumerate(zip(cases, results)):
            try:
                want, why = theirs(base, "f", options)
            except TooLong:
                late += 1
                continue
            refused += want is None
            for text in differences(want, why, got):
                wrong += 1
                print("seed %d, case %d: %s: %s" % (SEED, i, oracle_fail2ban.spec("f", options), text))
    print("%d random layered filters (%d of them refused by fail2ban, too; %d took it too long), %d differences" % (COUNT, refused, late, wrong))
    return wrong + (refused + late > COUNT * 0.7)


sys.exit(1 if shipped() + random_ones() else 0)
