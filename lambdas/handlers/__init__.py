"""One short file for each Lambda: parse the event, make one call, answer."""
