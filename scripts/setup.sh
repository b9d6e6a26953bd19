#!/bin/sh
# Brings a fresh clone to where `npm run demo` and `npm test` work. Does nothing, quickly, when it is there already.
#   scripts/setup.sh                what the program and its everyday tests need
#   scripts/setup.sh --test-tools   also what the tests with a camera and a browser need
#   scripts/setup.sh --no-programs  without ffmpeg and redis-server: what a build needs
set -eu
cd "$(dirname "$0")/.."

# The only list of what is installed on the machine. Programs are Debian packages of the same name.
PROGRAMS='ffmpeg redis-server'
TEST_PACKAGES='python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good
gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav chromium python3-websockets'
NODE_MAJOR=20
NODE_MINOR=19

STAMPS=.cache/setup

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# One line that changes when the text on standard input does.
fingerprint() {
  if have sha256sum; then sha256sum; elif have shasum; then shasum -a 256; else cksum; fi | tr -d ' -'
}

can_install() { [ "$(id -u)" -eq 0 ] && have apt-get; }

apt_install() {
  say "installing $*"
  log="$STAMPS/apt.log"
  apt-get -qq update >"$log" 2>&1 || say 'apt-get update failed; trying with the lists that are there'
  # RUNLEVEL=1: a package that is a server is installed, not started.
  DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -y -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
    install --no-install-recommends "$@" >>"$log" 2>&1 || {
    cat "$log" >&2
    fail 'apt-get failed; its words are above.'
  }
}

check_node() {
  have node || fail "Expected Node $NODE_MAJOR.$NODE_MINOR or newer, found none. Install it: https://nodejs.org/"
  version=$(node -p process.versions.node)
  major=${version%%.*}
  minor=${version#*.}
  minor=${minor%%.*}
  if [ "$major" -lt "$NODE_MAJOR" ] || { [ "$major" -eq "$NODE_MAJOR" ] && [ "$minor" -lt "$NODE_MINOR" ]; }; then
    fail "Expected Node $NODE_MAJOR.$NODE_MINOR or newer, found $version. Install a newer one: https://nodejs.org/"
  fi
}

how_to_install() {
  if have apt-get; then
    echo "sudo apt-get install $*"
  elif have brew; then
    echo "brew install $*" | sed 's/redis-server/redis/'
  elif have dnf; then
    echo "sudo dnf install $*" | sed 's/redis-server/redis/;s/ffmpeg/ffmpeg-free/'
  elif have pacman; then
    echo "sudo pacman -S $*" | sed 's/redis-server/redis/'
  else
    echo "install $* with your system's package manager"
  fi
}

install_programs() {
  missing=
  for program in $PROGRAMS; do
    have "$program" || missing="$missing $program"
  done
  [ -n "$missing" ] || return 0
  # shellcheck disable=SC2086 # a list of words
  if can_install; then apt_install $missing; else fail "Missing:$missing. Run: $(how_to_install $missing)"; fi
}

install_test_tools() {
  missing=
  for package in $TEST_PACKAGES; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  # shellcheck disable=SC2086 # a list of words
  if can_install; then apt_install $missing; else fail "Missing for tests:$missing (packages of Debian)."; fi
}

install_packages() {
  installed=node_modules/.package-lock.json
  stamp="$STAMPS/packages-$(fingerprint <package-lock.json)"
  if [ -e "$stamp" ] && [ -e "$installed" ] && [ ! "$installed" -nt "$stamp" ]; then return 0; fi
  if ! node scripts/packages-match.mjs; then
    # `npm ci` empties the directory that the link leads to, which may be another checkout's.
    [ ! -L node_modules ] || fail 'node_modules is a link, and does not match package-lock.json. Remove the link.'
    say 'npm ci'
    # onnxruntime-node would fetch CUDA libraries of several hundred megabytes.
    ONNXRUNTIME_NODE_INSTALL=${ONNXRUNTIME_NODE_INSTALL:-skip} npm ci --no-audit --no-fund --loglevel=error >&2 || fail 'npm ci failed; its message is above.'
  fi
  rm -f "$STAMPS"/packages-*
  : >"$stamp"
}

check_model() {
  sums=models/pocket/SHA256SUMS
  [ -e "$sums" ] || fail "Expected $sums; the checkout is incomplete. Clone again."
  if have sha256sum; then check='sha256sum'; elif have shasum; then check='shasum -a 256'; else return 0; fi
  (cd models/pocket && $check -c SHA256SUMS >/dev/null 2>&1) ||
    fail "The files in models/pocket are not those of $sums. Get them back: git checkout -- models/pocket"
}

build_page() {
  [ -e web/vite.config.ts ] || return 0
  now=$(find web client protocol docs/errors.md package-lock.json -type f | LC_ALL=C sort | xargs cat | fingerprint)
  if [ -e dist/web/index.html ] && [ "$(cat "$STAMPS/page" 2>/dev/null)" = "$now" ]; then return 0; fi
  say 'building the page'
  node_modules/.bin/vite build --logLevel warn web >&2 || fail 'The page could not be built; the message is above.'
  echo "$now" >"$STAMPS/page"
}

programs=yes
test_tools=no
for argument in "$@"; do
  case $argument in
    --test-tools) test_tools=yes ;;
    --no-programs) programs=no ;;
    *) fail "Expected --test-tools, --no-programs or nothing, got $argument." ;;
  esac
done

check_node
mkdir -p "$STAMPS"
if have flock; then # two at once: the second waits, then finds everything done
  exec 9>"$STAMPS/lock"
  flock 9
fi
[ "$programs" = no ] || install_programs
install_packages
check_model
build_page
[ "$test_tools" = no ] || install_test_tools
