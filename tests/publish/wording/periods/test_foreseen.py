"""The forecast in one line."""

import pandas as pd

from varmodel.publish.wording.periods.foreseen import forecast_sentence
from varmodel.studies import Forecast


def test_each_forecast_has_its_share_and_its_score():
    rows = {
        "method": ["full", "shrunken", "raw"],
        "providers": [40] * 3,
        "log_score": [-1_038.2, -2_243.4, -2_510.0],
        "covered": [0.913, 0.52, 0.3],
        "places": [9.0, 4.0, 3.0],
    }
    said = forecast_sentence(Forecast("2007Q4", 0.9, pd.DataFrame(rows)))
    assert said.startswith("Forecast of 2007Q4 from the periods before it: 90 % intervals held")
    assert "this model 0.91, without what passes 0.52, raw figures 0.30" in said
    assert "(log scores -1,038, -2,243, -2,510; higher is better)" in said
    assert "\n" not in said
