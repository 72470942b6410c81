# Debian packages that a script needs. Sourced by deploy/demo and tests/run; works with every POSIX shell.
#
#   need_packages /usr/sbin/nginx=nginx-light /usr/bin/strace=strace
#
# Each word is a path that must exist, and the package that brings it. As root what is missing gets installed; anybody else is told the one
# command to run.

need_packages() {
  missing=
  for need in "$@"; do
    [ -e "${need%%=*}" ] || missing="$missing ${need#*=}"
  done
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    echo "$0: missing packages; run:  sudo apt-get install --no-install-recommends -y$missing" >&2
    return 1
  fi
  command -v apt-get >/dev/null || { echo "$0: missing:$missing, and there is no apt-get to install it with" >&2; return 1; }
  echo "installing$missing" >&2
  apt_log=$(mktemp)
  # RUNLEVEL=1: services that come with the packages are not started; the scripts start their own.
  if ! { apt-get update -q && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing; } >"$apt_log" 2>&1 </dev/null; then
    tail -n 20 "$apt_log" >&2
    rm -f "$apt_log"
    echo "$0: could not install$missing" >&2
    return 1
  fi
  rm -f "$apt_log"
}

# need_program dotnet '.NET SDK 10'
need_program() {
  command -v "$1" >/dev/null || { echo "$0: $1 is missing from PATH: $2" >&2; return 1; }
}
