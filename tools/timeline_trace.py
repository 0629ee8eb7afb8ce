"""Traces as a history: events in order, and which message arrived where.

read() parses the files of --trace (common/trace.h says what a line holds);
History matches the messages and puts all events in one order. Nothing here
knows how the history is shown.

Order. An event comes after the one before it on its node, and a receive after
its send. The recorded Lamport clocks say just that, until a node starts again:
then its clock begins at 1. Event.place mends it: the recorded clock, raised
where one of these two rules asks for more. Events with the same place cannot
have caused each other.

Matching. A receive that has `sent`, the clock of its send, names it. Without,
the message is the latest one with the same contents that has no receive yet
and a smaller clock: the one that made the receiver's clock jump, if it did. A
drop belongs to its node's latest send to that peer if nothing came back since;
otherwise the message never left.
"""
import bisect
import collections
import heapq
import json

NEEDED = ("event", "node", "clock")
NUMBERS = ("node", "clock", "time_us", "to", "from", "sent")
# What a message's two ends tell apart, and what is not its contents.
FRAME = frozenset(("event", "node", "time_us", "clock", "to", "from", "sent"))


class BadTrace(Exception):
    """A file that cannot be shown; its text says why, in one line."""


class Event:
    def __init__(self, fields):
        self.fields = fields
        self.kind = fields["event"]
        self.node = fields["node"]
        self.clock = fields["clock"]
        self.time = fields.get("time_us")
        self.life = 0        # How often its node had started again.
        self.place = 0       # See above.
        self.step = 0        # From 1, in the order shown.
        self.message = None  # The Message that this is an end of.
        self.is_repeat = False

    @property
    def own(self):
        """The event's own fields."""
        return {name: value for name, value in self.fields.items()
                if name not in ("event", "node", "time_us", "clock")}


class Message:
    """One copy of a message; a duplicated one has a Message a copy."""

    def __init__(self, sender, receiver):
        self.sender = sender      # Node ids.
        self.receiver = receiver
        self.send = None          # Events, where there are any. A message
        self.receive = None       # that never left has only its drop.
        self.drop = None

    @property
    def fate(self):
        """arrived, unanswered (and arrived), lost, or open at the end."""
        if self.receive:
            return "unanswered" if self.drop else "arrived"
        return "lost" if self.drop else "open"


def is_number(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def event_of(line, where):
    try:
        fields = json.loads(line, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        raise BadTrace(f"{where} is not JSON") from None
    if not isinstance(fields, dict):
        raise BadTrace(f"{where} is not a JSON object")
    for name in NEEDED:
        if name not in fields:
            raise BadTrace(f'{where} has no "{name}": is this a trace?')
    if not isinstance(fields["event"], str):
        raise BadTrace(f'{where}: "event" is not a string')
    for name in NUMBERS:
        if name in fields and not is_number(fields[name]):
            raise BadTrace(f'{where}: "{name}" is not a whole number from 0 on')
    return Event(fields)


def read(path, notes):
    """The events of a file, as they stand in it. May add to the notes."""
    with open(path, "rb") as file:
        text = file.read()
    events = []
    lines = text.split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            events.append(event_of(line.decode("utf-8", "replace"),
                                   f"{path}: line {number}"))
        except BadTrace:
            # Whoever wrote it was killed, or is writing now.
            if number < len(lines) or not events:
                raise
            notes.append(f"{path}: the last line is incomplete and left out")
    return events


def contents(event):
    return json.dumps({name: value for name, value in event.fields.items()
                       if name not in FRAME}, sort_keys=True)


class History:
    def __init__(self, events):
        self.nodes = sorted({event.node for event in events}
                            | {event.fields[name] for event in events
                               for name in ("to", "from")
                               if name in event.fields})
        self.messages = []
        self.by_node = collections.defaultdict(list)
        for event in events:
            self.by_node[event.node].append(event)
        self.number_lives()
        self.match_receives(events)
        self.match_drops()
        self.find_places()
        self.events = sorted(
            events, key=lambda event: (event.place, event.node))
        for step, event in enumerate(self.events, 1):
            event.step = step
        self.find_repeats()

    def number_lives(self):
        for events in self.by_node.values():
            life, clock = 0, 0
            for n, event in enumerate(events):
                if n > 0 and (event.clock <= clock or event.kind == "start"):
                    life += 1
                event.life, clock = life, event.clock

    # --- Which message arrived where ---

    def match_receives(self, events):
        self.by_clock = collections.defaultdict(list)
        self.waiting = collections.defaultdict(
            lambda: collections.defaultdict(list))
        for event in events:
            if event.kind == "send" and "to" in event.fields:
                message = Message(event.node, event.fields["to"])
                message.send = event
                event.message = message
                self.messages.append(message)
                self.by_clock[event.node, event.clock].append(message)
                key = (message.sender, message.receiver, contents(event))
                self.waiting[key][event.life].append(message)
        for events in self.by_node.values():
            for event in events:
                if (event.kind in ("receive", "drop")
                        and "from" in event.fields):
                    self.match_receive(event)

    def match_receive(self, event):
        """Also a message that the receiver's end threw away."""
        sender, text = event.fields["from"], contents(event)
        message = None
        if "sent" in event.fields:
            message = self.named(event, event.fields["sent"])
        else:
            message = self.latest(event, text)
        if message is None:
            message = Message(sender, event.node)
            self.messages.append(message)
        elif message.receive or message.drop:
            copy = Message(sender, event.node)  # The network duplicated it.
            copy.send = message.send
            self.messages.append(copy)
            message = copy
        event.message = message
        if event.kind == "drop":
            message.drop = event
        else:
            message.receive = event

    def named(self, event, clock):
        """The message that was sent at that clock: of the sender's lives, the
        last one that can be meant."""
        found = None
        for message in self.by_clock[event.fields["from"], clock]:
            if message.receiver != event.node:
                continue
            if (message.send.fields.get("type") == event.fields.get("type")
                    and (found is None or is_in_time(message.send, event))):
                found = message
        return found

    def latest(self, event, text):
        key = (event.fields["from"], event.node, text)
        # A node's sends stand in the order of their clocks, in each life.
        for life in sorted(self.waiting[key], reverse=True):
            sends = self.waiting[key][life]
            n = bisect.bisect_left(sends, event.clock,
                                   key=lambda message: message.send.clock)
            while n > 0:
                n -= 1
                if is_in_time(sends[n].send, event):
                    return sends.pop(n)
        return None

    def match_drops(self):
        for events in self.by_node.values():
            last = {}        # Peer: the latest message to it,
            heard = set()    # unless something came back since.
            for event in events:
                if event.kind == "send" and event.message:
                    last[event.message.receiver] = event.message
                    heard.discard(event.message.receiver)
                elif event.kind == "receive" and event.message:
                    heard.add(event.message.sender)
                elif event.kind == "drop" and not event.message:
                    self.match_drop(event, last, heard)

    def match_drop(self, event, last, heard):
        peer = event.fields.get("to")
        if peer is None:
            return
        message = last.get(peer)
        if "sent" in event.fields:
            message = next(
                (sent for sent in
                 self.by_clock[event.node, event.fields["sent"]]
                 if sent.send.life == event.life), None)
        elif message and (peer in heard or message.drop
                          or message.send.life != event.life
                          or contents(message.send) != contents(event)):
            message = None
        if message is None or message.drop:
            message = Message(event.node, peer)
            self.messages.append(message)
        message.drop = event
        event.message = message

    # --- The order ---

    def find_places(self):
        timed = sorted((event.time, event.clock)
                       for events in self.by_node.values()
                       for event in events if event.time is not None)
        times = [time for time, _ in timed]
        highest = [0]
        for _, clock in timed:
            highest.append(max(highest[-1], clock))
        next_of = {node: 0 for node in self.by_node}
        before = {node: 0 for node in self.by_node}
        done = set()
        waiting = collections.defaultdict(list)  # Send: nodes that need it.
        ready = []

        def offer(node):
            """Queues the node's next event, once its send has its place."""
            if next_of[node] == len(self.by_node[node]):
                return
            event = self.by_node[node][next_of[node]]
            send = sent_of(event)
            if send is not None and id(send) not in done:
                waiting[id(send)].append(node)
                blocked.add(node)
            else:
                heapq.heappush(ready, (event.clock, node))

        blocked = set()
        for node in sorted(self.by_node):
            offer(node)
        while ready or blocked:
            if ready:
                node = heapq.heappop(ready)[1]
            else:
                # Messages in a circle: no true trace has that. Go on anyhow.
                node = min(blocked)
            if node in blocked:
                blocked.discard(node)
                for nodes in waiting.values():
                    if node in nodes:
                        nodes.remove(node)
            event = self.by_node[node][next_of[node]]
            send = sent_of(event)
            place = max(event.clock, before[node] + 1,
                        send.place + 1 if send else 0)
            first = (next_of[node] > 0 and
                     self.by_node[node][next_of[node] - 1].life != event.life)
            if first and event.time is not None:
                # All that was earlier on the clock on the wall.
                place = max(place, highest[
                    bisect.bisect_left(times, event.time)] + 1)
            event.place = before[node] = place
            next_of[node] += 1
            done.add(id(event))
            for other in waiting.pop(id(event), ()):
                blocked.discard(other)
                offer(other)
            offer(node)

    def find_repeats(self):
        """A message like the one before it, with the same fate: a heartbeat
        that finds all as it was, and its result."""
        last = {}
        for message in sorted(self.messages,
                              key=lambda message: ends(message)[0].step):
            first = ends(message)[0]
            key = (message.sender, message.receiver, first.fields.get("type"))
            now = (contents(first), message.fate)
            if last.get(key) == now and message.fate != "open":
                for event in ends(message):
                    if event.message is message:  # A copy shares its send.
                        event.is_repeat = True
            last[key] = now


def ends(message):
    return [event for event in (message.send, message.receive, message.drop)
            if event is not None]


def sent_of(event):
    """The send that must come before this event, or None."""
    message = event.message
    if message is None or message.send is None or message.send is event:
        return None
    return message.send


def is_in_time(send, receive):
    if send.time is None or receive.time is None:
        return True
    return send.time <= receive.time
