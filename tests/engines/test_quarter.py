"""A quarter on a Dask cluster of two processes: the bytes of two processes of our own."""

import pytest

from tests.batch.quarter.small import SEED, contents, write_quarter
from varmodel.batch import run_quarter

pytestmark = pytest.mark.engine


def test_a_quarter_on_a_dask_cluster_is_that_of_two_processes(tmp_path):
    import joblib
    from distributed import Client, LocalCluster

    config = write_quarter(tmp_path / "in", "deaths", "stays", "visits")
    run_quarter(config, tmp_path / "here", random_seed=SEED, jobs=2)
    local = {"host": "127.0.0.1", "n_workers": 2, "threads_per_worker": 1}
    cluster = LocalCluster(**local, processes=True, dashboard_address=None)
    with cluster, Client(cluster) as client, joblib.parallel_config(backend="dask"):
        workers = {info["pid"] for info in client.run(process_of).values()}
        run_quarter(config, tmp_path / "there", random_seed=SEED)
    assert len(workers) == 2
    here, there = contents(tmp_path / "here"), contents(tmp_path / "there")
    assert sorted(there) == sorted(here)
    assert [name for name in here if here[name] != there[name]] == []


def process_of():
    import os

    return {"pid": os.getpid()}
