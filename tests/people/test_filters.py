"""The filters that are shipped (data/filters): each is usable, has examples, and all of them hold. And nobody writes an address into a log by what he calls himself: what a client chose in an
example is replaced by parts of other examples, and by the line's own end, with 192.0.2.9 for their address; no filter may ever find that one. Argument: the build directory."""
import json, pathlib, re, subprocess, sys

import jsonschema

BUILD = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]
FILTERS = ROOT / "data/filters"
FORGED = "192.0.2.9"


def bansho(*args, **more):
    return subprocess.run([str(BUILD / "bansho"), "filter", *args, "--json"], capture_output=True, text=True, timeout=100, **more)


def lint():
    ran = bansho("lint", str(FILTERS))
    document = json.loads(ran.stdout)
    jsonschema.Draft202012Validator(json.loads((ROOT / "data/schema/filters-1.json").read_text())).validate(document)
    for f in document["filters"]:
        for w in f["wrong"] + ([f["error"]] if "error" in f else []):
            yield f"{w['file']}:{w['line']}: {w['text']}"
        if f["usable"] and not f["examples"]:
            yield f"{f['name']}: no examples"
        if not f["usable"] and not f["included"]:
            yield f"{f['name']}: cannot be used"


def examples(path):
    """(kind, {field: value}, line) of every example of a log file that is an event."""
    inside = False
    for line in path.read_text().split("\n"):
        inside = line.startswith("examples =") or (inside and line.startswith(" "))
        head, bar, log = line.removeprefix("examples =").strip().replace("\\;", ";").partition(" | ")
        if inside and bar and not head.startswith("none"):
            fields = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)', head)
            yield head.split()[0], {k: re.sub(r"\\(.)", r"\1", v[1:-1]) if v[0] == '"' else v for k, v in fields}, log


def fragments(known):
    for _, fields, line in known:
        text = re.sub(r"(?<![\d.])(?:198\.51\.100|203\.0\.113|198\.18\.0)\.\d+|2001:db8:a::7", FORGED, line)
        yield from (text, text.split("]: ", 1)[-1], text.split(": ", 1)[-1])
        yield from ("x" + text[text.index(v) + len(v):] for v in fields.values() if v and v in text)
        at = text.find(FORGED)
        if at >= 0:
            yield from ("x" + text[at - 1:], "x " + text[max(0, at - 6):], text[:at + 9], text[max(0, at - 12):at + 9], text[max(0, at - 12):at + 24])


def chosen(filter_, kind, field):
    """How the daemon writes what a client chose for this field; None: it is not the client's choice. An account that is in has its real name."""
    if filter_ == "nginx-error" and field == "user":
        return lambda text: text.split(":")[0]  # as the protocol has it
    if field == "user" and kind in ("login-failed", "login-refused") or field == "said" and kind == "probe":
        return lambda text: text
    if filter_ == "web-access" and field in ("agent", "path"):
        return lambda text: text.replace("\\", "\\\\").replace('"', '\\"')
    if field == "file" and kind == "transfer":
        return lambda text: "/" + text
    if field in ("sender", "rcpt") and filter_ in ("postfix", "exim"):
        return lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"@ok.example'
    return None


def forge(path):
    known = list(examples(path))
    parts, lines = sorted(set(fragments(known))), []
    for kind, fields, line in known:
        for field, value in fields.items():
            write, at = chosen(path.stem, kind, field), line.rfind(value)
            if write and value and at >= 0:
                lines += [line[:at] + write(part) + line[at + len(value):] for part in parts]
    lines = [line for line in lines if FORGED in line]
    for e in map(json.loads, bansho("test", path.stem, "-", "--filter-dir", str(FILTERS), input="\n".join(lines)).stdout.splitlines()):
        if e.get("matched") and e["host"] == FORGED:
            yield f"{path.stem}: {e['kind']} of {FORGED}, which a client wrote: {lines[e['line'] - 1]}"
    tried[path.stem] = len(lines)


tried = {}
bad = list(lint()) + [line for path in sorted(FILTERS.glob("*.conf")) if path.stem != "common" for line in forge(path)]
print("\n".join(bad[:50]) or f"{len(tried)} filters; {sum(tried.values())} forged lines")
sys.exit(1 if bad or min(tried[f] for f in ("sshd", "postfix", "dovecot", "vsftpd", "exim")) < 200 else 0)
