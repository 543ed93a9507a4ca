"""What gendoc wrote and `bansho config` says: pages render without a warning in both languages, the completion completes, and the verb answers as its manual tells.
Argument: the build directory."""
import json, os, pathlib, subprocess, sys, tempfile

BUILD = pathlib.Path(sys.argv[1])
ROOT = pathlib.Path(__file__).resolve().parents[2]
ENV = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "BANSHO_LOCALE": str(BUILD / "locale"), "MANWIDTH": "80"}


def run(*args, **more):
    return subprocess.run([str(a) for a in args], capture_output=True, text=True, env=ENV, **more)


def bansho(*args, **more):
    return run(BUILD / "bansho", *args, **more)


def pages_render():
    for language, word in (("", "DESCRIPTION"), ("ja/", "説明")):
        for page in ("bansho.1", "bansho.conf.5", "bansho-checks.7"):
            shown = run("man", "--warnings", "-l", BUILD / "man" / (language + page))
            assert shown.returncode == 0 and not shown.stderr, f"{language}{page}: {shown.stderr}"
            assert word in shown.stdout, f"{language}{page}: no {word}"


def complete(*words):
    script = 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bansho; printf "%s\\n" "${COMPREPLY[@]}"'
    return run("bash", "-c", script, BUILD / "completion/bansho", *words).stdout.split()


def completion_completes():
    for words, want in ((("bansho", "ch"), "check"), (("bansho", "config", "sh"), "show"), (("bansho", "check", "--js"), "--json"),
                        (("bansho", "check", "--lang", "j"), "ja"), (("bansho", "check", "queue.s"), "queue.size"), (("bansho", "help", "conf"), "config"),
                        (("bansho", "ban", "--service", "pop"), "pop3s"), (("bansho", "ban", "--service", "smtp,ima"), "smtp,imaps")):
        assert want in complete(*words), f"{words}: {complete(*words)}"


def config_check_answers():
    with tempfile.TemporaryDirectory() as tmp:
        bad, good = pathlib.Path(tmp) / "bad.conf", pathlib.Path(tmp) / "good.conf"
        bad.write_text("mode = observe\nmail { relais = closed }\nnotify { webhook = \x1b[31m }\n")
        shown = bansho("config", "check", bad)
        lines = shown.stdout.splitlines()
        assert shown.returncode == 2, shown
        assert lines[0] == f"{bad}:2:8: there is no option relais (did you mean relay?)", lines
        assert lines[1].startswith(f"{bad}:3:20: ") and "\x1b" not in shown.stdout, lines
        assert "relais という項目はありません" in bansho("config", "check", bad, "--lang", "ja").stdout
        good.write_text(bansho("config", "defaults").stdout)
        assert bansho("config", "check", good).returncode == 0
        good.write_text(bansho("config", "defaults", "--lang", "ja").stdout)
        assert bansho("config", "check", good).returncode == 0
        assert bansho("config", "check", "good.conf", cwd=tmp).returncode == 0
        absent = bansho("config", "check", pathlib.Path(tmp) / "absent")
        assert absent.returncode == 2 and "absent: No such file" in absent.stderr, absent
        os.mkfifo(pathlib.Path(tmp) / "fifo")
        assert "not a regular file" in bansho("config", "check", pathlib.Path(tmp) / "fifo", timeout=5).stderr


def config_below_a_root():
    """The root's own file is read; a link in it cannot lead out."""
    with tempfile.TemporaryDirectory() as tmp:
        etc = pathlib.Path(tmp) / "etc/bansho"
        etc.mkdir(parents=True)
        (etc / "there.conf").write_text("mode = act\n")
        (etc / "bansho.conf").symlink_to("/etc/bansho/there.conf")
        shown = json.loads(bansho("config", "show", "--root", tmp, "--json").stdout)
        mode = [v for v in shown["values"] if v["name"] == "mode"][0]
        assert (mode["value"], mode["line"], mode["column"]) == ("act", 1, 1), mode


def page_is_written_safely():
    """Below a root too, where the process that looks cannot write. A link is never followed; a page that cannot be written is told before the checks run."""
    with tempfile.TemporaryDirectory() as tmp:
        tmp = pathlib.Path(tmp)
        (tmp / "root/etc").mkdir(parents=True)
        (tmp / "root/etc/hostname").write_text("<b>evil\n")
        page = tmp / "page.html"
        shown = bansho("check", "--root", tmp / "root", "--html", page)
        assert shown.returncode in (0, 1, 3) and f"{page}: " in shown.stderr and "chapters" in shown.stdout, shown
        assert page.stat().st_mode & 0o777 == 0o600 and page.stat().st_uid == os.geteuid()
        text = page.read_text()
        assert text.startswith("<!DOCTYPE html>") and text.endswith("</html>\n") and "<b>evil" not in text, text[:400]
        piped = bansho("check", "--root", tmp / "root", "--html", "-", "--lang", "ja")
        assert piped.stdout.startswith("<!DOCTYPE html>\n<html lang=\"ja\">") and not piped.stderr, piped
        (tmp / "link").symlink_to(page)
        for path, why in ((tmp / "link", "regular file"), (tmp / "none/page", "No such file"), (tmp, "regular file")):
            refused = bansho("check", "--root", tmp / "root", "--html", path)
            assert refused.returncode == 2 and why in refused.stderr and str(path) in refused.stderr and not refused.stdout, refused
        assert bansho("check", "--html", "-", "--json").returncode == 2
        assert page.read_text() == text and sorted(p.name for p in tmp.iterdir()) == ["link", "page.html", "root"]


def json_keeps_its_schema():
    try:
        import jsonschema
    except ImportError:
        return "python3-jsonschema is not installed"
    schema = json.loads((ROOT / "data/schema/config-1.json").read_text())
    for seed in sorted((ROOT / "tests/fuzz/seeds/config").iterdir()):
        shown = bansho("config", "show", seed, "--json")
        answer = json.loads(shown.stdout)
        jsonschema.validate(answer, schema)
        assert bool([e for e in answer["errors"] if not e["warning"]]) == (shown.returncode == 2), seed


def main():
    for test in (pages_render, completion_completes, config_check_answers, config_below_a_root, page_is_written_safely, json_keeps_its_schema):
        print(f"{test.__name__}: {test() or 'ok'}")


main()
