"""A task that a cluster moves about: opened once, write-protected, laid out as at home."""

import pickle

import numpy as np
import pytest

from runtime.executor import tasks
from whence.runtime.errors import UnsuitableMethod
from whence.runtime.executor.cluster.credentials import Credentials, credentials
from whence.runtime.executor.transport.brought import bring


def sent(brought):
    """As a transport would move it: the arrays beside the pickle, in frames that begin anywhere."""
    frames = []
    head = pickle.dumps(brought, 5, buffer_callback=frames.append)
    odd = [memoryview(b"x" + frame.raw())[1:] for frame in frames]
    return pickle.loads(head, buffers=odd)


@pytest.mark.parametrize("size", [10, 20_000])
@pytest.mark.parametrize("kind", ["f8", "i4", "U3"])
def test_an_array_arrives_with_the_same_bytes_write_protected_if_it_is_large(size, kind):
    array = np.arange(size).astype(kind)
    arrived = sent(sent(bring(tasks.Adds(array), "dask", pickle.dumps))).opened().array
    assert arrived.dtype == array.dtype
    assert arrived.tobytes() == array.tobytes()
    assert arrived.flags.aligned
    assert arrived.flags.writeable == (array.nbytes < 1 << 16)


@pytest.mark.parametrize("start", [0, 8, 16, 40])
def test_a_large_array_begins_at_the_same_place_of_its_line_as_at_home(start):
    room = np.empty(200_000 + 128, dtype=np.uint8)
    begin = -room.ctypes.data % 64 + start
    array = room[begin : begin + 160_000].view(np.float64)
    arrived = sent(bring(tasks.Adds(array), "dask", pickle.dumps)).opened().array
    assert arrived.ctypes.data % 64 == array.ctypes.data % 64 == start


def test_a_matrix_laid_out_by_columns_stays_so():
    matrix = np.asfortranarray(np.random.default_rng(0).normal(size=(5_000, 7)))
    arrived = sent(bring(tasks.Adds(matrix), "dask", pickle.dumps)).opened().array
    assert arrived.flags.f_contiguous
    assert np.array_equal(arrived, matrix)


def test_it_is_opened_once_in_a_process():
    brought = sent(bring(tasks.Adds(np.ones(20_000)), "dask", pickle.dumps))
    assert brought.opened() is brought.opened()


def test_what_cannot_be_packed_or_opened_is_told_with_the_name_of_the_backend():
    with pytest.raises(UnsuitableMethod, match='"ray" does not fit: the work cannot be sent'):
        bring(lambda item: item, "ray", pickle.dumps)
    with pytest.raises(UnsuitableMethod, match="not here"):
        sent(bring(NotHere(), "dask", pickle.dumps)).opened()


class NotHere:
    def __call__(self, item):
        return item

    def __reduce__(self):
        return (_refuse, ())


def _refuse():
    raise ImportError("not here")


def test_credentials_are_made_anew_and_do_not_show_themselves():
    one, two = credentials(), credentials()
    assert one.key != two.key
    assert one.key.startswith("-----BEGIN") and "PRIVATE KEY-----" in one.key
    assert one.certificate.startswith("-----BEGIN CERTIFICATE-----")
    assert "BEGIN" not in repr(one) + str(one)
    assert isinstance(one, Credentials)
