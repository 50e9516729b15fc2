"""The board of units: who runs, who waits, what is left."""

from varmodel.batch.quarter.progress import Board, UnitsProgress


def make_board(**options):
    now = [0.0]
    sizes = {"long": 300.0, "middle": 200.0, "short": 100.0}
    return Board(sizes, clock=lambda: now[0], **options), now


def test_units_run_in_their_order_as_workers_come_free():
    board, now = make_board(workers=2, kept=4)
    assert board.left() is None
    assert [x.split()[:2] for x in board.lines()[1:]] == [
        ["long", "running"],
        ["middle", "running"],
        ["short", "waiting"],
    ]
    now[0] = 20.0
    board.finish("middle", seconds=20.0, code="")
    assert board.lines()[0] == "1 done, 2 running, 4 kept, about 10 s left"  # (30 - 20 + 10) / 2
    now[0] = 95.0
    board.finish("long", seconds=95.0, code="DESIGN.TOO_FEW")
    lines = board.lines()
    assert lines[0].startswith("1 done, 1 refused, 1 running, 4 kept")
    assert lines[2].split() == ["long", "refused", "1", "min", "35", "s", "DESIGN.TOO_FEW"]


def test_nothing_is_shown_where_there_is_no_terminal(capsys):
    board, _ = make_board(workers=1)
    with UnitsProgress(board) as shown:
        shown.board.finish("long", seconds=1.0, code="")
    assert capsys.readouterr() == ("", "")
