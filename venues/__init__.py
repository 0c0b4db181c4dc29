"""A venue round: its rules, its phases and the loop that runs them."""
