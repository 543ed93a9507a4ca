"""Every message has its Japanese: nothing untranslated, nothing fuzzy, nothing missing from the catalogue."""
import pathlib, re, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def messages(po, *options):
    """The msgids that msgattrib leaves, as a set of entries without the header."""
    text = subprocess.run(["msgattrib", "--no-wrap", "--no-location", *options, str(po)], capture_output=True, text=True, check=True).stdout
    found = re.findall(r'^msgid ("(?:.|\n)*?")\n(?=msgid_plural|msgstr)', text, re.M)  # one of several lines begins with an empty one, as the header does
    return {m for m in ("".join(part) for part in ((re.findall(r'"(.*)"', whole)) for whole in found)) if m}


def main():
    bad = []
    with tempfile.TemporaryDirectory() as tmp:
        pot = pathlib.Path(tmp) / "now.pot"
        sources = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "src").rglob("*.[ch]"))
        subprocess.run(["xgettext", "--from-code=UTF-8", "--language=C", "--keyword=_", "--keyword=N_", "--keyword=ngettext:1,2", "--no-location",
                        "--force-po", "-o", str(pot), *sources], cwd=ROOT, check=True)
        wanted = messages(pot)
        for po in sorted((ROOT / "po").glob("*.po")):
            bad += [f"{po.name}: untranslated: {m}" for m in sorted(messages(po, "--untranslated"))]
            bad += [f"{po.name}: fuzzy: {m}" for m in sorted(messages(po, "--only-fuzzy"))]
            bad += [f"{po.name}: missing (run po/update): {m}" for m in sorted(wanted - messages(po, "--no-obsolete"))]
    print("\n".join(bad) or f"{len(wanted)} messages, all translated")
    return 1 if bad else 0


sys.exit(main())
