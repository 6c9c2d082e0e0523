"""Estimators written out from the papers in plain numpy, to hold the engine's against: no code is shared."""

import numpy as np
from scipy import optimize


def with_ones(design):
    """The design with a first column of ones."""
    return np.column_stack([np.ones(len(design)), design])


def least_squares(design, y):
    """A function that predicts by least squares (by singular values, so collinearity is no matter)."""
    scale = np.maximum(np.abs(design).max(axis=0), 1e-300)
    beta = np.linalg.lstsq(with_ones(design / scale), y, rcond=1e-12)[0]
    return lambda new: with_ones(new / scale) @ beta


def logistic_regression(design, ones):
    """A function that predicts a chance by maximum likelihood, found by a trust-region search of scipy's."""
    centre, spread = design.mean(axis=0), np.where(design.std(axis=0) > 0, design.std(axis=0), 1.0)
    x = with_ones((design - centre) / spread)

    def minus_log_likelihood(beta):
        linear = x @ beta
        return np.sum(np.logaddexp(0.0, linear) - ones * linear)

    def slope(beta):
        return x.T @ (1.0 / (1.0 + np.exp(-(x @ beta))) - ones)

    def curve(beta):
        chance = 1.0 / (1.0 + np.exp(-(x @ beta)))
        return (x.T * (chance * (1.0 - chance))) @ x

    start = np.zeros(x.shape[1])
    found = optimize.minimize(
        minus_log_likelihood, start, jac=slope, hess=curve, method="trust-exact", options={"gtol": 1e-9}
    )
    return lambda new: 1.0 / (1.0 + np.exp(-(with_ones((new - centre) / spread) @ found.x)))


def out_of_fold(fit, design, target, folds, members=None):
    """Each row's prediction by a fit on the other folds (and, of those, on the members only)."""
    predicted = np.full(len(target), np.nan)
    for fold in np.unique(folds):
        learn = folds != fold
        if members is not None:
            learn = learn & members
        predicted[folds == fold] = fit(design[learn], target[learn])(design[folds == fold])
    return predicted


def aipw_ate(y, t, e, m1, m0):
    """The ATE by augmented inverse-probability weights that average one, and the efficient influence values.

    Robins, Rotnitzky and Zhao (1994); Hahn (1998), theorem 1.
    """
    e = np.clip(e, 0.01, 0.99)
    w1, w0 = t / e, (1 - t) / (1 - e)
    value = np.mean(m1 - m0) + np.sum(w1 * (y - m1)) / np.sum(w1) - np.sum(w0 * (y - m0)) / np.sum(w0)
    return value, m1 - m0 - value + w1 * (y - m1) - w0 * (y - m0)


def aipw_att(y, t, e, m0):
    """The ATT by the doubly robust score, and the efficient influence values of Hahn (1998), theorem 1."""
    e = np.minimum(e, 0.99)
    odds = (1 - t) * e / (1 - e)
    share = np.mean(t)
    value = np.sum(t * (y - m0)) / np.sum(t) - np.sum(odds * (y - m0)) / np.sum(odds)
    return value, (t * (y - m0 - value) - odds * (y - m0)) / share


def error_of_ratio(top, bottom):
    """The standard error of Σ top / Σ bottom by the delta method (its influence divided by n − 1, not n)."""
    n = len(top)
    influence = (top - np.sum(top) / np.sum(bottom) * bottom) / np.mean(bottom)
    return influence, np.sqrt(np.sum(influence**2) / (n - 1) / n)


def error_of_normalised_ate(y, t, e, m1, m0):
    """The standard error of `aipw_ate` as the sum of a mean and two ratios, by the delta method."""
    e = np.clip(e, 0.01, 0.99)
    w1, w0 = t / e, (1 - t) / (1 - e)
    gap = m1 - m0
    parts = error_of_ratio(w1 * (y - m1), w1)[0] - error_of_ratio(w0 * (y - m0), w0)[0] + gap - gap.mean()
    return np.sqrt(np.sum(parts**2) / (len(y) - 1) / len(y))


def error_of_normalised_att(y, t, e, m0):
    """The standard error of `aipw_att` as the difference of two ratios, by the delta method."""
    e = np.minimum(e, 0.99)
    odds = (1 - t) * e / (1 - e)
    parts = error_of_ratio(t * (y - m0), t)[0] - error_of_ratio(odds * (y - m0), odds)[0]
    return np.sqrt(np.sum(parts**2) / (len(y) - 1) / len(y))


def partially_linear(y, t, m_y, m_t):
    """The slope of what is left of y on what is left of t, with its sandwich (divided by n − 1, not n)."""
    left_y, left_t = y - m_y, t - m_t
    value = (left_t @ left_y) / (left_t @ left_t)
    scores = left_t * (left_y - value * left_t)
    n = len(y)
    return value, np.sqrt(n / (n - 1) * np.sum(scores**2)) / (left_t @ left_t)


def sandwich(design, y, kind, clusters=None):
    """Coefficients and covariance of a regression with an intercept, from the matrix formulas."""
    x = with_ones(design)
    n, k = x.shape
    inverse = np.linalg.pinv(x.T @ x)
    beta = inverse @ x.T @ y
    left = y - x @ beta
    if kind == "classical":
        return beta, inverse * (left @ left) / (n - k)
    if kind == "CR1":
        sums = np.array([(x * left[:, None])[clusters == c].sum(axis=0) for c in np.unique(clusters)])
        g = len(sums)
        return beta, inverse @ (sums.T @ sums) @ inverse * g / (g - 1) * (n - 1) / (n - k)
    leverage = np.diag(x @ inverse @ x.T)
    squares = {
        "HC0": left**2,
        "HC1": left**2 * n / (n - k),
        "HC2": left**2 / (1 - leverage),
        "HC3": left**2 / (1 - leverage) ** 2,
    }[kind]
    return beta, inverse @ (x.T * squares) @ x @ inverse
