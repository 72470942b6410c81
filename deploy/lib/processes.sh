# Processes that a script leaves running and ends later. Sourced by deploy/demo (bash).
#
# A pid file holds the pid and the process's start time, so that a number which was given to another program meanwhile is never signalled.

# start_time PID: in ticks since boot; nothing when there is no such process.
start_time() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) } # the name may hold anything
  # shellcheck disable=SC2086
  set -- $stat
  [ "$1" != Z ] && echo "${20}"
}

# start_process NAME COMMAND…: in a session of its own; output to $run/logs/NAME.log.
start_process() {
  local name=$1
  shift
  setsid "$@" >>"$run/logs/$name.log" 2>&1 </dev/null 9>&- &
  echo "$! $(start_time $!)" >"$run/pids/$name"
}

# runs_still NAME
runs_still() {
  local pid began
  read -r pid began 2>/dev/null <"$run/pids/$1" || return 1
  [ "$(start_time "$pid")" = "$began" ]
}

# stop_process NAME: asks, waits up to 15 s, then kills.
stop_process() {
  local pid began tries=150
  if runs_still "$1"; then
    read -r pid began <"$run/pids/$1"
    kill -TERM "$pid"
    while runs_still "$1" && [ $((tries -= 1)) -gt 0 ]; do sleep 0.1; done
    runs_still "$1" && kill -KILL "$pid"
  fi
  rm -f "$run/pids/$1"
}

# end_processes_below DIRECTORY: what works there without a terminal, e.g. tests that were under way.
end_processes_below() {
  local link directory stat
  for link in /proc/[0-9]*/cwd; do
    directory=$(readlink "$link" 2>/dev/null) || continue
    case "${directory% (deleted)}/" in
      "$1"/*)
        stat=$(cat "${link%cwd}stat" 2>/dev/null) || continue
        # shellcheck disable=SC2086
        set -- "$1" ${stat##*) }
        [ "$6" = 0 ] && kill -KILL "$(basename "${link%/cwd}")" 2>/dev/null
        ;;
    esac
  done
  return 0
}

# free_port PREFERRED: that one where nobody listens on it, else any.
free_port() {
  /usr/bin/python3 - "$1" <<'PYTHON'
import socket, sys
for port in (int(sys.argv[1]), 0):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(probe.getsockname()[1])
        break
PYTHON
}

# wait_for NAME SECONDS COMMAND…: until the command succeeds; no longer than the process NAME lives.
wait_for() {
  local name=$1 until=$((SECONDS + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    runs_still "$name" || die "the $name ended at once"
    [ $SECONDS -lt $until ] || die "the $name did not come up"
    sleep 0.2
  done
}
