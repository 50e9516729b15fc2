"""Tables of Dask and Spark: refused as they are, the same to the bit once they are collected."""

import sys

import pandas as pd
import pytest
import xarray as xr

import varmodel as vm
from tests.toys import SURGICAL, surgical

pytestmark = pytest.mark.engine

SPEC = surgical().spec
FRAME = vm.prepare(SPEC, SURGICAL)


def dask_frame(table):
    import dask.dataframe as dd

    return dd.from_pandas(table, npartitions=3)


@pytest.fixture(scope="module")
def spark():
    from pyspark.sql import SparkSession

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
        session = builder.config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
        yield session
        session.stop()


def refused(table):
    with pytest.raises(vm.SpecError) as caught:
        vm.prepare(SPEC, table)
    assert caught.value.code == "CONFIG.VALUE"
    return str(caught.value)


def test_a_dask_frame_is_refused_and_read_once_it_is_collected():
    frame = dask_frame(SURGICAL)
    assert "dask" in refused(frame)
    xr.testing.assert_identical(vm.prepare(SPEC, frame.compute()), FRAME)


def test_a_spark_frame_is_refused_and_read_once_it_is_collected(spark):
    frame = spark.createDataFrame(list(SURGICAL.itertuples(index=False)), list(SURGICAL.columns))
    assert "pyspark" in refused(frame)
    xr.testing.assert_identical(vm.prepare(SPEC, frame.toArrow()), FRAME)


def test_what_spark_writes_is_read_as_a_file(spark, tmp_path):
    frame = spark.createDataFrame(list(SURGICAL.itertuples(index=False)), list(SURGICAL.columns))
    frame.coalesce(1).write.parquet(str(tmp_path / "written"))
    (path,) = (tmp_path / "written").glob("*.parquet")
    xr.testing.assert_identical(vm.prepare(SPEC, path), FRAME)


def test_fits_on_a_dask_cluster_are_the_bytes_of_fits_alone(tmp_path):
    import joblib
    from distributed import Client, LocalCluster

    other = SURGICAL.assign(deaths=SURGICAL["deaths"] + 3)
    tasks = [(SPEC, SURGICAL), (SPEC, other)]
    here = vm.batch.fit_many(tasks, random_seed=5, jobs=1)
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, Client(cluster), joblib.parallel_config(backend="dask"):
        there = vm.batch.fit_many(tasks, random_seed=5, store=tmp_path / "store")
    for one, another in zip(here, there, strict=True):
        pd.testing.assert_frame_equal(
            one.posterior["provider_effect"].to_dataframe(),
            another.posterior["provider_effect"].to_dataframe(),
        )
