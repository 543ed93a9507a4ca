"""All of fail2ban's filters at once over its own sample logs, over generated logs and over changed lines: what the sieve gives (filter/sieve.h) is what all filters
give that see every line, and the same without Vectorscan; with filters that are changed at random (seeded), too.  test_sieve.py BUILD [SEED [COUNT]]"""
import os, pathlib, random, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "bench")]
import mixed_log  # noqa: E402
import oracle_fail2ban  # noqa: E402

BUILD = sys.argv[1]
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 20240229
COUNT = int(sys.argv[3]) if len(sys.argv) > 3 else 20
NOW = 1124013600
ROOT = oracle_fail2ban.fetch(BUILD)
FILTERS = os.path.join(ROOT, "etc/fail2ban/filter.d")
OWN = HERE.parents[1] / "data" / "filters"
PIECES = [b" ", b"1.2.3.4", b"::1", b"Aug 14 11:59:59", b"2005-08-14 10:00:00", b"[14/Aug/2005:11:59:59 +0200]", "é".encode(), "\u212a\u017f".encode(), b"\xff", b"\0", b"[", b"user", b"\t", b"\r",
          b"invalid user ", b"Failed password for ", b'"GET / HTTP/1.1" ', b"1124013599"]
TEXTS = [".*", r"\S+", "^", "$", "(?:a|b)?", "(?i)", "|", r"\w", "(?=.)", "?", "+", "{,3}", "é", "[Ff]", "(?:", ")", "k", r"\[\]"]


def compare(directory, names, log, zone="Europe/Zurich"):
    run = subprocess.run([os.path.join(BUILD, "sieve_compare"), directory, str(NOW), *names], input=log, capture_output=True, env={**os.environ, "TZ": zone})
    out = run.stdout.decode(errors="replace").splitlines()
    return run.returncode, out[-1] if out else run.stderr.decode(errors="replace"), out[:-1]


def usable(directory):
    """What can be loaded, in fail2ban's usual order and otherwise."""
    out = subprocess.run([os.path.join(BUILD, "bansho"), "filter", "list", "--filter-dir", directory, "--json"], capture_output=True, check=True).stdout
    import json
    return [f["name"] for f in json.loads(out)["filters"] if f["usable"]]


def samples():
    lines = []
    for file in sorted(pathlib.Path(oracle_fail2ban.samples(ROOT)).rglob("*")):
        if file.is_file():
            lines += [line for line in file.read_bytes().split(b"\n") if line.strip() and not line.startswith(b"#")]
    return lines


def changed(rng, line):
    for _ in range(rng.randint(1, 3)):
        at, other = rng.randrange(len(line) + 1), rng.randrange(len(line) + 1)
        kind = rng.randrange(3)
        line = line[:at] + (rng.choice(PIECES) if kind == 0 else b"" if kind == 1 else line[other:other + rng.randint(1, 12)]) + line[at + (kind == 1) * rng.randint(1, 3):]
    return line


def changed_filters(rng, directory, names):
    """Copies of filters with a failregex that begins or goes on in another way."""
    made = []
    for name in rng.sample(names, 12):
        text = pathlib.Path(FILTERS, name + ".conf").read_text(encoding="utf-8", errors="replace").split("\n")
        at = [i for i, line in enumerate(text) if line.startswith(("failregex", "prefregex", "            ^"))]
        for i in rng.sample(at, min(len(at), 2)):
            place = rng.randrange(len(text[i]) + 1)
            text[i] = text[i][:place] + rng.choice(TEXTS) + text[i][place:] if place > 12 else text[i]
        pathlib.Path(directory, f"changed-{name}.conf").write_text("\n".join(text), encoding="utf-8")
        made.append(f"changed-{name}")
    return made


def main():
    rng, bad = random.Random(SEED), []
    lines, names = samples(), usable(FILTERS)

    def check(what, *args):
        code, last, differences = compare(*args)
        print(f"{what}: {last}")
        bad.extend([what, last, *differences] if code else [])

    check("samples", FILTERS, names, b"\n".join(lines) + b"\n")
    rng.shuffle(names)
    mixed = [changed(rng, line) if rng.random() < 0.5 else line for line in rng.sample(lines, len(lines))]
    check("samples, shuffled and changed", FILTERS, names, b"\n".join(mixed) + b"\n")
    log = [line.encode() for _, line, _ in mixed_log.lines(20000)]
    check("generated log", FILTERS, names, b"\n".join(log) + b"\n")
    check("generated log, changed", FILTERS, names, b"\n".join(changed(rng, line) if rng.random() < 0.3 else line for line in log) + b"\n", "Asia/Tokyo")
    with tempfile.TemporaryDirectory() as work:
        for one in os.listdir(FILTERS):
            os.symlink(os.path.join(FILTERS, one), os.path.join(work, one))
        sizes = 0
        for number in range(COUNT):
            for old in pathlib.Path(work).glob("changed-*"):
                old.unlink()
            changed_filters(rng, work, names)
            able = [name for name in usable(work) if name.startswith("changed-")]
            sizes += len(able)
            code, last, differences = compare(work, able, b"\n".join(rng.sample(mixed, 1000)) + b"\n") if able else (0, "", [])
            bad.extend([f"changed filters, {number}", last, *differences] if code else [])
        print(f"{sizes} changed filters (seed {SEED})")
    if OWN.is_dir() and any(OWN.glob("*.conf")):
        own = usable(str(OWN))
        check("own filters", str(OWN), own, b"\n".join(log + mixed) + b"\n")
    print("\n".join(bad[:60]))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
