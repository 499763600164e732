"""What a workspace can do without: found by kind, decided in one place, moved to a trash that gives it back."""
