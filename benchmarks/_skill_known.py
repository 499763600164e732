"""What the independent measurement gave (research notes, sections 1 to 3), as printed there, beside our rows."""

# (fleet, horizon, model): accuracy %, minus always-up, AUC, Brier skill %, t
DIRECTION = {
    ("bk", 1, "base rate"): "50.5, -0.5, .495, 0, -",
    ("bk", 1, "logit per symbol"): "51.8, +0.8, .524, +0.05, 0.4",
    ("bk", 1, "trees per symbol"): "52.3, +1.3, .528, +0.07, 0.3",
    ("bk", 1, "trees pooled"): "51.7, +0.7, .530, -0.21, -0.4",
    ("bk", 1, "ensemble, raw"): "52.4, +1.4, .532, +0.24, 0.9",
    ("u", 1, "trees per symbol"): "51.4, -1.1, .508, -0.48, -4.8",
    ("u", 1, "trees pooled"): "51.1, -1.4, .508, -0.36, -1.7",
    ("u", 1, "ensemble, raw"): "51.7, -0.7, .511, -0.10, -0.8",
    ("u", 1, "ensemble, shrunk"): "51.9, -, -, -0.02, -",
    ("u", 5, "trees per symbol"): "53.3, -2.2, .501, -1.95, -6.6",
    ("u", 5, "ensemble, raw"): "54.7, -0.8, .504, -0.69, -2.0",
    ("u", 5, "ensemble, shrunk"): "54.3, -, -, -0.05, -",
}

# (fleet, horizon): MAPE of the last close %, skill of the drift, skill of the best model (t)
PRICE = {
    ("bk", 1): "1.34, -.002, -.0002 (0.0)",
    ("bk", 5): "3.09, -.001, -.006 (-0.7)",
    ("u", 1): "1.55, +.0004, +.0003 (0.3)",
    ("u", 5): "3.58, +.0015, +.0013 (0.3)",
}

# (horizon, bands, predictor): accuracy %, RPSS against frequencies % (t), against volatility only % (t)
CLASSES = {
    (1, "fixed", "frequencies"): "29.3, 0, -",
    (5, "fixed", "frequencies"): "29.1, 0, -",
    (1, "fixed", "volatility only"): "31.3, +1.9 (5.7), 0",
    (5, "fixed", "volatility only"): "30.3, +1.2 (4.3), 0",
    (1, "fixed", "with direction"): "31.6, +2.0 (6.0), +0.15 (1.0)",
    (5, "fixed", "with direction"): "30.4, +0.9 (2.4), -0.29 (-1.0)",
    (1, "scaled", "frequencies"): "20.6, 0, -",
    (5, "scaled", "frequencies"): "20.8, 0, -",
    (1, "scaled", "with direction"): "23.1, +0.34 (2.8), -",
    (5, "scaled", "with direction"): "22.3, +0.04 (0.1), -",
}

# (fleet, horizon, method): coverage of 90 %, years, Winkler ratio, pinball ratio (t)
INTERVALS = {
    ("u", 1, "naive expanding"): ".878, .78-.93, 1, 1",
    ("u", 1, "naive rolling 250"): ".886, .82-.94, .987, .997",
    ("u", 1, "EWMA x normal"): ".900, .88-.92, .923, .989",
    ("u", 1, "EWMA x conformal 1000"): ".899, .88-.92, .925, .984",
    ("u", 1, "HAR x conformal 1000"): ".901, .88-.92, .899, .978 (5.5)",
    ("u", 1, "HAR x conformal + ACI"): ".900, .88-.91, .903, -",
    ("u", 5, "naive expanding"): ".872, .79-.93, 1, 1",
    ("u", 5, "naive rolling 250"): ".879, .82-.93, .996, 1.003",
    ("u", 5, "EWMA x normal"): ".890, .87-.91, .957, .999",
    ("u", 5, "EWMA x conformal 1000"): ".898, .88-.92, .970, .994",
    ("u", 5, "HAR x conformal 1000"): ".900, .88-.92, .941, .987 (4.0)",
    ("u", 5, "HAR x conformal + ACI"): ".900, .88-.92, .976, -",
    ("bk", 1, "HAR x conformal 1000"): ".896, .88-.93, .851, .966 (6.4)",
}

# Calm / stormy tercile, lowest and highest symbol, 20 Feb to 15 Apr 2020; fleet u, one session ahead
WEATHER = {
    "naive expanding": ".94 / .81, .80-.95, .40",
    "EWMA x conformal 1000": ".87 / .92, -, .74",
    "HAR x conformal 1000": ".90 / .90, .89-.91, .71-.72",
    "HAR x conformal + ACI": "-, -, .79-.80",
}

# (fleet, horizon, method): accuracy %, mean confidence %, ECE points, Brier skill %
CONFIDENCE = {
    ("u", 1, "default trees"): "50.5, 74.4, 23.6, -30.5 (-23); top 51.2",
    ("u", 5, "default trees"): "52.3, 81.7, 29.7, -43.7 (-16); top 56.5",
    ("u", 1, "raw"): "51.6, 53.3, 2.6, -0.19; top 52.9",
    ("u", 1, "isotonic"): "51.5, 53.3, 3.1, -1.21; top 51.7",
    ("u", 1, "shrink"): "51.9, 52.9, 1.3, -0.02; top 51.4",
    ("u", 5, "raw"): "54.0, 56.4, 3.6, -0.55; top 52.5",
    ("u", 5, "isotonic"): "54.0, 55.5, 5.1, -0.93; top 47.8",
    ("u", 5, "shrink"): "54.3, 56.3, 3.2, -0.05; top 58.0",
}

NOISE = {60: "16 / 23", 120: "12 / 16", 250: "8 / 11", 500: "6 / 8", 1000: "4 / 6", 2500: "2.5 / 3.5"}
