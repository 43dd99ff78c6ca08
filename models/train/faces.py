"""Where faces are and what is the person: landmarks and a mask for every photo, once, for the teacher.

    python -m models.train.faces --photos photos --out faces

Landmarks are the 478 points of MediaPipe's face mesh with irises, the mask is its selfie segmentation (both Apache-2.0,
models inside the wheel of PyPI mediapipe 0.10.14; later wheels fetch them).  It wants numpy below 2, so this one step
runs in an environment of its own (requirements-faces.txt); the rest reads the files it leaves: `<photo>.npz` with
`points`, faces x 478 x 2, as shares of width and height, and `person`, 128 x 128, uint8.
"""
import argparse
import csv
import os

import numpy as np

MOST_FACES, MASK_SIDE = 6, 128
_LEAST_SIDE = 640       # small photos are enlarged first: the detector misses small faces


class Finder:
    """MediaPipe's two models; imported late, for only this step has them."""

    def __init__(self):
        import mediapipe
        solutions = mediapipe.solutions
        self.mesh = solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=MOST_FACES, refine_landmarks=True,
                                                 min_detection_confidence=.4)
        self.selfie = solutions.selfie_segmentation.SelfieSegmentation(model_selection=0)

    def __call__(self, rgb):
        """uint8 HxWx3 -> (points, person)."""
        import cv2
        scale = max(1, _LEAST_SIDE / max(rgb.shape[:2]))
        rgb = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC) if scale > 1 else rgb
        found = self.mesh.process(rgb).multi_face_landmarks or []
        points = np.array([[(p.x, p.y) for p in face.landmark] for face in found], np.float32).reshape(-1, 478, 2)
        mask = self.selfie.process(rgb).segmentation_mask
        person = cv2.resize(mask, (MASK_SIDE, MASK_SIDE), interpolation=cv2.INTER_AREA)
        return points, (person.clip(0, 1) * 255 + .5).astype(np.uint8)


def main(argv=None):
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--photos", required=True)
    ap.add_argument("--out", required=True)
    a = ap.parse_args(argv)
    import cv2
    os.makedirs(a.out, exist_ok=True)
    finder, faces = Finder(), 0
    with open(os.path.join(a.photos, "photos.csv"), newline="") as f:
        names = [row["file"] for row in csv.DictReader(f)]
    for name in names:
        path = os.path.join(a.out, os.path.splitext(name)[0] + ".npz")
        if not os.path.exists(path):
            points, person = finder(np.ascontiguousarray(cv2.imread(os.path.join(a.photos, name))[..., ::-1]))
            with open(path + ".new", "wb") as f:
                np.savez_compressed(f, points=points, person=person)
            os.replace(path + ".new", path)
        faces += len(np.load(path)["points"]) > 0
    print(f"{faces} of {len(names)} photos show a face")


if __name__ == "__main__":
    main()
