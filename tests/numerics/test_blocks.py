"""Sums over rows: the same bytes on any number of cores, and the algebra of folds."""

import numpy as np
import pytest

from whence.numerics.blocks import BLOCK, blocks, cross, gram, grams_of_labels, training_grams, tree_sum
from whence.numerics.folds import fold_labels
from whence.numerics.linear import regress
from whence.numerics.logistic import fit_logistic
from whence.runtime.executor import serial, threads

ROWS = 3 * BLOCK + 17


@pytest.fixture(scope="module")
def matrix():
    return np.random.default_rng(1).normal(size=(ROWS, 6)) * [1, 10, 1e-3, 1, 1, 1e4]


def test_blocks_cover_every_row_once_and_none_is_larger_than_the_fixed_size():
    rows = np.concatenate([np.arange(ROWS)[part] for part in blocks(ROWS)])
    assert rows.tolist() == list(range(ROWS))
    assert max(part.stop - part.start for part in blocks(ROWS)) == BLOCK


def test_gram_matrices_have_the_same_bytes_on_one_two_and_seven_threads(matrix):
    for make in (
        lambda workers: gram(matrix, executor=workers),
        lambda workers: gram(matrix, matrix[:, 0] ** 2, workers),
        lambda workers: cross(matrix, matrix[:, 2], workers),
        lambda workers: regress(matrix[:, 1:], matrix[:, 0], executor=workers).coefficients,
    ):
        found = {make(workers).tobytes() for workers in (None, serial(), threads(1), threads(2), threads(7))}
        assert len(found) == 1


def test_a_logistic_regression_has_the_same_bytes_on_one_two_and_seven_threads(matrix):
    ones = (matrix[:, 0] + matrix[:, 3] > 0.5).astype(float)
    noisy = np.where(np.random.default_rng(2).random(ROWS) < 0.2, 1 - ones, ones)
    found = {
        fit_logistic(matrix[:, 3:], noisy, executor=workers).coefficients.tobytes()
        for workers in (None, threads(2), threads(7))
    }
    assert len(found) == 1


def test_the_gram_matrix_outside_a_fold_is_the_total_less_that_of_the_fold(matrix):
    rows = matrix[:1000]
    folds = fold_labels(np.zeros(1000, dtype=np.int64), 4, 3)
    outside = training_grams(grams_of_labels(rows, folds, 4))
    for fold in range(4):
        members = rows[folds != fold]
        np.testing.assert_allclose(outside[fold], members.T @ members, rtol=1e-9)


def test_the_tree_adds_every_part_once_for_any_number_of_parts():
    for count in range(1, 20):
        assert tree_sum([np.array([2.0**i]) for i in range(count)])[0] == 2.0**count - 1


def test_folds_are_balanced_within_strata_and_never_split_a_cluster():
    strata = (np.arange(103) < 20).astype(np.int64)
    labels = fold_labels(strata, 5, 0)
    assert set(np.bincount(labels[strata == 1])) == {4}
    assert np.ptp(np.bincount(labels)) <= 1
    clusters = np.random.default_rng(0).integers(0, 30, 500)
    by_cluster = fold_labels(np.zeros(500, dtype=np.int64), 5, 0, clusters)
    assert all(len(set(by_cluster[clusters == c])) == 1 for c in range(30))
    assert fold_labels(strata, 5, 1).tolist() != labels.tolist()
