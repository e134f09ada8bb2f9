"""The findings of the measured study: one page of text and figures, made from the runs by `scalinglaws findings`."""
