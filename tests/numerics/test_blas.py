"""One BLAS thread in every kernel, and one OpenMP thread in every fit, whichever thread of ours runs it."""

import threading

import numpy as np
from sklearn.linear_model import LogisticRegression  # its import loads OpenMP
from threadpoolctl import threadpool_info, threadpool_limits

from whence.numerics.blas import kernel, one_openmp_thread, one_thread
from whence.runtime.executor import threads


def sizes(kind):
    """The numbers of threads that libraries of a kind would use here and now."""
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == kind}


def test_a_kernel_runs_with_one_blas_thread_and_puts_the_old_number_back():
    before = sizes("blas")
    assert kernel(lambda: sizes("blas"))() == {1}
    with one_thread(), one_thread():
        assert sizes("blas") == {1}
    assert sizes("blas") == before


def test_a_limit_that_one_thread_began_and_another_ended_is_put_back():
    before, met = sizes("blas"), threading.Barrier(2)

    def first(item):
        with one_thread():
            met.wait(10)
            met.wait(10)

    def second(item):
        met.wait(10)  # the first holds the limit
        with one_thread():
            met.wait(10)  # the first may leave
            other.join(10)

    other = threading.Thread(target=first, args=(0,))
    other.start()
    second(1)
    assert sizes("blas") == before


def test_a_kernel_has_one_blas_thread_though_another_thread_controls_their_number():
    found = []
    with threadpool_limits(2, "blas"):  # this thread controls it now
        inside = threading.Thread(target=kernel(lambda: found.append(sizes("blas"))))
        inside.start()
        inside.join()
    assert found == [{1}]


def test_every_thread_of_ours_has_one_openmp_thread_while_others_hold_the_limit_too():
    # OpenMP keeps its number of threads for each calling thread: a limit set by one does not reach another.
    def task(item):
        with one_openmp_thread():
            LogisticRegression().fit(np.arange(20.0)[:, None], np.arange(20) % 2)
            return sizes("openmp"), sizes("blas")

    assert set(map(str, threads(3).map(task, range(12), stage="limits"))) == {str(({1}, {1}))}
