"""Our filters are fail2ban's language, extended: fail2ban itself reads them, passes over what is ours, and finds as many failures in their examples as we do."""
import json, os, pathlib, re, shutil, subprocess, sys, tempfile

import oracle_fail2ban

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = os.path.abspath(sys.argv[1])


def lines_of(path):
    """The log lines of all examples of a file."""
    text = re.sub(r"\nexamples\.journal =.*?(?=\n\S|\Z)", "", path.read_text(), flags=re.S)
    return [line.partition(" | ")[2].replace("\\;", ";") for line in text.split("\n") if re.match(r"(examples =| ).* \| ", line)]


def main():
    root = oracle_fail2ban.fetch(BUILD)
    env = {**os.environ, "PYTHONPATH": os.path.join(root, "usr/lib/python3/dist-packages"), "TZ": "UTC"}
    bad, compared = [], 0
    with tempfile.TemporaryDirectory() as work:
        shutil.copytree(os.path.join(root, "etc/fail2ban"), work, dirs_exist_ok=True)
        shutil.rmtree(os.path.join(work, "filter.d"))
        shutil.copytree(ROOT / "data/filters", os.path.join(work, "filter.d"))
        for path in sorted((ROOT / "data/filters").glob("*.conf")):
            fails = re.search(r"^failregex = (.*?)(?=\n\S|\n\n|\Z)", path.read_text(), re.S | re.M)
            if not fails:
                continue
            rules = len([r for r in fails.group(1).split("\n") if r.strip()])
            log = os.path.join(work, "log")
            pathlib.Path(log).write_text("\n".join(lines_of(path)) + "\n")
            out = subprocess.run([BUILD + "/bansho", "filter", "test", path.stem, log, "--filter-dir", str(ROOT / "data/filters"), "--json"], capture_output=True, text=True, check=True, env=env).stdout
            own = sum(1 for e in map(json.loads, out.splitlines()) if e.get("matched") and e["rule"] <= rules)
            ran = subprocess.run([sys.executable, os.path.join(root, "usr/bin/fail2ban-regex"), "-c", work, "-l", "CRITICAL", "--usedns", "raw", log, path.stem], capture_output=True, text=True, env=env)
            found = re.search(r"^Lines: \d+ lines, \d+ ignored, (\d+) matched", ran.stdout, re.M)
            compared += own
            if not found or int(found.group(1)) != own:
                bad.append(f"{path.stem}: we find {own} failures, fail2ban {found.group(1) if found else ran.stdout[-500:] + ran.stderr[-500:]}")
    print("\n".join(bad) or f"{compared} failures, the same for fail2ban")
    return 1 if bad or compared < 60 else 0


sys.exit(main())
