"""The filters that are shipped (data/filters): each is usable, has examples, and all examples hold; what they say of addresses that a client wrote is among them. Argument: the build directory."""
import json, pathlib, subprocess, sys

import jsonschema

BUILD = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    ran = subprocess.run([str(BUILD / "bansho"), "filter", "lint", str(ROOT / "data/filters"), "--json"], capture_output=True, text=True, timeout=100)
    document = json.loads(ran.stdout)
    jsonschema.Draft202012Validator(json.loads((ROOT / "data/schema/filters-1.json").read_text())).validate(document)
    bad, examples = [], 0
    for f in document["filters"]:
        examples += f["examples"]
        bad += [f"{w['file']}:{w['line']}: {w['text']}" for w in f["wrong"] + ([f["error"]] if "error" in f else [])]
        if f["usable"] and not f["examples"]:
            bad.append(f"{f['name']}: no examples")
        if not f["usable"] and not f["included"]:
            bad.append(f"{f['name']}: cannot be used")
    print("\n".join(bad) or f"{len(document['filters'])} filters, {examples} examples hold")
    return 1 if bad or ran.returncode or examples < 40 else 0


sys.exit(main())
