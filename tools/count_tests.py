"""Prints how many tests passed, failed and were skipped in a `bazel test`.

Usage: count_tests.py EVENTS STATUS, where EVENTS is the file that Bazel wrote
for --build_event_json_file, and STATUS its exit status. The counts are the last
line. A test that Bazel could not build or did not come to run counts as failed,
and so does, once, a build that failed before its tests were known. A test that
passed, but says "SKIPPED: reason" at the start of a line of its log, counts as
skipped.
"""

import json
import sys
import urllib.parse

# Bazel's exit status when all is well, but there was no test to run.
NO_TESTS_FOUND = 4


def read_events(path):
    """Yields each event; the last may be cut short when Bazel was stopped."""
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                yield json.loads(line)
            except ValueError:
                return


def skip_reason(log_uri):
    """Returns why the test that wrote this log was skipped, or None."""
    path = urllib.parse.unquote(urllib.parse.urlparse(log_uri).path)
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith("SKIPPED: "):
                    return line[len("SKIPPED: "):].strip()
    except OSError:
        pass
    return None


def main():
    asked_for = set()
    passed = set()
    skipped = {}
    for event in read_events(sys.argv[1]):
        event_id = event.get("id", {})
        if "targetConfigured" in event_id:
            if event.get("configured", {}).get("testSize"):
                asked_for.add(event_id["targetConfigured"]["label"])
        elif "testResult" in event_id:
            for output in event.get("testResult", {}).get(
                    "testActionOutput", []):
                if output.get("name") == "test.log":
                    reason = skip_reason(output.get("uri", ""))
                    if reason:
                        skipped[event_id["testResult"]["label"]] = reason
        elif "testSummary" in event_id:
            label = event_id["testSummary"]["label"]
            asked_for.add(label)
            if event["testSummary"]["overallStatus"] in ("PASSED", "FLAKY"):
                passed.add(label)

    skipped = {label: skipped[label] for label in passed if label in skipped}
    for label, reason in sorted(skipped.items()):
        print(f"skipped {label}: {reason}")
    failed = len(asked_for) - len(passed)
    if failed == 0 and int(sys.argv[2]) not in (0, NO_TESTS_FOUND):
        failed = 1
    line = f"{len(passed) - len(skipped)} passed, {failed} failed"
    print(line + (f", {len(skipped)} skipped" if skipped else ""))


if __name__ == "__main__":
    main()
