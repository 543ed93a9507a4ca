"""The house as ARCHITECTURE.md draws it: floors, length of functions and files, banned calls, parsers with their fuzz targets."""
import pathlib, re, sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
FLOORS = [["base"], ["model", "conftree", "wire", "term"], ["config", "store"], ["host", "dialogue", "nft"], ["server", "unit"], ["change", "notify"],
          ["log"], ["filter"], ["firewall", "reach", "queue", "mail", "account", "site", "service", "update"], ["guard"], ["act"],
          ["respond", "incident"], ["check", "import"], ["bin"]]
FLOOR = {room: i for i, rooms in enumerate(FLOORS) for room in rooms}
BANNED = r"\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atoll|sscanf|gets|localtime|gmtime|system|popen|alloca|tmpnam|mktemp)\s*\("
UNFINISHED = r"\b(TODO|FIXME|XXX|HACK|not implemented|stub|placeholder)\b"
MAX_FUNCTION, MAX_FILE = 100, 600


def code_of(text):
    """Without comments and string contents, lines kept."""
    keep_lines = lambda m: "\n" * m.group(0).count("\n")
    text = re.sub(r"/\*.*?\*/", keep_lines, text, flags=re.S)
    text = re.sub(r"//[^\n]*", "", text)
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def functions(code):
    """(line, length, head) of every function body that begins with a brace in column 0."""
    lines, start = code.split("\n"), None
    for i, line in enumerate(lines):
        if line == "{":
            start = i
        elif line.startswith("}") and start is not None:
            yield start + 1, i - start - 1, lines[start - 1]
            start = None


def look(path):
    room, text = path.relative_to(SRC).parts[0], path.read_text()
    code, where = code_of(text), path.relative_to(ROOT)
    if room not in FLOOR:
        yield f"{where}: the room {room} has no floor"
        return
    for number, line in enumerate(text.split("\n"), 1):
        m = re.match(r'\s*#include "([a-z_]+)/', line)
        if m and m.group(1) != room and FLOOR.get(m.group(1), 99) >= FLOOR[room]:
            yield f"{where}:{number}: {room} must not know {m.group(1)}"
        if re.search(UNFINISHED, re.sub(r'"todo"|\btodo/', "", line), re.I):  # a directory of qmail's queue
            yield f"{where}:{number}: unfinished: {line.strip()}"
    for number, line in enumerate(code.split("\n"), 1):
        if re.search(BANNED, line):
            yield f"{where}:{number}: banned call: {line.strip()}"
    for number, length, head in functions(code):
        if length > MAX_FUNCTION:
            yield f"{where}:{number}: {length} lines: {head.strip()}"
    if text.count("\n") > MAX_FILE:
        yield f"{where}: {text.count(chr(10))} lines"


def names():
    """No two functions with one name: static libraries are linked in order, so that the wrong one would be called in silence."""
    known = {}
    for path in sorted(SRC.rglob("*.c")):
        for number, _, head in functions(code_of(path.read_text())):
            m = re.match(r"(?!static\b)\w[\w\s*]*?\b(\w+)\(", head)
            if not m or m.group(1) == "main":
                continue
            where = f"{path.relative_to(ROOT)}:{number}"
            if m.group(1) in known:
                yield f"{where}: {m.group(1)} is defined in {known[m.group(1)]} too"
            known[m.group(1)] = where


def parsers():
    """Every function that parses foreign input names its fuzz target, and every target has seeds and calls what it is for."""
    declared = {}
    for header in SRC.rglob("*.h"):
        for statement in code_of(header.read_text()).split(";"):
            name = re.search(r"\b(\w+)\s*\(", re.sub(r"#.*", "", statement))
            marks = re.findall(r"\bPARSER\((\w+)\)", re.sub(r"#define.*", "", statement))
            where = f"{header.relative_to(ROOT)}: {name.group(1) if name else '?'}"
            if marks and name:
                declared.setdefault(marks[0], []).append((where, name.group(1)))
            elif name and re.search(r"_parse$", name.group(1)) and "{" not in statement:
                yield f"{where}: a parser without PARSER(target)"
    targets = {p.stem[5:]: p.read_text() for p in (ROOT / "tests/fuzz").glob("fuzz_*.c")}
    for target, uses in declared.items():
        for where, function in uses:
            if function not in targets.get(target, ""):
                yield f"{where}: tests/fuzz/fuzz_{target}.c does not call it"
    for target in targets:
        if target not in declared:
            yield f"tests/fuzz/fuzz_{target}.c: no declaration is marked PARSER({target})"
        if not any((ROOT / "tests/fuzz/seeds" / target).glob("*")):
            yield f"tests/fuzz/seeds/{target}: no seeds"


def main():
    files = sorted(SRC.rglob("*.[ch]"))
    bad = [line for path in files for line in look(path)] + list(names()) + list(parsers())
    print("\n".join(bad) or f"{len(files)} files stand on their floors")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
