"""The page of `bansho check --html`, opened in a browser: telephone and desk, both languages, both colour schemes, paper, keyboard; hostile evidence stays text.
Arguments: the build directory; further ones: a directory in which pictures are left. Without Chromium: skipped (77)."""
import html.parser, os, pathlib, subprocess, sys, tempfile

sys.dont_write_bytecode = True
import browser

BUILD = pathlib.Path(sys.argv[1])
PICTURES = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
VOID = {"meta", "link", "br"}


class Outline(html.parser.HTMLParser):
    """Nesting as it was written, without a browser's forgiveness."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.seen, self.attributes = [], [], []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> at {self.getpos()}"


# Everything that can be wrong with the page as it is shown, as a list of sentences.
JUDGE = r"""(() => {
  const bad = [], html = document.documentElement;
  if (html.scrollWidth > html.clientWidth) bad.push(`scrolls sideways: ${html.scrollWidth} > ${html.clientWidth}`);
  if (document.scripts.length) bad.push("there is a script");
  const parse = c => { const n = c.match(/[\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1]; };
  const light = c => { const f = c.slice(0, 3).map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * f[0] + .7152 * f[1] + .0722 * f[2]; };
  const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] === 1) return c; if (c[3] > 0) bad.push("a translucent ground"); } return [255, 255, 255, 1]; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let least = 99, texts = 0;
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !e.getClientRects().length) continue;
    texts++;
    const a = light(parse(getComputedStyle(e).color)), b = light(ground(e)), c = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (c < least) least = c;
    if (c < 4.5) bad.push(`contrast ${c.toFixed(2)}: <${e.tagName} class="${e.className}"> ${walker.currentNode.data.trim().slice(0, 40)}`);
  }
  if (texts < 100) bad.push(`only ${texts} texts are shown`);
  let level = 0;
  for (const h of document.querySelectorAll("h1,h2,h3,h4,h5,h6")) {
    const n = +h.tagName[1];
    if (n > level + 1) bad.push(`h${n} after h${level}: ${h.textContent}`);
    level = n;
  }
  for (const one of ["h1", "body > header", "nav[aria-label]", "main#main", "body > footer", "a.skip"])
    if (document.querySelectorAll(one).length !== 1) bad.push(`${document.querySelectorAll(one).length} of ${one}`);
  for (const s of document.querySelectorAll("main section")) if (!document.getElementById(s.getAttribute("aria-labelledby"))) bad.push("a section without a heading");
  for (const t of document.querySelectorAll("table")) if (!t.caption || !t.caption.textContent) bad.push("a table without a caption");
  for (const t of document.querySelectorAll("th:not([scope])")) bad.push("a heading cell without its scope");
  for (const s of document.querySelectorAll("svg:not([aria-hidden])")) if (s.getAttribute("role") !== "img" || !s.getAttribute("aria-label")) bad.push("a drawing without words");
  for (const a of document.querySelectorAll("a")) if (!/^#/.test(a.getAttribute("href")) || !document.querySelector(a.getAttribute("href"))) bad.push(`a link to nowhere: ${a.getAttribute("href")}`);
  const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
  if (new Set(ids).size !== ids.length) bad.push("an id twice");
  for (const e of document.querySelectorAll("main *, header *")) {
    const r = e.getBoundingClientRect();
    if (r.width > 1 && r.right > html.clientWidth + 1) bad.push(`<${e.tagName} class="${e.getAttribute("class")}"> reaches ${r.right}`);
  }
  for (const e of document.querySelectorAll("nav a, summary")) if (e.getBoundingClientRect().height < 24) bad.push(`too small for a finger: ${e.textContent}`);
  return bad;
})()"""

FOCUS = """(() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
  return {what: e.tagName + (e.className ? "." + e.className : ""), inNav: !!e.closest("nav"),
          visible: s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 && r.width > 0 && r.bottom > 0 && r.top < innerHeight}; })()"""


def foreign_requests(b):
    return [e["params"]["request"]["url"] for e in b.events if e.get("method") == "Network.requestWillBeSent" and not e["params"]["request"]["url"].startswith(("file:", "data:"))]


def complaints(b):
    return [e["params"] for e in b.events if e.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded", "Page.javascriptDialogOpening")]


def shows(b, page, width, scheme):
    b.look(width, scheme)
    b.open(page.as_uri())
    bad = b.run(JUDGE)
    b.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    bad += [f"unfolded: {x}" for x in b.run(JUDGE)]
    assert not bad, "\n".join([f"{page.name}, {width} px, {scheme}:", *bad])
    assert not foreign_requests(b) and not complaints(b), (foreign_requests(b), complaints(b))
    if PICTURES:
        (PICTURES / f"{page.stem}-{width}-{scheme}.png").write_bytes(b.picture())


def goes_by_keyboard(b, page, width):
    b.look(width, "light")
    b.open(page.as_uri())
    want = b.run("document.querySelectorAll('a, summary').length")
    seen = []
    for _ in range(want):
        b.tab()
        seen.append(b.run(FOCUS))
    assert seen[0]["what"] == "A.skip", seen[0]
    assert sum(s["inNav"] for s in seen) == b.run("document.querySelectorAll('nav a').length"), seen
    assert sum(s["what"].startswith("SUMMARY") for s in seen) == b.run("document.querySelectorAll('summary').length"), seen
    assert all(s["visible"] for s in seen), [s for s in seen if not s["visible"]]
    b.open(page.as_uri())
    b.tab()
    for kind in ("rawKeyDown", "char", "keyUp"):
        b.ask("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r" if kind == "char" else "", windowsVirtualKeyCode=13)
    assert b.run("document.activeElement.id") == "main"


def prints(b, page):
    """On paper: white though the reader's screen is dark, nothing folded, no links to click."""
    b.look(700, "dark", "print")
    b.open(page.as_uri())
    bad = b.run(JUDGE.replace('"nav[aria-label]", ', "").replace("texts < 100", "texts < 90"))
    assert not [x for x in bad if "too small" not in x], bad
    shown = b.run("""(() => ({ground: getComputedStyle(document.body).backgroundColor, nav: getComputedStyle(document.querySelector("nav")).display,
        folded: [...document.querySelectorAll("details table")].filter(t => t.getBoundingClientRect().height < 20 || !t.checkVisibility({contentVisibilityAuto: true})).length,
        details: document.querySelectorAll("details").length})) ()""")
    assert shown["ground"] == "rgb(255, 255, 255)" and shown["nav"] == "none" and shown["details"] > 1 and shown["folded"] == 0, shown


def main():
    with tempfile.TemporaryDirectory(prefix="bansho-pages-") as tmp:
        subprocess.run([BUILD / "check_test_html"], check=True, env={**os.environ, "PAGES": tmp}, capture_output=True)
        pages = [pathlib.Path(tmp) / f"{language}.html" for language in ("en", "ja")]
        for page in pages:
            outline = Outline(page.read_text())
            assert "script" not in outline.seen and "img" not in outline.seen, outline.seen
            assert not [a for a, _ in outline.attributes if a.startswith("on") or a in ("src", "style")], outline.attributes
        if not browser.program():
            print("skipped: chromium is not installed")
            return 77
        b = browser.Browser()
        try:
            for page in pages:
                for width in (390, 1280):
                    for scheme in ("light", "dark"):
                        shows(b, page, width, scheme)
                    goes_by_keyboard(b, page, width)
                prints(b, page)
                print(f"{page.name}: ok")
        finally:
            b.close()
    return 0


sys.exit(main())
