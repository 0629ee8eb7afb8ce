"""What an event says, in words, and what is known of each node after it.

tell() goes through a History once, in order, and returns a Told for each
event. A trace that has no events of its own for roles, terms and logs (those
of the stages with a fixed leader) still tells them by its messages: whoever
sends AppendEntries leads.
"""
import collections
import json

import timeline_trace

TEXT_MAX = 160  # Longer values are cut where they are shown.

# What is known of a node; None is unknown.
State = collections.namedtuple(
    "State", "role term vote last commit applied snapshot")
UNKNOWN = State(None, None, None, None, None, None, None)

# words: a sentence. label: a few words beside the mark. is_turn: a turning
# point, worth a stop: a new role or term, a restart, a peer that is lost.
Told = collections.namedtuple("Told", "words label state is_turn is_restart")


def cut(text):
    if len(text) <= TEXT_MAX:
        return text
    return f"{text[:TEXT_MAX]}\u2026 ({len(text)} characters)"


def plain(value):
    """Any JSON value as text of a bounded length."""
    if isinstance(value, str):
        return cut(readable(value)) if value else ""
    return cut(json.dumps(value, ensure_ascii=False))


def readable(command):
    """A command's netstrings ("3:put,1:k,1:v,") as words; else the text. An
    entry without a command opens a leader's term."""
    rest, words = command.encode("utf-8", "surrogatepass"), []
    while rest:
        length, colon, rest = rest.partition(b":")
        if not (colon and length.isdigit() and len(length) < 9):
            return command
        size = int(length)
        if rest[size:size + 1] != b",":
            return command
        words.append(rest[:size].decode("utf-8", "replace"))
        rest = rest[size + 1:]
    if words[:1] == ["as"] and len(words) > 3:
        # With a session: the client, its serial number, and what it wants.
        return " ".join(words[3:]) + f" (serial {words[2]} of {words[1]})"
    return " ".join(words) if words else "no-op"


def title(type_):
    """append_entries_result -> AppendEntries result."""
    if not isinstance(type_, str) or not type_:
        return "a message"
    words = type_.split("_")
    tail = " result" if len(words) > 1 and words[-1] == "result" else ""
    if tail:
        words.pop()
    return "".join(word[:1].upper() + word[1:] for word in words) + tail


def number(fields, name):
    value = fields.get(name)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number else None


def count(n, noun):
    if n == 1:
        return f"1 {noun}"
    return f"{n} " + (noun[:-1] + "ies" if noun.endswith("y") else noun + "s")


def entries_of(fields):
    found = fields.get("entries")
    return found if isinstance(found, list) else []


def span(first, last):
    return f"{first}" if first == last else f"{first} to {last}"


def contents_in_words(fields):
    """A message's own fields, as the paper would say them."""
    kind, term = fields.get("type"), number(fields, "term")
    parts = [] if term is None else [f"term {term}"]
    if kind == "append_entries":
        parts.append(entries_in_words(fields))
        previous = number(fields, "prev_log_index")
        if previous:
            parts.append(f"after index {previous} of term "
                         f"{plain(fields.get('prev_log_term'))}")
        if number(fields, "leader_commit") is not None:
            parts.append(f"committed up to {fields['leader_commit']}")
    elif kind == "append_entries_result":
        index = plain(fields.get("match_index"))
        parts.append(f"success, matches up to index {index}"
                     if fields.get("success") is True
                     else f"refused, try after index {index}")
    elif kind in ("request_vote_result", "pre_vote_result"):
        parts.append("vote granted" if fields.get("vote_granted") is True
                     else "vote refused")
    elif kind in ("request_vote", "pre_vote"):
        parts.append(f"the candidate's log ends at index "
                     f"{plain(fields.get('last_log_index'))} of term "
                     f"{plain(fields.get('last_log_term'))}")
    else:
        known = timeline_trace.FRAME | {"type", "term"}
        parts += [f"{name} {plain(value)}" for name, value in fields.items()
                  if name not in known]
    return ", ".join(parts)


def entries_in_words(fields):
    entries = entries_of(fields)
    if not entries:
        return "no entries (a heartbeat)"
    commands = [readable(entry["command"]) for entry in entries[:3]
                if isinstance(entry, dict)
                and isinstance(entry.get("command"), str)]
    shown = ": " + "; ".join(cut(text) for text in commands) if commands else ""
    more = "; \u2026" if len(entries) > 3 and commands else ""
    return count(len(entries), "entry") + shown + more


def message_label(fields):
    kind = fields.get("type")
    if kind == "append_entries":
        return entries_label(fields)
    if kind == "append_entries_result":
        answer = "ok" if fields.get("success") is True else "refused"
        return f"{answer}, up to {plain(fields.get('match_index'))}"
    if kind in ("request_vote_result", "pre_vote_result"):
        granted = fields.get("vote_granted") is True
        return "vote granted" if granted else "vote refused"
    return title(kind)


def entries_label(fields):
    entries = entries_of(fields)
    if not entries:
        return "heartbeat"
    first = (number(fields, "prev_log_index") or 0) + 1
    if len(entries) > 1:
        return f"entries {span(first, first + len(entries) - 1)}"
    command = entries[0].get("command") if isinstance(entries[0], dict) else ""
    return (f"{first}: {cut(readable(command))}" if isinstance(command, str)
            else f"entry {first}")


def send_words(event, message):
    fields = event.fields
    what = f"sends {title(fields.get('type'))} to node {message.receiver}"
    if message.fate == "arrived":
        end = f"It arrives at step {message.receive.step}."
    elif message.fate == "unanswered":
        end = (f"It arrives at step {message.receive.step}, but the sender "
               "gives up waiting for the answer.")
    elif message.fate == "lost":
        end = f"It is lost: given up at step {message.drop.step}."
    else:
        end = "No receive of it is in the trace."
    return f"{what}: {contents_in_words(fields)}. {end}", message_label(fields)


def receive_words(event, message):
    fields = event.fields
    origin = (f"sent at step {message.send.step}" if message.send
              else "its send is not in the trace")
    return (f"receives {title(fields.get('type'))} from node "
            f"{message.sender} ({origin}): {contents_in_words(fields)}.",
            message_label(fields))


def drop_words(event, message):
    fields = event.fields
    name = title(fields.get("type"))
    if event.node == message.receiver:
        why = f"throws away {name} from node {message.sender}"
        label = f"thrown away: {message_label(fields)}"
    elif message.fate == "unanswered":
        why = (f"gives up on {name} to node {message.receiver}: it arrived "
               f"(step {message.receive.step}), but no answer came back")
        label = f"no answer from {message.receiver}"
    elif message.send:
        why = (f"gives up on {name} to node {message.receiver}, sent at step "
               f"{message.send.step}: lost")
        label = f"lost to {message.receiver}"
    else:
        why = (f"cannot send {name} to node {message.receiver}: it never left")
        label = f"cannot reach {message.receiver}"
    return f"{why}. {contents_in_words(fields).capitalize()}.", label


def own_words(event):
    """Words and label of an event that is no end of a message."""
    fields, kind = event.own, event.kind
    value = {name: plain(value) for name, value in fields.items()}
    index = value.get("index", "?")
    if kind == "apply":
        command = value.get("command", "?") or "no-op"
        return (f"applies entry {index} to its state machine: "
                f"{command}.", f"apply {index}: {command}")
    if kind == "commit":
        return (f"knows that entries up to {index} are committed.",
                f"commit {index}")
    if kind == "append":
        first, last = value.get("first_index", "?"), value.get("last_index")
        which = span(first, last or first)
        return f"appends to its log: index {which}.", f"append {which}"
    if kind == "role":
        term = f" in term {value['term']}" if "term" in value else ""
        return f"becomes {value.get('role')}{term}.", f"{value.get('role')}"
    if kind == "term":
        return f"enters term {value.get('term')}.", f"term {value.get('term')}"
    if kind == "vote":
        return (f"votes for node {value.get('for')} in term "
                f"{value.get('term', '?')}.", f"vote for {value.get('for')}")
    if kind == "start":
        return ("starts with what its disk holds"
                + "".join(f", {name} {text}" for name, text in value.items())
                + ".", "starts")
    if kind == "snapshot":
        return (f"has a snapshot of everything up to index {index}.",
                f"snapshot {index}")
    if kind == "configuration":
        members, new = value.get("members", "?"), value.get("new_members")
        joint = f" and {new} (joint)" if new else ""
        return (f"uses the configuration {members}{joint} of index {index}.",
                f"members {members}{joint}")
    rest = ", ".join(f"{name} {text}" for name, text in value.items())
    return f"{cut(kind)}: {rest}." if rest else f"{cut(kind)}.", cut(kind)


def words_of(event):
    message = event.message
    if message is None:
        words, label = own_words(event)
    elif event is message.send or event.kind == "send":
        words, label = send_words(event, message)
    elif event is message.receive:
        words, label = receive_words(event, message)
    else:
        words, label = drop_words(event, message)
    return f"Node {event.node} {words}", label


def at_least(known, seen):
    if seen is None:
        return known
    return seen if known is None else max(known, seen)


def in_term(state, term):
    """The state once this term has been seen (Fig. 2, all servers)."""
    if term is None or (state.term is not None and term <= state.term):
        return state
    role = state.role if state.term is None else "follower"
    return state._replace(term=term, vote=None, role=role)


def after_message(state, event):
    fields, kind = event.fields, event.fields.get("type")
    if event.kind == "drop" and "from" in fields:
        return state
    state = in_term(state, number(fields, "term"))
    if event.kind == "receive":
        if kind == "append_entries" and number(fields, "term") == state.term:
            state = state._replace(role="follower")
        return state
    if kind == "append_entries":
        sent = number(fields, "prev_log_index")
        end = None if sent is None else sent + len(entries_of(fields))
        return state._replace(
            role="leader", last=at_least(state.last, end),
            commit=at_least(state.commit, number(fields, "leader_commit")))
    if kind == "append_entries_result" and fields.get("success") is True:
        return state._replace(
            last=at_least(state.last, number(fields, "match_index")))
    if kind == "request_vote":
        return state._replace(role="candidate", vote=event.node)
    return state


def after(state, event):
    """What is known of the event's node once it has happened."""
    if event.message is not None:
        return after_message(state, event)
    fields, kind = event.fields, event.kind
    index = number(fields, "index")
    if kind == "apply":
        return state._replace(applied=at_least(state.applied, index),
                              commit=at_least(state.commit, index),
                              last=at_least(state.last, index))
    if kind == "commit":
        return state._replace(commit=at_least(state.commit, index))
    if kind == "append":
        return state._replace(last=number(fields, "last_index"))
    if kind in ("role", "term", "vote"):
        state = in_term(state, number(fields, "term"))
        if kind == "role" and isinstance(fields.get("role"), str):
            state = state._replace(role=cut(fields["role"]))
        if kind == "vote":
            state = state._replace(vote=number(fields, "for"))
        return state
    if kind == "start":
        return UNKNOWN._replace(
            role="follower", term=number(fields, "term"),
            vote=number(fields, "voted_for") or None,
            last=number(fields, "last_index"),
            snapshot=number(fields, "snapshot_index"))
    if kind == "snapshot":
        return state._replace(snapshot=index,
                              applied=at_least(state.applied, index),
                              commit=at_least(state.commit, index),
                              last=at_least(state.last, index))
    return state


def tell(history):
    """A Told for each event of the history, in its order."""
    states, lives, lost, out = {}, {}, set(), []
    for event in history.events:
        node = event.node
        before = states.get(node, UNKNOWN)
        restarts = node in lives and lives[node] != event.life
        if restarts and event.kind != "start":
            # What is in memory is gone; what is on disk is not (Fig. 2).
            before = before._replace(role=None, commit=None, applied=None)
        state = states[node] = after(before, event)
        lives[node] = event.life
        words, label = words_of(event)
        if restarts and event.kind != "start":
            words = f"Node {node} has started again. {words}"
        is_turn = (restarts or event.kind in ("start", "role", "configuration")
                   or (state.role, state.term) != (before.role, before.term))
        message = event.message
        if message is not None:
            channel = (message.sender, message.receiver)
            if event.kind == "drop":
                is_turn = is_turn or channel not in lost
                lost.add(channel)
            elif event is message.receive:
                lost.discard(channel)
        out.append(Told(words, label, state, is_turn, restarts))
    return out
