"""Learners of nuisance functions: our own linear and logistic ones, boosted trees, or any that fits and
predicts.

A learner of the user's is copied before each fit, and seeded where it has a `random_state`, so that results
depend on nothing but the seed.

Source: V. Chernozhukov and others, "Double/debiased machine learning", Econometrics Journal 21 (2018).

>>> Learners.of("linear")
Learners(outcome='linear', treatment='linear')
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, Protocol, TypeAlias, cast, runtime_checkable

import numpy as np

from whence.numerics.arrays import Floats, floats
from whence.numerics.blas import one_openmp_thread
from whence.numerics.random import generator
from whence.runtime.errors import InvalidOption, MissingExtra, UnsuitableLearner
from whence.runtime.seeds import Seed


@runtime_checkable
class Learner(Protocol):
    """What a learner has to do: the two methods of scikit-learn's estimators (for a treatment, a third).

    `fit` takes a design (n, p) and a target (n,). For a discrete treatment `predict_proba` is used, whose
    last column is the probability of a one.
    """

    def fit(self, X: Any, y: Any) -> object:  # noqa: ANN401  (whatever the learner takes)
        """Learn the target from the design."""
        ...

    def predict(self, X: Any) -> Any:  # noqa: ANN401  (anything that becomes an array)
        """The target expected for each row of a design."""
        ...


Choice: TypeAlias = Literal["auto", "linear", "splines", "boosted"] | Learner
Given: TypeAlias = "str | Learner | Learners | Mapping[str, str | Learner] | None"

NAMES: tuple[str, ...] = ("auto", "linear", "splines", "boosted")
OURS = ("linear", "splines")
"""The learners that are linear in a basis, for which our own solvers serve."""


@dataclass(frozen=True, slots=True)
class Learners:
    """Which learner models the outcome and which the treatment; "auto" leaves it to the stated rules.

    "linear" means logistic regression where the target is a group; "splines" is either, bending at quantiles.
    """

    outcome: Choice = "auto"
    treatment: Choice = "auto"

    @classmethod
    def of(cls, given: Given) -> Learners:
        """The learners a user asked for: a name or learner for both, or a mapping with either role."""
        if given is None:
            return cls()
        if isinstance(given, Learners):
            return given
        if isinstance(given, Mapping):
            roles = given
            for role in roles:
                if role not in ("outcome", "treatment"):
                    raise InvalidOption("learners", role, ("outcome", "treatment"))
            return cls(
                _choice(roles.get("outcome", "auto")),
                _choice(roles.get("treatment", "auto")),
            )
        choice = _choice(given)
        return cls(choice, choice)


def _choice(given: object) -> Choice:
    if isinstance(given, str):
        if given not in NAMES:
            raise InvalidOption("learners", given, (*NAMES, "any object with fit and predict"))
        return cast("Choice", given)
    if not isinstance(given, Learner):
        raise UnsuitableLearner(
            type(given).__name__,
            "it has no fit and predict",
            'Give "auto", "linear", "splines", "boosted", or an object with fit(X, y) and predict(X).',
        )
    return given


def learner_name(choice: Choice, *, probability: bool) -> str:
    """How a learner is called in the explanation."""
    if choice == "linear":
        return "logistic regression" if probability else "linear regression"
    if choice == "splines":
        return "logistic regression on splines" if probability else "regression on splines"
    if choice == "boosted":
        return "boosted trees"
    return choice if isinstance(choice, str) else type(choice).__name__


def fit_predict(
    choice: Choice, design: Floats, target: Floats, new: Floats, *, probability: bool, seed: Seed
) -> Floats:
    """Learn from the design (n, p) and target (n,), and predict for the new rows (m, p): (m,)."""
    learner = _fresh(choice, seed, probability=probability)
    try:
        with one_openmp_thread():
            learner.fit(design, target)
            found = _chances(learner, new) if probability else floats(learner.predict(new)).ravel()
    except (TypeError, ValueError, AttributeError) as error:
        raise UnsuitableLearner(type(learner).__name__, str(error)) from error
    if found.size != new.shape[0] or not bool(np.isfinite(found).all()):
        raise UnsuitableLearner(
            type(learner).__name__,
            f"it gave {found.size} predictions for {new.shape[0]} rows, or some that are no finite numbers",
        )
    return found


def _chances(learner: Learner, new: Floats) -> Floats:
    method = getattr(learner, "predict_proba", None)
    if method is None:
        # A regression of a 0/1 target is a model of its probability too.
        return np.clip(floats(learner.predict(new)).ravel(), 0.0, 1.0)
    found = floats(method(new))
    if found.ndim == 1:
        return found
    classes: list[float] | None = getattr(learner, "classes_", None)
    if classes is None or 1.0 in classes:
        return found[:, -1]
    # Learnt from one class only: the one column is the chance of a nought.
    return floats(np.zeros(found.shape[0]))


def _fresh(choice: Choice, seed: Seed, *, probability: bool) -> Learner:
    state = int(generator(seed).integers(2**31 - 1))
    if isinstance(choice, str):
        return boosted_trees(state, probability=probability)
    learner = copy.deepcopy(choice)
    parameters = getattr(learner, "get_params", None)
    if parameters is not None and "random_state" in (found := parameters()) and found["random_state"] is None:
        cast("Any", learner).set_params(random_state=state)
    return learner


def boosted_trees(state: int, *, probability: bool) -> Learner:
    """Histogram gradient boosting of scikit-learn, stopped early on rows held out.

    Source: G. Ke and others, "LightGBM" (NeurIPS 2017), after J. Friedman (2001).
    """
    try:
        ensemble = cast("Any", import_module("sklearn.ensemble"))
    except ImportError as error:
        raise MissingExtra("scikit-learn", "Boosting") from error
    kind = ensemble.HistGradientBoostingClassifier if probability else ensemble.HistGradientBoostingRegressor
    return cast(
        "Learner",
        kind(
            learning_rate=0.1,
            max_iter=200,
            max_leaf_nodes=15,
            min_samples_leaf=20,
            early_stopping=True,
            validation_fraction=0.15,
            n_iter_no_change=10,
            random_state=state,
        ),
    )
