"""How good the forecasts are: figures, their uncertainty, and the naive forecast beside each of them."""
