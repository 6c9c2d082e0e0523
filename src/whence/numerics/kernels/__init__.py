"""Kernels that numba compiles, where it is installed and the work is worth it; each has a twin in numpy.

A kernel is here only if its result is exact, so that an optional package changes the time and never a bit.
They run without the GIL (`nogil=True`) on one thread each (never `parallel=True`, whose threads abort a
process that has threads of its own), and are compiled once for a machine (`cache=True`).

Source: S. K. Lam, A. Pitrou and S. Seibert, "Numba: a LLVM-based Python JIT compiler", LLVM-HPC (2015).
"""
