#!/usr/bin/env python3
"""A simulated run as a trace: each line is what a server would write, as
common/trace.h has it, and the timeline draws it."""

import collections
import contextlib
import io
import os
import subprocess
import sys
import tempfile
import unittest

# As Bazel's tests see them, these files are links: do not follow them.
TESTS = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [TESTS, os.path.join(os.path.dirname(TESTS), "tools")]
import timeline  # noqa: E402 (The path must be set first.)
import timeline_html  # noqa: E402
import timeline_trace  # noqa: E402
import timeline_words  # noqa: E402

STAGES = sorted(name for name in os.listdir(".")
                if os.path.isfile(os.path.join(name, "sim")))
SEEDS = (1, 3)
HAS_ELECTIONS = "stage6_election"  # From here on.

FRAME = ["event", "node", "time_us", "clock"]
FIXED_OWN = {"start": ["term", "last_index"],
             "apply": ["index", "command"]}
ELECTED_OWN = {"start": ["term", "voted_for", "last_index"],
               "role": ["role", "term"],
               "term": ["term"],
               "vote": ["term", "for"],
               "append": ["first_index", "last_index"],
               "commit": ["index"],
               "apply": ["index", "command"]}
ENDS = {"send": ["to"], "receive": ["from", "sent"], "drop": ["to", "sent"]}


# A run: its trace, the fields of each line of it, and the timeline's history.
Run = collections.namedtuple("Run", "stage seed file events history")


def sim(stage, *arguments):
    """Status, output and errors of a stage's simulator."""
    done = subprocess.run([os.path.join(stage, "sim")] + list(arguments),
                          capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


class SimTimelineTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.scratch = scratch.name
        cls.runs = [cls.run_of(stage, seed)
                    for stage in STAGES for seed in SEEDS]

    @classmethod
    def run_of(cls, stage, seed):
        file = cls.trace(stage, seed, "first")
        events = timeline_trace.read(file, [])
        history = timeline_trace.History(events)
        history.told = timeline_words.tell(history)
        return Run(stage, seed, file, [event.fields for event in events],
                   history)

    @classmethod
    def trace(cls, stage, seed, name):
        file = os.path.join(cls.scratch, f"{stage}.{seed}.{name}")
        status, _, error = sim(
            stage, "--seed", str(seed), "--trace-file", file)
        if status != 0:
            raise AssertionError(error)
        return file

    def case(self, run):
        return self.subTest(stage=run.stage, seed=run.seed)

    def test_there_are_stages(self):
        self.assertIn("stage3_log_repl", STAGES)

    def test_each_line_has_the_fields_of_its_event(self):
        for run in self.runs:
            with self.case(run):
                own = ELECTED_OWN if run.stage >= HAS_ELECTIONS else FIXED_OWN
                for event in run.events:
                    kind, names = event["event"], list(event)
                    self.assertEqual(FRAME, names[:4])
                    if kind in ENDS:
                        end = ENDS[kind] + ["type", "term"]
                        self.assertEqual(end, names[4:4 + len(end)])
                    else:
                        self.assertEqual(own[kind], names[4:], kind)
                seen = {event["event"] for event in run.events}
                self.assertEqual(set(own) | set(ENDS), seen)

    def test_time_and_clock_go_forward(self):
        for run in self.runs:
            with self.case(run):
                clocks = {}
                for before, event in zip(run.events, run.events[1:]):
                    self.assertLessEqual(before["time_us"], event["time_us"])
                for event in run.events:
                    self.assertGreater(event["clock"],
                                       clocks.get(event["node"], 0))
                    clocks[event["node"]] = event["clock"]

    def test_a_message_keeps_its_contents_and_its_order(self):
        for run in self.runs:
            with self.case(run):
                sends = {(event["node"], event["to"], event["clock"]): event
                         for event in run.events if event["event"] == "send"}
                for event in run.events:
                    if event["event"] not in ("receive", "drop"):
                        continue
                    way = (event.get("from", event["node"]),
                           event.get("to", event["node"]))
                    send = sends[way + (event["sent"],)]
                    self.assertLess(send["clock"], event["clock"])
                    self.assertLessEqual(send["time_us"], event["time_us"])
                    contents = [list(end.items())[list(end).index("type"):]
                                for end in (send, event)]
                    self.assertEqual(*contents)

    def test_a_life_begins_with_start_and_applies_the_log_in_order(self):
        restarts = collections.Counter()
        for run in self.runs:
            with self.case(run):
                applied = {}
                for event in run.events:
                    node = event["node"]
                    if event["event"] == "start":
                        restarts[run.stage] += node in applied
                        applied[node] = 0
                    self.assertIn(node, applied)
                    if event["event"] == "apply":
                        applied[node] += 1
                        self.assertEqual(applied[node], event["index"])
                self.assertEqual(set(range(1, len(applied) + 1)), set(applied))
        for stage in STAGES:
            self.assertGreater(restarts[stage], 0, stage)

    def test_the_same_seed_gives_the_same_file(self):
        for run in self.runs:
            with self.case(run):
                self.trace(run.stage, run.seed, "second")
                # Anew, not behind the first.
                again = self.trace(run.stage, run.seed, "second")
                with open(run.file) as first, open(again) as second:
                    self.assertEqual(first.read(), second.read())

    def test_the_timeline_knows_nodes_messages_and_restarts(self):
        for run in self.runs:
            with self.case(run):
                history = run.history
                kinds = collections.Counter(
                    event.kind for event in history.events)
                restarts = sum(one.is_restart for one in history.told)
                self.assertEqual(kinds["start"] - len(history.nodes), restarts)
                arrived = [message for message in history.messages
                           if message.receive]
                self.assertEqual(kinds["receive"], len(arrived))
                for message in history.messages:
                    self.assertIsNotNone(message.send)
                    self.assertNotEqual("unanswered", message.fate)
                self.assertIn("lost", {message.fate
                                       for message in history.messages})
                self.assertGreater(len(arrived), len(history.messages) / 4)

    def test_the_timeline_knows_who_leads(self):
        for run in self.runs:
            with self.case(run):
                terms = {}
                for event, one in zip(run.history.events, run.history.told):
                    if one.state.role == "leader":
                        terms.setdefault(one.state.term, set()).add(event.node)
                self.assertNotEqual({}, terms)
                for leaders in terms.values():
                    self.assertEqual(1, len(leaders))
                if run.stage < HAS_ELECTIONS:
                    self.assertEqual([{1}], list(terms.values()))

    def test_the_page_has_all_nodes_and_messages(self):
        for run in self.runs:
            with self.case(run):
                history = run.history
                data = timeline_html.data_of(
                    history, list(zip(history.events, history.told)))
                self.assertEqual([str(node) for node in history.nodes],
                                 data["nodes"])
                self.assertEqual(len(history.messages), len(data["messages"]))

    def test_the_timeline_draws_a_page(self):
        for run in self.runs:
            page, out = run.file + ".html", io.StringIO()
            with self.case(run), contextlib.redirect_stdout(out):
                self.assertEqual(
                    0, timeline.main([run.file, "--output", page]))
                self.assertIn(f"{len(run.events)} events of "
                              f"{len(run.history.nodes)} nodes",
                              out.getvalue())
                self.assertGreater(os.path.getsize(page), len(run.events))

    def test_what_cannot_be_is_refused_in_one_line(self):
        for arguments, text in (
                (["--trace-file", "t", "--seeds", "2"], "one seed"),
                (["--trace-file"], "--trace-file"),
                (["--trace-file", self.scratch], "cannot write the trace")):
            status, _, error = sim(STAGES[0], *arguments)
            self.assertNotEqual(0, status)
            self.assertEqual(1, error.count("\n"), error)
            self.assertIn(text, error)

    def test_one_line_says_how_to_draw_it(self):
        _, out, _ = sim(STAGES[0], "--trace-file",
                        os.path.join(self.scratch, "t"))
        self.assertEqual(1, out.count("\n"))
        self.assertTrue(out.startswith("trace "))
        self.assertIn("bazel run //tools:timeline -- F",
                      sim(STAGES[0], "--help")[1])


if __name__ == "__main__":
    unittest.main()
