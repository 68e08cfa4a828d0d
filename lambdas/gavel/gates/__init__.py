"""Gates: a suite's rules over the figures, and the verdict that they give."""
