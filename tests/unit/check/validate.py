"""validate.py SCHEMA: the document on standard input against a schema of ours; its faults on standard output."""
import json, sys
import jsonschema


def no_doubles(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"a key stands twice: {names}"
    return dict(pairs)


schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
document = json.load(sys.stdin, object_pairs_hook=no_doubles)
faults = [f"{'/'.join(map(str, e.path))}: {e.message}" for e in jsonschema.Draft202012Validator(schema).iter_errors(document)]
print("\n".join(faults))
sys.exit(1 if faults else 0)
