"""What is forecast: returns over a horizon, their direction, and volatility-scaled classes."""
