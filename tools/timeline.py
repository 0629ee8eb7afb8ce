#!/usr/bin/env python3
"""Turns traces of Raft nodes into a space-time diagram: one HTML file.

  bazel run //stage3_log_repl:server -- --trace trace.jsonl
  bazel run //tools:timeline -- trace.jsonl

A trace is what a server writes with --trace FILE, and the simulator with
--trace-file FILE: one JSON object a line (common/trace.h). The nodes of a
cluster may share a file or have one each. The page needs no network: a lane
per node, time downwards by Lamport clock, each message an arrow, one that was
lost an arrow that ends in a cross. The arrow keys step through it; `?` in the
page lists the others.
"""
import argparse
import os
import pathlib
import sys

# As Bazel's tests see it, this file is a link: do not follow it.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import timeline_html  # noqa: E402 (The path must be set first.)
import timeline_trace  # noqa: E402
import timeline_words  # noqa: E402

EVENTS_MAX = 50000  # More make the page slow.


class Failure(Exception):
    """Something the user must see to; its text says what, in one line."""


def steps_of(text):
    """FIRST:LAST as a pair; a side left out is None."""
    first, colon, last = text.partition(":")
    try:
        if not colon:
            raise ValueError
        pair = tuple(int(side) if side else None for side in (first, last))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not FIRST:LAST, like 1:500 or 2000:") from None
    return pair


def parse(args):
    parser = argparse.ArgumentParser(
        prog="timeline", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE",
                        help="a trace; all files together are one history")
    parser.add_argument("--output", metavar="FILE",
                        help="the page (timeline.html)")
    parser.add_argument("--text", action="store_true",
                        help="print the events to the terminal instead")
    parser.add_argument("--steps", type=steps_of, metavar="FIRST:LAST",
                        help="show only these, like 2000:2500; by default "
                        f"the first {EVENTS_MAX}")
    parser.add_argument("--hide-repeats", action="store_true",
                        help="with --text: leave out messages that repeat "
                        "the one before, like heartbeats (the page has a "
                        "switch)")
    return parser.parse_args(args)


def here(name):
    """A name that the user gave, as seen from the user's directory."""
    return os.path.join(
        os.environ.get("BUILD_WORKING_DIRECTORY", os.getcwd()), name)


def read_all(names, notes):
    events = []
    for name in names:
        try:
            events += timeline_trace.read(here(name), notes)
        except timeline_trace.BadTrace as bad:
            raise Failure(str(bad)) from None
        except OSError as error:
            raise Failure(f"cannot read {here(name)}: "
                          f"{error.strerror}") from None
    if not events:
        raise Failure(f"{', '.join(names)}: no events; a server writes them "
                      "with --trace FILE")
    return events


def choose(history, told, steps, notes):
    """The (event, told) to show, and a note of what is left out."""
    pairs = list(zip(history.events, told))
    total = len(pairs)
    first, last = steps or (None, None)
    first = max(1, first or 1)
    last = min(total, total if last is None else last)
    if first > last:
        raise Failure(f"--steps: there are steps 1 to {total}")
    if last - first + 1 > EVENTS_MAX:
        last = first + EVENTS_MAX - 1
    if (first, last) != (1, total):
        notes.append(f"steps {first} to {last} of {total} are shown; choose "
                     "others with --steps FIRST:LAST")
    return pairs[first - 1:last]


def time_text(event, start):
    if event.time is None or start is None:
        return ""
    return f"{(event.time - start) / 1000:+.3f} ms"


def one_line(text):
    """Without what could act on a terminal."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def text_lines(pairs, hide_repeats):
    """The table of events, as the terminal shows it."""
    times = [event.time for event, _ in pairs if event.time is not None]
    start = min(times, default=None)
    yield f"{'step':>6} {'clock':>7} {'time':>14}  what"
    hidden = 0
    for event, told in pairs:
        if hide_repeats and event.is_repeat:
            hidden += 1
            continue
        if hidden:
            yield f"{'':30} ({hidden} repeats)"
            hidden = 0
        yield (f"{event.step:>6} {event.clock:>7} "
               f"{time_text(event, start):>14}  {one_line(told.words)}")
    if hidden:
        yield f"{'':30} ({hidden} repeats)"


def run(options):
    notes = []
    events = read_all(options.files, notes)
    history = timeline_trace.History(events)
    told = history.told = timeline_words.tell(history)
    pairs = choose(history, told, options.steps, notes)
    for note in notes:
        print(f"timeline: {note}", file=sys.stderr)
    if options.text:
        for line in text_lines(pairs, options.hide_repeats):
            print(line)
        if options.output is None:
            return
    title = ", ".join(pathlib.Path(name).name for name in options.files)
    page = timeline_html.page(title, history, pairs, notes)
    output = here(options.output or "timeline.html")
    try:
        with open(output, "w", encoding="utf-8", errors="replace") as file:
            file.write(page)
    except OSError as error:
        raise Failure(f"cannot write {output}: {error.strerror}") from None
    if not options.text:
        print(f"{len(pairs)} events of {len(history.nodes)} nodes: "
              f"open {output} in a browser")


def main(args):
    try:
        run(parse(args))
    except Failure as failure:
        print(f"timeline: {failure}", file=sys.stderr)
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
