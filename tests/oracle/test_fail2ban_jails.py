"""jail.conf as Debian ships it with every jail enabled, and random jail configurations in layers: bansho's jails must say what fail2ban's own JailReader says.
test_fail2ban_jails.py BUILD [SEED [COUNT]]"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import oracle_fail2ban

BUILD = sys.argv[1]
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 20240229
COUNT = int(sys.argv[3]) if len(sys.argv) > 3 else 25
ROOT = oracle_fail2ban.fetch(BUILD)
ETC = os.path.join(ROOT, "etc/fail2ban")
from fail2ban.client.jailreader import JailReader  # noqa: E402
from fail2ban.client.jailsreader import JailsReader  # noqa: E402
from fail2ban.helpers import extractOptions, splitWithOptions  # noqa: E402
from fail2ban.server.mytime import MyTime  # noqa: E402

FORMULAS = ["ban.Time * (1<<(ban.Count if ban.Count<20 else 20)) * banFactor", "ban.Time * math.exp(float(ban.Count+1)*banFactor)/math.exp(1*banFactor)"]


def seconds(text, default):
    return float(MyTime.str2seconds(text)) if text not in (None, "") else default


def held(o, stream):
    """What the server would hold for the jail, from its options and its commands."""
    sent = {c[2]: c[3] for c in stream if c[0] == "set" and len(c) > 3}
    ignore = [c[3:] for c in stream if c[0] == "set" and c[2] == "addignoreip"]
    logs = [] if o["backend"].startswith("systemd") else [p.rsplit(" ", 1) for p in o.get("logpath", "").split("\n") if p]
    return {
        "filter": oracle_fail2ban.stream_values(stream), "backend": o["backend"], "logs": [[p[0], p[1:] == ["tail"]] for p in logs],
        "actions": [list(extractOptions(a.strip())) for a in splitWithOptions(o["action"]) if a.strip()],
        "findtime": seconds(sent.get("findtime"), 600.0), "bantime": seconds(sent.get("bantime"), 600.0), "maxretry": sent.get("maxretry", 3),
        "maxmatches": sent.get("maxmatches", 5), "increment": bool(sent.get("bantime.increment", False)), "overalljails": bool(sent.get("bantime.overalljails", False)),
        "factor": float(eval(sent.get("bantime.factor") or "1")), "maxtime": seconds(sent.get("bantime.maxtime"), -1.0),
        "rndtime": seconds(sent.get("bantime.rndtime"), 0.0), "formula": FORMULAS.index(sent.get("bantime.formula") or FORMULAS[0]),
        "multipliers": [int(i) for i in (sent.get("bantime.multipliers") or "").split(" ") if i], "ignoreip": ignore[0] if ignore else [],
        "ignoreself": sent.get("ignoreself", True), "ignorecommand": sent.get("ignorecommand") or None, "logencoding": sent.get("logencoding") or None,
        "logtimezone": sent.get("logtimezone") or None}


def theirs(base):
    """{jail: what it says, None (not enabled) or the refusal as a string}"""
    all_jails = JailsReader(basedir=base)
    try:
        if not all_jails.read():
            return {"": "not read"}
    except Exception as e:
        return {"": repr(e)}
    got = {}
    for name in all_jails.sections():
        if name == "INCLUDES":
            continue
        try:
            j = JailReader(name, basedir=base)
            j.read()
            if not j.getOptions():
                got[name] = "refused: " + j.options.get("config-error", "")
            elif not j.isEnabled():
                got[name] = None
            else:
                stream = j.convert(allow_no_files=True)
                got[name] = held(j.options, [["set", name, "logencoding", j.options.get("logencoding", "")]] + stream)
        except Exception as e:
            got[name] = repr(e)
    return got


def ours(asked):
    run = subprocess.run([os.path.join(BUILD, "filter_json")], input="".join(json.dumps(a) + "\n" for a in asked), capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def differences(want, got):
    texts = []
    if list(want) != list(got):
        return ["jails: want %r, got %r" % (want if "" in want else list(want), got if "" in got else list(got))]
    for name, w in want.items():
        g = got[name]
        if isinstance(w, str) or (g and "error" in g):
            if not (isinstance(w, str) and g and "error" in g):
                texts.append("%s: want %r, got %r" % (name, w if isinstance(w, str) else "loaded", (g or {}).get("error", "loaded")))
        elif w is None or g is None:
            if w != g:
                texts.append("%s: enabled in one only" % name)
        else:
            g["filter"] = {k: g["filter"][k] for k in w["filter"]}
            texts += ["%s.%s: want %r\n    got  %r" % (name, k, w[k], g[k]) for k in w if w[k] != g[k]]
    return texts


def copy_of(base):
    for one in ("jail.conf", "paths-common.conf", "paths-debian.conf", "filter.d", "action.d", "jail.d"):
        os.symlink(os.path.join(ETC, one), os.path.join(base, one))
    os.remove(os.path.join(base, "jail.d"))
    os.makedirs(os.path.join(base, "jail.d"))


def shipped():
    """As it is; everything enabled; everything enabled with the journal."""
    want, wrong = 0, 0
    names = [n for n in JailsReader_sections()]
    for extra in ("[sshd]\nenabled = true\n", "".join("[%s]\nenabled = true\n" % n for n in names),
                  "[DEFAULT]\nbackend = systemd\nsshd_backend = systemd\naction = %(action_mwl)s\n" + "".join("[%s]\nenabled = yes\n" % n for n in names)):
        with tempfile.TemporaryDirectory() as base:
            copy_of(base)
            with open(os.path.join(base, "jail.local"), "w") as f:
                f.write(extra)
            theirs_now = theirs(base)
            want += sum(isinstance(w, dict) for w in theirs_now.values())
            for text in differences(theirs_now, ours([[base]])[0]):
                wrong += 1
                print(text[:1500])
    print("%d shipped jails in 3 configurations (%d enabled), %d differences" % (len(names), want, wrong))
    return wrong + (want < 100)


def JailsReader_sections():
    r = JailsReader(basedir=ETC)
    r.read()
    return [n for n in r.sections() if n != "INCLUDES"]


def time_text(r):
    unit = lambda: r.choice(["", "s", "m", "h", "d", "w", "mo", "y", "min", "hours", " days", "Sec", " mon", "H"])  # noqa: E731
    return r.choice(["", "-"] + [""] * 6) + r.choice(["", " ", "+", " - ", ""]).join(r.choice(["1", "2", "10", "30", "0.5", "1.25", "(1+2)", "2*3"]) + unit() for _ in range(r.choice([1, 1, 2, 3])))


def value(r, key):
    if key in ("bantime", "findtime", "bantime.maxtime", "bantime.rndtime"):
        return time_text(r) if r.random() < 0.98 else r.choice(["soon", "1h+"])
    if key in ("bantime.increment", "ignoreself", "bantime.overalljails", "enabled"):
        return r.choice(["true", "false", "yes", "No", "ON", "1", "0"])
    if r.random() < 0.02:
        return r.choice(["%(known/nosuch)s", "%(nosuch)s", "nosuch", "%"])
    return r.choice({
        "maxretry": ["3", "5", "%(maxmatches)s"], "maxmatches": ["4", " 7", "12"], "bantime.factor": ["1", "2.0 / 2.885385", "24", ""],
        "bantime.formula": FORMULAS + [""], "bantime.multipliers": ["1 2 4 8", "", "1 5 30 60"], "ignoreip": ["127.0.0.1/8 ::1", "10.0.0.0/8,\n   a.test b.test", "", "::1"],
        "ignorecommand": ["", "/bin/x <ip>"], "backend": ["auto", "systemd", "polling", "systemd[journalflags=1]", "%(default/mode)s"],
        "filter": ["sshd", "sshd[mode=%(mode)s]", "postfix[mode=auth, logtype=short]", "apache-auth", "%(__name__)s", "f", "f[a=\"%(mode)s\"]", "f[mode=x]", "f", "f[a='1, 2', b=\"3]\"]"],
        "logpath": ["/var/log/a.log", "/var/log/*.log tail\n   /b.log head", "%(sshd_log)s", ""], "usedns": ["yes", "no", "raw"], "mode": ["normal", "aggressive"],
        "failregex": ["^x <HOST>$\n   %(known/failregex)s", "%(known/failregex)s\n    ^more <ADDR>", "^only <HOST>"], "prefregex": ["^p<F-CONTENT>.+</F-CONTENT>$", "%(known/prefregex)s"],
        "maxlines": ["1", "5"], "datepattern": ["%%Y", "^EPOCH", "%(known/datepattern)s"], "journalmatch": ["_A=b + \"_C=d e\"", "_A=1\n   _B=2", "%(known/journalmatch)s"],
        "ignoreregex": ["^no <HOST>", ""], "logencoding": ["auto", "utf-8"], "logtimezone": ["UTC+0100"], "port": ["ssh", "1,2"],
        "action": ["%(action_)s", "%(action_mwl)s", "a[x=1]\n   b[y=\"1,2\", z='\"']", "a b c[x=1]", "", "x.py[a=1]"]}[key])


KEYS = ["bantime", "findtime", "bantime.maxtime", "bantime.rndtime", "bantime.increment", "ignoreself", "bantime.overalljails", "maxretry", "maxmatches", "bantime.factor",
        "bantime.formula", "bantime.multipliers", "ignoreip", "ignorecommand", "backend", "filter", "filter", "logpath", "usedns", "mode", "failregex", "prefregex",
        "maxlines", "datepattern", "journalmatch", "ignoreregex", "logencoding", "logtimezone", "port", "action"]
FILTER = "[Definition]\nfailregex = ^<a> <HOST>$\n  <b>\nignoreregex =\nb = B <mode>\nmaxlines = 2\nunused = %(failregex)s\n[Init]\na = i\nmode = m\ndatepattern = %%d\njournalmatch = _I=1\n"


def section(r, name, likely=0.9):
    keys = sorted(set(r.choices(KEYS, k=r.choice([1, 3, 6]))), key=KEYS.index)
    return "[%s]\n%s%s" % (name, "enabled = %s\n" % value(r, "enabled") if r.random() < likely else "", "".join("%s = %s\n" % (k, value(r, k)) for k in keys))


def random_ones():
    wrong = sound = bad = 0
    with tempfile.TemporaryDirectory() as top:
        bases = []
        for i in range(COUNT):
            r = random.Random(SEED * 7919 + i)
            base = os.path.join(top, str(i))
            os.makedirs(base)
            copy_of(base)
            os.remove(os.path.join(base, "filter.d"))
            os.remove(os.path.join(base, "action.d"))
            shutil.copytree(os.path.join(ETC, "filter.d"), os.path.join(base, "filter.d"))
            shutil.copytree(os.path.join(ETC, "action.d"), os.path.join(base, "action.d"))
            with open(os.path.join(base, "filter.d/f.conf"), "w") as f:
                f.write(FILTER)
            for n in "abc":
                with open(os.path.join(base, "action.d/%s.conf" % n), "w") as f:
                    f.write("[Definition]\nactionban = x\n")
            for name in r.sample(["jail.local", "jail.d/x.conf", "jail.d/y.local"], r.choice([1, 2, 3])):
                with open(os.path.join(base, name), "w") as f:
                    f.write((section(r, "DEFAULT", 0) if r.random() < 0.3 else "") + "".join(section(r, n) for n in r.sample(["sshd", "postfix", "own", "f"], 3)))
            bases.append(base)
        for base, got in zip(bases, ours([[b] for b in bases])):
            want = theirs(base)
            sound += sum(isinstance(w, dict) for w in want.values())
            bad += sum(isinstance(w, str) for w in want.values())
            for text in differences(want, got):
                wrong += 1
                print("seed %d, case %s: %s" % (SEED, os.path.basename(base), text[:1500]))
    print("%d random configurations (%d jails enabled, %d refused by fail2ban, too), %d differences" % (COUNT, sound, bad, wrong))
    return wrong + (sound < COUNT / 2)


def times():
    r = random.Random(SEED)
    texts = [time_text(r) for _ in range(500)] + ["1y6mo", "1w 2d", "2 weeks", "-1", "1dd", "3mm", "x", "1x", "", "1h 2", "1.5d", "--1", "1 day 2 hours", "0", "(1+1) h"]
    wrong = 0
    for text, got in zip(texts, ours([["time", t, 1] for t in texts])):
        try:
            want = float(MyTime.str2seconds(text))
        except Exception:
            want = None
        if not isinstance(got, float) or want is None:
            bad = isinstance(got, float) or want is not None
        else:
            bad = abs(want - got) > 1e-6 * max(1, abs(want))
        if bad:
            wrong += 1
            print("time %r: want %r, got %r" % (text, want, got))
    print("%d times, %d differences" % (len(texts), wrong))
    return wrong


sys.exit(1 if times() + shipped() + random_ones() else 0)
