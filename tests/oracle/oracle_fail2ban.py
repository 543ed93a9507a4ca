"""fail2ban itself, for comparison: Debian's package, unpacked into BUILD/../cache/fail2ban and never installed; its Python modules are imported from there.
fetch(build) returns the unpacked root, or ends the test as skipped (77) where the package cannot be had. Nothing of it is shipped."""
import fcntl
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

SKIPPED = 77


def unpack(build, package):
    """Debian's package, unpacked into BUILD/../cache/PACKAGE and never installed; None: it cannot be had."""
    cache = os.path.join(os.path.dirname(os.path.abspath(build)), "cache")
    os.makedirs(cache, exist_ok=True)
    root = os.path.join(cache, package)
    with open(os.path.join(cache, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.isdir(root):
            with tempfile.TemporaryDirectory(dir=cache) as work:
                run = subprocess.run(["apt-get", "-q", "download", package], cwd=work, capture_output=True, text=True)
                packages = glob.glob(os.path.join(work, "*.deb"))
                if run.returncode or not packages:
                    print(f"{package}'s package cannot be downloaded:", run.stderr.strip()[-300:])
                    return None
                subprocess.run(["dpkg-deb", "-x", packages[0], os.path.join(work, "root")], check=True)
                os.rename(os.path.join(work, "root"), root)
    return root


def fetch(build):
    root = unpack(build, "fail2ban")
    if not root:
        print("skipped")
        sys.exit(SKIPPED)
    sys.path.insert(0, os.path.join(root, "usr/lib/python3/dist-packages"))
    import logging
    logging.getLogger("fail2ban").setLevel(logging.CRITICAL + 1)
    return root


def samples(root):
    return os.path.join(root, "usr/lib/python3/dist-packages/fail2ban/tests/files/logs")


def option_sets(root, name):
    """The options that the filter's own sample log is read with; [{}] where it has none."""
    sets = [{}]
    queue = [name]
    for one in queue:
        path = os.path.join(samples(root), one)
        if not os.path.exists(path):
            continue
        common = {}
        with open(path, encoding="utf-8", errors="replace") as f:
            for line in f:
                m = re.match(r"^#+ ?((?:file|filter)Options|addFILE):(.+)$", line)
                if not m:
                    continue
                said = json.loads(m.group(2))
                if m.group(1) == "addFILE":
                    queue.append(said)
                elif m.group(1) == "fileOptions":
                    common = said
                else:
                    for options in said if isinstance(said, list) else [said]:
                        options = {k: str(v) for k, v in {**common, **options}.items() if not k.startswith("test.")}
                        if options not in sets:
                            sets.append(options)
    return sets


def spec(name, options):
    return name + ("[%s]" % ", ".join("%s=%s" % (k, ("'%s'" if '"' in v else '"%s"') % v) for k, v in options.items()) if options else "")


def stream_values(stream):
    """What a server would hold after the commands of a filter's (or jail's) stream."""
    got = {"prefregex": None, "failregex": [], "ignoreregex": [], "datepattern": None, "maxlines": 1, "usedns": None, "journalmatch": []}
    for c in stream:
        if c[0] not in ("set", "multi-set"):
            continue
        key, value = c[2], c[3] if len(c) > 3 else None
        if key in ("addfailregex", "addignoreregex"):
            got[key[3:]] += value if c[0] == "multi-set" else [value]
        elif key == "addjournalmatch":
            got["journalmatch"] += (["+"] if got["journalmatch"] and c[3:] else []) + c[3:]
        elif key == "prefregex":
            got[key] = value or None
        elif key in ("datepattern", "maxlines", "usedns"):
            got[key] = value
    return got
