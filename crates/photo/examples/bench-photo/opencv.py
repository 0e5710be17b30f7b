"""Where OpenCV finds the points of pairs of photographs: SIFT with one homography, and dense inverse search from there.

usage: opencv.py FOLDER OUT.csv

FOLDER holds a folder for each pair with base.* and follow.* and points.csv (id, xb, yb in px, an integer being the
centre of a pixel). OUT.csv gets pair, method, id, x, y and, in rows with the id "cpu", the CPU seconds in x and the
wall seconds in y, decoding left out.
"""
import csv
import sys
import time
from pathlib import Path

import cv2
import numpy as np


def homography(base, follow):
    """The follow-up's homography by 6000 SIFT points, Lowe's ratio 0.8 and MAGSAC at 3 px."""
    sift = cv2.SIFT_create(nfeatures=6000)
    (points, one), (others, two) = sift.detectAndCompute(base, None), sift.detectAndCompute(follow, None)
    if one is None or two is None or len(others) < 2:
        return np.eye(3)
    pairs = [best for best, second in cv2.BFMatcher().knnMatch(one, two, k=2) if best.distance < 0.8 * second.distance]
    if len(pairs) < 4:
        return np.eye(3)
    source = np.float32([points[pair.queryIdx].pt for pair in pairs])
    target = np.float32([others[pair.trainIdx].pt for pair in pairs])
    found, _ = cv2.findHomography(source, target, cv2.USAC_MAGSAC, 3.0, maxIters=10000, confidence=0.999)
    return np.eye(3) if found is None else found


def by_homography(found, points):
    return cv2.perspectiveTransform(np.float64(points)[None], found)[0]


def normalised(grey):
    """Brightness less its mean, over its standard deviation, in a Gaussian window of 12 px, as 8 bits."""
    grey = grey.astype(np.float32)
    rest = grey - cv2.GaussianBlur(grey, (0, 0), 12)
    spread = np.sqrt(cv2.GaussianBlur(rest * rest, (0, 0), 12) + 1)
    return np.clip(128 + 40 * rest / spread, 0, 255).astype(np.uint8)


def by_flow(found, base, follow, points):
    """Dense inverse search (preset medium, finest scale 0) from the follow-up warped by the homography."""
    height, width = base.shape
    warped = cv2.warpPerspective(
        follow, found, (width, height), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setFinestScale(0)
    flow = search.calc(base, warped, None)
    moved = []
    for x, y in points:
        # Exactly bilinear: OpenCV's own routine rounds fractions to 1/32 px.
        x, y = min(max(x, 0), width - 1.001), min(max(y, 0), height - 1.001)
        i, j = int(x), int(y)
        a, b = x - i, y - j
        four = flow[j : j + 2, i : i + 2]
        shift = (1 - b) * ((1 - a) * four[0, 0] + a * four[0, 1]) + b * ((1 - a) * four[1, 0] + a * four[1, 1])
        moved.append((x + float(shift[0]), y + float(shift[1])))
    return by_homography(found, moved)


def main():
    folder, out = Path(sys.argv[1]), csv.writer(open(sys.argv[2], "w", newline=""))
    out.writerow(["pair", "method", "id", "x", "y"])
    for pair in sorted(path for path in folder.iterdir() if (path / "points.csv").is_file()):
        base, follow = (
            cv2.imread(str(next(pair.glob(f"{name}.*"))), cv2.IMREAD_GRAYSCALE) for name in ("base", "follow")
        )
        rows = list(csv.DictReader(open(pair / "points.csv")))
        points = [(float(row["xb"]), float(row["yb"])) for row in rows]
        cpu, wall = time.process_time(), time.perf_counter()
        found = homography(base, follow)
        homography_took = time.process_time() - cpu, time.perf_counter() - wall
        answers = [("SIFT + homography", by_homography(found, points), homography_took)]
        for name, prepare in (("SIFT + DIS", None), ("SIFT + DIS, normalised", normalised)):
            cpu, wall = time.process_time(), time.perf_counter()
            one, two = (prepare(base), prepare(follow)) if prepare else (base, follow)
            moved = by_flow(found, one, two, points)
            took = time.process_time() - cpu, time.perf_counter() - wall
            answers.append((name, moved, [first + second for first, second in zip(homography_took, took)]))
        for method, places, (cpu, wall) in answers:
            out.writerows([pair.name, method, row["id"], x, y] for row, (x, y) in zip(rows, places))
            out.writerow([pair.name, method, "cpu", cpu, wall])


main()
