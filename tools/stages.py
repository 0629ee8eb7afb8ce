#!/usr/bin/env python3
"""Keeps the stages from drifting apart, and shows what each one adds.

  stages.py check          every lesson.diff is true and within its budget
  stages.py bless          rewrite the lesson.diff files
  stages.py cascade STAGE  carry the uncommitted change of STAGE into each
                           later stage, up to the first conflict
  stages.py diff [A] B     show the step from A (or the stage before) to B,
                           in the terminal or, with --html, as a page
  stages.py tags           make one git tag a stage, each a repository that
                           builds by itself

A STAGE is named in full (stage3_log_repl), by stage3, or by 3. Each command
has its own --help.

The lesson of a stage is what its sources (*.h, *.cc, *.proto, without
*_test.cc) change of the stage before. It stands in the stage's lesson.diff,
without line numbers, so that a fix elsewhere in a file is no news.

A lesson has a budget. A stage whose step needs more says so in its README.md,
in a paragraph of this form, and is then held to these numbers:

  Lesson budget: 520 lines, 30 % removed, 12 moved. Reason: the whole reason.

Python's standard library and git only; check, bless and diff need no git.
"""
import argparse
import collections
import difflib
import io
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap

Budget = collections.namedtuple("Budget", "lines removed moved")
BUDGET = Budget(lines=370,   # Added and removed, all sources together.
                removed=20,  # Removed lines, in percent of those.
                moved=6)     # Lines removed here and added there.
BUDGET_SLACK = 1.25          # How far a stated budget may exceed its use.
MOVED_LENGTH_MIN = 21        # Shorter lines recur by chance.

CONTEXT = 3                  # Equal lines shown around a change.
PAIRING_CELLS_MAX = 20000    # Above this, changed lines are not paired up.

STAGE_NAME = re.compile(r"stage(\d+)_\w+")
STAGE_MENTION = re.compile(r"\bstages?[ _-]?\d+\w*", re.IGNORECASE)
STAGE_INCLUDE = re.compile(r'\s*#\s*include\s*["<][./]*(stage\d\w*)')
CONFLICT = re.compile(rb"^(<{7}|>{7})( |\r?$)", re.MULTILINE)
BUDGET_LINE = re.compile(r"[>*_\-\s]*Lesson budget:")
BUDGET_FORM = re.compile(
    r"[>*_\-\s]*Lesson budget:[*_]* (\d+) lines, (\d+(?:\.\d+)?) ?% removed, "
    r"(\d+) moved\. Reason:[*_]* *(.*)")
BUDGET_EXAMPLE = ("Lesson budget: 520 lines, 30 % removed, 12 moved. "
                  "Reason: ...")


class Failure(Exception):
    """Something the user must see to; its text says what to do."""
    status = 1


class Usage(Failure):
    """A command line that makes no sense."""
    status = 2


# --- Stages and their files -------------------------------------------------


def in_order(names, where):
    """Those of the names that name stages, by number, without a gap."""
    found = sorted((int(match[1]), match[0])
                   for match in map(STAGE_NAME.fullmatch, names) if match)
    if not found:
        raise Failure(f"no directory named like stage0_kv in {where}: name "
                      "the right place with --root DIR")
    for (number, name), (follower, other) in zip(found, found[1:]):
        if follower != number + 1:
            raise Failure(f"{name} is followed by {other} in {where}: stage "
                          "numbers go up by one; rename or restore a stage")
    return [name for _, name in found]


def find_stages(root):
    names = in_order([p.name for p in root.iterdir() if p.is_dir()], root)
    return [root / name for name in names]


def pick(stages, text):
    """The stage that the user calls `text`, or None."""
    wanted = text.rstrip("/")
    for stage in stages:
        number = STAGE_NAME.fullmatch(stage.name)[1]
        if wanted in (stage.name, "stage" + number, number):
            return stage
    return None


def must_pick(stages, text):
    stage = pick(stages, text)
    if stage is None:
        known = ", ".join(s.name for s in stages)
        raise Usage(f"there is no stage {text!r}; there are {known}")
    return stage


def is_source(name):
    return name.endswith((".h", ".cc", ".proto"))


def is_lesson(name):
    return is_source(name) and not name.endswith("_test.cc")


def is_code(name):
    """What cascade carries: not the chapters, which each stage has its own."""
    return is_source(name) or name.split("/")[-1] in ("BUILD", "BUILD.bazel")


def reading_order(name):
    """A header stands before its source, tests and the rest come last."""
    stem, _, suffix = name.rpartition(".")
    suffixes = ["proto", "h", "cc"]
    rank = suffixes.index(suffix) if suffix in suffixes else len(suffixes)
    return (not is_lesson(name), stem, rank, name)


def names_in(stage, wanted):
    names = [p.relative_to(stage).as_posix() for p in stage.rglob("*")
             if p.is_file() and not p.name.startswith(".")]
    return sorted(filter(wanted, names), key=reading_order)


def read(path):
    """The file's bytes, or None if there is no such file."""
    return path.read_bytes() if path.is_file() else None


def lines_of(data):
    """Splits at line feeds only, so that no byte goes unnoticed."""
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    if lines[-1]:
        lines.append("\\ No newline at end of file")
    else:
        lines.pop()
    return lines


# --- Differences ------------------------------------------------------------

# Lines [i, i_end) before and [j, j_end) after; `kind` as in difflib: equal,
# insert, delete or replace.
Block = collections.namedtuple("Block", "kind i i_end j j_end")

# Two cells beside each other, None where a side has no line; `similar` says
# that the two texts are versions of one line.
Row = collections.namedtuple("Row", "kind number left other right similar")


def slide(blocks, n, text, start, end):
    """Moves an inserted or deleted block to where it reads best.

    A block [start, end) of `text` whose last line equals the one above it
    may as well begin there, and so on, both ways. A reader wants whole
    functions: as far left as possible, a blank line above, then as low as
    possible.
    """
    above, below = blocks[n - 1], blocks[n + 1]
    up_max = above.i_end - above.i - (n > 1)
    down_max = below.i_end - below.i - (n + 2 < len(blocks))
    up, down = 0, 0
    while up < up_max and text[start - 1 - up] == text[end - 1 - up]:
        up += 1
    while down < down_max and text[start + down] == text[end + down]:
        down += 1

    def reads_well(shift):
        block = [line for line in text[start + shift:end + shift] if line]
        indent = min((len(l) - len(l.lstrip()) for l in block[:1]), default=0)
        top = start + shift
        return (-indent, top == 0 or not text[top - 1], shift)

    shift = max(range(-up, down + 1), key=reads_well)
    kind, i, i_end, j, j_end = blocks[n]
    blocks[n - 1:n + 2] = [
        above._replace(i_end=above.i_end + shift, j_end=above.j_end + shift),
        Block(kind, i + shift, i_end + shift, j + shift, j_end + shift),
        below._replace(i=below.i + shift, j=below.j + shift)]


def align(before, after):
    """The blocks that lead from one list of lines to the other."""
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    blocks = [Block(*opcode) for opcode in matcher.get_opcodes()]
    # Between equal blocks, empty ones if need be, every block can slide.
    if blocks and blocks[0].kind != "equal":
        blocks.insert(0, Block("equal", 0, 0, 0, 0))
    if blocks and blocks[-1].kind != "equal":
        i, j = len(before), len(after)
        blocks.append(Block("equal", i, i, j, j))
    for n, block in enumerate(blocks):
        if block.kind == "insert":
            slide(blocks, n, after, block.j, block.j_end)
        elif block.kind == "delete":
            slide(blocks, n, before, block.i, block.i_end)
    return [b for b in blocks if b.i < b.i_end or b.j < b.j_end]


def hunks(blocks):
    """Groups the changed blocks, each with its context."""
    group = []
    for n, block in enumerate(blocks):
        if block.kind != "equal":
            group.append(block)
            continue
        head = CONTEXT if n > 0 else 0
        tail = CONTEXT if n + 1 < len(blocks) else 0
        if block.i_end - block.i <= head + tail:
            group.append(block)
            continue
        if group:
            group.append(block._replace(i_end=block.i + head,
                                        j_end=block.j + head))
            yield group
        group = [block._replace(i=block.i_end - tail, j=block.j_end - tail)]
    if any(block.kind != "equal" for block in group):
        yield group


def heading(lines, index):
    """The line above `index` that opens a function, a class, a message."""
    for line in reversed(lines[:index]):
        if re.match(r"[A-Za-z_](?!.*:$)", line) and \
                not line.startswith("namespace "):
            return line[:70].rstrip()
    return ""


def pair(before, after):
    """Index pairs of lines that are versions of each other, in order.

    The best sum of likeness, found as for a longest common subsequence.
    """
    if len(before) * len(after) > PAIRING_CELLS_MAX:
        return []
    words = lambda line: collections.Counter(re.findall(r"\w+|[^\w\s]", line))
    left, right = [list(map(words, lines)) for lines in (before, after)]
    sizes = [[sum(c.values()) for c in side] for side in (left, right)]

    def likeness(i, j):
        total = sizes[0][i] + sizes[1][j]
        shared = sum((left[i] & right[j]).values())
        return 2 * shared / total if total else 0

    # best[i][j]: the sum for before[i:] and after[j:], and the choice made.
    best = [[(0, "")] * (len(after) + 1) for _ in range(len(before) + 1)]
    for i in reversed(range(len(before))):
        for j in reversed(range(len(after))):
            skip = max((best[i + 1][j][0], "left"),
                       (best[i][j + 1][0], "right"))
            like = likeness(i, j)
            take = (best[i + 1][j + 1][0] + like, "take")
            best[i][j] = take if like > 0.5 and take[0] > skip[0] else skip
    i, j, pairs = 0, 0, []
    while i < len(before) and j < len(after):
        choice = best[i][j][1]
        if choice == "take":
            pairs.append((i, j))
        i += choice in ("take", "left")
        j += choice in ("take", "right")
    return pairs


class FileDiff:
    """One file as two stages have it: lines, or None where it is missing."""

    def __init__(self, name, before, after):
        self.name = name
        self.is_new = before is None
        self.is_deleted = after is None
        self.before = [] if before is None else lines_of(before)
        self.after = [] if after is None else lines_of(after)
        self.is_same = before == after
        self.blocks = align(self.before, self.after)
        changed = [b for b in self.blocks if b.kind != "equal"]
        self.removed = [l for b in changed for l in self.before[b.i:b.i_end]]
        self.added = [l for b in changed for l in self.after[b.j:b.j_end]]

    def heading(self, block):
        """The function that the lines of a block stand in."""
        if self.is_deleted:
            return heading(self.before, block.i)
        return heading(self.after, block.j)

    def unified(self, old, new, numbered):
        """The lines of a unified diff; `old` and `new` name the stages."""
        if self.is_same:
            return
        yield "--- " + ("/dev/null" if self.is_new else f"{old}/{self.name}")
        yield "+++ " + ("/dev/null" if self.is_deleted
                        else f"{new}/{self.name}")
        for group in hunks(self.blocks):
            where = ""
            if numbered:
                where = (f" -{span(group[0].i, group[-1].i_end)}"
                         f" +{span(group[0].j, group[-1].j_end)} @@")
            yield f"@@{where} {self.heading(group[0])}".rstrip()
            for block in group:
                if block.kind == "equal":
                    for line in self.after[block.j:block.j_end]:
                        yield " " + line if line else ""
                    continue
                for line in self.before[block.i:block.i_end]:
                    yield "-" + line
                for line in self.after[block.j:block.j_end]:
                    yield "+" + line

    def rows(self, blocks):
        """The lines of these blocks beside each other."""
        for block in blocks:
            left = range(block.i, block.i_end)
            right = range(block.j, block.j_end)
            if block.kind == "equal":
                yield from map(self.row, left, right)
                continue
            pairs = pair([self.before[i] for i in left],
                         [self.after[j] for j in right])
            i, j = block.i, block.j
            ends = [(block.i + a, block.j + b, True) for a, b in pairs]
            for i_end, j_end, similar in ends + [
                    (block.i_end, block.j_end, False)]:
                for n in range(max(i_end - i, j_end - j)):
                    yield self.row(i + n if i + n < i_end else None,
                                   j + n if j + n < j_end else None)
                if similar:
                    yield self.row(i_end, j_end, True)
                i, j = i_end + similar, j_end + similar

    def row(self, i, j, similar=False):
        left = None if i is None else self.before[i]
        right = None if j is None else self.after[j]
        kind = ("insert" if left is None else "delete" if right is None
                else "equal" if left == right else "change")
        return Row(kind, None if i is None else i + 1, left,
                   None if j is None else j + 1, right, similar)


def span(start, end):
    """Lines [start, end) as a unified diff's header counts them."""
    return f"{start + 1 if end > start else start},{end - start}"


def compare(old, new, wanted):
    """A FileDiff for each wanted file that either stage has."""
    names = set(names_in(old, wanted)) | set(names_in(new, wanted))
    return [FileDiff(name, read(old / name), read(new / name))
            for name in sorted(names, key=reading_order)]


# --- check and bless --------------------------------------------------------


class Lesson:
    """What a stage changes of the stage before."""

    def __init__(self, old, new):
        self.old, self.new = old, new
        self.files = compare(old, new, is_lesson)
        removed = [l.strip() for f in self.files for l in f.removed]
        added = [l.strip() for f in self.files for l in f.added]
        both = collections.Counter(removed) & collections.Counter(added)
        self.moved = [line for line in both.elements()
                      if len(line) >= MOVED_LENGTH_MIN]
        total = len(added) + len(removed)
        self.use = Budget(total, 100 * len(removed) / max(total, 1),
                          len(self.moved))

    def summary(self):
        return (f"{self.use.lines} lines changed, {self.use.removed:.1f} % "
                f"removed, {self.use.moved} moved")

    def text(self):
        """What lesson.diff holds: two sentences and a unified diff."""
        same = [f.name for f in self.files if f.is_same]
        out = [f"From {self.old.name} to {self.new.name}: {self.summary()}."]
        if same:
            out += textwrap.wrap("The same in both: " + " ".join(same), 80,
                                 break_on_hyphens=False)
        for file in self.files:
            out += file.unified(self.old.name, self.new.name, numbered=False)
        return "\n".join(out) + "\n"


def changes(text):
    """What a lesson.diff says, less its context."""
    return [line for line in text.split("\n") if line[:1] in ("+", "-")]


def stated_budget(stage):
    """The budget that README.md asks for, or the usual one; complaints."""
    readme = stage / "README.md"
    if not readme.is_file():
        return BUDGET, []
    where = f"{stage.name}/README.md"
    text = readme.read_text(encoding="utf-8", errors="replace")
    lines = text.split("\n")
    starts = [n for n, l in enumerate(lines) if BUDGET_LINE.match(l)]
    if not starts:
        return BUDGET, []
    if len(starts) > 1:
        return BUDGET, [f"{where}: {len(starts)} lesson budgets: keep one"]
    paragraph = []
    for line in lines[starts[0]:]:
        if not line.strip(" >"):
            break
        paragraph.append(line.strip())
    match = BUDGET_FORM.match(" ".join(paragraph))
    if not match:
        return BUDGET, [f"{where}:{starts[0] + 1}: write the lesson budget "
                        f"as: {BUDGET_EXAMPLE}"]
    budget = Budget(int(match[1]), float(match[2]), int(match[3]))
    if not re.search(r"\w", match[4]):
        return budget, [f"{where}:{starts[0] + 1}: the lesson budget has no "
                        "reason: say why the step needs it"]
    return budget, []


def budget_complaints(lesson):
    budget, complaints = stated_budget(lesson.new)
    yield from complaints
    name, use = lesson.new.name, lesson.use
    advice = ("make the step smaller, or state the need in README.md as: "
              + BUDGET_EXAMPLE)
    if use.lines > budget.lines:
        yield (f"{name}: {use.lines} lines change, the budget is "
               f"{budget.lines}: {advice}")
    if use.removed > budget.removed:
        yield (f"{name}: {use.removed:.1f} % of the changed lines are "
               f"removals, the budget is {budget.removed:g} %: {advice}")
    if use.moved > budget.moved:
        yield (f"{name}: {use.moved} lines only move, the budget is "
               f"{budget.moved}: put them back in their place, or {advice}. "
               f"Among them: {'; '.join(lesson.moved[:3])}")
    for what, unit in (("lines", ""), ("removed", " %"), ("moved", "")):
        stated, used = getattr(budget, what), getattr(use, what)
        if stated > max(getattr(BUDGET, what), BUDGET_SLACK * used):
            yield (f"{name}/README.md: the budget for {what} is "
                   f"{stated:g}{unit}, but {used:.4g}{unit} are used: lower "
                   "it, so that it stays true")


def diff_complaints(lesson):
    where = f"{lesson.new.name}/lesson.diff"
    golden = read(lesson.new / "lesson.diff")
    if golden is None:
        yield f"{where} is missing: run stages.py bless"
        return
    golden = golden.decode("utf-8", "surrogateescape")
    text = lesson.text()
    if changes(golden) != changes(text):
        yield (f"{where} is not the difference from {lesson.old.name}: carry "
               "a fix on with stages.py cascade, then run stages.py bless "
               "and read what has changed")
    elif golden != text:
        yield (f"{where} shows old surroundings of a true difference: run "
               "stages.py bless")


def source_complaints(stage):
    names = names_in(stage, is_source)
    if not names:
        yield f"{stage.name}: no sources: restore or remove the directory"
    for name in names:
        data = read(stage / name)
        for number, line in enumerate(lines_of(data), 1):
            where = f"{stage.name}/{name}:{number}"
            include = STAGE_INCLUDE.match(line)
            mention = STAGE_MENTION.search(line)
            if include:
                yield (f"{where} includes from {include[1]}: a stage is a "
                       'whole program; include its own file as "x.h"')
            elif mention:
                yield (f"{where} mentions {mention[0]!r}: leave stages out "
                       "of the sources, so that they stay the same")
        if CONFLICT.search(data):
            yield (f"{stage.name}/{name} has conflict markers: resolve the "
                   "conflict")


def check(stages):
    """Prints a line a stage, and the complaints; returns their number."""
    total = 0
    width = max(len(stage.name) for stage in stages)
    for old, stage in zip([None] + stages, stages):
        complaints = list(source_complaints(stage))
        if old is None:
            summary = "the first stage"
            if (stage / "lesson.diff").exists():
                complaints.append(f"{stage.name}/lesson.diff: the first "
                                  "stage has no lesson.diff: run stages.py "
                                  "bless")
        else:
            lesson = Lesson(old, stage)
            summary = lesson.summary()
            complaints += diff_complaints(lesson)
            complaints += budget_complaints(lesson)
        total += len(complaints)
        verdict = "ok" if not complaints else "complaints"
        print(f"{stage.name:{width}}  {summary}, {verdict}")
        for complaint in complaints:
            print(printable(complaint), file=sys.stderr)
    return total


def bless(stages):
    stale = stages[0] / "lesson.diff"
    if stale.exists():
        stale.unlink()
        print(f"{stages[0].name}/lesson.diff: removed, there is no stage "
              "before")
    for old, stage in zip(stages, stages[1:]):
        text = Lesson(old, stage).text().encode("utf-8", "surrogateescape")
        golden = stage / "lesson.diff"
        if read(golden) == text:
            print(f"{stage.name}/lesson.diff: unchanged")
        else:
            golden.write_bytes(text)
            print(f"{stage.name}/lesson.diff: rewritten, read it")


# --- git --------------------------------------------------------------------

# Set by git for its hooks; they would lead elsewhere than to the root.
GIT_PLACES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX",
              "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
              "GIT_COMMON_DIR", "GIT_NAMESPACE")


class Git:
    """Runs git in a directory, and fails in one line.

    No command here writes to the user's files, and the one that writes tags
    is atomic, so a failure means that nothing was changed.
    """

    def __init__(self, directory, **environment):
        self.directory = directory
        self.environment = {k: v for k, v in os.environ.items()
                            if k not in GIT_PLACES}
        # git status shall not refresh the user's index.
        self.environment.update(environment, LC_ALL="C",
                                GIT_OPTIONAL_LOCKS="0")

    def run(self, *args, data=b""):
        try:
            return subprocess.run(("git",) + args, cwd=self.directory,
                                  input=data, capture_output=True,
                                  env=self.environment)
        except FileNotFoundError:
            raise Failure("this command needs git, which is not installed")

    def __call__(self, *args, data=b""):
        done = self.run(*args, data=data)
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise Failure(f"git {args[0]} failed in {self.directory}: "
                          + (" ".join(said.split("\n")) or "it did not say")
                          + "; nothing was changed")
        return done.stdout

    def text(self, *args, data=b""):
        return self(*args, data=data).decode("utf-8").rstrip("\n")

    def items(self, *args):
        """The output of a command that ends each item with a zero byte."""
        return [os.fsdecode(item) for item in self(*args).split(b"\0")[:-1]]

    def blob(self, spec):
        """The content of REV:./path or, from the index, :./path; or None."""
        done = self.run("cat-file", "blob", spec)
        return done.stdout if done.returncode == 0 else None

    def blobs(self, names):
        """The contents of many objects, by one process."""
        out = io.BytesIO(self("cat-file", "--batch",
                              data="".join(n + "\n" for n in names).encode()))
        for _ in names:
            size = int(out.readline().split()[2])
            yield out.read(size)
            out.read(1)

    def commit(self, revision):
        done = self.run("rev-parse", "--verify", "--quiet",
                        "--end-of-options", revision + "^{commit}")
        if done.returncode != 0:
            raise Failure(f"{revision} is no commit in {self.directory}, or "
                          "that is no git repository; nothing was changed")
        return done.stdout.decode().strip()


# --- cascade ----------------------------------------------------------------


def merge(own, base, new, labels):
    """The three-way merge of two changed versions, and whether it is clean."""
    with tempfile.TemporaryDirectory(prefix="stages-") as scratch:
        args = ["merge-file", "-p"]
        for label in labels:
            args += ["-L", label]
        for name, data in (("own", own), ("base", base), ("new", new)):
            (pathlib.Path(scratch) / name).write_bytes(data)
            args.append(name)
        done = Git(scratch).run(*args)
    # The status counts the conflicts; from 128 on it is an error.
    if done.returncode >= 128 or done.returncode < 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise Failure(f"git merge-file failed on {labels[0]}: {said}; nothing "
                      "was changed")
    return done.stdout, done.returncode == 0


class Cascade:
    """Carries what a stage has changed since a commit into later stages.

    Each stage hands on to the next its own difference since that commit,
    with what it has just been given. So a conflict that was resolved in one
    stage is carried on as resolved, and the cascade goes on from there by
    `cascade` of that stage. Everything is worked out before anything is
    written, and nothing is overwritten that git has not got, committed or
    added.
    """

    def __init__(self, root, since):
        self.root = root
        self.git = Git(root)
        self.since = self.git.commit(since)
        self.bases = {}      # path -> bytes or None, as they were
        self.content = {}    # path -> bytes or None, as they shall become
        self.writes = []     # paths whose content changes, in order
        self.conflicts = []  # sentences

    def path(self, stage, name):
        return f"{stage.name}/{name}"

    def base(self, stage, name):
        path = self.path(stage, name)
        if path not in self.bases:
            self.bases[path] = self.git.blob(f"{self.since}:./{path}")
        return self.bases[path]

    def now(self, stage, name):
        path = self.path(stage, name)
        if path not in self.content:
            self.content[path] = read(self.root / path)
        return self.content[path]

    def is_in_git(self, stage, name):
        path, data = self.path(stage, name), self.now(stage, name)
        return data is None or data in (
            self.git.blob(f"HEAD:./{path}"),
            self.git.blob(f":./{path}"))

    def changed(self, stage):
        """The names of all files of a stage that differ since the commit."""
        listed = self.git.items("ls-tree", "-r", "-z", "--name-only",
                                self.since, "--", stage.name + "/")
        listed += self.git.items("ls-files", "-z", "--cached", "--others",
                                 "--exclude-standard", "--",
                                 stage.name + "/")
        names = {path[len(stage.name) + 1:] for path in listed}
        return [name for name in sorted(names, key=reading_order)
                if self.base(stage, name) != self.now(stage, name)]

    def carry(self, stage, later, name):
        """(what becomes of the later stage's file, its new content)."""
        base, new = self.base(stage, name), self.now(stage, name)
        own = self.now(later, name)
        if base == new:
            return "not changed", own
        if own == new:
            return "already so", own
        if new is None:
            return ("deleted", None) if own == base else ("conflict", own)
        if own is None:
            if self.base(later, name) is not None:
                return "conflict", None
            return ("not there", None) if base is not None else (
                "created", new)
        merged, clean = merge(own, base or b"", new, [
            later.name, f"{stage.name} before", stage.name])
        if not clean:
            return "conflict", merged
        return ("already so" if merged == own else "merged"), merged

    def conflict(self, stage, later, name, content):
        path = self.path(later, name)
        if self.now(stage, name) is None:
            what = (f"{path} differs from the file that {stage.name} deletes:"
                    " delete it or keep it")
        elif content is None:
            what = (f"{path} is deleted, but {stage.name} changes it: restore "
                    "it or let it go")
        else:
            what = f"{path} has conflicts: resolve the marked lines"
        self.conflicts.append(what)

    def step(self, stage, later, names):
        """Works out one stage; returns {what became of it: names}."""
        report = collections.defaultdict(list)
        unsafe, results = [], []
        for name in names:
            what, content = self.carry(stage, later, name)
            own = self.now(later, name)
            if what != "not changed" and own and CONFLICT.search(own):
                raise Failure(
                    f"{self.path(later, name)} has conflict markers: resolve "
                    f"them, then run stages.py cascade {later.name}; nothing "
                    "was changed")
            if content != own and not self.is_in_git(later, name):
                unsafe.append(self.path(later, name))
            results.append((name, what, content))
        if unsafe:
            raise Failure(
                f"uncommitted changes in {', '.join(unsafe)}: commit or git "
                "add them first or, if they are what you have just resolved,"
                f" run stages.py cascade {later.name}; nothing was changed")
        for name, what, content in results:
            report[what].append(name)
            if what == "conflict":
                self.conflict(stage, later, name, content)
            if content != self.now(later, name):
                self.writes.append((later, name))
            self.content[self.path(later, name)] = content
        return report

    def write(self, start):
        done = []
        for stage, name in self.writes:
            path = self.path(stage, name)
            target, content = self.root / path, self.content[path]
            try:
                if content is None:
                    target.unlink()
                else:
                    is_new = not target.exists()
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(content)
                    if is_new and (start / name).exists():
                        shutil.copymode(start / name, target)
            except OSError as error:
                raise Failure(f"{path}: {error.strerror}: the cascade stopped "
                              f"there, after {', '.join(done) or 'nothing'}; "
                              "mend that and run it again")
            done.append(path)


def cascade(root, stages, start, since):
    job = Cascade(root, since)
    changed = job.changed(start)
    names = [name for name in changed if is_code(name)]
    marked = [name for name in names
              if CONFLICT.search(job.now(start, name) or b"")]
    if marked:
        raise Failure(f"{start.name} has conflict markers in "
                      f"{', '.join(marked)}: resolve them first; nothing was "
                      "changed")
    left_out = [n for n in changed if not is_code(n) and n != "lesson.diff"]
    if left_out:
        print(f"not carried, each stage has its own: {', '.join(left_out)}")
    if not names:
        print(f"nothing to carry: the code of {start.name} is as in {since}")
        return
    reports = []
    rest = stages[stages.index(start):]
    if len(rest) == 1:
        print(f"nothing to carry into: {start.name} is the last stage")
        return
    for stage, later in zip(rest, rest[1:]):
        reports.append((later, job.step(stage, later, names)))
        if job.conflicts:
            break
    job.write(start)
    for later, report in reports:
        said = [f"{what} {', '.join(files)}"
                for what, files in sorted(report.items())
                if what not in ("conflict", "not changed")]
        print(f"{later.name}: {'; '.join(said) or 'nothing to change'}")
    if job.conflicts:
        stopped = reports[-1][0].name
        raise Failure("; ".join(job.conflicts)
                      + f"; then run stages.py cascade {stopped}. Later "
                      "stages were not changed")
    print("now run stages.py bless, and read the lessons that have changed")


# --- diff -------------------------------------------------------------------

COLOURS = {"-": "31", "+": "32", "@": "36", "=": "1"}


def printable(text):
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def paint(sign, text, coloured):
    code = COLOURS.get(sign)
    return f"\033[{code}m{text}\033[0m" if coloured and code else text


def print_unified(old, new, files, coloured):
    for file in files:
        for n, line in enumerate(file.unified(old.name, new.name, True)):
            sign = "=" if n < 2 else line[:1]
            print(paint(sign, printable(line), coloured))


def wrapped(text, width):
    """A cell's text in pieces of a width; one empty piece at least."""
    text = printable(text or "").expandtabs(4)
    return [text[n:n + width] for n in range(0, len(text), width)] or [""]


def print_columns(old, new, files, coloured, columns):
    """Two columns, marked between them as by diff -y: |, < and >."""
    width = max(20, (columns - 3) // 2)
    marks = {"equal": " ", "change": "|", "delete": "<", "insert": ">"}
    for file in files:
        if file.is_same:
            continue
        left = "(none)" if file.is_new else f"{old.name}/{file.name}"
        right = "(none)" if file.is_deleted else f"{new.name}/{file.name}"
        print(paint("=", f"{left:{width}}   {right}", coloured))
        for group in hunks(file.blocks):
            print(paint("@", f"@@ {file.heading(group[0])}".rstrip(),
                        coloured))
            for row in file.rows(group):
                lefts = wrapped(row.left, width)
                rights = wrapped(row.right, width)
                same = row.kind == "equal"
                for n in range(max(len(lefts), len(rights))):
                    a = lefts[n] if n < len(lefts) else ""
                    b = rights[n] if n < len(rights) else ""
                    a = paint("" if same else "-", f"{a:{width}}", coloured)
                    b = paint("" if same else "+", b, coloured)
                    print(f"{a} {marks[row.kind]} {b}".rstrip())


def print_diff(old, new, files, side_by_side):
    coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    if side_by_side:
        columns = shutil.get_terminal_size((160, 24)).columns
        print_columns(old, new, files, coloured, columns)
    else:
        print_unified(old, new, files, coloured)
    same = [file.name for file in files if file.is_same]
    if same:
        print(textwrap.fill("The same in both: " + " ".join(same), 80,
                            break_on_hyphens=False))


def write_page(old, new, files, out, is_shown):
    # The page's code is next to this file. No __pycache__ in the tree.
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import stages_html
    if out:
        path = user_path(out)
    else:
        directory = tempfile.mkdtemp(prefix="stages-diff-")
        path = pathlib.Path(directory) / f"{old.name}-{new.name}.html"
    page = stages_html.page(old.name, new.name, files)
    try:
        path.write_text(page, encoding="utf-8", errors="replace")
    except OSError as error:
        raise Failure(f"cannot write {path}: {error.strerror}: name another "
                      "file after --html")
    print(f"wrote {path}")
    if is_shown and has_display():
        import webbrowser
        if not webbrowser.open(path.resolve().as_uri()):
            print("no browser could be started: open the page by hand")


def user_path(text):
    """A path as the user means it, under bazel run too."""
    user = os.environ.get("BUILD_WORKING_DIRECTORY", os.getcwd())
    return pathlib.Path(user) / text


def has_display():
    """Without a display, webbrowser would take over the terminal."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name)
               for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def diff(stages, options):
    new = must_pick(stages, options.what[0])
    second = pick(stages, options.what[1]) if options.what[1:] else None
    if second:
        old, new = new, second
    elif new == stages[0]:
        raise Usage(f"{new.name} is the first stage: name two stages")
    else:
        old = stages[stages.index(new) - 1]
    wanted = options.what[2 if second else 1:]
    has = set(names_in(old, bool)) | set(names_in(new, bool))
    for name in wanted:
        if not any(matches(name, file) for file in has):
            raise Usage(f"neither {old.name} nor {new.name} has {name!r}")
    if wanted:
        choose = lambda file: any(matches(name, file) for name in wanted)
    else:
        choose = is_code if options.all else is_lesson
    files = compare(old, new, choose)
    if options.html is None:
        print_diff(old, new, files, options.side_by_side)
    else:
        write_page(old, new, files, options.html, not options.no_open)


def matches(wanted, name):
    """A file is called by its name or, as raft_node, by its stem."""
    return wanted in (name, name.rpartition(".")[0])


# --- tags -------------------------------------------------------------------

# Tags depend on the tree alone, so who made them and when does not matter.
# The date is the paper's; each stage comes a minute after the one before.
TAGGER = "The course <course@example.org>"
TAG_EPOCH = 1403136000
TAG_STEP_SECONDS = 60

WHOLE_FILE_LINES = 5  # A marker for the whole file stands this near the top.
SINCE = re.compile(rb"\[since (stage\d\w*)\]")
END = b"[end since]"
END_ALONE = re.compile(rb"\W*" + re.escape(END) + rb"\W*")


class Shared:
    """A file outside the stages, with the parts that later stages bring."""

    def __init__(self, path, data, stages):
        """Lines get the number of the first stage that has them."""
        self.since = 0
        self.lines = []
        opened, block = None, 0
        for number, line in enumerate(data.splitlines(keepends=True), 1):
            marker = SINCE.search(line)
            if marker:
                if opened is not None:
                    self.set_since(path, opened, block)
                name = marker[1].decode()
                if name not in stages:
                    raise Failure(f"{path}:{number} names {name}, which is no "
                                  "stage here; no tag was changed")
                opened, block = number, stages.index(name)
            elif END in line and opened is None and END_ALONE.fullmatch(
                    line.strip()):
                raise Failure(f"{path}:{number} ends a part that nothing has "
                              "begun; no tag was changed")
            self.lines.append((block, line))
            if END in line:
                opened, block = None, 0
        if opened is not None:
            self.set_since(path, opened, block)

    def set_since(self, path, opened, block):
        """An open marker near the top turns out to be for all of the file."""
        if opened > WHOLE_FILE_LINES:
            raise Failure(f"{path}:{opened} begins a part that does not end "
                          "before the next; no tag was changed")
        self.since = block

    def at(self, stage):
        """The content at a stage, or None before the file's first stage."""
        if stage < self.since:
            return None
        return b"".join(line for since, line in self.lines if since <= stage)


def introduction(readme, name):
    """A stage's README.md in short: its title and its first paragraph."""
    title, paragraph = name, []
    for block in re.split(r"\n\s*\n", readme.replace("\r\n", "\n")):
        block = block.strip()
        first, _, rest = block.partition("\n")
        if first.startswith("# ") and title == name:
            title, block = first[2:].strip(), rest.strip()
        if re.match(r"(?![*_]\s|\d+[.)]\s)[\w\"'(*_`\[]", block):
            paragraph = textwrap.wrap(" ".join(block.split()), 72,
                                      break_long_words=False,
                                      break_on_hyphens=False)
            break
    return "\n".join([title] + ([""] + paragraph if paragraph else [])) + "\n"


class Milestones:
    """Builds the tags in a scratch repository that borrows root's objects."""

    def __init__(self, root, scratch):
        self.source = Git(root)
        self.source.commit("HEAD")
        prefix, objects, form, self.tree = self.source.text(
            "rev-parse", "--show-prefix", "--git-path", "objects",
            "--show-object-format", "HEAD^{tree}").split("\n")
        if prefix:
            raise Failure(f"{root} is not the top of its git repository; no "
                          "tag was changed")
        self.index = scratch / "milestone"
        self.scratch = Git(scratch, GIT_DIR=str(scratch),
                           GIT_INDEX_FILE=str(self.index))
        self.scratch("init", "--quiet", "--bare", "--template=",
                     f"--object-format={form}")
        (scratch / "objects/info").mkdir(exist_ok=True)
        (scratch / "objects/info/alternates").write_text(
            os.path.abspath(root / objects) + "\n")

    def write(self, kind, data):
        return self.scratch.text("hash-object", "-w", "-t", kind, "--stdin",
                                 data=data)

    def read_tree(self):
        """Entries (path, mode, id) of the tree, and the stages in order."""
        entries = []
        for item in self.source.items("ls-tree", "-r", "-z", "--full-tree",
                                      self.tree):
            about, path = item.split("\t", 1)
            mode, _, name = about.split()
            entries.append((path, mode, name))
        tops = {path.split("/")[0] for path, _, _ in entries if "/" in path}
        return entries, in_order(tops, "HEAD")

    def shared(self, entries, stages):
        """{path: Shared} of the files outside the stages with markers."""
        outside = [(path, name) for path, mode, name in entries
                   if path.split("/")[0] not in stages
                   and mode.startswith("100")]
        contents = self.source.blobs([name for _, name in outside])
        found = {}
        for (path, _), data in zip(outside, contents):
            if b"\0" not in data and (SINCE.search(data) or END in data):
                found[path] = Shared(path, data, stages)
        return found

    def milestone(self, entries, stages, shared, number):
        """The tree that holds the stages up to this one, and no later."""
        index = b""
        for path, mode, name in entries:
            top = path.split("/")[0]
            if top in stages and stages.index(top) > number:
                continue
            if path in shared:
                data = shared[path].at(number)
                if data is None:
                    continue
                name = self.write("blob", data)
            index += f"{mode} {name}\t".encode() + os.fsencode(path) + b"\0"
        self.scratch("update-index", "-z", "--index-info", data=index)
        tree = self.scratch.text("write-tree")
        self.index.unlink()
        return tree

    def build(self):
        """[(stage, id of its tag object)], on one line of commits."""
        entries, stages = self.read_tree()
        shared = self.shared(entries, stages)
        by_path = {path: name for path, _, name in entries}
        tags, parent, tree = [], "", ""
        for number, stage in enumerate(stages):
            readme = by_path.get(f"{stage}/README.md")
            text = self.source("cat-file", "blob", readme) if readme else b""
            about = introduction(text.decode("utf-8", "replace"), stage)
            who = f"{TAGGER} {TAG_EPOCH + number * TAG_STEP_SECONDS} +0000"
            tree = self.milestone(entries, stages, shared, number)
            commit = self.write("commit", (
                f"tree {tree}\n{parent}author {who}\ncommitter {who}\n\n"
                f"{about}").encode())
            tag = self.write("tag", (
                f"object {commit}\ntype commit\ntag {stage}\ntagger {who}\n\n"
                f"{about}").encode())
            tags.append((stage, tag))
            parent = f"parent {commit}\n"
        if tree != self.tree:
            raise Failure(f"the last milestone's tree is {tree}, HEAD's is "
                          f"{self.tree}: a defect of stages.py; no tag was "
                          "changed")
        self.scratch("update-ref", "--stdin", data="".join(
            f"create refs/tags/{stage} {tag}\n" for stage, tag in tags
        ).encode())
        return tags


def tags(root, options):
    target = Git(root)
    if options.into:
        into = user_path(options.into)
        if not into.is_dir() or Git(into).run(
                "rev-parse", "--git-dir").returncode != 0:
            raise Failure(f"{into} is no git repository: create one with git "
                          "init; no tag was changed")
        target = Git(into)
    with tempfile.TemporaryDirectory(prefix="stages-") as directory:
        scratch = pathlib.Path(directory).resolve()
        job = Milestones(root, scratch)
        if job.source("status", "--porcelain"):
            print("note: tags are made from HEAD; uncommitted changes are "
                  "not in them", file=sys.stderr)
        made = job.build()
        there = dict(line.split() for line in target.text(
            "for-each-ref", "--format=%(refname:lstrip=2) %(objectname)",
            "refs/tags").splitlines())
        differ = [name for name, tag in made
                  if there.get(name, tag) != tag]
        if differ and not options.force and not options.dry_run:
            raise Failure(f"{', '.join(differ)}: tagged otherwise already; "
                          "use --force to replace; no tag was changed")
        wanted = [name for name, tag in made if there.get(name) != tag]
        if wanted and not options.dry_run:
            force = "+" if options.force else ""
            target("-c", "protocol.file.allow=always", "fetch", "--quiet",
                   "--no-tags", "--no-prune", "--atomic",
                   "--no-write-fetch-head", "--no-auto-maintenance",
                   "--no-recurse-submodules", str(scratch),
                   *(f"{force}refs/tags/{name}:refs/tags/{name}"
                     for name in wanted))
    would = "would be " if options.dry_run else ""
    for name, tag in made:
        state = ("unchanged" if name not in wanted else
                 would + ("replaced" if name in differ else "created"))
        print(f"{name}  {tag[:12]}  {state}")
    for name in sorted(there):
        if STAGE_NAME.fullmatch(name) and name not in dict(made):
            print(f"note: the tag {name} has no stage here; left alone",
                  file=sys.stderr)


# --- The command line -------------------------------------------------------

CASCADE_HELP = """
Carries what STAGE has changed since the last commit (or --since REV) into
each later stage by three-way merge: sources, tests and BUILD files, with new
and deleted files. Each stage hands on its own difference to the next.

At the first conflict it stops, after the stage that has it. Resolve it there,
then cascade that stage. Files with changes that git has not got, neither
committed nor added, are never overwritten.
"""

TAGS_HELP = """
Makes an annotated tag for each stage of HEAD's tree, on a line of commits of
which each holds the shared files and the stages so far. Equal trees make
equal tags. The working tree and the index are not touched.

Outside the stages, what needs a later stage is marked. A block between a line
with [since STAGE] and a line with [end since] is left out of the tags before
STAGE, which is named in full. A file with [since STAGE] on one of its first
five lines, and no end to it, is left out as a whole. Blocks do not nest. The
lines of the markers stay where their block does, so the last tag's tree is
HEAD's.

A tag is called like a directory, so git diff wants to be told that it is no
file: git diff stage2_naive_repl stage3_log_repl --
"""


def parse(args):
    # --html takes the next word only if that is a page's name.
    for n, arg in enumerate(args):
        if arg == "--html" and not "".join(args[n + 1:n + 2]).endswith(
                (".html", ".htm")):
            args = args[:n] + ["--html="] + args[n + 1:]
    anywhere = argparse.ArgumentParser(add_help=False)
    anywhere.add_argument("--root", metavar="DIR", default=argparse.SUPPRESS,
                          help="where the stages are; by default the "
                          "directory above this file's")
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="stages.py", description=__doc__, formatter_class=raw,
        parents=[anywhere])
    commands = parser.add_subparsers(dest="command", metavar="COMMAND",
                                     required=True)

    def command(name, about, more="", usage=None):
        return commands.add_parser(
            name, help=about, parents=[anywhere], formatter_class=raw,
            description=f"{about[0].upper()}{about[1:]}.\n{more}",
            usage=usage)

    command("check", "see that every lesson.diff is true and within budget")
    command("bless", "rewrite the lesson.diff files")
    one = command("cascade", "carry a stage's change into the later stages",
                  CASCADE_HELP)
    one.add_argument("stage", metavar="STAGE")
    one.add_argument("--since", metavar="REV", default="HEAD",
                     help="the commit to compare with; by default HEAD")
    one = command("diff", "show what one stage changes of another",
                  "\ndiff 3 shows the step from 2 to 3, diff 2 6 all steps "
                  "between, and\ndiff 3 raft_node only the files of that "
                  "name.\n",
                  "stages.py diff [OPTION ...] STAGE [STAGE] [FILE ...]")
    one.add_argument("what", metavar="STAGE, FILE", nargs="+",
                     help="one stage or two, then names or stems of files; "
                     "by default the sources without their tests")
    one.add_argument("--all", action="store_true",
                     help="show tests and BUILD files too")
    one.add_argument("--side-by-side", action="store_true",
                     help="two columns, fitted to the terminal")
    one.add_argument("--html", metavar="OUT.html", nargs="?",
                     help="write a page and open it; by default a temporary "
                     "file")
    one.add_argument("--no-open", action="store_true",
                     help="do not open the page in the browser")
    one = command("tags", "make one git tag a stage", TAGS_HELP)
    one.add_argument("--force", action="store_true",
                     help="replace tags that differ")
    one.add_argument("--dry-run", action="store_true",
                     help="only say what would be done")
    one.add_argument("--into", metavar="REPO",
                     help="make the tags in that local repository instead")
    return parser.parse_args(args)


def main(args):
    try:
        options = parse(args)
        # As Bazel's tests see it, this file is a link: do not follow it.
        above = pathlib.Path(os.path.abspath(__file__)).parent.parent
        root = pathlib.Path(os.path.abspath(getattr(
            options, "root",
            os.environ.get("BUILD_WORKSPACE_DIRECTORY", above))))
        if not root.is_dir():
            raise Usage(f"{root} is not a directory")
        if options.command == "tags":
            tags(root, options)
            return 0
        stages = find_stages(root)
        if options.command == "check":
            return 1 if check(stages) else 0
        if options.command == "bless":
            bless(stages)
        elif options.command == "cascade":
            start = must_pick(stages, options.stage)
            cascade(root, stages, start, options.since)
        else:
            diff(stages, options)
    except Failure as failure:
        print(f"stages.py: {failure}", file=sys.stderr)
        return failure.status
    except BrokenPipeError:
        raise
    except OSError as error:
        print(f"stages.py: {error.filename}: {error.strerror}: see to it and "
              "run the command again", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader, head or less, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    sys.exit(status)
