"""score.py BUILD SEED... [--no-fail2ban] [--variant=NAME]: what `bansho replay` says of labelled months (months.py), and what fail2ban would have done with the same logs: precision, recall,
time to detect for each kind of attack. fail2ban's filters are run by fail2ban-regex (its package is unpacked, not installed); max-retry failures within find-time of one address
in one filter are counted here, with the same numbers as ours (5 in 10 minutes; out for an hour). Both are asked in hindsight: who was shut out still writes his lines, and they
count for nobody."""
import collections, datetime, ipaddress, json, os, pathlib, statistics, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle")]
import months  # noqa: E402

MAX_RETRY, FIND_TIME, BAN_TIME = 5, 600, 3600
LOGS = ("auth.log", "mail.log", "proftpd.log", "access.log")
FILTERS = "sshd, postfix, dovecot, proftpd, web-access"
THEIRS = (("auth.log", "sshd"), ("mail.log", "postfix[mode=auth]"), ("mail.log", "dovecot"), ("proftpd.log", "proftpd"))
ATTACKS = ("brute", "spray", "slow", "spread")
WITH_LIMITS = 5 # failures: who tried less is no brute force that anybody could tell


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def replay(build, directory):
    run = subprocess.run([str(pathlib.Path(build) / "bansho"), "replay", "--json", "--filter-dir", str(HERE.parents[1] / "data/filters"), "--filter", FILTERS,
                          *(str(directory / name) for name in LOGS)], capture_output=True, text=True, env={**os.environ, "TZ": "UTC"})
    assert run.returncode == 0, run
    return json.loads(run.stdout)


def bans_of(document):
    """(time, until, network, kind)"""
    return [(seconds(v["time"]), seconds(v["until"]), ipaddress.ip_network(v["who"]), v["kind"]) for v in document["verdicts"] if v["until"]]


def rows_of(root, log, name):
    """(host, time) of each failure that fail2ban sees."""
    env = {**os.environ, "PYTHONPATH": os.path.join(root, "usr/lib/python3/dist-packages"), "TZ": "UTC"}
    run = subprocess.run([sys.executable, os.path.join(root, "usr/bin/fail2ban-regex"), "-c", os.path.join(root, "etc/fail2ban"), "-l", "CRITICAL", "--no-check-all", "-o", "row",
                          str(log), name], capture_output=True, text=True, env=env)
    for line in run.stdout.splitlines():
        if line.startswith("["):
            host, t, _ = line[1:].split(",", 2)
            yield host.strip(" '\""), float(t)


def fail2ban(root, directory):
    bans = []
    for log, name in THEIRS:
        recent, out = collections.defaultdict(collections.deque), {}
        for host, t in rows_of(root, directory / log, name):
            times = recent[host]
            if out.get(host, 0) > t:
                continue
            times.append(t)
            while times[0] <= t - FIND_TIME:
                times.popleft()
            if len(times) >= MAX_RETRY:
                out[host] = t + BAN_TIME
                times.clear()
                bans.append((t, t + BAN_TIME, ipaddress.ip_network(host), name))
    return sorted(bans, key=lambda b: b[0])


def bans_by_source(labels, bans):
    single, wide, out = collections.defaultdict(list), [], {}
    for t, until, net, kind in bans:
        one = net.prefixlen >= (64 if net.version == 6 else 32)
        if one:
            single[months.source_of(net.network_address)].append((t, until, kind))
        else:
            wide.append((t, until, net, kind))
    for source in labels["sources"]:
        a = ipaddress.ip_network(source).network_address
        hits = single.get(source, []) + [(t, until, kind) for t, until, net, kind in wide if a in net]
        if hits:
            out[source] = sorted(hits)
    return out


def score(labels, bans):
    """Of each kind: how many sources failed at all, how many were shut out, how many of their attempts came through, and after how long and how many attempts they were out."""
    out, kinds = bans_by_source(labels, bans), {}
    for source, who in labels["sources"].items():
        times, hits = labels["failed"].get(source, []), out.get(source, [])
        if not times and not hits:
            continue
        k = kinds.setdefault(who["kind"], {"sources": 0, "out": 0, "tries": 0, "through": 0, "delay": [], "before": []})
        k["sources"] += 1
        k["out"] += bool(hits)
        k["tries"] += len(times)
        k["through"] += sum(not any(t < x <= until for t, until, _ in hits) for x in times)
        if hits and who["attack"] and times:
            k["delay"].append(max(0, hits[0][0] - times[0]))
            k["before"].append(sum(x <= hits[0][0] + 1 for x in times))
    wrong = {s: (labels["sources"][s]["kind"], sorted({k for _, _, k in hits}), round(sum(u - t for t, u, _ in hits) / 60)) for s, hits in out.items() if not labels["sources"][s]["attack"]}
    return {"kinds": kinds, "out": len(out), "wrong": wrong, "precision": 1 - len(wrong) / len(out) if out else 1.0}


def told_of_accounts(labels, document):
    """Of each attack on one account: seconds until it was told, and whether the thief was. And how many entries were told of nobody's theft."""
    entered, told = [(v["account"], seconds(v["time"])) for v in document["verdicts"] if v["kind"] == "entered"], []
    attacked = [(v["account"], seconds(v["time"])) for v in document["verdicts"] if v["kind"] == "attacked"]
    thefts = []
    for c in labels["campaigns"]:
        if c["kind"] != "spread":
            continue
        first = [t - c["began"] for account, t in attacked if account == c["account"] and t >= c["began"] - 1]
        told.append(first[0] if first else None)
        if c["thief"] and c["thief"] < labels["end"]:
            thefts.append(any(account == c["account"] and abs(t - c["thief"]) < 2 for account, t in entered))
    under = {c["account"] for c in labels["campaigns"] if c["account"]}
    return {"told": told, "thefts": len(thefts), "thefts_told": sum(thefts), "false_entered": len(entered) - sum(thefts), "attacked_wrongly": len({a for a, _ in attacked if a in labels["accounts"]} - under)}


def add(sum_of, got):
    for name, k in got["kinds"].items():
        s = sum_of["kinds"].setdefault(name, {"sources": 0, "out": 0, "tries": 0, "through": 0, "delay": [], "before": []})
        for key, value in k.items():
            s[key] = s[key] + value
    sum_of["out"] += got["out"]
    sum_of["wrong"] += list(got["wrong"].values())


def shown(name, s):
    print(f"{name}: {s['out']} sources shut out, {len(s['wrong'])} of them nobody's attack: precision {100 - 100 * len(s['wrong']) / max(1, s['out']):.2f} %")
    for kind, k in sorted(s["kinds"].items(), key=lambda x: (x[0] not in ATTACKS, x[0])):
        middle = f", after {statistics.median(k['delay']):,.0f} s and {statistics.median(k['before']):.0f} attempts (median)" if k["delay"] else ""
        print(f"  {kind:10} {k['out']:5} of {k['sources']:5} sources out ({100 * k['out'] / k['sources']:5.1f} %), {100 * k['through'] / max(1, k['tries']):5.1f} % of {k['tries']:6} attempts came through{middle}")


def main():
    build, seeds, theirs = sys.argv[1], [int(x) for x in sys.argv[2:] if x.isdigit()], "--no-fail2ban" not in sys.argv
    variant = next((x.split("=")[1] for x in sys.argv if x.startswith("--variant=")), "usual")
    root = None
    if theirs:
        import oracle_fail2ban
        root = oracle_fail2ban.fetch(build)
    ours, other, accounts = ({"kinds": {}, "out": 0, "wrong": []} for _ in range(3))
    tally = collections.Counter()
    delays = []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as tmp:
            directory = pathlib.Path(tmp)
            labels = months.month(seed, directory, variant=variant)
            document = replay(build, directory)
            got = score(labels, bans_of(document))
            add(ours, got)
            account = told_of_accounts(labels, document)
            delays += account.pop("told")
            tally.update(account)
            print(f"seed {seed}: precision {got['precision']:.4f}", got["wrong"], account, flush=True)
            if root:
                add(other, score(labels, fail2ban(root, directory)))
    shown("bansho", ours)
    known = [d for d in delays if d is not None]
    print(f"  accounts under attack told: {len(known)} of {len(delays)}, after {statistics.median(known) if known else 0:,.0f} s (median); thefts told: {tally['thefts_told']} of {tally['thefts']}; "
          f"entries told without a theft: {tally['false_entered']}; accounts told that nobody attacks from many addresses: {tally['attacked_wrongly']}")
    if root:
        shown("fail2ban", other)


if __name__ == "__main__":
    main()
