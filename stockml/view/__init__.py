"""What people see. Reads what it is given; computes nothing, opens nothing."""
