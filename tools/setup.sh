# shellcheck shell=bash
# What ./play and ./check share: finding the source tree, and installing the
# packages that a build needs. Sourced, after `set -euo pipefail`.

# A build stops without these.
readonly needed_packages=(
  bazel-bootstrap
  bazel-platforms
  bazel-rules-cc
  bazel-rules-java
  curl
  g++
  git
  libcppunit-dev
  libedit-dev
  libexpected-dev
  libpoco-dev
  libprotobuf-dev
  prometheus-cpp-dev
  protobuf-compiler
  python3
)

# Without these a test is skipped and says so.
readonly useful_packages=(
  clang-format-14
)

# What all of them take on a bare machine, and room for a build.
readonly needed_megabytes=2000

# One line a step, on stderr: stdout belongs to the program that is started.
say() {
  printf '== %s\n' "$*" >&2
}

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Prints those of the packages named that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    if [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) \
      != installed ]]; then
      echo "$package"
    fi
  done
}

# Prints those of the packages named that apt could install.
available_packages() {
  local package policy
  for package in "$@"; do
    policy=$(LC_ALL=C apt-cache policy "$package")
    if [[ $policy == *'Candidate: '[^\(]* ]]; then
      echo "$package"
    fi
  done
}

# Runs apt-get quietly as root. When it fails, shows the end of what it said.
run_apt_get() {
  local log status=0
  log=$(mktemp)
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" \
    </dev/null >"$log" 2>&1 || status=$?
  if ((status != 0)); then
    tail -n 15 "$log" >&2
  fi
  rm -f "$log"
  return "$status"
}

# Installs what is missing, and touches nothing when nothing is.
install_packages() {
  local needed useful absent free
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    die "there is no apt-get here; this needs Debian 12 or Ubuntu 24.04"
  fi
  mapfile -t needed < <(missing_packages "${needed_packages[@]}")
  mapfile -t useful < <(missing_packages "${useful_packages[@]}")
  if ((${#needed[@]} + ${#useful[@]} == 0)); then
    say "All packages are installed."
    return
  fi

  # Who may install them?
  as_root=()
  if ((EUID != 0)); then
    if command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true; } 2>/dev/null
    then
      as_root=(sudo)
    elif ((${#needed[@]} == 0)); then
      say "Going on without ${useful[*]}; an administrator could install it."
      return
    else
      die "packages are missing; an administrator can install them with:" \
        "apt-get install --no-install-recommends ${needed[*]} ${useful[*]}"
    fi
  fi

  # Is there room for them?
  free=$(df -Pm /usr | awk 'NR == 2 { print $4 }')
  if ((${#needed[@]} > 0 && free < needed_megabytes)); then
    die "/usr has $free MB left, the packages and a build need" \
      "about $needed_megabytes MB"
  fi

  # Are they to be had? A mirror that does not answer is not an error yet: what
  # is needed may be known from before.
  say "Updating the list of packages."
  run_apt_get update || say "apt-get update failed; trying without."
  mapfile -t useful < <(available_packages "${useful[@]}")
  mapfile -t absent < <(
    comm -23 <(printf '%s\n' "${needed[@]}" | sort) \
      <(available_packages "${needed[@]}" | sort) | grep .
  )
  if ((${#absent[@]} > 0)); then
    die "apt-get does not know ${absent[*]};" \
      "this needs Debian 12 or Ubuntu 24.04, and a mirror that answers"
  fi

  local wanted=("${needed[@]}" "${useful[@]}")
  if ((${#wanted[@]} > 0)); then
    say "Installing ${wanted[*]}; this may take some minutes."
    run_apt_get install --no-install-recommends "${wanted[@]}" ||
      die "apt-get could not install the packages, see above"
  fi
}

# Goes to the source tree at $1, ready for Bazel.
enter_tree() {
  local tree=$1 copy
  # Bazel refuses to work in a path with a space, so it gets a copy without.
  if [[ $tree == *[[:space:]]* ]]; then
    copy=${XDG_CACHE_HOME:-~/.cache}/raft-$(cksum <<<"$tree" | cut -d' ' -f1)
    if [[ $copy == *[[:space:]]* ]]; then
      die "Bazel works in no path with a space; move this directory to another"
    fi
    say "The path has a space, which Bazel refuses: building a copy in $copy."
    mkdir -p "$copy"
    find "$copy" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
    tar -C "$tree" --exclude='./bazel-*' --exclude=./raft-data -cf - . |
      tar -C "$copy" -xf -
    tree=$copy
  fi
  cd "$tree" || exit
  # Bazel's links point to where this tree was when it was last built. From a
  # tree that has moved since, `//...` would follow them.
  find . -maxdepth 1 -type l -name 'bazel-*' -delete
}

# Prints the stages' directories, the newest one last.
stages() {
  local build
  for build in stage*_*/BUILD; do
    if [[ -e $build ]]; then echo "${build%/BUILD}"; fi
  done | sort -V
}
