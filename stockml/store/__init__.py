"""Version folders: written once, checked at every load, referred to by one small pointer file a symbol."""
