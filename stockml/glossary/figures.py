"""Figures of how good forecasts are, each beside the naive forecast."""

from stockml.glossary.term import Term

SHOWN = ("status", "evaluate", "why", "versions", "history")
TERMS = (
    Term("n", "How many forecasts a figure is made of. In status an L behind it says they are live: settled forecasts "
         "of the champion in service. Without it they were held out in training.", ("live",), shown=SHOWN,
         related=("settled", "held out")),
    Term("held out", "Sessions that a model had not seen when it forecast them; they lie before its training ended and "
         "are kept apart by the purge.", ("validation",), shown=("status", "why"), related=("purge", "n")),
    Term("naive", "The forecast without skill that a figure is measured against: the last close (price), the side that "
         "rose more often in training (direction), plain history (interval), frequencies (classes).",
         ("baseline",), shown=SHOWN, related=("base rate", "price skill", "verdict")),
    Term("base rate", "How often the price rose in the training window; the probability that a model without edge "
         "shows.", ("up-rate",), shown=("predict", "why"), related=("naive", "no edge")),
    Term("direction accuracy", "Share of forecasts whose side, up or down, came true, in percent; in brackets its 95 % "
         "interval.", ("up %", "up", "accuracy", "direction right %", "direction"), "hits / n",
         "Wilson 1927 for a symbol's settled forecasts; else a bootstrap over blocks of 21 sessions (Kunsch 1989)",
         SHOWN, ("naive", "interval bar", "verdict")),
    Term("interval bar", "A picture of a share and its 95 % interval: the line is the interval, the dot the share, the "
         "upright stroke in the middle the naive rate (up) or the promised 90 % (90), with 10 points to either side. "
         "Where the line covers the stroke, there is no evidence of a difference.",
         ("up ± 10", "90 ± 10", "up +- 10", "90 +- 10"), shown=("status",),
         related=("direction accuracy", "coverage", "95 %")),
    Term("95 %", "An interval that, made so, holds the true figure in 95 of 100 cases.",
         ("95 % interval", "confidence interval"), shown=SHOWN, related=("cannot tell",)),
    Term("coverage", "Share of outcomes that lay inside the forecast interval; of the 90 % interval it is meant to be "
         "90. More is as wrong as less: the interval is then too wide.",
         ("90 %", "80 %", "nominal", "90 %: coverage %", "80 %: coverage %",
          "90 % interval", "80 % interval"), "inside / n",
         "Wilson 1927; a bootstrap over blocks of sessions where pooled", SHOWN,
         ("held", "Winkler ratio", "interval bar")),
    Term("held", "Coverage of the 90 % interval over the last 20 settled forecasts, one point a session; the bottom is "
         "60 %, the top 100 %. Neighbouring points share most of their forecasts, so a slope says less than it seems.",
         ("trend", "sparkline"), shown=("status", "history"), related=("coverage", "settled")),
    Term("Winkler ratio", "How good intervals are in width and place at once: the mean interval score over that of "
         "plain history. Below 1 is better than history; 0.9 is about a tenth sharper at the same coverage.",
         ("Winkler", "score", "interval score", "90 %: Winkler ratio", "80 %: Winkler ratio"),
         "mean of (high - low) + 2/a * (distance outside), a = 0.1 for 90 %, over the same of the naive interval",
         "Winkler 1972, JASA 67; Gneiting and Raftery 2007, JASA 102", SHOWN, ("coverage", "pinball loss")),
    Term("price skill", "How much smaller the error of the price forecast is than that of the last close, in percent. "
         "0 is no better, below 0 is worse.", ("price %", "price", "skill", "price skill %"),
         "1 - mean |error| / mean |error of the last close|", "tested after Diebold and Mariano 1995, JBES 13",
         ("status", "evaluate", "why"), ("MAPE", "naive")),
    Term("MAPE", "Mean absolute error of the price in percent of it. Small by nature for daily prices: that of the "
         "last close is 1 to 3 %.", ("error pct",), "mean |price - outcome| / outcome", shown=("monitor", "evaluate"),
         related=("price skill",)),
    Term("AUC", "Chance that a session that rose was given a higher probability than one that fell. 0.5 is a coin.", (),
         "share of (rise, fall) pairs in the right order; ties count half",
         "Hanley and McNeil 1982, Radiology 143; tested with Bartlett weights over sessions", ("evaluate", "why"),
         ("leak alarm", "direction accuracy")),
    Term("Brier skill", "How much better the probabilities are than always saying the base rate, in percent of its "
         "squared error. On daily prices a fraction of a percent would already be much.",
         ("Brier", "Brier %", "Brier skill %"), "1 - mean (p - outcome)^2 / mean (base rate - outcome)^2",
         "Brier 1950, Monthly Weather Review 78", ("evaluate", "why"), ("base rate", "ECE")),
    Term("ECE", "Calibration error: how far stated probabilities lie from how often they came true, averaged over ten "
         "bins. Beside it stands what a perfectly calibrated forecaster shows by luck; only more than that is a fault.",
         ("calibration error", "calibration error %", "calibration", "expected calibration error", "ECE noise"),
         "sum over bins of n_bin / n * |hits - mean probability|",
         "Naeini, Cooper and Hauskrecht 2015, AAAI; its noise by simulation (docs/method.md)", ("evaluate",),
         ("Brier skill", "confidence")),
    Term("confidence", "The larger of the calibrated probabilities of up and of down. Honest ones lie near one half.",
         formula="max(p, 1 - p)", shown=("predict", "evaluate"), related=("ECE", "base rate")),
    Term("IC", "Information coefficient: correlation of forecasts with what happened across symbols, a session at a "
         "time, averaged. rank IC uses ranks.",
         ("rank IC", "IC, sessions", "rank IC, sessions", "information coefficient"),
         "mean over sessions of the correlation across symbols",
         "Grinold 1989, Journal of Portfolio Management 15", ("evaluate",), ("AUC",)),
    Term("RPSS", "Ranked probability skill score: how much better the five class probabilities are than frequencies "
         "(or than the same forecast without direction, called volatility), in percent.",
         ("RPSS, frequencies %", "RPSS, volatility %"), "1 - mean RPS / mean RPS of the naive classes",
         "Epstein 1969, Journal of Applied Meteorology 8", ("evaluate",), ("classes",)),
    Term("pinball loss", "What the two ends of a forecast interval cost as quantiles, in percent of the price; the "
         "same as the Winkler score but for a factor.", ("pinball", "90 %: pinball %", "80 %: pinball %"),
         "mean of max(q * d, (q - 1) * d), d = outcome - quantile", "Koenker and Bassett 1978, Econometrica 46",
         ("evaluate",), ("Winkler ratio",)),
    Term("classes", "Five bands of the coming return, scaled by volatility: strong sell, sell, hold, buy, strong buy. "
         "Each holds a fifth of the training window. Words for a range, not advice.",
         ("class", "classes right %", "strong sell", "sell", "hold", "buy", "strong buy"),
         shown=("predict", "evaluate"), related=("RPSS",)),
    Term("volatility", "How much a price moves in a year, from recent returns.", ("vol. %", "annualised volatility"),
         "standard deviation of daily log returns * sqrt(252)",
         "Corsi 2009, Journal of Financial Econometrics 7, for the idea of its forecast", ("predict", "evaluate"),
         ("classes",)),
    Term("Sharpe ratio", "Mean return over its spread, a year; in brackets its 95 % interval. Of the back-test, which "
         "is a report and decides nothing.", ("Sharpe",), "mean / standard deviation * sqrt(252)",
         "Sharpe 1966, Journal of Business 39", ("evaluate",), ("deflated Sharpe ratio", "back-test")),
    Term("deflated Sharpe ratio", "Probability that the return over buy and hold is more than the best of all "
         "candidates fitted so far would show by luck. Above 0.95 it is skill.", ("deflated", "DSR"),
         source="Bailey and Lopez de Prado 2014, Journal of Portfolio Management 40", shown=("evaluate",),
         related=("Sharpe ratio", "trials")),
    Term("back-test", "What holding each symbol on sessions with a probability above one half would have earned, after "
         "costs, beside buying and holding.", ("a year %", "held %", "traded %", "backtest"), shown=("evaluate",),
         related=("maximum drawdown", "Sharpe ratio")),
    Term("maximum drawdown", "The deepest fall from a peak.", ("max fall %",), shown=("evaluate", "predict"),
         related=("back-test",)),
)  # fmt: skip
