#!/usr/bin/env bash
# A Slurm job array draws the photos of a list: sbatch --array=0-99 slurm.sh LIST OUT [OPTION…]
# LIST, its photos and OUT are on a file system that all nodes see; what follows goes to `nijigen convert`.
#SBATCH --job-name=nijigen
#SBATCH --requeue
#SBATCH --signal=TERM@60
#SBATCH --output=%x-%A-%a.report
#SBATCH --error=%x-%A-%a.log
#SBATCH --open-mode=append
set -euo pipefail
list=$1 out=$2
shift 2
mkdir -p "$out"

# Each task takes every so manieth line, so that large and small photos are spread alike. PARTS says how many parts there are
# where only some of an array's tasks are run again: PARTS=100 sbatch --array=3,7 …
parts=${PARTS:-$SLURM_ARRAY_TASK_COUNT}
if [ -z "${PARTS:-}" ] && [ $((SLURM_ARRAY_TASK_MIN + parts - 1)) != "$SLURM_ARRAY_TASK_MAX" ] || [ "$SLURM_ARRAY_TASK_MAX" -ge "$parts" ]; then
  echo "slurm.sh: --array must be 0-N without gaps, or PARTS say how many parts there are" >&2
  exit 2
fi
awk -v of="$parts" -v mine="$SLURM_ARRAY_TASK_ID" 'NR % of == mine' "$list" >"$out/.task-$SLURM_ARRAY_TASK_ID"

# TERM comes a minute before the time is up, and before a pre-emption: the photos in hand are finished, and --resume goes on.
srun --ntasks=1 "${NIJIGEN:-nijigen}" convert --files-from "$out/.task-$SLURM_ARRAY_TASK_ID" -o "$out" --resume --report json "$@"
