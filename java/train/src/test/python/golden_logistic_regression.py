"""Golden coefficients of scikit-learn's LogisticRegression, as SetFit's head: two classes, three, and two labels at once.

    python golden_logistic_regression.py ../resources/golden/logistic-regression.json
"""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier


def main():
    generator = np.random.default_rng(18)
    x = generator.normal(size=(30, 7)).astype(np.float32)
    x[:, 0] *= 5
    cases = []
    for classes, c in ((2, 1.0), (3, 1.0), (3, 50.0)):
        y = (x @ generator.normal(size=(7, classes)) + generator.gumbel(size=(30, classes))).argmax(1)
        model = LogisticRegression(C=c, tol=1e-12, max_iter=10000).fit(x.astype(np.float64), y)
        cases.append({"classes": classes, "c": c, "y": y.tolist(), "probabilities": model.predict_proba(x).tolist()})
        if classes == 3:
            cases[-1] |= {"weight": model.coef_.tolist(), "bias": model.intercept_.tolist()}
    y = (x[:, :2] + generator.normal(size=(30, 2)) > 0.5).astype(int)
    model = OneVsRestClassifier(LogisticRegression(tol=1e-12, max_iter=10000)).fit(x.astype(np.float64), y)
    several = {"y": y.tolist(), "probabilities": model.predict_proba(x).tolist()}
    golden = {"x": x.tolist(), "cases": cases, "several": several}
    Path(sys.argv[1]).write_text(json.dumps(golden) + "\n", "utf-8")


if __name__ == "__main__":
    main()
