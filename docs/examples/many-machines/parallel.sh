#!/usr/bin/env bash
# GNU parallel draws the photos of a list on several hosts: parallel.sh LIST OUT HOSTS [OPTION…]
# HOSTS is a file as parallel's --sshloginfile takes it, a host a line (`:` is this one, `2/host` takes two jobs at once).
# LIST, its photos and OUT are on a file system that all hosts see; what follows goes to `nijigen convert`.
set -euo pipefail
list=$(realpath "$1") out=$(realpath -m "$2") hosts=$3
shift 3

# Chunks beside the results, each the work of some minutes: what is lost with a host is one of them.
chunks=$out/.chunks
mkdir -p "$chunks"
made=$(cksum <"$list")
if [ ! -e "$chunks/done" ]; then
  split -l "${CHUNK:-50}" -a 6 "$list" "$chunks/part-" && echo "$made" >"$chunks/done"
elif [ "$(cat "$chunks/done")" != "$made" ]; then
  echo "parallel.sh: $out was begun with another list; remove $chunks to begin with this one (results stay)" >&2
  exit 2
fi

# The host's shell reads the command once more; parallel itself quotes what it puts in place of {}.
printf -v convert '%q ' "${NIJIGEN:-nijigen}" convert -o "$out" --resume --report json "$@"

# --retries: on another host, where one is gone; ssh notices within a minute that it is. --resume-failed: go on where
# parallel itself was ended.
parallel --sshloginfile "$hosts" --ssh 'ssh -o ServerAliveInterval=15' --env NIJIGEN_SHARED_CACHE --workdir . \
  --joblog "$chunks/log" --resume-failed --retries 3 "$convert --files-from {} > {}.report" ::: "$chunks"/part-??????
