"""The findings of the measured study: a page of text and figures, made by `scalinglaws findings`."""
