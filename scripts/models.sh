#!/usr/bin/env bash
# Photos to shipped generators: faces, the teacher's pictures, training, export, manifest, test vectors, measures.
# scripts/models.sh PHOTOS    PHOTOS holds JPEGs and photos.csv (models/train/README.md).
# Everything in between is kept in target/models: a stopped run goes on where it was.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

PHOTOS=${1:?Say where the photos are: make models PHOTOS=folder}
ROOM=target/models
STYLES=(meadow skyline carnival portrait)
# Minutes: on a GPU for everything at once, on two free CPU cores for each tier's training.
MINUTES_GPU=${MINUTES_GPU:-9.5} MINUTES_FAST=${MINUTES_FAST:-300} MINUTES_FINE=${MINUTES_FINE:-1200}
# Half as long where the processor computes in bfloat16.
if grep -qsw avx512_bf16 /proc/cpuinfo; then HALF=(--bf16); fi
# Spinning threads are several times slower than one thread a worker.
export OMP_NUM_THREADS=1 GOMP_SPINCOUNT=0 OMP_WAIT_POLICY=passive

run() { "$PYTHON_ROOM/bin/python" -W ignore -m "$@"; }
train() {
  run models.train.train --pairs "$ROOM/pairs" --out "$ROOM/$1.pt" --tier "$1" --minutes "$2" --workers "$(nproc)" ${HALF[@]+"${HALF[@]}"} \
    --batch 2 --crops 160,192,256 --adversarial .02 --adversarial-from .6
}

mkdir -p $ROOM
"$TEACHER_ROOM/bin/python" -W ignore -m models.train.faces --photos "$PHOTOS" --out $ROOM/faces
if command -v nvidia-smi >/dev/null; then
  run models.train.whole --photos "$PHOTOS" --faces $ROOM/faces --out $ROOM --upscaler "$UPSCALER" --minutes "$MINUTES_GPU"
  run models.train.photos --photos "$PHOTOS" --faces $ROOM/faces --out $ROOM/pairs --upscaler "$UPSCALER" --device cuda --split val --jobs 4
else
  run models.train.photos --photos "$PHOTOS" --faces $ROOM/faces --out $ROOM/pairs --upscaler "$UPSCALER"
  train fast "$MINUTES_FAST"
  train fine "$MINUTES_FINE"
fi
for tier in fast fine; do
  for style in "${STYLES[@]}"; do
    model=models/$style-$tier.onnx whole=$ROOM/$style-$tier.onnx
    run models.train.export --weights $ROOM/$tier.pt --tier $tier --style "$style" --out "$whole" --pairs $ROOM/pairs
    run models.train.quantise --photos "$PHOTOS" --model "$whole" --out models
    run models.train.evaluate --model "$model" --pairs $ROOM/pairs --sheet "$ROOM/$style-$tier.jpg" | tee "$ROOM/$style-$tier.txt"
  done
done
run models.train.manifest
run tests.vectors.make_vectors
echo "» look at the sheets in $ROOM and bring the table in models/README.md up to date"
