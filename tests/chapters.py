#!/usr/bin/env python3
"""Holds the chapters, each stage's README.md, to what they say.

  chapters.py [--programs DIR] [STAGE ...]

Runs the commands of each chapter and compares what they print; sees that each
chapter has its parts in their order and a chapter's length; and looks up every
file, function and test that a table of rules names. The programs come from
DIR/STAGE/server and DIR/STAGE/client: Bazel's, when Bazel runs this.

A chapter's commands stand in blocks like this one:

    ```console
    $ bazel run //stage0_kv:server &
    node 1 serves clients at 127.0.0.1:7001 (pid …); Ctrl-C stops it.…
    $ bazel run //stage0_kv:client -- get nothing
    error: no such key
    ```

"$ " begins a command and "> " goes on with it. What follows, up to the next
command, is what it prints on stdout and stderr: all of it, or the beginning,
for a command that runs on in the background. "…" stands for any text within a
line, on a line of its own for any lines; spaces are compared as one space.

A section of a chapter (from one "## " to the next) is one bash session in an
empty directory, with links to the directories of the source tree; sections run
side by side. At the end of a section its background jobs are stopped. After a
command that kills job %N, the session waits until the job has ended: a person
is never faster than that.

A block for which that is not enough says so behind the word console:

    ```console eventually          each command is repeated until it prints what
                                   follows it: for what takes a moment
    ```console no-test: why not    the block is not run

The chapters use the default port, 7000. Here each section has ports of its own
instead, which nobody else uses: they are put into the commands, and taken
out of what these print.

Python's standard library and bash only.
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

WORDS = range(1800, 2501)  # of a chapter, without its blocks
DEADLINE_S = 20            # for one command
SECTIONS_AT_ONCE = 4

# Below those that the kernel picks for connections: many of these are not free
# again for a while after each test that has made a thousand connections.
PORT_BASES = (10000, 32000, 10)

# The parts of a chapter. A stage without one before it has no difference.
PARTS = [
    r"Run it in 60 seconds",
    r"The problem",
    r"What to read",
    r"Predict",
    r"The idea",
    r"A walk through the (code|diff)",
    r"On the wire and on disk",
    r"Rules",
    r"Break it",
    r"What we simplified, and what it costs",
    r"What is still wrong",
    r"Exercises",
    r"Price list",
]

SOURCE = re.compile(r"[\w./-]+\.(h|cc|proto|py|sh|bzl)")
NAME = re.compile(r"~?[A-Za-z_]\w*(::~?\w+)*(\(\))?")

Block = collections.namedtuple("Block", "line info lines section")
Command = collections.namedtuple("Command", "line text output")


class Wrong(Exception):
    """A place in a chapter, and what is wrong there."""


# --- Reading a chapter ------------------------------------------------------


class Chapter:
    def __init__(self, path):
        self.path = path
        self.stage = path.parent.name
        self.text = path.read_text(encoding="utf-8")
        self.lines = self.text.split("\n")
        self.headings = []  # (line, text), of the second level
        self.blocks = []
        self.prose = []  # (line, text, section), all that is no block
        opened, section = None, ""
        for number, line in enumerate(self.lines, 1):
            if opened is None and line.startswith("```"):
                opened = Block(number, line[3:].strip(), [], section)
            elif opened is not None and line.strip() == "```":
                self.blocks.append(opened)
                opened = None
            elif opened is not None:
                opened.lines.append(line)
            else:
                if line.startswith("## "):
                    section = line[3:].strip()
                    self.headings.append((number, section))
                self.prose.append((number, line, section))
        if opened is not None:
            raise Wrong(f"{self.where(opened.line)}: this block has no end")

    def where(self, line):
        return f"{self.stage}/{self.path.name}:{line}"

    def sections(self):
        """The blocks to run, by section."""
        found = collections.OrderedDict()
        for block in self.blocks:
            kind, _, how = block.info.partition(" ")
            if kind != "console":
                continue
            if how.startswith("no-test:") and how[len("no-test:"):].strip():
                continue
            if how not in ("", "eventually"):
                raise Wrong(f"{self.where(block.line)}: what is {how!r}? write "
                            "console, console eventually, or console no-test: "
                            "and the reason")
            found.setdefault(block.section, []).append(block)
        return found


def commands_of(chapter, block):
    commands = []
    for number, line in enumerate(block.lines, block.line + 1):
        if line.startswith("$ "):
            commands.append(Command(number, line[2:], []))
        elif not commands:
            raise Wrong(f"{chapter.where(number)}: a console block begins with "
                        "a command, after \"$ \"")
        elif line.startswith("> ") and not commands[-1].output:
            last = commands.pop()
            commands.append(last._replace(text=last.text + "\n" + line[2:]))
        else:
            commands[-1].output.append(line)
    return commands


# --- What a chapter consists of ---------------------------------------------


def form_complaints(chapter):
    number = re.match(r"stage(\d+)_", chapter.stage)[1]
    if not re.match(rf"# Stage {number}: \S", chapter.text):
        yield f"{chapter.where(1)}: the title is not \"# Stage {number}: …\""

    wanted = list(PARTS)
    for line, heading in chapter.headings:
        if not wanted or not re.fullmatch(wanted[0], heading):
            expected = wanted[0] if wanted else "the end"
            yield (f"{chapter.where(line)}: \"{heading}\" stands where "
                   f"\"{expected}\" should")
            return
        wanted.pop(0)
    if wanted:
        yield f"{chapter.where(1)}: there is no part \"{wanted[0]}\""

    prose = "\n".join(line for _, line, _ in chapter.prose)
    prose = re.sub(r"<!--.*?-->|<[^>\n]*>|\]\([^)\n]*\)", " ", prose,
                   flags=re.DOTALL)
    words = sum(1 for word in prose.split() if re.search(r"\w", word))
    if words not in WORDS:
        yield (f"{chapter.where(1)}: {words} words, a chapter has "
               f"{WORDS[0]} to {WORDS[-1]}")


def link_complaints(chapter):
    for number, line, _ in chapter.prose:
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            file = target.partition("#")[0]
            if re.match(r"\w+:", target) or not file:
                continue
            if not (chapter.path.parent / file).exists():
                yield f"{chapter.where(number)}: there is no {target}"


class Tree:
    """The sources, as far as one stage's table of rules may name them."""

    def __init__(self, root, stage):
        self.files = {}
        for place in (stage, "common", "tests", "tools"):
            for path in sorted((root / place).glob("*")):
                known = SOURCE.fullmatch(path.name) or path.name == "BUILD"
                if known and path.is_file():
                    self.files[f"{place}/{path.name}"] = path.read_text(
                        encoding="utf-8", errors="replace")

    def find(self, name):
        """The files that are called `name`, with or without a directory."""
        return [file for file in self.files
                if file == name or file.endswith("/" + name)]


def has_word(text, name):
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def cell_complaints(tree, cell, is_test):
    """What a cell of a table of rules names, and nobody can find."""
    names = re.findall(r"`([^`]+)`", cell)
    files = []
    for name in filter(SOURCE.fullmatch, names):
        found = tree.find(name)
        if not found:
            yield f"there is no file {name}"
        files += found
    where = files or [
        file for file in tree.files
        if file.startswith("tests/") or not is_test]
    for name in names:
        if SOURCE.fullmatch(name) or not NAME.fullmatch(name):
            continue
        name = name.removesuffix("()")
        texts = [tree.files[file] for file in where]
        # "Server::write" stands like this in a source; in a header both parts
        # do, each by itself.
        if any(has_word(text, name) for text in texts):
            continue
        if all(any(has_word(text, part) for text in texts)
               for part in name.split("::")) and any(
                   file.endswith(".h") for file in files):
            continue
        yield f"there is no {name} in {', '.join(files) or 'the sources'}"


def rule_complaints(root, chapter):
    rows = [(number, line) for number, line, section in chapter.prose
            if section == "Rules" and line.startswith("|")]
    if len(rows) < 3:
        yield f"{chapter.where(1)}: the part \"Rules\" has no table"
        return
    title = [cell.strip() for cell in rows[0][1].strip("|").split("|")]
    if title != ["Rule", "Code", "Test", "Paper"]:
        yield (f"{chapter.where(rows[0][0])}: the columns are to be Rule, "
               "Code, Test, Paper")
        return
    tree = Tree(root, chapter.stage)
    for number, line in rows[2:]:
        cells = line.strip().strip("|").split("|")
        if len(cells) != 4 or not all(cell.strip() for cell in cells):
            yield f"{chapter.where(number)}: a row has four filled cells"
            continue
        for column in (1, 2):
            for text in cell_complaints(tree, cells[column], column == 2):
                yield f"{chapter.where(number)}: {text}"


# --- Ports ------------------------------------------------------------------


class Ports:
    """The ports that a section has in place of 7001-7005 and 7101-7105."""

    def __init__(self):
        self.sockets = []
        for _ in range(1000):
            self.base = random.randrange(*PORT_BASES)
            if self.reserve():
                return
        raise Wrong("no free ports were found")

    def reserve(self):
        try:
            for port in (*range(1, 6), *range(101, 106)):
                reserved = socket.socket()
                self.sockets.append(reserved)
                # Fails when anybody has the port, be it reserved like this.
                reserved.bind(("127.0.0.1", self.base + port))
                # From now on a server may listen on it as well: it sets this,
                # too, and we don't listen.
                reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            return True
        except (OSError, OverflowError):
            self.release()
            return False

    def release(self):
        for reserved in self.sockets:
            reserved.close()
        self.sockets = []

    def put_into(self, command):
        """7001 becomes the first port, and 700$id works as well."""
        for usual in (700, 710):
            ours = self.base // 10 + usual - 700
            command = re.sub(rf"(?<!\d){usual}(?=\d(?!\d)|\$)", str(ours),
                             command)
        return command

    def take_out_of(self, text):
        # A server that isn't at the usual port says so to whoever copies its
        # command for the client.
        for option in (f"--server 127.0.0.1:{self.base + 1}",
                       f"--base-port {self.base}"):
            text = text.replace(f"{option} put greeting", "put greeting")
        return re.sub(
            r"(?<=127\.0\.0\.1:)\d+",
            lambda port: (str(int(port[0]) - self.base + 7000)
                          if 0 < int(port[0]) - self.base < 200 else port[0]),
            text)


# --- Running a section ------------------------------------------------------

# Runs the files whose names come in on descriptor 90, in one shell, each with
# its output in a file beside it, and says their exit status on descriptor 91.
# The low descriptors belong to the chapters.
DRIVER = r"""
set -m
status=0
while IFS= read -r file <&90; do
  (exit "$status")
  source "$file" </dev/null >"$file.out" 2>&1 90<&- 91>&-
  status=$?
  printf '%s\n' "$status" >&91
done
for job in $(jobs -p); do kill -TERM -- "-$job"; kill -CONT -- "-$job"; done
wait
"""

# What a shell says of its jobs, with the empty line that it may put before. One
# with a person before it says it otherwise.
JOB_REPORT = re.compile(
    r"(?:^\n)?^(.*: line \d+: +\d+|\[\d+\][-+ ]) +"
    r"(Done|Exit \d+|Killed|Stopped|Terminated)\b.*\n", re.MULTILINE)

# Stands for a stage's program, at the ports of the section.
PROGRAM = """#!/bin/bash
for option in "$@"; do
  case $option in
    --) break ;;
    --base-port* | --server | --server=* | --cluster*) exec {program} "$@" ;;
  esac
done
exec {program} --base-port {base} "$@"
"""

BAZEL = """#!/bin/bash
if [[ $1 != run || $2 != //*:* ]]; then
  echo "chapters.py knows only bazel run //STAGE:PROGRAM, not: $*"
  exit 99
fi
program=${2#//}
shift 2
if [[ ${1-} == -- ]]; then shift; fi
BUILD_WORKING_DIRECTORY=$PWD exec {bin}/"${program/://}" "$@"
"""


class Session:
    """One shell, in a directory of its own, with the programs in reach."""

    def __init__(self, root, programs, scratch, ports):
        self.ports = ports
        self.scratch = scratch
        self.count = 0
        self.is_late = False
        home = scratch / "home"
        home.mkdir()
        for path in root.iterdir():
            if path.is_dir() and not path.name.startswith((".", "bazel-")):
                (home / path.name).symlink_to(path)
        for program in programs.glob("stage*/*"):
            if program.name in ("server", "client"):
                self.write_script(
                    home / "bazel-bin" / program.parent.name / program.name,
                    PROGRAM.format(program=program, base=ports.base))
        self.write_script(scratch / "bin/bazel",
                          BAZEL.replace("{bin}", str(home / "bazel-bin")))
        names_in, self.names = os.pipe()
        self.statuses, statuses_out = os.pipe()
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("BUILD_", "BASH_", "RAFT_"))}
        environment.update(PATH=f"{scratch / 'bin'}:{os.environ['PATH']}",
                           HOME=str(home), TMPDIR=str(scratch),
                           LC_ALL="C.UTF-8")
        driver = (f"exec 90<&{names_in} 91>&{statuses_out} {names_in}<&- "
                  f"{statuses_out}>&-\n{DRIVER}")
        try:
            self.shell = subprocess.Popen(
                ["bash", "--noprofile", "--norc", "-c", driver],
                cwd=home, env=environment, pass_fds=(names_in, statuses_out),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, start_new_session=True)
        finally:
            os.close(names_in)
            os.close(statuses_out)

    @staticmethod
    def write_script(path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def run(self, text, deadline):
        """Runs a command; the file that it prints to, None if it is late."""
        self.count += 1
        file = self.scratch / f"command-{self.count}"
        file.write_text(self.ports.put_into(text) + "\n")
        os.write(self.names, f"{file}\n".encode())
        timeout = max(0, deadline - time.monotonic())
        if not select.select([self.statuses], [], [], timeout)[0]:
            self.is_late = True
            return None
        if not os.read(self.statuses, 100):
            raise Wrong("the shell has ended")
        return file.with_suffix(".out")

    def read(self, file):
        text = file.read_text(encoding="utf-8", errors="replace")
        return self.ports.take_out_of(JOB_REPORT.sub("", text))

    def close(self):
        """Ends the jobs that are left, and the shell."""
        os.close(self.names)
        try:
            self.shell.wait(timeout=0 if self.is_late else DEADLINE_S)
        except subprocess.TimeoutExpired:
            # Every job has the session that began with the shell.
            for pid in processes_of_session(self.shell.pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.shell.wait()
            if self.is_late:
                return
            raise Wrong("a job did not end when it was told to, and was "
                        "killed") from None
        finally:
            os.close(self.statuses)


def processes_of_session(session):
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getsid(int(entry.name)) == session:
                    yield int(entry.name)
            except ProcessLookupError:
                pass


def pattern_of(lines):
    """What a command prints, as a regular expression."""
    pattern = ""
    for line in lines:
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            parts = " ".join(line.split()).split("…")
            pattern += ".*".join(map(re.escape, parts)) + r"\n"
    return re.compile(pattern)


def in_one_spacing(text):
    return "".join(" ".join(line.split()) + "\n"
                   for line in text.rstrip("\n").split("\n")) if text else ""


def is_in_background(command):
    return re.search(r"&\s*(done\s*)?$", command) is not None


def run_command(session, command, is_eventual):
    """Runs it; what it printed if that is not what the chapter says."""
    deadline = time.monotonic() + DEADLINE_S
    pattern = pattern_of(command.output)
    file = None
    while True:
        is_again = is_eventual or file is None
        file = session.run(command.text, deadline) if is_again else file
        if file is None:
            return "nothing: it did not end in time\n"
        text = session.read(file)
        printed = in_one_spacing(text)
        if is_in_background(command.text):
            fits = pattern.match(printed)
        else:
            fits = pattern.fullmatch(printed)
        if fits:
            break
        may_come = is_eventual or is_in_background(command.text)
        if not may_come or time.monotonic() > deadline:
            return text
        time.sleep(0.01)

    jobs = re.findall(r"%\d+", command.text)
    if re.match(r"kill\b", command.text) and jobs and not re.search(
            r"-(STOP|CONT)\b", command.text):
        waiting = f"status=$?; wait {' '.join(jobs)} 2>/dev/null; (exit $status)"
        if session.run(waiting, deadline) is None:
            return "nothing wrong, but the job did not end\n"
    return None


def run_section(root, programs, chapter, blocks):
    """The first complaint about a section, if there is one."""
    with tempfile.TemporaryDirectory(prefix="chapter-") as scratch:
        ports = Ports()
        session = Session(root, programs, pathlib.Path(scratch), ports)
        try:
            for block in blocks:
                for command in commands_of(chapter, block):
                    printed = run_command(session, command,
                                          block.info.endswith("eventually"))
                    if printed is None:
                        continue
                    expected = "".join(l + "\n" for l in command.output)
                    return (f"{chapter.where(command.line)}: $ {command.text}\n"
                            f"--- the chapter says\n{expected}"
                            f"--- it prints\n{printed}---")
        finally:
            try:
                session.close()
            finally:
                ports.release()
    return None


# --- Everything -------------------------------------------------------------


def complaints(root, programs, stages):
    chapters, jobs = [], []
    with concurrent.futures.ThreadPoolExecutor(SECTIONS_AT_ONCE) as pool:
        for stage in stages:
            path = root / stage / "README.md"
            try:
                if not path.is_file():
                    raise Wrong(f"{stage} has no README.md: write its chapter")
                for program in ("server", "client"):
                    if not (programs / stage / program).is_file():
                        raise Wrong(f"there is no {stage}/{program} to run: "
                                    "build it, and name it in the data of "
                                    "//tests:chapters_test")
                chapter = Chapter(path)
                chapters.append(chapter)
                for blocks in chapter.sections().values():
                    jobs.append(pool.submit(run_section, root, programs,
                                            chapter, blocks))
            except Wrong as wrong:
                yield str(wrong)
        for chapter in chapters:
            yield from form_complaints(chapter)
            yield from link_complaints(chapter)
            yield from rule_complaints(root, chapter)
        for job in jobs:
            try:
                text = job.result()
            except Wrong as wrong:
                text = str(wrong)
            if text:
                yield text


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    runfiles = os.environ.get("TEST_SRCDIR")
    usual = (pathlib.Path(runfiles) / os.environ["TEST_WORKSPACE"]
             if runfiles else root / "bazel-bin")
    parser = argparse.ArgumentParser(
        description="Runs the commands of the stages' chapters, and checks "
        "what the chapters name.")
    parser.add_argument("--programs", type=pathlib.Path, default=usual,
                        metavar="DIR", help="where STAGE/server and "
                        "STAGE/client are; by default Bazel's")
    parser.add_argument("stages", nargs="*", metavar="STAGE",
                        help="stage0_kv and so on; by default all")
    options = parser.parse_args()
    # Ended from outside, end what was started as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    stages = options.stages or sorted(
        path.parent.name for path in root.glob("stage*_*/BUILD"))
    found = 0
    for text in complaints(root, options.programs.resolve(), stages):
        print(text, flush=True)
        found += 1
    print(f"{len(stages)} chapters, {found} complaints")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
