import threading

import pytest

from varmodel.fits import threads
from varmodel.fits.threads import share_out


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_stand_in_the_order_of_the_items(monkeypatch, workers):
    monkeypatch.setattr(threads, "WORKERS", workers)
    assert share_out(lambda x: x * x, range(50)) == [x * x for x in range(50)]
    assert share_out(str, iter([7])) == ["7"]
    assert share_out(str, []) == []


def test_work_is_done_on_threads():
    both = threading.Barrier(2, timeout=20)
    assert sorted(share_out(lambda _: both.wait(), range(2))) == [0, 1]


def test_an_error_is_heard():
    with pytest.raises(ZeroDivisionError):
        share_out(lambda x: 1 / x, [1, 0])
