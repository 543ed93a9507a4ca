"""fail2ban's own sample logs through `bansho filter test`, line by line with every set of options that they name: verdict, host, time, user, attempts.
Then filters and lines that are changed at random (seeded): the same as fail2ban's Filter finds.  test_fail2ban_engine.py BUILD [SEED [COUNT]]"""
import collections, datetime, ipaddress, json, os, random, re, subprocess, sys, tempfile, time, warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import oracle_fail2ban

BUILD = sys.argv[1]
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 20240229
COUNT = int(sys.argv[3]) if len(sys.argv) > 3 else 150
ROOT = oracle_fail2ban.fetch(BUILD)
os.environ["TZ"] = "Europe/Zurich"
time.tzset()
warnings.simplefilter("ignore")
from fail2ban.client.filterreader import FilterReader  # noqa: E402
from fail2ban.server.filter import Filter  # noqa: E402
from fail2ban.server.mytime import MyTime  # noqa: E402

NOW = 1124013600  # the clock of the samples: 2005-08-14 12:00
FILTERS = os.path.join(ROOT, "etc/fail2ban/filter.d")
LOGS = oracle_fail2ban.samples(ROOT)
TEST_FILTERS = os.path.join(ROOT, "usr/lib/python3/dist-packages/fail2ban/tests/config/filter.d")
Sample = collections.namedtuple("Sample", "text wanted where")


def test_filters(work):
    """The filters that only fail2ban's tests have, beside what they include (by a path of its source tree)."""
    target = os.path.join(work, "filter.d")
    os.mkdir(target)
    for one in os.listdir(FILTERS):
        if one.endswith("common.conf"):
            os.symlink(os.path.join(FILTERS, one), os.path.join(target, one))
    for one in os.listdir(TEST_FILTERS):
        if one.startswith("zzz-"):
            with open(os.path.join(TEST_FILTERS, one)) as f:
                text = re.sub(r"^(before|after) = \S*/", r"\1 = ", f.read(), flags=re.M)
            with open(os.path.join(target, one), "w") as f:
                f.write(text)
    return target


def samples(name):
    """{key: (options, [Sample])} of a filter, as its sample logs say."""
    groups, sets, common, ignored = collections.OrderedDict(), None, {}, False
    files = [name]
    for file in files:
        path = os.path.join(LOGS, file)
        if not os.path.isfile(path):
            continue
        with open(path, encoding="utf-8", errors="replace", newline="\n") as f:
            lines = enumerate(f, 1)
            for number, line in lines:
                said, wanted = re.match(r"^#+ ?(failJSON|(?:file|filter)Options|addFILE):(.+)$", line), {}
                if said:
                    wanted = json.loads(said.group(2))
                if said and said.group(1) == "fileOptions":
                    common = wanted
                    continue
                if said and said.group(1) == "addFILE":
                    files.append(wanted)
                    continue
                if said and said.group(1) == "filterOptions":
                    sets, ignored = [], False
                    for options in wanted if isinstance(wanted, list) else [wanted]:
                        options = {**common, **options}
                        if options.get("test.condition"):
                            ignored = not eval(options["test.condition"], {}, {"name": name})
                        if not ignored:
                            sets.append(options)
                    continue
                if said:
                    number, line = next(lines)
                elif ignored or line.startswith("#") or not line.strip():
                    continue
                if ignored:
                    continue
                for opts in sets or [{}]:
                    if wanted.get("constraint") and not eval(wanted["constraint"], {}, {"opts": opts, "name": name}):
                        continue
                    key = json.dumps(opts)
                    text = line.rstrip("\r\n")
                    if opts.get("logtype") == "journal":
                        text = opts.get("test.prefix-line", "") + text
                    groups.setdefault(key, (opts, []))[1].append(Sample(text, wanted, f"{file}:{number}"))
    return groups


def spec(name, options):
    inside = ", ".join(f'{k}="{v}"' for k, v in options.items() if not k.startswith("test."))
    return f"{name}[{inside}]" if inside else name


def bansho(directory, what, lines):
    """The objects of all lines, or None where the filter cannot be loaded (its error is then second)."""
    run = subprocess.run([os.path.join(BUILD, "bansho"), "filter", "test", what, "-", "--filter-dir", directory, "--now", str(NOW), "--json"],
                         input=("\n".join(lines) + "\n").encode("utf-8", "surrogateescape"), capture_output=True)
    if run.returncode:
        return None, run.stderr.decode(errors="replace")
    out = [json.loads(line) for line in run.stdout.decode().splitlines()]
    assert "summary" in out[-1] and len(out) == len(lines) + 1, out[-1]
    return out[:-1], out[-1]["summary"]


def same_host(a, b):
    try:
        return ipaddress.ip_address(a) == ipaddress.ip_address(b)
    except ValueError:
        return a == b


def seconds(text):
    at = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f" if "." in text else "%Y-%m-%dT%H:%M:%S")
    return time.mktime(at.timetuple()) + at.microsecond / 1e6


def differences(wanted, got):
    if bool(wanted.get("match")) != got["matched"]:
        return f"matched: {got['matched']} ({got['result']})"
    if not got["matched"]:
        return None
    for key in ("user", "attempts"):
        if key in wanted and wanted[key] != got[key]:
            return f"{key}: {got[key]}"
    if "host" in wanted and not same_host(wanted["host"], got["host"]):
        return f"host: {got['host']}"
    if wanted.get("time") and seconds(wanted["time"]) != got["time"]:
        return f"time: {got['time']}, not {seconds(wanted['time'])}"
    return None


def corpus(directory, names):
    tuples, wrong = 0, []
    for name in names:
        for options, lines in samples(name).values():
            got, why = bansho(directory, spec(name, options), [s.text for s in lines])
            tuples += len(lines)
            if got is None:
                wrong.append(f"{spec(name, options)}: {why}")
                continue
            for sample, one in zip(lines, got):
                difference = differences(sample.wanted, one)
                if difference:
                    wrong.append(f"{spec(name, options)} {sample.where}: {difference}: {sample.text[:160]}")
    return tuples, wrong


def definition(reader):
    """[(key, value)] that fail2ban gives to its engine."""
    for said in reader.convert():
        for value in said[3] if said[0] == "multi-set" else [said[3]]:
            yield said[2], value


def read(directory, name):
    reader = FilterReader(name, "jail", {}, basedir=os.path.dirname(directory))
    reader.read()
    reader.getOptions({})
    return list(definition(reader))


def make(said):
    """fail2ban's engine, in the mode in which it guards, without asking for names."""
    engine = Filter(None)
    engine.returnRawHost, engine.checkFindTime, engine.active = True, False, True
    actions = {"addfailregex": engine.addFailRegex, "addignoreregex": engine.addIgnoreRegex, "maxlines": engine.setMaxLines, "datepattern": engine.setDatePattern}
    for key, value in said:
        if key == "prefregex":
            engine.prefRegex = value
        elif key in actions:
            actions[key](value)
    return engine


def theirs(engine, lines):
    found = []
    for line in lines:
        try:
            result = [r for r in engine.processLine(line.rstrip("\r\n")) if not r[3].get("nofail")]
        except Exception:  # the server drops such a line
            result = []
        if not result:
            found.append(None)
            continue
        rule, host, at, fail = result[0]
        user = fail.get("user")
        found.append({"host": str(host), "time": at, "user": user if user is None or isinstance(user, str) else str(user), "attempts": len(fail.get("matches", ())), "rule": rule + 1})
    return found


PIECES = [".*", ".+?", "\\S+", "\\s*", "\\b", "$", "^", "(?:a|b)?", "{,3}", "{2}", "[^\\s]", "[[a-z]", "\\d+", "<HOST>", "<F-USER>\\S*</F-USER>", "<F-NOFAIL>", "</F-NOFAIL>", "(?i)", "(", ")",
          "[", "\\Z", "\\1", "|", "\\w", "(?!x)", "(?=.)", "<ADDR>", "<F-ID/>", "<F-ALT_USER>\\w*</F-ALT_USER>", "?", "+", "<SKIPLINES>", "\\x41", "é"]


def changed(rng, text, pieces):
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text) + 1)
        kind = rng.randrange(3)
        if kind == 0:
            text = text[:at] + rng.choice(pieces) + text[at:]
        elif kind == 1:
            text = text[:at] + text[at + rng.randint(1, 3):]
        else:
            other = rng.randrange(len(text) + 1)
            text = text[:at] + text[other:other + rng.randint(1, 12)] + text[at:]
    return text


def changed_filter(rng, said):
    keys = [i for i, (k, _) in enumerate(said) if k in ("addfailregex", "prefregex", "addignoreregex")]
    for i in rng.sample(keys, min(len(keys), rng.randint(1, 2))):
        said[i] = (said[i][0], changed(rng, said[i][1], PIECES).replace("\n", " "))
    if rng.random() < 0.1:
        said = [one for one in said if one[0] != "maxlines"] + [("maxlines", rng.choice((2, 5)))]
    return said


def changed_line(rng, line):
    return changed(rng, line, [" ", "1.2.3.4", "::1", "Aug 14 11:59:59", "2005-08-14 10:00:00", "é", "\x1c", "a.example", "[", "user", "\t", "invalid user "]).replace("\n", " ").replace("\r", " ")


def write_filter(path, said):
    names = {"addfailregex": "failregex", "addignoreregex": "ignoreregex"}
    values = collections.OrderedDict()
    for key, value in said:
        if key in ("addfailregex", "addignoreregex", "prefregex", "maxlines", "datepattern"):
            values.setdefault(names.get(key, key), []).extend(str(value).split("\n"))
    with open(path, "w", encoding="utf-8") as f:
        f.write("[Definition]\n")
        for key, lines in values.items():
            f.write(f"{key} = " + "\n    ".join(line.replace("%", "%%") for line in lines if line.strip()) + "\n")


def compare(rng, work, source, number):
    """One changed filter over its changed samples. None: the same; else what differs."""
    name = rng.choice(source)
    name_lines = [s.text for _, lines in samples(name).values() for s in lines]
    if not name_lines:
        return None
    lines = [changed_line(rng, line) if rng.random() < 0.4 else line for line in rng.sample(name_lines, min(len(name_lines), 25))]
    write_filter(os.path.join(work, "filter.d", "changed.conf"), changed_filter(rng, read(FILTERS, name)))
    try:
        engine = make(read(os.path.join(work, "filter.d"), "changed"))
    except Exception as e:
        engine = None
        refused = str(e)
    got, why = bansho(os.path.join(work, "filter.d"), 'changed[usedns="raw"]', lines)
    if engine is None and "global flags not at the start" in refused:
        return "refused"  # by Python 3.11; earlier ones took them, and so does bansho
    if engine is None:
        return "refused" if got is None else f"{number} {name}: fail2ban refuses it ({refused[-200:]}), bansho does not"
    if got is None:
        return f"{number} {name}: {why}"
    for line, mine, other in zip(lines, got, theirs(engine, lines)):
        seen = {k: mine[k] for k in ("host", "time", "user", "attempts", "rule")} if mine["matched"] else None
        if seen != other and not (seen and other and same_host(seen["host"], other["host"]) and {**seen, "host": 0} == {**other, "host": 0}):
            return f"{number} {name}: {line[:200]!r}\n    bansho {seen}\n    fail2ban {other}"
    return None


def main():
    MyTime.setTime(NOW)
    names = sorted(f[:-5] for f in os.listdir(FILTERS) if f.endswith(".conf") and not f.endswith("common.conf"))
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory() as work:
        tuples, wrong = corpus(FILTERS, names)
        more, wrong_too = corpus(test_filters(work), ["zzz-generic-example", "zzz-sshd-obsolete-multiline"])
        print(f"{tuples + more} samples, {len(wrong) + len(wrong_too)} differ")
        wrong += wrong_too
        refused = different = 0
        for number in range(COUNT):
            difference = compare(rng, work, names, number)
            refused += difference == "refused"
            if difference not in (None, "refused"):
                different += 1
                wrong.append(difference)
        print(f"{COUNT} changed filters (seed {SEED}; {refused} are refused by both), {different} differ")
    print("\n".join(wrong[:40]))
    if tuples < 1000:
        print("too few samples were found")
    sys.exit(1 if wrong or tuples < 1000 else 0)


if __name__ == "__main__":
    main()
