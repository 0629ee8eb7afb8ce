#!/usr/bin/env bash
# Checks that .clang-format leaves every C++ source as it is. The only argument
# is the path of .clang-format, a link to the one in the source tree.
set -euo pipefail

# Another version lays out some lines in another way.
if ! command -v clang-format-14 >/dev/null; then
  echo "SKIPPED: clang-format-14 is not installed"
  exit 0
fi

root=$(dirname "$(readlink -f "$1")")
if ! find "$root" \( -name '*.h' -o -name '*.cc' \) -type f -print0 |
  xargs -0 -r clang-format-14 --style=file --dry-run -Werror; then
  echo "To mend it: clang-format-14 -i FILE"
  exit 1
fi
