"""Libraries with threads of their own are found, and who brought them."""

from pathlib import Path

import scipy.linalg

from whence.numerics.blas import _bringer, libraries, one_thread


def test_the_blas_of_numpy_is_found_with_its_threads():
    scipy.linalg.lapack.dgetrf([[1.0]])  # what is not loaded cannot be found
    blas = [each for each in libraries() if each.does == "blas"]
    assert blas
    assert all(each.threads >= 1 for each in blas)


def test_inside_of_a_kernel_it_has_one_thread():
    with one_thread():
        assert {each.threads for each in libraries() if each.does == "blas"} == {1}


def test_whose_wheel_a_library_lies_in_is_told():
    assert _bringer(Path("/x/site-packages/scikit_learn.libs/libgomp.so")) == "scikit-learn"
    assert _bringer(Path("/usr/lib/libopenblas.so.0")) == "system"
