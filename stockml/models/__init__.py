"""Models: the recipes, and the parts they share (volatility, intervals, shrinkage, distribution)."""
