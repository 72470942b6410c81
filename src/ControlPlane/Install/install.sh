#!/bin/sh
# Installs Orbit's agent on this host, joins it to the control plane at @PUBLIC_URL@ and waits until it is online.
#
#   curl -fsS @CURL_TRUST@ @PUBLIC_URL@/install | sh -s -- TOKEN [options]
#
#   TOKEN            one-time join token (orbit agent join, or the page Agents)
#   --name NAME      name of the agent; the host's name unless set
#   --label K=V      label that work may ask for; may be repeated
#   --allow DIR      directory that plans may touch, written into the policy file; may be repeated
#   --server URL     where the agent connects to; @SERVER@ unless set
#   --root DIR       everything below DIR and nothing elsewhere: no user, no service of the system; needs no root
#   --dry-run        says what it would do, and does nothing
#   --no-wait        does not wait until the agent is online
#   --uninstall      ends the agent and removes it; keeps its policy and its data directory
#   --purge          with --uninstall: removes those too
#
# It may be run again at any time: what is in place stays, a newer agent replaces the one before, work under way goes on.
set -eu
umask 022

public_url=@PUBLIC_URL_Q@
server=@SERVER_Q@
curl_trust=@CURL_TRUST_Q@
steps_user=orbit-steps

say() { printf '%s\n' "$*"; }
die() {
  printf 'install: %s\n' "$*" >&2
  exit 1
}

# act WORDS -- COMMAND…: says what is done and does it; with --dry-run says it alone.
act() {
  words=
  while [ "$1" != -- ]; do
    words="$words${words:+ }$1"
    shift
  done
  shift
  if $dry_run; then
    say "would: $words"
  else
    say "$words"
    "$@"
  fi
}

fetch() { # fetch PATH FILE
  # shellcheck disable=SC2086
  curl -fsS --retry 3 $curl_trust "$public_url$1" -o "$2" || die "cannot fetch $public_url$1"
}

needs() { command -v "$1" >/dev/null 2>&1 || die "$1 is missing on this host; install it first (package $2)"; }

read_options() {
  token='' name='' labels='' allow='' root='' dry_run=false wait_online=true uninstall=false purge=false
  while [ $# -gt 0 ]; do
    case $1 in
      --name | --label | --allow | --server | --root)
        [ $# -ge 2 ] || die "$1 needs a value"
        case $1 in
          --name) name=$2 ;;
          --label) labels="$labels${labels:+,}$2" ;;
          --allow) allow="$allow${allow:+
}$2" ;;
          --server) server=$2 ;;
          --root) root=$2 ;;
        esac
        shift
        ;;
      --dry-run) dry_run=true ;;
      --no-wait) wait_online=false ;;
      --uninstall) uninstall=true ;;
      --purge) purge=true ;;
      -h | --help) die "see $public_url/install" ;;
      -*) die "there is no option $1; see $public_url/install" ;;
      *) [ -z "$token" ] && token=$1 || die "'$1' is one word too many; the token is one word" ;;
    esac
    shift
  done
  case $token in *[!A-Za-z0-9.-]*) die "the token may hold letters, digits, '-' and '.' alone" ;; esac
  case $name in *[!A-Za-z0-9._-]*) die "--name may hold letters, digits, '.', '_' and '-' alone" ;; esac
  case $root in '' | /*) ;; *) die "--root must be an absolute path" ;; esac
  case $labels in *[!A-Za-z0-9._=,/:@+-]*) die "--label may hold letters, digits and . _ = / : @ + - alone" ;; esac
  case "$allow$server$root" in *[\"\\\'\$\`\;]*) die "quotes, backslashes, dollars and semicolons are not allowed in options" ;; esac
  program=$root/opt/orbit/agent
  keeper=$root/opt/orbit/agent-keeper
  etc=$root/etc/orbit
  data=$root/var/lib/orbit-agent
  log=$root/var/log/orbit-agent.log
  pid_file=$root/run/orbit-agent.pid
  unit=/etc/systemd/system/orbit-agent.service
  systemd=false
  if [ -z "$root" ] && [ -d /run/systemd/system ] && command -v systemctl >/dev/null 2>&1; then systemd=true; fi
}

look_at_host() {
  [ "$(uname -s)" = Linux ] || die "the agent runs on Linux; this is $(uname -s)"
  case $(uname -m) in
    x86_64 | amd64) system=linux-x64 ;;
    aarch64 | arm64) system=linux-arm64 ;;
    *) die "there is no agent for $(uname -m)" ;;
  esac
  for loader in /lib/ld-musl-*; do [ ! -e "$loader" ] || [ -e /lib64/ld-linux-x86-64.so.2 ] || [ -e /lib/ld-linux-aarch64.so.1 ] || die "the agent needs glibc; this host has musl alone"; done
  if [ -z "$root" ] && ! $dry_run && [ "$(id -u)" != 0 ]; then die "run it as root, or say --root DIR to keep everything below one directory"; fi
  needs curl curl
  needs tar tar
  needs gzip gzip
  needs sha256sum coreutils
  needs setsid util-linux
  case $server in
    https:*) find /lib /lib64 /usr/lib /usr/lib64 -name 'libssl.so.[13]*' 2>/dev/null | grep -q . || die "OpenSSL's library is missing on this host; install it first (package libssl3)" ;;
  esac
}

# The agent of before stays as agent.previous, for going back.
fetch_agent() {
  if $dry_run; then
    say "would: fetch $public_url/install/agent/$system.tar.gz, check its SHA-256 and unpack it into $program"
    return
  fi
  mkdir -p "$root/opt/orbit"
  work=$(mktemp -d "$root/opt/orbit/.install-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  fetch "/install/agent/$system.tar.gz.sha256" "$work/sha256"
  wanted=$(cut -d ' ' -f 1 "$work/sha256")
  if [ "$(cat "$program/.archive-sha256" 2>/dev/null)" = "$wanted" ]; then
    say "$program is the control plane's agent already"
    return
  fi
  say "fetching $public_url/install/agent/$system.tar.gz"
  fetch "/install/agent/$system.tar.gz" "$work/agent.tar.gz"
  [ "$(sha256sum "$work/agent.tar.gz" | cut -d ' ' -f 1)" = "$wanted" ] || die "the checksum of the agent does not fit; nothing was changed"
  mkdir "$work/agent"
  tar -xzf "$work/agent.tar.gz" -C "$work/agent" --strip-components 1 --no-same-owner
  [ -x "$work/agent/orbit-agent" ] || die "the archive holds no agent; nothing was changed"
  "$work/agent/orbit-agent" --version >"$work/version" 2>&1 || die "the agent does not run on this host: $(head -n 3 "$work/version")"
  echo "$wanted" >"$work/agent/.archive-sha256"
  rm -rf "$program.previous"
  if [ -e "$program" ]; then
    mv "$program" "$program.previous"
    updated=true
  fi
  mv "$work/agent" "$program"
  changed=true
  say "unpacked agent $(cat "$work/version") into $program"
}

make_user() {
  [ -z "$root" ] || return 0
  id "$steps_user" >/dev/null 2>&1 ||
    act make the user "$steps_user", that steps run as -- useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$steps_user"
}

make_directories() {
  for directory in "$etc" "$data" "$root/run" "$root/var/log"; do
    [ -d "$directory" ] || act make "$directory" -- mkdir -p "$directory"
  done
  $dry_run || chmod 711 "$data"
}

policy_text() {
  say '// What the control plane may do on this host. Nothing that comes over the network can widen it. See agent-policy.md.'
  say '{'
  say '  // Directories that plans may touch: where services are installed and tests lie.'
  printf '  "roots": ['
  first=true
  printf '%s\n' "$allow" | while IFS= read -r directory; do
    [ -n "$directory" ] || continue
    $first || printf ', '
    printf '"%s"' "$directory"
    first=false
  done
  say '],'
  if [ -z "$root" ] && { $dry_run || id "$steps_user" >/dev/null 2>&1; }; then
    say '  // Stop, start, health and test commands run as this user. Give it the directories that services and tests write to.'
    say "  \"run_as\": \"$steps_user\","
  fi
  say '  // Deploy tests at a time.'
  say '  "slots": 1'
  say '}'
}

write_policy() { policy_text >"$1.new" && mv "$1.new" "$1"; }

make_policy() {
  if [ -e "$etc/agent-policy.json" ]; then
    [ -z "$allow" ] || say "$etc/agent-policy.json is there already and stays as it is: add the directories of --allow to its roots"
  else
    act write "$etc/agent-policy.json" -- write_policy "$etc/agent-policy.json"
  fi
}

setting() { sed -n "s/^$1=//p" "$etc/agent.env" 2>/dev/null | tail -n 1; }

write_environment() {
  {
    say "ORBIT_AGENT_SERVER=$server"
    say "ORBIT_AGENT_NAME=$name"
    [ -z "$labels" ] || say "ORBIT_AGENT_LABEL=$labels"
    [ -z "$token" ] || say "ORBIT_AGENT_TOKEN=$token"
    case $server in http:*) say "ORBIT_AGENT_ALLOW_PLAINTEXT=1" ;; esac
  } >"$etc/agent.env.new"
  mv "$etc/agent.env.new" "$etc/agent.env"
}

make_environment() {
  [ -n "$name" ] || name=$(setting ORBIT_AGENT_NAME)
  [ -n "$name" ] || name=$(uname -n | tr -c 'A-Za-z0-9._\n-' -)
  [ -n "$labels" ] || labels=$(setting ORBIT_AGENT_LABEL)
  [ -n "$token" ] || token=$(setting ORBIT_AGENT_TOKEN)
  if [ -e "$data/connected" ] && [ -e "$data/identity/enrolment.json" ]; then token=; fi # it is online: a token has nothing to do
  if [ -z "$token" ] && [ ! -e "$data/identity/enrolment.json" ]; then die "this host has not joined yet: name the token"; fi
  old_umask=$(umask)
  umask 077
  before=$(cat "$etc/agent.env" 2>/dev/null) || before=
  act write "$etc/agent.env" -- write_environment
  umask "$old_umask"
  [ "$before" = "$(cat "$etc/agent.env" 2>/dev/null)" ] || changed=true
}

write_unit() {
  cat >"$1" <<'UNIT'
@UNIT@
UNIT
}

write_keeper() {
  cat >"$1.new" <<KEEPER
#!/bin/sh
# Keeps Orbit's agent running where there is no systemd.
#   $1 start | stop | restart | status
### BEGIN INIT INFO
# Provides:          orbit-agent
# Required-Start:    \$network \$remote_fs
# Required-Stop:     \$network \$remote_fs
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: Orbit agent
### END INIT INFO
program=$program
environment=$etc/agent.env
data=$data
policy=$etc/agent-policy.json
log=$log
pid_file=$pid_file
self=$1
KEEPER
  cat >>"$1.new" <<'KEEPER'

# The keeper's process id and its start time: a number alone may be somebody else's by now.
started() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }
runs() {
  read -r pid born 2>/dev/null <"$pid_file" || return 1
  [ -n "$born" ] && [ "$(started "$pid")" = "$born" ]
}

case ${1:-} in
  start)
    runs && exit 0
    setsid "$self" keep </dev/null >>"$log" 2>&1 &
    n=0
    until runs; do
      n=$((n + 1))
      [ $n -lt 50 ] || { echo "the keeper did not start; see $log" >&2; exit 1; }
      sleep 0.1
    done
    ;;
  keep)
    cd "$data"
    echo "$$ $(started $$)" >"$pid_file"
    set -a
    . "$environment"
    ORBIT_AGENT_KEPT=keeper
    set +a
    child=
    trap 'trap - TERM INT; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null; wait "$child" 2>/dev/null; rm -f "$pid_file"; exit 0' TERM INT
    while :; do
      "$program/orbit-agent" --data "$data" --policy "$policy" &
      child=$!
      wait "$child"
      echo "the agent ended with code $?; it is started again in 2 s"
      sleep 2 &
      child=$!
      wait "$child"
    done
    ;;
  stop)
    runs || exit 0
    kill -TERM "$pid"
    n=0
    while runs; do
      n=$((n + 1))
      [ $n -lt 300 ] || { echo "the agent does not end" >&2; exit 1; }
      sleep 0.1
    done
    ;;
  restart) "$self" stop && "$self" start ;;
  status) if runs; then echo "runs, keeper $pid"; else echo "does not run"; exit 3; fi ;;
  *) echo "usage: $self start | stop | restart | status" >&2; exit 2 ;;
esac
KEEPER
  chmod 755 "$1.new"
  mv "$1.new" "$1"
}

# What an agent that was killed left behind says nothing about the next one.
forget_connection() {
  if $changed && ! $dry_run; then rm -f "$data/connected"; fi
}

start_with_systemd() {
  if ! $dry_run && [ -e "$unit" ]; then
    write_unit "$unit.new"
    cmp -s "$unit.new" "$unit" && rm -f "$unit.new" || { mv "$unit.new" "$unit" && changed=true; }
  else
    act write "$unit" -- write_unit "$unit"
    changed=true
  fi
  act let systemd read it -- systemctl daemon-reload
  act start the agent now and with the host -- systemctl enable --quiet orbit-agent
  forget_connection
  if $changed; then act restart it, work under way goes on -- systemctl restart orbit-agent; else act start it -- systemctl start orbit-agent; fi
}

start_with_keeper() {
  act write the keeper "$keeper" -- write_keeper "$keeper"
  if [ -z "$root" ] && [ -d /etc/init.d ]; then
    act start it with the host, through /etc/init.d/orbit-agent -- ln -sfn "$keeper" /etc/init.d/orbit-agent
    if command -v update-rc.d >/dev/null 2>&1; then $dry_run || update-rc.d orbit-agent defaults >/dev/null 2>&1 || say "update-rc.d refused: start $keeper with the host yourself"; fi
  elif [ -z "$root" ]; then
    say "this host has neither systemd nor /etc/init.d: have it run '$keeper start' at its start"
  fi
  forget_connection
  if $changed; then act restart the agent, work under way goes on -- "$keeper" restart; else act start the agent -- "$keeper" start; fi
}

last_words() {
  if $systemd; then journalctl -u orbit-agent -n 15 --no-pager -o cat 2>/dev/null || :; else tail -n 15 "$log" 2>/dev/null || :; fi
}

online_within_a_minute() {
  n=0
  until [ -e "$data/connected" ] && [ -e "$data/identity/enrolment.json" ]; do
    n=$((n + 1))
    [ $n -lt 120 ] || return 1
    sleep 0.5
  done
}

# A new agent that does not come online takes nothing away: the one before is put back.
go_back() {
  say "the new agent is not online after a minute; the one before is put back"
  rm -rf "$program.failed"
  mv "$program" "$program.failed"
  mv "$program.previous" "$program"
  if $systemd; then systemctl restart orbit-agent; else "$keeper" restart; fi
  online_within_a_minute || die "neither is the one before; the new one lies in $program.failed"
  die "the one before is online again; the new one lies in $program.failed"
}

wait_until_online() {
  $dry_run && return
  if $wait_online; then
    if ! online_within_a_minute; then
      last_words >&2
      ! $updated || go_back
      die "the agent is not online after a minute; above is what it said last"
    fi
    token=
    old_umask=$(umask)
    umask 077
    write_environment # the token has been used
    umask "$old_umask"
    say "$(cat "$data/connected")"
  fi
  say "look at $etc/agent-policy.json: it says what the control plane may do here. Restart the agent after a change."
}

remove() {
  if $systemd; then
    if [ -e "$unit" ]; then
      act end the agent and its service -- systemctl disable --now --quiet orbit-agent
      act remove "$unit" -- rm -f "$unit"
      act let systemd read that -- systemctl daemon-reload
    fi
  elif [ -x "$keeper" ]; then
    act end the agent -- "$keeper" stop
    if [ -z "$root" ] && [ -L /etc/init.d/orbit-agent ]; then
      act remove /etc/init.d/orbit-agent -- rm -f /etc/init.d/orbit-agent
      if command -v update-rc.d >/dev/null 2>&1 && ! $dry_run; then update-rc.d orbit-agent remove >/dev/null 2>&1 || :; fi
    fi
  fi
  for gone in "$keeper" "$program" "$program.previous" "$program.failed" "$etc/agent.env" "$log"; do
    if [ -e "$gone" ]; then act remove "$gone" -- rm -rf "$gone"; fi
  done
  if $purge; then
    for gone in "$etc/agent-policy.json" "$data"; do
      if [ -e "$gone" ]; then act remove "$gone" -- rm -rf "$gone"; fi
    done
    if [ -z "$root" ] && id "$steps_user" >/dev/null 2>&1; then act remove the user "$steps_user" -- userdel "$steps_user"; fi
  else
    if [ -e "$data" ]; then say "kept: $etc/agent-policy.json and $data (--purge removes them)"; fi
  fi
  $dry_run || rmdir "$etc" "$root/opt/orbit" 2>/dev/null || :
  say "at the control plane the agent is removed with: orbit agent delete NAME"
}

main() {
  read_options "$@"
  changed=false updated=false
  if $uninstall; then
    if [ -z "$root" ] && ! $dry_run && [ "$(id -u)" != 0 ]; then die "run it as root"; fi
    remove
    return
  fi
  look_at_host
  make_user
  fetch_agent
  make_directories
  make_policy
  make_environment
  if $systemd; then start_with_systemd; else start_with_keeper; fi
  wait_until_online
}

# Called on the last line: a download that was cut off does nothing.
main "$@"
