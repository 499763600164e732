"""Search for better options of a recipe inside the folds, and the evidence that they are better."""
