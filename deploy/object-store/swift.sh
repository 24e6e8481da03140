#!/usr/bin/env bash
# An object store on this machine: OpenStack Swift, one copy of everything, spoken to by the S3 protocol.
#
#   swift.sh start DIR [PORT]   start it over what DIR holds, make the bucket, and print how to reach it as lines for a shell
#   swift.sh stop DIR           end it; what it holds stays
#   swift.sh freeze DIR         let it take connections and answer none
#   swift.sh resume DIR         let it go on
#   swift.sh run DIR [PORT]     start it, and end it when this is told to end or one of its daemons does
#
# DIR must be on a file system with extended attributes. The four ports after PORT, 18080 when not given, are its own.
# Debian packages: swift-proxy swift-account swift-container swift-object memcached.
#   BIND_IP   where S3 is served, 127.0.0.1 when not given; everything else keeps to 127.0.0.1
#   BUCKET    the bucket to make, nccid-test when not given
#   SECRET_KEY  of the access key nccid:archive; made up, and kept in DIR, when not given
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
access_key=nccid:archive
region=us-east-1
daemons=(memcached account-server container-server object-server object-updater proxy-server)

fail() {
  printf 'swift.sh: %s\n' "$*" >&2
  exit 1
}

usage() {
  sed -n '4,8s/^#   //p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

program_of() {
  case $1 in
    memcached) command -v memcached ;;
    *) command -v "swift-$1" ;;
  esac || fail "there is no $1: install swift-proxy, -account, -container, -object and memcached"
}

# The process of a daemon that runs over this DIR; a number that another process has by now is nobody's.
pid_of() {
  local pid
  pid=$(cat "$dir/run/$1.pid" 2>/dev/null) || return 1
  grep --quiet --no-messages --fixed-strings --null-data -e "$dir/etc" -e "$dir/run/$1" "/proc/$pid/cmdline" || return 1
  printf '%s\n' "$pid"
}

secret_in() {
  local file=$dir/etc/$1
  if [[ $1 == secret-key && -n ${SECRET_KEY:-} ]]; then
    [[ $SECRET_KEY =~ ^[A-Za-z0-9._-]{16,}$ ]] || fail 'SECRET_KEY is of 16 or more letters, digits and ._-'
    printf '%s' "$SECRET_KEY"
    return
  fi
  [[ -s $file ]] || (umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$file")
  cat "$file"
}

make_ring() {
  local kind=$1 port=$2 builder
  builder=$dir/etc/$kind.builder
  # A ring names its ports: it is made anew where they have changed, and holds the same one device.
  rm -f "$builder" "$dir/etc/$kind.ring.gz"
  swift-ring-builder "$builder" create 4 1 1 >/dev/null
  swift-ring-builder "$builder" add "r1z1-127.0.0.1:$port/disk" 1 >/dev/null
  swift-ring-builder "$builder" rebalance >/dev/null
}

configure() {
  mkdir -p "$dir"/{etc,run,log,devices/disk}
  chmod 700 "$dir/etc"
  local template
  for template in "$here"/*.conf; do
    sed -e "s|@DIR@|$dir|g" -e "s|@USER@|$(id --user --name)|g" -e "s|@BIND_IP@|${BIND_IP:-127.0.0.1}|g" \
      -e "s|@REGION@|$region|g" -e "s|@SECRET@|$(secret_in secret-key)|g" -e "s|@HASH_SUFFIX@|$(secret_in hash-suffix)|g" \
      -e "s|@PROXY_PORT@|$port|g" -e "s|@ACCOUNT_PORT@|$((port + 1))|g" -e "s|@CONTAINER_PORT@|$((port + 2))|g" \
      -e "s|@OBJECT_PORT@|$((port + 3))|g" -e "s|@MEMCACHED_PORT@|$((port + 4))|g" \
      "$template" >"$dir/etc/$(basename "$template")"
  done
  make_ring account $((port + 1))
  make_ring container $((port + 2))
  make_ring object $((port + 3))
}

launch() {
  local name=$1 program arguments
  program=$(program_of "$name")
  case $name in
    memcached) arguments=(-u "$(id --user --name)" -l 127.0.0.1 -p $((port + 4)) -U 0 -m 64 -P "$dir/run/memcached-own.pid") ;;
    object-updater) arguments=("$dir/etc/object-server.conf" --verbose) ;;
    *) arguments=("$dir/etc/$name.conf" --verbose) ;;
  esac
  setsid "$program" "${arguments[@]}" </dev/null >>"$dir/log/$name.log" 2>&1 &
  printf '%s\n' $! >"$dir/run/$name.pid"
}

start() {
  local name
  for name in "${daemons[@]}"; do ! pid_of "$name" >/dev/null || fail "it runs in $dir already"; done
  configure
  for name in "${daemons[@]}"; do launch "$name"; done
  if ! ACCESS_KEY=$access_key SECRET_KEY=$(secret_in secret-key) /usr/bin/python3 "$here/make_bucket.py" \
    "http://127.0.0.1:$port" "$bucket"; then
    tail -n 5 "$dir"/log/*.log >&2
    stop
    fail 'it did not start'
  fi
  printf "NCCID_TEST_S3='s3://%s?endpoint=http://127.0.0.1:%s&region=%s&path-style=true'\n" "$bucket" "$port" "$region"
  printf 'AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n' "$access_key" "$(secret_in secret-key)"
}

# Send a signal to every daemon that runs.
signal() {
  local name pid
  for name in "${daemons[@]}"; do
    if pid=$(pid_of "$name"); then kill "-$1" "$pid"; fi
  done
}

runs() {
  local name
  for name in "${daemons[@]}"; do ! pid_of "$name" >/dev/null || return 0; done
  return 1
}

stop() {
  signal TERM
  # What is frozen hears of it only now.
  signal CONT
  local attempt
  for attempt in {1..100}; do
    runs || break
    if [[ $attempt -eq 50 ]]; then signal KILL; fi
    sleep 0.1
  done
  rm -f "$dir"/run/*.pid
}

run() {
  trap 'stop; exit' TERM INT
  # Whoever reads the log of a service need not read its key there.
  start >/dev/null
  wait -n || true
  stop
  fail 'one of its daemons has ended'
}

[[ $# -ge 2 ]] || usage
mkdir -p "$2"
dir=$(realpath "$2")
port=${3:-18080}
bucket=${BUCKET:-nccid-test}
case $1 in
  start) start ;;
  stop) stop ;;
  freeze) signal STOP ;;
  resume) signal CONT ;;
  run) run ;;
  *) usage ;;
esac
