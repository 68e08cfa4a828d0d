"""Money: what an evaluation is expected to cost, what was counted afterwards, and the budget between the two."""
