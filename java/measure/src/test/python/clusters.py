"""Clusters, silhouette and mutual information by scikit-learn. Run as

    python clusters.py > clusters.json                     (the golden of KMeansTest)
    python clusters.py VECTORS.npy CENTERS.npy             (does its iteration stay at centres that were found?)
"""
import json
import sys

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import normalized_mutual_info_score, silhouette_score

if len(sys.argv) == 3:
    vectors, centers = np.load(sys.argv[1]), np.load(sys.argv[2])
    found = KMeans(len(centers), init=centers, n_init=1, tol=0).fit(vectors)
    print("moved", np.abs(found.cluster_centers_ - centers).max(), "inertia", found.inertia_)
    for seed in range(3):
        print("own", KMeans(len(centers), n_init=4, random_state=seed).fit(vectors).inertia_)
    sys.exit()

random = np.random.default_rng(7)
middles = random.normal(size=(4, 6))
true = random.integers(0, 4, 90)
vectors = middles[true] + 0.45 * random.normal(size=(90, 6))
vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
found = KMeans(4, n_init=200, random_state=1, tol=0).fit(vectors.astype(np.float64))
other = random.integers(0, 3, 90)
json.dump(
    {
        "vectors": [[float(x) for x in row] for row in vectors],
        "cluster": found.labels_.tolist(),
        "inertia": found.inertia_,
        "silhouette": float(silhouette_score(vectors.astype(np.float64), found.labels_)),
        "other": other.tolist(),
        "other_silhouette": float(silhouette_score(vectors.astype(np.float64), other)),
        "true": true.tolist(),
        "agreement": normalized_mutual_info_score(true, found.labels_),
        "other_agreement": normalized_mutual_info_score(true, other),
    },
    sys.stdout,
)
