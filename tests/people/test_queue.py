"""`bansho queue count|list|top|show` on a spool that is named, made of queue files of a real Postfix. Argument: the build directory."""
import csv, json, mailbox, os, pathlib, subprocess, sys, tempfile

import jsonschema

BUILD = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]
SEEDS = ROOT / "tests/fuzz/seeds/postfix_record"
IDS = ["2539F291", "3348E29D", "58D702A0", "81BCD2A8", "8650D2AD"]


def bansho(*args, language="C.UTF-8", code=0):
    env = {"PATH": os.environ["PATH"], "LC_ALL": language, "BANSHO_LOCALE": str(BUILD / "locale"), "TZ": "UTC"}
    shown = subprocess.run([str(BUILD / "bansho"), "queue", *map(str, args)], capture_output=True, text=True, env=env, timeout=60)
    assert shown.returncode == code, shown
    return shown


def objects(schema, *args, **more):
    validator = jsonschema.Draft202012Validator(json.loads((ROOT / f"data/schema/{schema}-1.json").read_text()))
    lines = [json.loads(line) for line in bansho(*args, "--json", **more).stdout.splitlines()]
    for line in lines:
        validator.validate(line)
    return lines


def ids(*args):
    return sorted(m["id"] for m in objects("queue-list", "list", *args))


def spool(tmp):
    for directory in ("maildrop", "incoming", "active", "hold", "defer/8"):
        (tmp / directory).mkdir(parents=True)
    for name in IDS:
        (tmp / "deferred" / name[0]).mkdir(parents=True, exist_ok=True)
        (tmp / "deferred" / name[0] / name).write_bytes((SEEDS / name).read_bytes())
    (tmp / "defer/8/8650D2AD").write_bytes((SEEDS / "defer").read_bytes())


def what_it_tells(tmp):
    of = ("--spool", tmp)
    count = objects("queue-count", "count", *of)[0]
    assert (count["total"], count["states"]["deferred"], count["bytes"], count["whole"]) == (5, 5, 257 + 249 + 560 + 321 + 286, True), count
    assert ids(*of) == IDS
    assert ids(*of, "--account", "leak@alpha.example") == ["2539F291", "3348E29D"]
    assert ids(*of, "--account", "leak@alpha.example", "--account", "info@alpha.example", "--client", "!203.0.113.14") == ["3348E29D", "58D702A0"]
    assert ids(*of, "--account", "") == ["81BCD2A8", "8650D2AD"]
    assert ids(*of, "--to", "r149@defer.example") == ["3348E29D"]
    assert ids(*of, "--to", "b@ok.example") == []  # has it already
    assert ids(*of, "--script", "0:m.php", "--subject", "From*") == ["81BCD2A8"]
    assert ids(*of, "--bounce") == [] and ids(*of, "--no-bounce", "--state", "deferred", "--size", "300") == ["58D702A0", "81BCD2A8"]
    top = objects("queue-top", "top", *of)
    assert [(t["key"], t["messages"]) for t in top] == [(None, 2), ("leak@alpha.example", 2), ("info@alpha.example", 1)]
    assert objects("queue-top", "top", *of, "--by", "to")[0]["recipients"] == 150 + 1 + 1 + 1 + 2
    show = objects("queue-list", "show", "8650D2AD", *of)[0]
    assert show["to"] == ["t@defer.example", "u@defer.example"] and "450 4.2.0" in show["error"] and show["next_try"], show
    assert len(objects("queue-list", "show", "3348E29D", *of)[0]["to"]) == 150


def pages(tmp):
    for i in range(25):
        (tmp / f"hold/AAAAA{i:03}").write_bytes((SEEDS / "2539F291").read_bytes())
    first, second = (bansho("list", "--spool", tmp, "--page", n).stdout for n in (1, 2))
    assert "\n30 messages in the queue; " in first and f"--spool {tmp} --page 2\n" in first, first
    assert "more" not in second and bansho("list", "--spool", tmp, "--per", "all").stdout.startswith("30 messages in the queue; ")
    named = [line.split()[0] for line in (first + second).splitlines() if " deferred " in line or " hold " in line]
    assert len(named) == 30 == len(set(named)), named
    assert len(objects("queue-list", "list", "--spool", tmp, "--per", "all")) == 30
    assert len(objects("queue-list", "list", "--spool", tmp, "--state", "hold", "--per", "10", "--page", "3")) == 5


def hostile_text_and_japanese(tmp):
    shown = bansho("list", "--spool", tmp, "--client", "203.0.113.15").stdout
    assert "Many \\x1b[31m recipients" in shown and "\x1b" not in shown and "+149" in shown
    assert "キューに 30通あります" in bansho("list", "--spool", tmp, "--lang", "ja", language="ja_JP.UTF-8").stdout


def evidence(tmp):
    of, out = ("--spool", tmp), tmp / "out"
    first = objects("queue-export", "export", *of, "--state", "deferred", "--into", out)[0]
    assert (first["result"], first["messages"], first["recipients"], first["damaged"], first["directory"]) == ("done", 5, 155, 0, str(out)), first
    rows = {row["id"]: row for row in csv.DictReader((out / "envelopes.csv").open(newline=""))}
    assert sorted(rows) == IDS and all(row["text"] == "whole" for row in rows.values())
    assert (rows["2539F291"]["account"], rows["2539F291"]["sender"], rows["3348E29D"]["waiting"]) == ("leak@alpha.example", "leak@alpha.example", "150"), rows
    assert len(rows["3348E29D"]["recipients"].split()) == 150 and "450 4.2.0" in rows["8650D2AD"]["error"] and "\x1b" not in rows["58D702A0"]["subject"]
    box = mailbox.mbox(out / "messages.mbox")
    assert sorted(m["Subject"] for m in box)[0] and len(box) == 5 and {m.get_from().split()[0] for m in box} >= {"leak@alpha.example"}
    assert out.stat().st_mode & 0o777 == 0o700 and (out / "messages.mbox").stat().st_mode & 0o777 == 0o600 and not (tmp / "out.part").exists()
    assert "nothing is overwritten" in bansho("export", *of, "--state", "deferred", "--into", out, code=2).stderr
    # by id, each by itself, without the recipients
    done = objects("queue-export", "export", "2539F291", "8650D2AD", *of, "--as", "eml", "--mask", "--into", f"{tmp}/masked/")[0]
    assert done["messages"] == 2 and done["masked"], done
    names = sorted(p.name for p in (tmp / "masked").iterdir())
    assert names == ["000001-2539F291.eml", "000002-8650D2AD.eml", "envelopes.csv"], names
    text = "".join((tmp / "masked" / name).read_text() for name in names)
    assert "@defer.example" in text and "leak@alpha.example" in text and "***@defer.example" in text
    assert not [a for m in IDS[:1] + IDS[4:] for a in rows[m]["recipients"].split() if a in text], text
    # nothing is meant, or not to be had
    assert objects("queue-export", "export", *of, "--sender", "nobody@x.example", "--into", tmp / "none")[0]["result"] == "nothing" and not list(tmp.glob("none*"))
    assert "no such message" in bansho("export", "8650D2AE", *of, "--into", tmp / "none", code=3).stderr and not list(tmp.glob("none*"))
    bansho("export", *of, "--into", tmp / "none", code=2)
    bansho("export", *of, "--state", "hold", code=2)


def what_cannot_be_read_is_not_empty(tmp):
    (tmp / "deferred/8/8650D2AD").write_bytes(b"C\x05nonsense")
    assert objects("queue-list", "show", "8650D2AD", "--spool", tmp)[0]["condition"] == "damaged"
    assert "no such message" in bansho("show", "8650D2AE", "--spool", tmp, code=2).stderr
    (tmp / "deferred").rename(tmp / "was")
    (tmp / "deferred").write_text("no directory")
    for verb in ("count", "list", "top"):
        shown = bansho(verb, "--spool", tmp, code=3)
        assert "could not be read" in shown.stderr, shown
    assert objects("queue-count", "count", "--spool", tmp, code=3)[0]["whole"] is False
    (tmp / "empty").mkdir()
    assert "no mail queue" in bansho("count", "--spool", tmp / "empty", code=2).stderr
    bansho("count", "--spool", tmp / "empty", "--kind", "postfix", code=3)
    bansho("list", "--spool", tmp, "--state", "lost", code=2)
    (tmp / "empty/hold").mkdir()
    assert objects("queue-count", "count", "--spool", tmp / "empty", "--kind", "postfix")[0]["total"] == 0
    assert bansho("list", "--spool", tmp / "empty", "--kind", "postfix").stdout == "0 messages in the queue\n"


with tempfile.TemporaryDirectory() as name:
    directory = pathlib.Path(name)
    spool(directory)
    for story in (what_it_tells, evidence, pages, hostile_text_and_japanese, what_cannot_be_read_is_not_empty):
        story(directory)
