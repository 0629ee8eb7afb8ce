"""The page that `stages.py diff --html` writes: two stages side by side.

page() returns the whole page as text: one file, no network, readable without
its script. It shows what stages.py has worked out (its FileDiff and Row) and
knows nothing of stages itself. All text that comes from outside goes through
html.escape.
"""
import difflib
import html
import re

KEPT = 3       # Equal lines shown around a change.
FOLDED_MIN = 4  # A shorter stretch is shown, not folded.

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f4f5f7; --sheet: #ffffff; --ink: #1f2430; --faint: #6a7282;
  --rule: #dde1e7; --fold: #eef3fa; --link: #2458b3;
  --add: #e8f6ec; --add-edge: #cdeed6; --add-word: #a5dfb6; --add-ink: #17713a;
  --cut: #fdeeec; --cut-edge: #f9d9d5; --cut-word: #f5b9b2; --cut-ink: #b3261e;
  --none: #f7f8fa; --focus: #e0a100;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --sheet: #1b1f26; --ink: #d6dae2; --faint: #8a93a3;
    --rule: #2d333d; --fold: #212936; --link: #83b2ff;
    --add: #17291f; --add-edge: #1d3a29; --add-word: #2b6a41;
    --add-ink: #6fd08d;
    --cut: #2e1d1e; --cut-edge: #422627; --cut-word: #7c3532;
    --cut-ink: #f08f87;
    --none: #181b21; --focus: #e5b93c;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 3.5rem; }
body {
  margin: 0; display: grid; grid-template-columns: 13.5rem minmax(0, 1fr);
  background: var(--page); color: var(--ink);
  font: 14px/1.5 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
}
nav {
  position: sticky; top: 0; height: 100vh; overflow-y: auto;
  padding: 1rem 0.4rem; border-right: 1px solid var(--rule);
  background: var(--sheet);
}
nav h1 { font-size: 1rem; line-height: 1.4; margin: 0 0.5rem 0.25rem; }
nav h1 span { display: block; overflow-wrap: anywhere; }
nav h2 {
  margin: 1.25rem 0.5rem 0.25rem; color: var(--faint);
  font-size: 0.75rem; font-weight: 600; letter-spacing: 0.04em;
}
nav p { margin: 0.25rem 0.5rem; color: var(--faint); }
nav ul { list-style: none; margin: 0; padding: 0; }
nav a, nav .same {
  display: flex; gap: 0.5rem; align-items: baseline;
  padding: 0.15rem 0.5rem; border-radius: 4px;
  color: inherit; text-decoration: none;
}
nav a .name, nav .same { flex: 1; min-width: 0; overflow-wrap: anywhere; }
nav .same { color: var(--faint); }
nav a:hover, nav a.here { background: var(--fold); color: var(--link); }
nav .counts { font-size: 0.8rem; }
kbd {
  padding: 0 0.3em; border: 1px solid var(--rule); border-radius: 3px;
  font: 0.8em/1.5 ui-monospace, Menlo, Consolas, monospace;
}
.counts { white-space: nowrap; font-variant-numeric: tabular-nums; }
.added { color: var(--add-ink); }
.removed { color: var(--cut-ink); }
main { padding: 1rem 0.75rem; min-width: 0; }
section {
  margin: 0 0 1.5rem; border: 1px solid var(--rule); border-radius: 6px;
  background: var(--sheet);
}
section > header {
  position: sticky; top: 0; z-index: 1; display: flex; gap: 0.75rem;
  align-items: baseline; padding: 0.45rem 0.9rem;
  border-bottom: 1px solid var(--rule); border-radius: 6px 6px 0 0;
  background: var(--sheet);
}
section > header h2 { margin: 0; font-size: 1rem; overflow-wrap: anywhere; }
section > header .what { color: var(--faint); }
section > header .counts { margin-left: auto; }
section > p { margin: 0; padding: 0.75rem 0.9rem; }
table {
  width: 100%; border-collapse: collapse; table-layout: fixed;
  /* Two columns of 80 characters fit from 1440 pixels on. */
  font: clamp(11px, 0.78vw, 13px)/1.55 ui-monospace, "DejaVu Sans Mono",
    Menlo, Consolas, monospace;
}
col.no { width: 2.6rem; }
td { padding: 0; vertical-align: top; }
td.no {
  padding-right: 0.4rem; text-align: right; color: var(--faint);
  font-variant-numeric: tabular-nums; user-select: none;
}
td.text {
  padding: 0 0.25rem 0 1.2em; text-indent: -0.9em;
  white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 4;
}
td.text::before {
  content: " "; display: inline-block; width: 0.9em; text-indent: 0;
  color: var(--faint);
}
td.none { background: var(--none); }
td + td + td.no, td.none + td.no { border-left: 1px solid var(--rule); }
td.no.cut { background: var(--cut-edge); color: var(--cut-ink); }
td.no.add { background: var(--add-edge); color: var(--add-ink); }
td.text.cut { background: var(--cut); }
td.text.add { background: var(--add); }
td.text.cut::before { content: "\\2212"; color: var(--cut-ink); }
td.text.add::before { content: "+"; color: var(--add-ink); }
del, ins { text-decoration: none; border-radius: 2px; }
del { background: var(--cut-word); }
ins { background: var(--add-word); }
summary {
  padding: 0.15rem 0.9rem; border-block: 1px solid var(--rule);
  background: var(--fold); color: var(--faint); cursor: pointer;
  font-size: 12px; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap;
}
summary:hover { color: var(--link); }
summary code { margin-left: 0.75rem; font-size: 12px; }
details:first-child > summary { border-top: 0; }
details:last-child > summary { border-bottom: 0; }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--focus); }
tr.current > td:first-child { box-shadow: inset 4px 0 var(--focus); }
@media (max-width: 60rem) {
  body { display: block; }
  nav { position: static; height: auto; border-right: 0;
        border-bottom: 1px solid var(--rule); }
  main { padding: 0.5rem; }
}
@media print {
  :root {
    --page: #ffffff; --sheet: #ffffff; --ink: #000000; --faint: #555555;
    --rule: #bbbbbb; --fold: #f2f2f2;
    --add: #e8f6ec; --add-edge: #cdeed6; --add-word: #a5dfb6;
    --add-ink: #17713a;
    --cut: #fdeeec; --cut-edge: #f9d9d5; --cut-word: #f5b9b2;
    --cut-ink: #b3261e; --none: #f7f8fa;
  }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { display: block; font-size: 10pt; }
  nav { position: static; height: auto; border: 0; }
  nav .keys { display: none; }
  main { padding: 0; }
  section { border: 0; }
  section > header { position: static; break-after: avoid; }
  table, summary { font-size: 7pt; }
  tr { break-inside: avoid; }
}
"""

# n and p go from change to change; the index shows the file being read.
SCRIPT = """
const changes = [...document.querySelectorAll("tr.change")];
let at = -1;
let moved = true;  // The reader has scrolled since the last key.
for (const event of ["wheel", "touchmove", "mousedown"])
  addEventListener(event, () => { moved = true; }, {passive: true});
const top_of = (row) => row.getBoundingClientRect().top;
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (!["n", "p"].includes(event.key)) { moved = true; return; }
  if (!changes.length) return;
  const line = innerHeight / 3;
  let next;
  if (!moved) next = at + (event.key === "n" ? 1 : -1);
  else if (event.key === "n")
    next = at < 0 && scrollY === 0
      ? 0 : changes.findIndex((row) => top_of(row) > line + 1);
  else next = changes.findLastIndex((row) => top_of(row) < line - 1);
  if (next < 0 || next >= changes.length) return;
  if (at >= 0) changes[at].classList.remove("current");
  at = next;
  moved = false;
  changes[at].classList.add("current");
  scrollTo({top: scrollY + top_of(changes[at]) - line});
});
const sections = [...document.querySelectorAll("main section[id]")];
const links = [...document.querySelectorAll("nav a")];
function mark_place() {
  let here = 0;
  sections.forEach((section, n) => {
    if (scrollY > 0 && top_of(section) < innerHeight / 3) here = n;
  });
  links.forEach((link, n) => link.classList.toggle("here", n === here));
}
addEventListener("scroll", mark_place, {passive: true});
mark_place();
"""


def escape(text):
    return html.escape(text.encode("utf-8", "surrogateescape")
                       .decode("utf-8", "replace"))


def marked_words(before, after):
    """Both lines as HTML, the words that differ in <del> and <ins>."""
    split = lambda line: re.findall(r"\w+|\s+|[^\w\s]", line)
    left, right = split(before), split(after)
    out = ["", ""]
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    for kind, i, i_end, j, j_end in matcher.get_opcodes():
        texts = escape("".join(left[i:i_end])), escape("".join(right[j:j_end]))
        for side, tag in ((0, "del"), (1, "ins")):
            if kind == "equal" or not texts[side]:
                out[side] += texts[side]
            else:
                out[side] += f"<{tag}>{texts[side]}</{tag}>"
    return out


def cells(number, text, mark):
    if number is None:
        return '<td class="no none"></td><td class="none"></td>'
    kind = f" {mark}" if mark else ""
    return (f'<td class="no{kind}">{number}</td>'
            f'<td class="text{kind}">{text}</td>')


def table_row(row, opens_change, sides):
    """One line; `sides` are those shown: a new file has no left one."""
    same = row.kind == "equal"
    if row.similar and not same:
        texts = marked_words(row.left, row.right)
    else:
        texts = [escape(text or "") for text in (row.left, row.right)]
    both = [cells(row.number, texts[0], "" if same else "cut"),
            cells(row.other, texts[1], "" if same else "add")]
    attribute = ' class="change"' if opens_change else ""
    return f"<tr{attribute}>" + "".join(both[side] for side in sides) + "</tr>"


def table(rows, sides):
    out = ["<table><colgroup>"
           + '<col class="no"><col>' * len(sides) + "</colgroup>"]
    before = "equal"
    for row in rows:
        opens_change = row.kind != "equal" and before == "equal"
        out.append(table_row(row, opens_change, sides))
        before = row.kind
    return "\n".join(out + ["</table>"])


def folded(file, block, is_last):
    """An equal stretch to open by a click, with the function it leads to."""
    count = block.i_end - block.i
    place = "" if is_last else file.heading(block._replace(j=block.j_end))
    place = f"<code>{escape(place)}</code>" if place else ""
    lines = "1 unchanged line" if count == 1 else f"{count} unchanged lines"
    return (f"<details><summary>{lines}{place}</summary>"
            + table(file.rows([block]), (0, 1)) + "</details>")


def body(file):
    """A file's tables, its long equal stretches folded between them."""
    sides = (1,) if file.is_new else (0,) if file.is_deleted else (0, 1)
    out, shown = [], []
    for n, block in enumerate(file.blocks):
        head = KEPT if n > 0 else 0
        tail = KEPT if n + 1 < len(file.blocks) else 0
        size = block.i_end - block.i
        if block.kind != "equal" or size < head + tail + FOLDED_MIN:
            shown.append(block)
            continue
        if head:
            shown.append(block._replace(i_end=block.i + head,
                                        j_end=block.j + head))
        if shown:
            out.append(table(file.rows(shown), sides))
        out.append(folded(file, block._replace(
            i=block.i + head, i_end=block.i_end - tail,
            j=block.j + head, j_end=block.j_end - tail), tail == 0))
        shown = []
        if tail:
            shown.append(block._replace(i=block.i_end - tail,
                                        j=block.j_end - tail))
    if shown:
        out.append(table(file.rows(shown), sides))
    return "\n".join(out) or "<p>The file is empty.</p>"


def counts(added, removed):
    return (f'<span class="counts"><span class="added">+{added}</span> '
            f'<span class="removed">\u2212{removed}</span></span>')


def section(n, file):
    what = "new" if file.is_new else "deleted" if file.is_deleted else ""
    return (f'<section id="file{n}"><header><h2>{escape(file.name)}</h2>'
            f'<span class="what">{what}</span>'
            f"{counts(len(file.added), len(file.removed))}</header>\n<div>"
            f"{body(file)}</div></section>")


def index(title, changed, same):
    added = sum(len(file.added) for file in changed)
    removed = sum(len(file.removed) for file in changed)
    out = [f"<nav><h1>{title}</h1>", f"<p>{counts(added, removed)}</p>",
           f"<h2>{len(changed)} changed</h2><ul>"]
    for n, file in enumerate(changed):
        out.append(f'<li><a href="#file{n}"><span class="name">'
                   f"{escape(file.name)}</span>"
                   f"{counts(len(file.added), len(file.removed))}</a></li>")
    out.append(f"</ul><h2>{len(same)} identical</h2><ul>")
    out += [f'<li class="same">{escape(file.name)}</li>' for file in same]
    out.append('</ul><p class="keys"><kbd>n</kbd> next change, '
               "<kbd>p</kbd> previous</p></nav>")
    return "\n".join(out)


def page(before, after, files):
    """The page for the FileDiffs of the two stages of these names."""
    changed = [file for file in files if not file.is_same]
    same = [file for file in files if file.is_same]
    before, after = escape(before), escape(after)
    sections = [section(n, file) for n, file in enumerate(changed)]
    if same:
        names = ", ".join(escape(file.name) for file in same)
        sections.append(
            "<section><header><h2>Identical</h2></header><p>These files are "
            f"the same in both, byte for byte: {names}. An empty diff is a "
            "lesson too.</p></section>")
    title = f"<span>{before}</span> <span>\u2192 {after}</span>"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{before} \u2192 {after}</title>
<style>{STYLE}</style>
</head>
<body>
{index(title, changed, same)}
<main>
{chr(10).join(sections)}
</main>
<script>{SCRIPT}</script>
</body>
</html>
"""
