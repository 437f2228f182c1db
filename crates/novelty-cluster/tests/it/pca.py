"""Golden values for pca.rs: python3 pca.py > pca.json (scikit-learn 1.9.1, numpy 2.4.6)."""

import json

import numpy as np
from sklearn.decomposition import PCA

cases = []
for n, d, k in [(30, 5, 3), (30, 5, 5), (6, 40, 4), (8, 8, 7)]:
    i, j = np.meshgrid(np.arange(n), np.arange(d), indexing="ij")
    x = (np.sin(i * 1.7 + j * j * 0.9) * (1.0 + j) + 100.0).astype(np.float32)
    pca = PCA(n_components=k, svd_solver="full").fit(x.astype(np.float64))
    cases.append(
        {
            "n": n,
            "d": d,
            "k": k,
            "x": x.ravel().tolist(),
            "variance": pca.explained_variance_.tolist(),
            "ratio": pca.explained_variance_ratio_.tolist(),
            "reconstruction": pca.inverse_transform(pca.transform(x.astype(np.float64))).ravel().tolist(),
        }
    )
print(json.dumps(cases))
