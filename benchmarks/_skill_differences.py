"""What the tables of the skill report say where they differ from the reference; written by hand after reading them."""

DIFFERENCES = """\
*Direction.* Accuracy and AUC of the raw models are the reference's within about a point. The Brier skill of our raw
ensemble is lower (fleet u: -0.31 instead of -0.10 at h=1, -1.06 instead of -0.69 at h=5). The features are others and
more, and our base rate is one for the fleet, a stronger opponent than one a symbol, by 0.04 and 0.06 % of Brier score
on u, 0.2 and 0.9 % on bk. After shrinkage the loss is nearly gone, as in the reference. Shrunk forecasts of u side
with the base rate at h=5 and nearly so at h=1, so their accuracy is always-up's: that is agreement, not skill. The
AUC of the base rate is below one half since pooling compares years: where the training window had risen more often,
the year after did less. Per-symbol models lose significantly on u, as in the reference.

*What is shown.* A direction model is shown only after it won on two years it had not seen (t > 2.33). Among nine
refits that happened once on u and once on 13. On u it then lost a little to the base rate (Brier skill as shown
-0.08, all of it from that year): such a test lets one through now and then, and shrinkage keeps the price small. The
rule has a price on the other side too: on bk at h=1 the shrunk ensemble did better than the base rate that was shown
(t 1.8, so nobody could know), and the accuracy as shown is 48.7 %, because the pooled up-rate stood within 1.3 points
of one half and on its wrong side for years. By Brier score it is still better than a rate of each symbol's own, whose
accuracy would be 50.5 %, the reference's figure.

*Price.* The published price is the last close. The median of the distribution, had it been published, is at zero on u
and worse on 13 (t -2.0 at h=1): the reason for the rule.

*Classes.* Volatility-scaled bands take out most of the volatility, not all: the bands are scaled by EWMA and the
forecast by HAR, so a forecast without any direction gains 0.4 to 0.5 % RPSS (t 6.8 to 10.8), and direction adds
nothing to it. RPSS against frequencies is therefore no sign of direction in either kind of bands. Accuracy here is
that of the most probable class; `evaluate` shows that of the class that holds the median.

*Intervals.* HAR with conformal quantiles agrees within 0.005 of coverage and 0.011 of the Winkler ratio. At h=5 the
product's adaptive step is 0.002 instead of 0.01: the ratio is 0.940 instead of 0.976 at the same coverage. Naive
expanding quantiles cover more than the reference's; ours hold every bar since 2000, which the reference does not say
of its own. Calm and stormy are terciles of the product's forecast volatility. In the crash of 2020 nothing holds 90
%, as in the reference.

*Range.* The reference regressed log ranges on past log ranges and down moves; ours uses the variances that the
volatility model sees. Even the published volatility, fitted to squared returns, explains nearly as much.

*Confidence.* Isotonic calibration is the worst in Brier skill in all four cells, as in the reference. Shrinkage is
the best in three; on bk at h=1 a temperature is better by 0.04 %, and its ECE is lower in three of the four. Default
trees claim 69 and 76 % where the reference has 74 and 82 %; which options and which eight symbols that was is not
recorded. They are right as often as a coin. Our ECE bins have equal width over confidences from 0.5 to 1, and honest
forecasts mostly lie in two: at n=250 luck alone makes 2.5 points if all claim 52 %, 6.3 if claims are spread evenly.
The reference's 8 points assume that all ten bins are filled with chances near one half."""
