"""Threads: as many as are asked for or allowed, results in order, errors heard."""

import multiprocessing
import os
import threading
from time import sleep

import numpy as np
import pytest

from varmodel.errors import SpecError
from varmodel.numerics.blocks import BLOCK
from varmodel.numerics.threads import (
    VARIABLE,
    limit_threads,
    share_out,
    share_out_rows,
    thread_count,
)


@pytest.mark.parametrize("threads", ["1", "2", " 5 "])
def test_results_stand_in_the_order_of_the_items(monkeypatch, threads):
    monkeypatch.setenv(VARIABLE, threads)
    assert thread_count() == int(threads)
    assert share_out(lambda x: x * x, range(50)) == [x * x for x in range(50)]
    assert share_out(str, iter([7])) == ["7"]
    assert share_out(str, []) == []


def test_work_is_done_on_threads(monkeypatch):
    monkeypatch.setenv(VARIABLE, "2")
    both = threading.Barrier(2, timeout=20)
    assert sorted(share_out(lambda _: both.wait(), range(2))) == [0, 1]


def test_work_inside_shared_work_stays_on_its_thread(monkeypatch):
    monkeypatch.setenv(VARIABLE, "2")

    def inner(_):
        return threading.get_ident()

    def outer(_):
        return {threading.get_ident(), *share_out(inner, range(3))}

    assert [len(found) for found in share_out(outer, range(2))] == [1, 1]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 50])
def test_rows_that_draw_random_numbers_are_the_same_on_any_number_of_threads(monkeypatch, count):
    def found(threads):
        def work(rows, rng):
            return [*range(rows.start, rows.stop)], rng.random(rows.stop - rows.start)

        monkeypatch.setenv(VARIABLE, threads)
        return share_out_rows(work, count, width=BLOCK // 5, rng=np.random.default_rng(1))

    one, several = found("1"), found("3")
    assert [row for rows, _ in one for row in rows] == list(range(count))  # each once, in order
    assert all(len(rows) <= 5 for rows, _ in one)  # bounded memory
    numbers = np.concatenate([np.empty(0), *(numbers for _, numbers in one)])
    assert len(set(numbers.tolist())) == count  # no two parts have one stream
    again = np.concatenate([np.empty(0), *(numbers for _, numbers in several)])
    assert again.tolist() == numbers.tolist()


@pytest.mark.parametrize("threads", ["1", "3"])
def test_the_error_of_the_first_item_that_fails_is_heard_and_no_more_are_begun(
    monkeypatch, threads
):
    monkeypatch.setenv(VARIABLE, threads)
    begun = []

    def work(item):
        begun.append(item)
        sleep({0: 0.0, 1: 0.0, 2: 0.2, 3: 0.0}.get(item, 0.02))  # the second failure comes first
        if item in {2, 3}:
            raise LookupError(item)

    with pytest.raises(LookupError, match="2"):
        share_out(work, range(100))
    assert len(begun) < 50


def test_what_the_calling_thread_has_set_holds_on_all_threads(monkeypatch):
    monkeypatch.setenv(VARIABLE, "2")
    both = threading.Barrier(2, timeout=20)

    def work(_):
        both.wait()
        return np.geterr()["divide"]

    with np.errstate(divide="raise"):
        assert share_out(work, range(2)) == ["raise", "raise"]


def test_threads_are_kept_for_what_comes_next(monkeypatch):
    monkeypatch.setenv(VARIABLE, "2")

    def names():
        both = threading.Barrier(2, timeout=20)

        def work(_):
            both.wait()
            return threading.get_ident()

        return set(share_out(work, range(2)))

    assert names() == names()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no process is forked off here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_process_that_is_forked_off_begins_threads_of_its_own(monkeypatch):
    monkeypatch.setenv(VARIABLE, "2")
    share_out(str, range(4))
    forked = multiprocessing.get_context("fork").Process(target=_share_out_in_time)
    forked.start()
    forked.join(20)
    assert forked.exitcode == 0


def _share_out_in_time():
    both = threading.Barrier(2, timeout=10)
    share_out(lambda _: both.wait(), range(2))


def test_the_cores_of_the_process_are_the_default_and_blas_has_no_say(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 4}, raising=False)
    assert thread_count() == 3


def test_a_limit_holds_inside_its_block_only(monkeypatch):
    monkeypatch.setenv(VARIABLE, "4")
    with limit_threads(2):
        assert thread_count() == 2
        with limit_threads(8):
            assert thread_count() == 4
    assert thread_count() == 4


@pytest.mark.parametrize("stated", ["0", "-1", "two", "1.5", "²"])
def test_what_is_no_number_of_threads_is_refused(monkeypatch, stated):
    monkeypatch.setenv(VARIABLE, stated)
    with pytest.raises(SpecError, match=VARIABLE) as caught:
        thread_count()
    assert caught.value.code == "CONFIG.VALUE"
