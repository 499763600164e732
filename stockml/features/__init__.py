"""What the models see: causal, scale-free columns of one symbol, its market and its rank within the fleet.

A file that declares columns is a family; its name is the family's name in `features.families`.
"""
