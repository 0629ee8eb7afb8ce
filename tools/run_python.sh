#!/usr/bin/env bash
# Runs a Python program of this repository as a test: its name, then its
# arguments. Bazel's own rules for that would have to be downloaded.
set -euo pipefail
exec python3 -B "$@"
