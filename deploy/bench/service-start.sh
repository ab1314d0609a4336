#!/usr/bin/env bash
# service-start.sh SOCKET [OTHER-SOCKET]: from `service create` to all tasks running, 1, 10 and 100 replicas of busybox sleep.
# Both engines must be swarms and have busybox:latest. ROUNDS (default 3) rounds each, interleaved; prints medians and ratios.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,3s/^# //p' "$0"; exit 2; }
rounds=${ROUNDS:-3}
sockets=("$@")

call() { curl -sS --fail-with-body --unix-socket "$1" "${@:2}"; }

once() { # once SOCKET REPLICAS: milliseconds
  local socket=$1 replicas=$2 name=bench-$$-$2 started running id
  # {"service":["NAME"],"desired-state":["running"]}
  local filter="%7B%22service%22%3A%5B%22$name%22%5D%2C%22desired-state%22%3A%5B%22running%22%5D%7D"
  started=$(date +%s%N)
  id=$(call "$socket" -H 'Content-Type: application/json' -d '{"Name":"'"$name"'","TaskTemplate":{"ContainerSpec":{"Image":"busybox:latest",
    "Command":["sleep","1d"],"StopGracePeriod":1000000}},"Mode":{"Replicated":{"Replicas":'"$replicas"'}}}' http://engine/v1.41/services/create | sed 's/.*"ID":"\([^"]*\)".*/\1/')
  [[ $id =~ ^[a-z0-9]+$ ]] || { echo "service create answered: $id" >&2; return 1; }
  for _ in $(seq 6000); do
    running=$(call "$socket" "http://engine/v1.41/tasks?filters=$filter" | grep -o '"State":"running"' | wc -l)
    [ "$running" -ge "$replicas" ] && break
  done
  [ "$running" -ge "$replicas" ] || { echo "only $running of $replicas tasks of $name came up" >&2; return 1; }
  echo $((($(date +%s%N) - started) / 1000000))
  call "$socket" -X DELETE -o /dev/null "http://engine/v1.41/services/$id"
  for _ in $(seq 6000); do
    [ "$(call "$socket" "http://engine/v1.41/containers/json?all=1" | grep -o "$name\.[0-9]" | wc -l)" = 0 ] && break
  done
}

median() { sort -n | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'; }

for replicas in ${REPLICAS:-1 10 100}; do
  declare -A times=()
  for _ in $(seq "$rounds"); do
    for socket in "${sockets[@]}"; do times[$socket]+="$(once "$socket" "$replicas")"$'\n'; done
  done
  first=
  for socket in "${sockets[@]}"; do
    m=$(printf '%s' "${times[$socket]}" | median)
    printf '%4d replicas  %-40s median %6d ms  (%s)' "$replicas" "$socket" "$m" "$(printf '%s' "${times[$socket]}" | tr '\n' ' ')"
    if [ -z "$first" ]; then first=$m; echo; else awk -v a="$first" -v b="$m" 'BEGIN {printf "  ratio 1:%.1f\n", b/(a>0?a:1)}'; fi
  done
done
