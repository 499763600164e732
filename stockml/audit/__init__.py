"""Whether anything sees the future: the whole train-predict path, audited by experiments on its own bars."""
