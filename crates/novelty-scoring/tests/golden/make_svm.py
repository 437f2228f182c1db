"""Golden values of one-class support vector machines: python3 make_svm.py > svm.json

scikit-learn 1.9.1, numpy 2.4.6. Scores are the negative decision function."""

import json

import numpy as np
from sklearn.svm import OneClassSVM

rng = np.random.default_rng(5)
cases = []
for n, d, nu, gamma in [(60, 2, 0.1, "scale"), (60, 2, 0.5, 0.7), (80, 6, 0.05, "scale"), (12, 9, 0.3, 0.05)]:
    x = np.round(rng.normal(size=(n, d)) * np.linspace(0.5, 2, d), 3).astype(np.float32)
    q = np.round(np.concatenate([x[:4], x[-4:] + 0.3, rng.normal(size=(8, d)) * 3]), 3).astype(np.float32)
    svm = OneClassSVM(nu=nu, gamma=gamma, tol=1e-9).fit(x.astype(np.float64))
    cases.append(
        {
            "nu": nu,
            "gamma": None if gamma == "scale" else gamma,
            "reference": x.tolist(),
            "queries": q.tolist(),
            "scores": (-svm.decision_function(q.astype(np.float64))).tolist(),
        }
    )
print(json.dumps(cases))
