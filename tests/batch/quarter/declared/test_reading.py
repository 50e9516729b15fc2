"""A configuration: read whole, or refused before anything is done, with all that is wrong."""

import pytest

from tests.batch.quarter.small import table, write_quarter
from varmodel.batch.quarter import read_config
from varmodel.errors import VarmodelError

HEAD = 'schema = 1\ntitle = "t"\n'
ONE = '[[indicator]]\nmodel = "deaths.toml"\ntable = "tables/deaths.csv"\n'
OTHER = ONE.replace("deaths", "stays")
SHARED = '[[shared]]\nname = "beds"\nindicators = {}\ncost_base = "{}"\n'
MOVED = '[[displacement]]\nfrom = "{}"\nto = "{}"\ndelta = {}\n'


@pytest.fixture
def folder(tmp_path):
    write_quarter(tmp_path / "in", "deaths", "stays")
    table().to_csv(tmp_path / "outside.csv", index=False)
    (tmp_path / "in" / "link.csv").symlink_to(tmp_path / "outside.csv")
    return tmp_path / "in"


@pytest.fixture
def read(folder):
    def call(text):
        path = folder / "quarter.toml"
        path.write_text(text)
        return read_config(path)

    return call


def test_all_that_a_configuration_says_is_read(read, folder):
    (folder / "providers.csv").write_text("code,name,class\nR01,St Else,teaching\nR02,,large\n")
    rest = SHARED.format('["deaths", "stays"]', "stays") + MOVED.format("deaths", "stays", 0.3)
    top = HEAD + 'disclosure = "cms"\nproviders = "providers.csv"\ncost_of_acting = 5\n'
    found = read(top + ONE + "cost_of_acting = 7\n" + OTHER + rest)
    assert [(x.name, x.cost_of_acting) for x in found.indicators] == [("deaths", 7), ("stays", 5)]
    assert found.indicators[0].shown == "tables/deaths.csv"
    assert (found.names, found.classes) == ({"R01": "St Else"}, {"R01": "teaching", "R02": "large"})
    assert found.disclosure == "cms"
    assert found.shared[0].indicators == ("deaths", "stays")
    assert (found.displacement[0].source, found.displacement[0].delta) == ("deaths", 0.3)


def test_a_model_whose_peers_are_only_shown_finds_them_by_the_list_of_providers(read, folder):
    path = folder / "deaths.toml"
    path.write_text(path.read_text() + '[peers]\ncolumns = ["beds"]\nbenchmark = false\n')
    (folder / "providers.csv").write_text("code,name,class,beds\nR01,,,70\nR02,,,\nR03,,,1e2\n")
    text = HEAD + 'providers = "providers.csv"\n' + ONE + OTHER
    found = read(text).indicators
    assert [dict(x.described) for x in found] == [{"beds": {"R01": 70.0, "R03": 100.0}}, {}]
    assert found[0].spec.provider_columns == ()
    (folder / "providers.csv").write_text("code,name,class,beds\nR01,,,many\n")
    with pytest.raises(VarmodelError, match="many"):
        read(text)
    (folder / "providers.csv").write_text("code,name,class\nR01,,\n")
    assert read(text).indicators[0].described == {}


def test_columns_of_the_list_that_say_the_same_are_refused_before_anything_is_fitted(read, folder):
    path = folder / "deaths.toml"
    columns = '[peers]\ncolumns = ["beds", "wards"]\nbenchmark = false\n'
    path.write_text(path.read_text() + columns)
    text = HEAD + 'providers = "providers.csv"\n' + ONE + OTHER
    beds = (70, 100, 85, 260)

    def read_with(wards):
        rows = "".join(
            f"R{k},,,{b},{w}\n" for k, (b, w) in enumerate(zip(beds, wards, strict=True))
        )
        (folder / "providers.csv").write_text("code,name,class,beds,wards\n" + rows)
        return read(text).indicators[0].described

    with pytest.raises(VarmodelError, match="beds, wards say the same of all providers") as caught:
        read_with([b / 20 + 1 for b in beds])
    assert caught.value.code == "CONFIG.VALUE"
    assert caught.value.problems[0].where.file == "providers.csv"
    assert set(read_with([3, 6, 5, 13])) == {"beds", "wards"}
    assert set(read_with([5, 5, 5, 5])) == {"beds", "wards"}  # nobody is alike, nothing is wrong
    assert set(read_with([4.5, 6, "", ""])) == {"beds", "wards"}  # two that are known prove nothing


def test_parts_of_a_saving_that_are_all_of_it_but_for_rounding_are_read(read):
    moved = "".join(MOVED.format("deaths", "stays", x) for x in (0.05, 0.55, 0.3, 0.1))
    assert len(read(HEAD + ONE + OTHER + moved).displacement) == 4


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("title = [", "CONFIG.PARSE", "TOML"),
        (HEAD, "CONFIG.KEY", "indicator is required"),
        (HEAD + "indicator = []", "CONFIG.VALUE", "no indicator"),
        (HEAD + "indicator = 3", "CONFIG.VALUE", "[[indicator]]"),
        ("schema = 2\ntitle = 't'\n" + ONE, "CONFIG.VALUE", "schema must be 1"),
        (HEAD + "disclosures = 'hes'\n" + ONE, "CONFIG.KEY", "did you mean 'disclosure'?"),
        (HEAD + "disclosure = 'hse'\n" + ONE, "CONFIG.VALUE", "hes"),
        (HEAD + "cost_of_acting = -1\n" + ONE, "CONFIG.VALUE", "at least 0"),
        ("schema = 1\ntitle = 'a\\u202eb'\n".replace("'", '"') + ONE, "CONFIG.VALUE", "title"),
        (HEAD + ONE + "tabel = 'x'\n", "CONFIG.KEY", "indicator[0].tabel"),
        (HEAD + ONE + "cost_of_acting = true\n", "CONFIG.VALUE", "indicator[0].cost_of_acting"),
        (HEAD + ONE + ONE, "CONFIG.VALUE", "two indicators"),
        (HEAD + ONE.replace("tables/deaths", "gone"), "INPUT.NOT_FOUND", "gone.csv"),
        (HEAD + ONE.replace("tables/deaths", "../outside"), "CONFIG.UNSAFE", "out of"),
        (HEAD + ONE.replace("tables/deaths", "link"), "CONFIG.UNSAFE", "out of"),
        (HEAD + ONE.replace("tables/deaths", "/etc/hosts"), "CONFIG.UNSAFE", "out of"),
        (HEAD + ONE.replace("tables", "https://x.org"), "INPUT.UNSAFE_PATH", "address"),
        (HEAD + ONE.replace("tables/deaths.csv", "tables"), "INPUT.UNSAFE_PATH", "regular"),
        (HEAD + ONE.replace("deaths.toml", "../deaths.toml"), "CONFIG.UNSAFE", "out of"),
        (HEAD + ONE.replace("deaths.toml", "no_such"), "CONFIG.VALUE", "no model"),
        (HEAD + "providers = 'gone.csv'\n" + ONE, "INPUT.NOT_FOUND", "gone.csv"),
        (HEAD + ONE + OTHER + SHARED.format('["deaths"]', "deaths"), "CONFIG.VALUE", "two"),
        (HEAD + ONE + SHARED.format('["deaths", "stay"]', "deaths"), "CONFIG.VALUE", "'stay'"),
        (HEAD + ONE + MOVED.format("deaths", "deaths", 0.1), "CONFIG.VALUE", "another"),
        (HEAD + ONE + OTHER + MOVED.format("deaths", "stays", 30), "CONFIG.VALUE", "0 to 1"),
        (
            HEAD + ONE + OTHER + 2 * MOVED.format("deaths", "stays", 0.6),
            "CONFIG.VALUE",
            "more than",
        ),
        (HEAD + ONE + "[[displacement]]\nfrom = 'deaths'\n", "CONFIG.KEY", "to is required"),
    ],
)
def test_what_is_wrong_is_refused(read, text, code, said):
    with pytest.raises(VarmodelError) as caught:
        read(text)
    assert caught.value.code == code
    assert said in str(caught.value)


def test_indicators_share_by_the_kind_of_their_providers_not_by_the_name_of_the_column(
    read, folder
):
    rest = SHARED.format('["deaths", "stays"]', "stays")
    path = folder / "stays.toml"
    text = path.read_text()
    path.write_text(text.replace('provider = "trust"', 'provider = "provider_code"'))
    assert read(HEAD + ONE + OTHER + rest).shared[0].indicators == ("deaths", "stays")
    path.write_text(text.replace('provider = "trust"', 'provider = "pct_code"'))
    with pytest.raises(VarmodelError, match="trusts and PCTs share no provider's cost"):
        read(HEAD + ONE + OTHER + rest)


def test_everything_that_is_wrong_is_said_at_once(read):
    with pytest.raises(VarmodelError) as caught:
        read(HEAD + ONE.replace("deaths.csv", "a.csv") + OTHER.replace("stays.toml", "b.toml"))
    assert len(caught.value.problems) == 2


def test_a_name_that_is_no_folder_is_refused(read, folder):
    path = folder / "deaths.toml"
    path.write_text(path.read_text().replace('name = "deaths"', 'name = "../deaths"'))
    with pytest.raises(VarmodelError, match="letters, digits"):
        read(HEAD + ONE)


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("R01,a,b\nR01,a,c\n", "KEY.DUPLICATE"),
        (",a,b\n", "VALUE.MISSING"),
        ("R01,a\x07,b\n", "KEY.NAME"),
    ],
)
def test_a_list_of_providers_that_is_none_is_refused(read, folder, rows, code):
    (folder / "providers.csv").write_text("code,name,class\n" + rows)
    with pytest.raises(VarmodelError) as caught:
        read(HEAD + 'providers = "providers.csv"\n' + ONE)
    assert caught.value.code == code
