#!/usr/bin/env python3
"""Tests of timeline.py, on small made-up traces.

Run it by `python3 tools/timeline_test.py`. It needs no browser: what the page
does with its data was looked at by hand, that the data is right is tested.
"""
import contextlib
import html.parser
import io
import json
import os
import pathlib
import re
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
TOOLS = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, TOOLS)
import timeline  # noqa: E402 (The path must be set first.)
import timeline_html  # noqa: E402
import timeline_trace  # noqa: E402
import timeline_words  # noqa: E402

HEARTBEAT = {"type": "append_entries", "term": 1, "leader_id": 1,
             "prev_log_index": 0, "prev_log_term": 0, "entries": [],
             "leader_commit": 0}
RESULT = {"type": "append_entries_result", "term": 1, "success": True,
          "match_index": 0, "match_term": 0}


def line(event, node, clock, time_us=None, **own):
    fields = {"event": event, "node": node, "clock": clock}
    if time_us is not None:
        fields["time_us"] = time_us
    if "from_" in own:
        own["from"] = own.pop("from_")
    if "for_" in own:
        own["for"] = own.pop("for_")
    return {**fields, **own}


def history(*lines):
    made = timeline_trace.History(
        [timeline_trace.event_of(json.dumps(one), "x") for one in lines])
    made.told = timeline_words.tell(made)
    return made


def arrows(made):
    """Each message as (clock of its send, of its receive, of its drop)."""
    return sorted(
        (tuple(event.clock if event else None for event in
               (message.send, message.receive, message.drop))
         for message in made.messages),
        key=lambda clocks: [clock or 0 for clock in clocks])


class ReadTest(unittest.TestCase):

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)
        before = os.environ.get("BUILD_WORKING_DIRECTORY")
        os.environ["BUILD_WORKING_DIRECTORY"] = scratch.name
        self.addCleanup(self.restore, before)

    @staticmethod
    def restore(before):
        os.environ.pop("BUILD_WORKING_DIRECTORY")
        if before is not None:
            os.environ["BUILD_WORKING_DIRECTORY"] = before

    def write(self, name, *lines, end="\n"):
        text = "\n".join(one if isinstance(one, str) else json.dumps(one)
                         for one in lines)
        (self.scratch / name).write_text(text + end, encoding="utf-8")

    def run_on(self, *args):
        """Status, output and errors of a command."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = timeline.main(list(args))
        return status, out.getvalue(), err.getvalue()

    def assert_refused(self, args, text):
        status, out, err = self.run_on(*args)
        self.assertEqual((1, ""), (status, out))
        self.assertEqual(1, err.count("\n"), err)
        self.assertIn(text, err)
        self.assertFalse((self.scratch / "timeline.html").exists())

    def test_what_cannot_be_read_is_named_in_one_line(self):
        good = json.dumps(line("apply", 1, 1, index=1, command="c"))
        self.write("text", good, "put a 1", good)
        self.write("list", "[1]", good)
        self.write("deep", good, "[" * 100000, good)
        self.write("nan", good, '{"event":"e","node":1,"clock":NaN}', good)
        self.write("no_node", '{"event":"e","clock":1}')
        self.write("bool", '{"event":"e","clock":true,"node":1}')
        self.write("number", '{"event":7,"clock":1,"node":1}')
        self.write("empty", end="")
        for name, text in {
                "absent": "absent: No such file or directory",
                "text": "text: line 2 is not JSON",
                "list": "list: line 1 is not a JSON object",
                "deep": "deep: line 2 is not JSON",
                "nan": "nan: line 2 is not JSON",
                "no_node": 'no_node: line 1 has no "node": is this a trace?',
                "bool": 'line 1: "clock" is not a whole number',
                "number": 'line 1: "event" is not a string',
                "empty": "empty: no events"}.items():
            with self.subTest(name):
                self.assert_refused([name], text)

    def test_an_incomplete_last_line_is_left_out(self):
        """Its writer was killed."""
        self.write("t", line("apply", 1, 1, index=1, command="c"),
                   '{"event":"app', end="")

        status, out, err = self.run_on("t", "--text")

        self.assertEqual(0, status)
        self.assertIn("t: the last line is incomplete and left out", err)
        self.assertEqual(2, len(out.splitlines()))

    def test_the_page_goes_where_the_user_is(self):
        self.write("t", line("apply", 1, 1, index=1, command="c"))

        status, out, err = self.run_on("t")
        self.assertEqual((0, ""), (status, err))
        page = self.scratch / "timeline.html"
        self.assertIn(f"1 events of 1 nodes: open {page}", out)
        self.assertTrue(page.exists())

        self.assertEqual(0, self.run_on("t", "--output", "other.html")[0])
        self.assertEqual(page.read_text(encoding="utf-8"),
                         (self.scratch / "other.html").read_text("utf-8"))

        status, out, err = self.run_on("t", "--output", "no/page.html")
        self.assertEqual((1, ""), (status, out))
        self.assertIn("no/page.html: No such file or directory", err)

    def test_files_are_one_history(self):
        self.write("one", line("send", 1, 1, to=2, **HEARTBEAT))
        self.write("two", line("receive", 2, 2, from_=1, **HEARTBEAT))

        status, out, _ = self.run_on("two", "one", "--text")

        self.assertEqual(0, status)
        self.assertRegex(out, r"(?s)Node 1 sends .* arrives at step 2\."
                         r".*Node 2 receives .*\(sent at step 1\)")

    def test_text_is_a_line_an_event_and_can_hide_repeats(self):
        lines = [one for n in range(4) for one in (
            line("send", 1, 2 * n + 1, to=2, **HEARTBEAT),
            line("receive", 2, 2 * n + 2, from_=1, **HEARTBEAT))]
        # What could clear the terminal is not printed.
        lines.append(line("apply", 2, 9, index=1, command="\x1b[2J\n"))
        self.write("t", *lines)

        _, out, _ = self.run_on("t", "--text")
        self.assertEqual(10, len(out.splitlines()))
        self.assertIn("applies entry 1 to its state machine: \ufffd[2J\ufffd",
                      out)

        _, out, _ = self.run_on("t", "--text", "--hide-repeats")
        self.assertEqual(["1", "2", "(6", "9"],
                         [row.split()[0] for row in out.splitlines()[1:]])

    def test_steps_cut_and_say_so(self):
        self.write("t", *[line("apply", 1, n, index=n, command="c")
                          for n in range(1, 11)])

        _, out, err = self.run_on("t", "--text", "--steps", "4:6")
        self.assertEqual(["4", "5", "6"],
                         [row.split()[0] for row in out.splitlines()[1:]])
        self.assertIn("steps 4 to 6 of 10 are shown", err)

        usual = timeline.EVENTS_MAX
        self.addCleanup(setattr, timeline, "EVENTS_MAX", usual)
        timeline.EVENTS_MAX = 3
        _, out, err = self.run_on("t", "--text")
        self.assertEqual(4, len(out.splitlines()))
        self.assertIn("steps 1 to 3 of 10 are shown", err)

        self.run_on("t", "--steps", "9:")
        page = (self.scratch / "timeline.html").read_text("utf-8")
        self.assertIn("steps 9 to 10 of 10 are shown", page)

        status, _, err = self.run_on("t", "--steps", "11:")
        self.assertEqual((1, "timeline: --steps: there are steps 1 to 10\n"),
                         (status, err))


class MatchTest(unittest.TestCase):

    def test_sent_names_the_send(self):
        """Whatever order they come in."""
        made = history(line("send", 1, 1, to=2, **HEARTBEAT),
                       line("send", 1, 2, to=2, **HEARTBEAT),
                       line("receive", 2, 3, from_=1, sent=2, **HEARTBEAT),
                       line("receive", 2, 4, from_=1, sent=1, **HEARTBEAT))
        self.assertEqual([(1, 4, None), (2, 3, None)], arrows(made))

    def test_without_it_the_send_made_the_clock_of_the_receive(self):
        """Lamport's rule: the receive is one later than the send."""
        made = history(line("send", 1, 5, to=2, **HEARTBEAT),
                       line("send", 1, 6, to=2, **HEARTBEAT),
                       line("send", 1, 7, to=2, **HEARTBEAT),
                       line("receive", 2, 7, from_=1, **HEARTBEAT))
        self.assertEqual([(5, None, None), (6, 7, None), (7, None, None)],
                         arrows(made))

    def test_else_it_is_the_latest_with_the_same_contents(self):
        other = {**HEARTBEAT, "leader_commit": 1}
        made = history(line("send", 1, 1, to=2, **HEARTBEAT),
                       line("send", 1, 2, to=2, **HEARTBEAT),
                       line("send", 1, 3, to=2, **other),
                       line("send", 1, 4, to=3, **HEARTBEAT),
                       line("apply", 2, 8, index=1, command="c"),
                       line("receive", 2, 9, from_=1, **HEARTBEAT))
        self.assertEqual(
            [(1, None, None), (2, 9, None), (3, None, None), (4, None, None)],
            arrows(made))

    def test_a_message_can_arrive_twice(self):
        made = history(line("send", 1, 1, to=2, **HEARTBEAT),
                       line("receive", 2, 2, from_=1, sent=1, **HEARTBEAT),
                       line("receive", 2, 3, from_=1, sent=1, **HEARTBEAT))
        self.assertEqual([(1, 2, None), (1, 3, None)], arrows(made))

    def test_a_receive_without_its_send_stands_alone(self):
        made = history(line("receive", 2, 9, from_=1, **HEARTBEAT))
        self.assertEqual([(None, 9, None)], arrows(made))
        self.assertEqual([1, 2], made.nodes)
        self.assertIn("its send is not in the trace", made.told[0].words)

    def test_a_drop_after_its_send_is_its_loss(self):
        made = history(line("send", 1, 1, to=2, **HEARTBEAT),
                       line("drop", 1, 2, to=2, **HEARTBEAT))
        self.assertEqual([(1, None, 2)], arrows(made))
        self.assertEqual("lost", made.messages[0].fate)
        self.assertIn("It is lost: given up at step 2.", made.told[0].words)

    def test_a_drop_names_a_send_of_its_own_life(self):
        """After a restart the clock begins again."""
        made = history(line("send", 1, 1, to=2, **HEARTBEAT),
                       line("drop", 1, 2, to=2, sent=1, **HEARTBEAT),
                       line("send", 1, 1, to=2, **HEARTBEAT),
                       line("receive", 2, 9, from_=1, **HEARTBEAT))
        self.assertEqual([(1, None, 2), (1, 9, None)], arrows(made))

    def test_a_drop_after_an_answer_never_left(self):
        made = history(line("send", 1, 1, to=2, **HEARTBEAT),
                       line("receive", 2, 2, from_=1, **HEARTBEAT),
                       line("send", 2, 3, to=1, **RESULT),
                       line("receive", 1, 4, from_=2, **RESULT),
                       line("drop", 1, 5, to=2, **HEARTBEAT))
        self.assertEqual(
            [(None, None, 5), (1, 2, None), (3, 4, None)], arrows(made))
        self.assertIn("it never left", made.told[-1].words)

    def test_a_drop_without_an_answer_is_one_that_arrived(self):
        made = history(line("send", 1, 1, to=2, **HEARTBEAT),
                       line("receive", 2, 2, from_=1, **HEARTBEAT),
                       line("drop", 1, 3, to=2, **HEARTBEAT))
        self.assertEqual([(1, 2, 3)], arrows(made))
        self.assertEqual("unanswered", made.messages[0].fate)

    def test_a_receiver_can_throw_away(self):
        made = history(line("send", 1, 1, to=2, **HEARTBEAT),
                       line("drop", 2, 2, from_=1, sent=1, **HEARTBEAT))
        self.assertEqual([(1, None, 2)], arrows(made))
        self.assertIn("Node 2 throws away AppendEntries from node 1",
                      made.told[1].words)

    def test_a_repeat_is_one_with_the_same_fate_too(self):
        made = history(line("send", 1, 1, to=2, **HEARTBEAT),
                       line("receive", 2, 2, from_=1, **HEARTBEAT),
                       line("send", 1, 3, to=2, **HEARTBEAT),
                       line("receive", 2, 4, from_=1, **HEARTBEAT),
                       line("send", 1, 5, to=2, **HEARTBEAT),
                       line("drop", 1, 6, to=2, **HEARTBEAT))
        self.assertEqual([False, False, True, True, False, False],
                         [event.is_repeat for event in made.events])


class OrderTest(unittest.TestCase):

    def test_events_of_one_clock_share_a_place(self):
        made = history(line("apply", 2, 1, index=1, command="c"),
                       line("apply", 1, 1, index=1, command="c"),
                       line("apply", 1, 2, index=2, command="c"))
        self.assertEqual([(1, 1), (1, 2), (2, 1)],
                         [(event.place, event.node) for event in made.events])

    def test_a_restart_begins_after_all_that_was_before_it(self):
        """Though its clock begins at 1."""
        made = history(line("apply", 2, 40, 1000, index=1, command="c"),
                       line("apply", 1, 50, 2000, index=1, command="c"),
                       line("start", 2, 1, 3000, term=1, last_index=1),
                       line("send", 2, 2, 4000, to=1, **RESULT),
                       line("receive", 1, 51, 5000, from_=2, sent=2,
                            **RESULT))
        self.assertEqual([40, 50, 51, 52, 53],
                         [event.place for event in made.events])
        self.assertEqual([0, 0, 1, 1, 0],
                         [event.life for event in made.events])

    def test_no_history_is_told_against_cause_and_effect(self):
        made = history(line("send", 1, 9, to=2, **HEARTBEAT),
                       line("receive", 2, 3, from_=1, sent=9, **HEARTBEAT))
        self.assertEqual(["send", "receive"],
                         [event.kind for event in made.events])
        self.assertEqual([9, 10], [event.place for event in made.events])

    def test_messages_in_a_circle_end_nothing(self):
        """No clock gives such a trace; an edited one may."""
        made = history(line("receive", 1, 1, from_=2, sent=2, **HEARTBEAT),
                       line("send", 1, 2, to=2, **HEARTBEAT),
                       line("receive", 2, 1, from_=1, sent=2, **HEARTBEAT),
                       line("send", 2, 2, to=1, **HEARTBEAT))
        self.assertEqual(4, len(made.events))
        for node in (1, 2):
            places = [event.place for event in made.by_node[node]]
            self.assertLess(0, places[0])
            self.assertLess(places[0], places[1])


class TellTest(unittest.TestCase):

    def states(self, made, node):
        return [told.state for event, told in zip(made.events, made.told)
                if event.node == node]

    def test_messages_alone_tell_a_fixed_leader(self):
        entry = {**HEARTBEAT, "leader_commit": 0, "entries": [
            {"term": 1, "index": 1, "command": "3:put,1:k,1:v,"}]}
        made = history(line("send", 1, 1, to=2, **entry),
                       line("receive", 2, 2, from_=1, **entry),
                       line("send", 2, 3, to=1, **{**RESULT, "match_index": 1}),
                       line("receive", 1, 4, from_=2,
                            **{**RESULT, "match_index": 1}),
                       line("apply", 1, 5, index=1, command="3:put,1:k,1:v,"))
        leader, follower = self.states(made, 1)[-1], self.states(made, 2)[-1]
        self.assertEqual(("leader", 1, 1, 1, 1),
                         (leader.role, leader.term, leader.last,
                          leader.commit, leader.applied))
        self.assertEqual(("follower", 1, 1, None),
                         (follower.role, follower.term, follower.last,
                          follower.applied))
        self.assertEqual("Node 1 applies entry 1 to its state machine: "
                         "put k v.", made.told[-1].words)
        self.assertEqual("1: put k v", made.told[0].label)

    def test_an_election_is_told_by_its_own_events(self):
        made = history(line("start", 1, 1, term=1, last_index=4),
                       line("term", 1, 2, term=2),
                       line("role", 1, 3, role="candidate", term=2),
                       line("vote", 1, 4, for_=1, term=2),
                       line("role", 1, 5, role="leader", term=2),
                       line("append", 1, 6, first_index=5, last_index=5),
                       line("commit", 1, 7, index=5),
                       line("receive", 1, 8, from_=2, type="request_vote",
                            term=3, last_log_index=9, last_log_term=2))
        rows = [tuple(state[:5]) for state in self.states(made, 1)]
        self.assertEqual([("follower", 1, None, 4, None),
                          ("follower", 2, None, 4, None),
                          ("candidate", 2, None, 4, None),
                          ("candidate", 2, 1, 4, None),
                          ("leader", 2, 1, 4, None),
                          ("leader", 2, 1, 5, None),
                          ("leader", 2, 1, 5, 5),
                          ("follower", 3, None, 5, 5)], rows)
        self.assertEqual(
            [True, True, True, False, True, False, False, True],
            [told.is_turn for told in made.told])
        self.assertIn("log ends at index 9 of term 2", made.told[-1].words)

    def test_a_truncation_shortens_the_log(self):
        made = history(line("append", 1, 1, first_index=1, last_index=9),
                       line("append", 1, 2, first_index=4, last_index=4))
        self.assertEqual([9, 4], [state.last for state in
                                  self.states(made, 1)])

    def test_a_restart_forgets_what_was_in_memory(self):
        made = history(line("apply", 1, 7, 1000, index=3, command="c"),
                       line("term", 1, 1, 2000, term=2))
        self.assertTrue(made.told[1].words.startswith(
            "Node 1 has started again."))
        state = made.told[1].state
        self.assertEqual((None, None, 3),
                         (state.commit, state.applied, state.last))

    def test_commands_are_shown_as_words_if_they_are(self):
        for command, words in {
                "3:put,1:k,2:\u00e9,": "put k \u00e9", "": "no-op", "plain": "plain",
                "2:as,3:c-1,1:7,3:put,1:k,1:v,": "put k v (serial 7 of c-1)",
                "2:as,1:b,": "as b",
                "3:put,1:k": "3:put,1:k", "9999999999:x,": "9999999999:x,",
                "3:putx": "3:putx"}.items():
            self.assertEqual(words, timeline_words.readable(command))

    def test_an_entry_without_a_command_is_a_no_op(self):
        entry = {**HEARTBEAT, "entries": [{"term": 1, "index": 1,
                                           "command": ""}]}
        made = history(line("apply", 1, 1, index=1, command=""),
                       line("send", 1, 2, to=2, **entry),
                       line("lunch", 1, 3, dish=""))
        self.assertEqual(["apply 1: no-op", "1: no-op", "lunch"],
                         [told.label for told in made.told])
        self.assertIn("1 entry: no-op,", made.told[1].words)
        self.assertEqual("Node 1 lunch: dish .", made.told[2].words)

    def test_long_values_are_cut(self):
        made = history(line("apply", 1, 1, index=1, command="x" * 100000))
        self.assertLess(len(made.told[0].words), 300)
        self.assertIn("(100000 characters)", made.told[0].words)

    def test_an_unknown_event_is_shown_as_it_is(self):
        made = history(line("lunch", 1, 1, dish="soup", with_=["bread"]))
        self.assertEqual('Node 1 lunch: dish soup, with_ ["bread"].',
                         made.told[0].words)


class Checker(html.parser.HTMLParser):
    """Collects what is wrong with a page's tags, and its scripts' texts."""
    VOID = ("meta", "input", "link", "br")

    def __init__(self, text):
        super().__init__()
        self.open, self.wrong, self.scripts, self.ids = [], [], [], []
        self.feed(text)
        self.close()
        self.wrong += self.open

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        if "id" in names:
            self.ids.append(names["id"])
        if "src" in names or "href" in names:
            self.wrong.append(tag)  # The page needs nothing else.
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append("/" + tag)

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data


def page_of(made, title="t", notes=()):
    return timeline_html.page(title, made, list(zip(made.events, made.told)),
                              notes)


HOSTILE = ('</script><script>alert(1)</script><img src=x onerror="alert(1)">'
           "<!--]]>&amp;\u2028\ud800@@DATA@@")


class PageTest(unittest.TestCase):

    def test_the_page_is_well_formed_and_self_contained(self):
        checker = Checker(page_of(history(
            line("send", 1, 1, to=2, **HEARTBEAT))))
        self.assertEqual([], checker.wrong)
        self.assertEqual(2, len(checker.scripts))
        self.assertEqual(len(checker.ids), len(set(checker.ids)))

    def test_the_script_finds_all_that_it_asks_for(self):
        checker = Checker(page_of(history(line("lunch", 1, 1))))
        asked = set(re.findall(r'(?:\$|click|getElementById)\("([\w-]+)"',
                               checker.scripts[1]))
        self.assertGreater(len(asked), 20)
        self.assertEqual(set(), asked - set(checker.ids))

    def test_hostile_text_stays_text(self):
        made = history(line(HOSTILE, 1, 1, **{HOSTILE: HOSTILE}),
                       line("apply", 1, 2, index=1, command=HOSTILE),
                       line("role", 1, 3, role=HOSTILE, term=1),
                       line("send", 1, 4, to=2, type=HOSTILE))
        page = page_of(made, HOSTILE, [HOSTILE])
        checker = Checker(page)

        self.assertEqual([], checker.wrong)
        self.assertEqual(2, len(checker.scripts))
        data = json.loads(checker.scripts[0])
        self.assertEqual(HOSTILE, data["events"][0]["k"])
        self.assertEqual(HOSTILE, data["events"][0]["f"][HOSTILE])
        self.assertNotIn("<img", page)

    def test_the_data_says_who_sent_what_to_whom(self):
        made = history(line("send", 4, 1, 1000, to=2, **HEARTBEAT),
                       line("receive", 2, 2, 1500, from_=4, **HEARTBEAT),
                       line("send", 4, 3, 2000, to=2, **HEARTBEAT),
                       line("drop", 4, 4, 3000, to=2, **HEARTBEAT))
        data = timeline_html.data_of(made, list(zip(made.events, made.told)))

        self.assertEqual(["2", "4"], data["nodes"])
        self.assertEqual([[1, 0, 0, 1, -1, "arrived"],
                          [1, 0, 2, -1, 3, "lost"]], data["messages"])
        self.assertEqual([0, 500, 1000, 2000],
                         [event["t"] for event in data["events"]])
        self.assertEqual([1, 0, 1, 1],
                         [event["n"] for event in data["events"]])
        self.assertEqual({"role": "follower", "term": 1},
                         data["events"][1]["s"])
        self.assertNotIn("s", data["events"][2])

    def test_a_part_begins_with_what_was_known(self):
        made = history(*[line("apply", 1, n, index=n, command="c")
                         for n in range(1, 6)])
        pairs = list(zip(made.events, made.told))[3:]
        data = timeline_html.data_of(made, pairs)
        self.assertEqual(4, data["first"])
        self.assertEqual({0: {"last": 3, "commit": 3, "applied": 3}},
                         data["opening"])

    def test_numbers_beyond_those_of_javascript_stay_exact(self):
        made = history(line("term", 1, 1, term=2 ** 60 + 1))
        data = timeline_html.data_of(made, list(zip(made.events, made.told)))
        self.assertEqual(str(2 ** 60 + 1), data["events"][0]["s"]["term"])


if __name__ == "__main__":
    unittest.main()
