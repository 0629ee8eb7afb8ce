"""The page of a history: page() returns it as text, one file, no network.

The page holds the events as JSON and draws the part of the diagram that is in
view, so a long trace costs little. All words come from timeline_words; the
script in timeline.js only shows them. It sets text by textContent, never as
HTML, and the JSON has no `<`, so what stands in a trace cannot act.
"""
import html
import json
import os

import timeline_words

HERE = os.path.dirname(os.path.abspath(__file__))
EXACT_MAX = 2 ** 53  # JavaScript's numbers are exact up to here.


def source(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def shown(value):
    """A field's value as text for the details."""
    if isinstance(value, str):
        return timeline_words.plain(value)
    return timeline_words.cut(json.dumps(value, ensure_ascii=False))


def state_of(state):
    names = {"role": state.role, "term": state.term, "vote": state.vote,
             "last": state.last, "commit": state.commit,
             "applied": state.applied, "snapshot": state.snapshot}
    return {name: value if isinstance(value, str) or value <= EXACT_MAX
            else str(value)
            for name, value in names.items() if value is not None}


def data_of(history, pairs):
    """What the script needs; names are short, for there are many events."""
    lanes = {node: n for n, node in enumerate(history.nodes)}
    first = pairs[0][0].step
    index = {id(event): n for n, (event, _) in enumerate(pairs)}
    start = min((event.time for event, _ in pairs if event.time is not None),
                default=0)
    states = {}
    for event, told in zip(history.events[:first - 1], history.told):
        states[event.node] = told.state
    opening = {lanes[node]: state_of(state) for node, state in states.items()}

    number_of, messages = {}, []
    for message in history.messages:
        ends = [index.get(id(event), -1) if event else -1 for event in
                (message.send, message.receive, message.drop)]
        if max(ends) < 0:
            continue
        number_of[id(message)] = len(messages)
        messages.append([lanes[message.sender], lanes[message.receiver], *ends,
                         message.fate])
    events = []
    for event, told in pairs:
        one = {"n": lanes[event.node], "p": event.place, "c": event.clock,
               "k": event.kind, "w": told.words, "b": told.label,
               "f": {name: shown(value) for name, value in event.own.items()}}
        if event.time is not None:
            one["t"] = event.time - start
        if event.message is not None:
            one["m"] = number_of[id(event.message)]
        if states.get(event.node) != told.state:
            one["s"] = state_of(told.state)
            states[event.node] = told.state
        if event.is_repeat:
            one["r"] = 1
        if told.is_turn:
            one["q"] = 1
        if told.is_restart:
            one["u"] = 1
        events.append(one)
    return {"nodes": [str(node) for node in history.nodes], "first": first,
            "opening": opening, "events": events, "messages": messages}


def json_for_script(data):
    """JSON that cannot end the script that it stands in."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True)
    return (text.replace("<", "\\u003c").replace(">", "\\u003e")
            .replace("&", "\\u0026"))


def page(title, history, pairs, notes):
    """The page for the (event, told) pairs of a history."""
    said = "".join(f'<p class="note">{html.escape(note)}</p>'
                   for note in notes)
    title = title.encode("utf-8", "replace").decode("utf-8")
    # One pass, so that no part can name another.
    parts = {"TITLE": html.escape(title), "NOTES": said,
             "STYLE": source("timeline.css"), "SCRIPT": source("timeline.js"),
             "DATA": json_for_script(data_of(history, pairs))}
    out = []
    for n, piece in enumerate(source("timeline.html").split("@@")):
        out.append(parts[piece] if n % 2 else piece)
    return "".join(out)
