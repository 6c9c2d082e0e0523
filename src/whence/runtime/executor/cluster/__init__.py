"""Other machines: Dask, Ray and MPI as backends. Their libraries are optional, and imported when used."""
