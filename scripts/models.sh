#!/usr/bin/env bash
# Photos to shipped generators: pictures of the teacher, training, export, manifest, test vectors, measures.
# scripts/models.sh PHOTOS    PHOTOS holds JPEGs and photos.csv (models/train/README.md).
# Everything in between is kept in target/models: a stopped run goes on where it was.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

PHOTOS=${1:?Say where the photos are: make models PHOTOS=folder}
ROOM=target/models
STYLES=(meadow skyline carnival)
# Minutes of training on two free CPU cores; on a GPU a tenth will do.
MINUTES_FAST=${MINUTES_FAST:-150} MINUTES_FINE=${MINUTES_FINE:-150}
DEVICE=cpu WORKERS=$(nproc)
if command -v nvidia-smi >/dev/null; then DEVICE=cuda WORKERS=1; fi
# Half as long where the processor computes in bfloat16.
if [ $DEVICE = cuda ] || grep -qsw avx512_bf16 /proc/cpuinfo; then HALF=--bf16; fi
# Spinning threads are several times slower than one thread a worker.
export OMP_NUM_THREADS=1 GOMP_SPINCOUNT=0 OMP_WAIT_POLICY=passive

run() { "$PYTHON_ROOM/bin/python" -W ignore -m "$@"; }

mkdir -p $ROOM
run models.train.photos --photos "$PHOTOS" --out $ROOM/pairs
run models.train.train --pairs $ROOM/pairs --tier fast --out $ROOM/fast.pt --minutes "$MINUTES_FAST" \
  --device $DEVICE --workers "$WORKERS" ${HALF:-} --batch 2 --crops 160,192,256
run models.train.train --pairs $ROOM/pairs --tier fine --out $ROOM/fine.pt --minutes "$MINUTES_FINE" \
  --device $DEVICE --workers "$WORKERS" ${HALF:-} --batch 2 --crops 160,192,256 --init $ROOM/fast.pt --lr 8e-4
for tier in fast fine; do
  for style in "${STYLES[@]}"; do
    model=models/$style-$tier.onnx
    run models.train.export --weights $ROOM/$tier.pt --tier $tier --style "$style" --out "$model" --pairs $ROOM/pairs
    run models.train.evaluate --model "$model" --pairs $ROOM/pairs --sheet $ROOM/$style-$tier.jpg | tee $ROOM/$style-$tier.txt
  done
done
run models.train.manifest
run tests.vectors.make_vectors
echo "» look at the sheets in $ROOM and bring the table in models/README.md up to date"
