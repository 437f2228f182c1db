"""Which clustering tells new classes apart? scikit-learn's, on embeddings of real pictures.

A buffer of pictures of one to four classes that no model knows, in the first ten principal
components of all digits. Each method says into how many clusters it falls, from one on where it
can; the adjusted Rand index compares that with the classes. Settings are those a program can
choose by itself: the number of clusters by silhouette, DBSCAN's distance at the knee of the
sorted neighbour distances, HDBSCAN's smallest cluster as a tenth of the buffer.

    .peers/bin/python benches/profiles/clusters.py
"""

import gzip
from pathlib import Path

import numpy as np
from sklearn.cluster import DBSCAN, HDBSCAN, AgglomerativeClustering, KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors

MNIST = Path(__file__).parents[2] / "datasets" / "mnist"
COMPONENTS = 10
DRAWS = 20
SIZES = (60, 120, 300)
MAX_CLUSTERS = 6


def idx(name, header):
    return np.frombuffer(gzip.decompress((MNIST / name).read_bytes()), np.uint8)[header:]


def by_silhouette(cluster):
    def run(x, seed):
        found = [cluster(x, k, seed) for k in range(2, MAX_CLUSTERS + 1)]
        return max(found, key=lambda labels: silhouette_score(x, labels))

    return run


def dbscan(x, seed):
    n = 5
    distances = np.sort(NearestNeighbors(n_neighbors=n).fit(x).kneighbors()[0][:, -1])
    # The point of the curve farthest below the line from its first to its last.
    line = np.linspace(distances[0], distances[-1], len(distances))
    return DBSCAN(eps=distances[np.argmax(line - distances)], min_samples=n).fit_predict(x)


def hdbscan(method, single):
    def run(x, seed):
        model = HDBSCAN(
            min_cluster_size=max(5, len(x) // 10),
            min_samples=5,
            cluster_selection_method=method,
            allow_single_cluster=single,
            copy=True,
        )
        return model.fit_predict(x)

    return run


def ward(x, k, seed):
    return AgglomerativeClustering(k, linkage="ward").fit_predict(x)


def average(x, k, seed):
    return AgglomerativeClustering(k, linkage="average").fit_predict(x)


def k_means(x, k, seed):
    return KMeans(k, n_init=10, random_state=seed).fit_predict(x)


def mixture(x, k, seed):
    return GaussianMixture(k, n_init=3, reg_covar=1e-3, random_state=seed).fit_predict(x)


METHODS = {
    "k-means, silhouette": by_silhouette(k_means),
    "Gaussian mixture, silhouette": by_silhouette(mixture),
    "agglomerative (Ward), silhouette": by_silhouette(ward),
    "agglomerative (average), silhouette": by_silhouette(average),
    "DBSCAN, knee": dbscan,
    "HDBSCAN, excess of mass": hdbscan("eom", False),
    "HDBSCAN, excess of mass, one allowed": hdbscan("eom", True),
    "HDBSCAN, leaves": hdbscan("leaf", False),
}


def main():
    labels = idx("t10k-labels-idx1-ubyte.gz", 8)
    images = idx("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 784).astype(np.float32) / 255
    embedded = PCA(COMPONENTS, random_state=0).fit_transform(images)
    print("| classes | size | method | ARI | clusters right | in no cluster |")
    print("|---|---|---|---|---|---|")
    for k in (1, 2, 3, 4):
        for size in SIZES:
            table(embedded, labels, k, size)


def table(embedded, labels, k, size):
    random = np.random.default_rng(0)
    draws = []
    for _ in range(DRAWS):
        classes = random.choice(10, k, replace=False)
        members = [random.choice(np.flatnonzero(labels == c), size // k, False) for c in classes]
        draws.append(np.concatenate(members))
    for name, method in METHODS.items():
        scores, right, noise = [], 0, []
        for seed, draw in enumerate(draws):
            found = method(embedded[draw], seed)
            scores.append(adjusted_rand_score(labels[draw], found))
            right += len(set(found) - {-1}) == k
            noise.append(np.mean(found == -1))
        ari = "" if k == 1 else f"{np.mean(scores):.2f}"
        print(f"| {k} | {size} | {name} | {ari} | {right}/{DRAWS} | {np.mean(noise):.0%} |")


main()
