"""The table of acts against the code and the unit files, both ways: every row is performed somewhere and listed; every act that is performed is a listed row;
a unit whose program performs acts has what they need, and no unit has more."""
import pathlib, re, sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
ROW = re.compile(r"^(static )?const struct act (\w+) = \{\s*\"([a-z.-]+)\"", re.M)
CALLER_PROGRAMS = {"CALLER_ADMIN": "bansho"}


def rows():
    """name -> (variable, file, text of its fields)"""
    found = {}
    for path in SRC.rglob("*.c"):
        text = path.read_text()
        for m in ROW.finditer(text):
            end = text.index("};", m.start())
            found.setdefault(m.group(3), []).append((m.group(2), path, text[m.start():end]))
    return found


def look(found):
    sources = {p: p.read_text() for p in SRC.rglob("*.[ch]")}
    registry = (SRC / "act/registry.c").read_text()
    for name, places in found.items():
        if len(places) > 1:
            yield f"{name}: more than one row"
        variable, path, fields = places[0]
        if not re.search(r"ACT_INVERSE\(\"[^\"]+\"\)", fields):
            yield f"{name}: no inverse ({path.name})"
        if not re.search(r"CALLER_\w+", fields):
            yield f"{name}: nobody may call it"
        table = re.search(r"const struct act_table (\w+) =", sources[path])
        listed = re.search(r"act \*const rows\[\] = \{(.*?)\};", sources[path], re.S)
        if not table or f"&{table.group(1)}," not in registry:
            yield f"{name}: the table of {path.name} is not in act/registry.c"
        if not listed or f"&{variable}" not in listed.group(1):
            yield f"{name}: {variable} is not in the rows of {path.name}"
        users = [p for p, text in sources.items() if re.search(rf"&{variable}\b", text)]
        # Its own list of rows does not perform it.
        uses = sum(len(re.findall(rf"&{variable}\b", sources[p])) for p in users)
        if uses < 2:
            yield f"{name}: nothing performs it"
    variables = {places[0][0] for places in found.values()}
    for path, text in sources.items():
        for used in re.findall(r"&(act_\w+)\b", text):
            if used not in variables and not re.search(rf"\b{used}\b\s*(=|\()", text):
                yield f"{path.relative_to(ROOT)}: {used} is not a row of the table of acts"


def units(found):
    performing = {CALLER_PROGRAMS[c] for places in found.values() for c in re.findall(r"CALLER_\w+", places[0][2]) if c in CALLER_PROGRAMS}
    for unit in (ROOT / "units").glob("*.service*"):
        text = unit.read_text()
        start = re.search(r"^ExecStart=\S*/([\w-]+)(.*)$", text, re.M)
        if not start or start.group(1) not in performing:
            continue
        verb = start.group(2).split()[0] if start.group(2).split() else ""
        changes = verb in ("fix", "undo", "setup")
        if not changes and re.search(r"^ReadWritePaths=.*/etc", text, re.M):
            yield f"{unit.name}: may write /etc although `{verb}` performs no act"


def main():
    found = rows()
    problems = list(look(found)) + list(units(found))
    if not found:
        problems.append("no row was found at all")
    print("\n".join(problems) or f"{len(found)} acts: rows, code and units agree")
    return 1 if problems else 0


sys.exit(main())
