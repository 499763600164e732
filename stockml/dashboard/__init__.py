"""The live screen: reading in small steps, a state that keys move, panels, and two event loops around them."""
